"""The telephone on one's desk, and calling a citizen through the bridge from any desk that includes phone/bridge.html."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for

from app import clock
from app.auth.access import require
from app.errors import Invalid, Refused
from app.phone import lines, placing, queries, seats
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.work import session_now, work
from tickets.actors import AGENT, FOLLOW_UP

pages = Blueprint("telephone", __name__, url_prefix="/desk/telephone")
pages.app_context_processor(lambda: {"has_telephone": lambda: lines.telephony(current_app.config["SETTINGS"]) is not None})


@pages.get("")
def mine():
    """Which telephone rings for me."""
    actor = require(AGENT, FOLLOW_UP)
    return _page(queries.seat_address(session_now(), actor))


@pages.post("")
def keep():
    """Name it."""
    actor, address = require(AGENT, FOLLOW_UP), forms.text("address")
    try:
        with work() as session:
            seats.set_address(session, address, actor, clock.now())
    except Invalid as bad:
        return _page(address, bad.fields["address"]), bad.status
    kit.toast(_("记下了，电话会响在这部话机上"))
    return redirect("/desk/intake" if actor.has(AGENT) else "/desk/follow-up")


@pages.post("/calls/<number>")
def place(number: str):
    """Ring my telephone, then the citizen's; a refusal is said in a toast and nothing typed is lost."""
    actor = require(AGENT, FOLLOW_UP)
    where = ""
    try:
        placing.bridge(number, actor, clock.now(), "follow-up" if actor.has(FOLLOW_UP) else "contact")
    except seats.NoTelephone:
        where = url_for("telephone.mine")
    except Refused as no:
        kit.toast(_(no.text, **no.values), seconds=12)
    else:
        kit.toast(_("先响您的话机，接起来再拨给市民；双方只看到 12345"), seconds=12)
    if kit.is_fragment():
        return "", 204, {"HX-Redirect": where} if where else {}
    return redirect(where or request.referrer or "/desk")


def _page(address: str, errors: list[str] | None = None) -> str:
    return render_template("phone/mine.html", address=address, errors=[_(one) for one in errors or []])
