"""漏接回拨: who gave up waiting or was told they would be called, and one key to call them back through the bridge."""

from flask import redirect, render_template, url_for

from app import clock
from app.auth.access import require
from app.clock import local
from app.errors import Refused
from app.phone import calls, placing, queries, seats
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.web.operator.desk import pages, tabs
from app.work import session_now, work
from tickets.actors import AGENT


@pages.get("/missed")
def missed():
    """Who asked first, then the longest ago."""
    require(AGENT)
    session, now = session_now(), clock.now()
    return render_template(
        "operator/missed.html",
        rows=queries.missed(session),
        done=queries.settled_since(session, forms.begins(local(now).date())),
        now=now,
        tabs=tabs("missed"),
        most=queries.MOST,
    )


@pages.post("/missed/<int(max=9223372036854775807):call_id>/<what>")
def settle_missed(call_id: int, what: str):
    """Call them back (the desk's telephone rings first), or note that nothing is left to do."""
    actor, now = require(AGENT), clock.now()
    try:
        if what == "calls":
            placing.call_back(call_id, actor, now)
        elif what != "settlements":
            raise Refused("没有这一步")
        else:
            with work() as session:
                calls.settle(session, call_id, actor, now)
    except seats.NoTelephone:
        return redirect(url_for("telephone.mine"))
    except Refused as no:
        kit.toast(_(no.text, **no.values), seconds=12)
        return redirect(url_for("operator.missed"))
    if what == "calls":
        kit.toast(_("先响您的话机，接起来再拨给他"))
        return redirect(url_for("operator.call"))
    kit.toast(_("记下了，不用再回"))
    return redirect(url_for("operator.missed"))
