"""After saving: the number, the query code and the words to read out; a dispatch may be taken back for a minute; then the next call."""

from flask import get_flashed_messages, redirect, render_template, request, url_for

from app import clock
from app.auth.access import fetch_ticket, require
from app.errors import Refused
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.web.operator.desk import pages, tabs
from app.web.operator.reading import after
from app.work import session_now, work
from tickets import dispatch
from tickets.actors import AGENT
from tickets.history import events_of
from tickets.reference import reference
from tickets.workflow import allowed_actions

SENT = ("dispatch", "dispatch-by-rule")


@pages.get("/receipts/<number>")
def receipt(number: str):
    """The receipt of a call; also a colleague's, for whoever may see the ticket."""
    actor, session, now = require(AGENT), session_now(), clock.now()
    ticket = fetch_ticket(session, actor, number)
    events = events_of(session, ticket.id)
    did = "append" if request.args.get("did") == "append" else ""
    sent = next((event for event in reversed(events) if event.kind in SENT), None)
    left = int((sent.at + dispatch.RECALL_WINDOW - now).total_seconds()) if sent and sent.actor_id == actor.account_id else 0
    return render_template(
        "operator/receipt.html",
        ticket=ticket,
        tabs=tabs("call"),
        did=did,
        words=after(session, ticket, events, did),
        names=reference(session),
        notes=get_flashed_messages(category_filter=["receipt"]),
        undo_left=left if "recall" in allowed_actions(ticket, actor) else 0,
    )


@pages.post("/receipts/<number>/recalls")
def recall(number: str):
    """Take the dispatch back, within a minute and before anybody signed."""
    actor, now = require(AGENT), clock.now()
    try:
        with work() as session:
            dispatch.recall(session, fetch_ticket(session, actor, number, lock=True, version=forms.version()), actor, now)
    except Refused as no:
        kit.toast(_(no.text, **no.values), seconds=12)
    else:
        kit.toast(_("撤回了，还在待派里"))
    return redirect(url_for("operator.receipt", number=number))
