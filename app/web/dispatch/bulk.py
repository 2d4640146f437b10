"""All the sure ones at once: each ticket in a transaction of its own, each with its own result, and all of them to be taken back together."""

from typing import NamedTuple

from flask import redirect, render_template, request, url_for

from app import clock
from app.auth.access import fetch_ticket, require
from app.errors import Invalid, Refused
from app.web import kit
from app.web.dispatch.acts import send_one
from app.web.dispatch.desk import pages
from app.web.dispatch.queue import PAGE
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import work
from tickets import dispatch
from tickets.actors import DISPATCHER
from tickets.reference import reference


class Result(NamedTuple):
    """What became of one row: `unit` it went to, or `no` why it did not."""

    number: str
    title: str
    unit: str = ""
    no: str = ""


@pages.post("/dispatches")
def bulk():
    """Accept every ticked row as it was shown: number:version:lead:assistants."""
    actor, now = require(DISPATCHER), clock.now()
    picked = list(dict.fromkeys(request.form.getlist("pick")))[:PAGE]
    results = [_one(actor, raw, now) for raw in picked]
    if not kit.is_fragment():
        sent = sum(1 for one in results if one.unit)
        kit.toast(_("派出 %(sent)s 件，没派出 %(no)s 件", sent=sent, no=len(results) - sent))
        return redirect(url_for("dispatch.queue"))
    return render_template(
        "dispatch/bulk_said.html", results=results, sent=[one for one in results if one.unit], failed=[one for one in results if one.no]
    )


@pages.post("/recalls")
def recall_all():
    """Take back what was just sent in bulk, as far as nobody has signed."""
    actor, now = require(DISPATCHER), clock.now()
    back = 0
    for number in list(dict.fromkeys(request.form.getlist("number")))[:PAGE]:
        try:
            with work() as session:
                dispatch.recall(session, fetch_ticket(session, actor, number, lock=True), actor, now)
            back += 1
        except Refused as no:
            kit.toast(f"{number[-6:]} " + _(no.text, **no.values), seconds=12)
    kit.toast(_("撤回了 %(n)s 件", n=back))
    return redirect(url_for("dispatch.queue"))


def _one(actor, raw: str, now) -> Result:
    number, _colon, rest = raw.partition(":")
    try:
        version, lead, helpers = rest.split(":")
        with work() as session:
            ticket = fetch_ticket(session, actor, number, lock=True, version=int(version))
            send_one(session, ticket, lead, tuple(code for code in helpers.split(",") if code), actor, now)
            return Result(number, ticket.title, unit_name(reference(session), ticket.lead_unit_id))
    except ValueError:
        return Result(number, "", no=_("这一行看不懂，请刷新再试"))
    except Invalid as bad:
        return Result(number, "", no=" ".join(_(one) for said in bad.fields.values() for one in said))
    except Refused as no:
        return Result(number, "", no=_(no.text, **no.values))
