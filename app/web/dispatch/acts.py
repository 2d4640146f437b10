"""What a dispatcher does with one waiting ticket: send it, join it to another, set it right, take a sending back. One verb each."""

from collections.abc import Callable
from datetime import datetime

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require
from app.errors import Invalid, Refused, Stale, WrongState
from app.web import forms, kit
from app.web.conflicts import clash_of
from app.web.dispatch.desk import pages
from app.web.dispatch.evidence import pane
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import dispatch, intake, sorting
from tickets.actors import DISPATCHER, Actor
from tickets.models import Ticket
from tickets.reference import reference

UNDO_SECONDS = 8
TYPED = ("lead", "other", "note", "track", "category", "appeal_type", "urgency", "reason", "master")


@pages.post("/tickets/<number>/dispatches")
def send(number: str):
    """Send it to the chosen lead with the ticked assistants; a sealed report only with its task slip."""

    def act(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
        lead = forms.text("other") or forms.text("lead")
        send_one(session, ticket, lead, assisting(), actor, now, note=forms.text("note"), track=forms.text("track"))
        return _("已派出“%(title)s”给%(unit)s", title=ticket.title[:16], unit=unit_name(reference(session), ticket.lead_unit_id))

    return _done(number, act, undo=True)


@pages.post("/tickets/<number>/merges")
def merge(number: str):
    """It is the same matter as another open one."""

    def act(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
        master = fetch_ticket(session, actor, forms.text("master"), lock=True)
        intake.merge(session, ticket, master, actor, now)
        return _("已并入 %(tail)s，各自答复；在工单页可以拆开", tail=master.number[-6:])

    return _done(number, act)


@pages.post("/tickets/<number>/corrections")
def mend(number: str):
    """Category, type and urgency as they should be; only what changed is written."""

    def act(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
        names = reference(session)
        category, appeal_type, urgency = forms.text("category"), forms.text("appeal_type"), forms.text("urgency")
        own = names.categories.get(ticket.category_id)
        category = "" if own and own.code == category else category
        appeal_type = "" if appeal_type == ticket.appeal_type else appeal_type
        if not category and not appeal_type and urgency in ("", ticket.urgency):
            raise Invalid(category="还没有改动，请先选")
        if category or appeal_type:
            sorting.classify(session, ticket, actor, now, category, appeal_type)
        if urgency and urgency != ticket.urgency:
            sorting.set_urgency(session, ticket, urgency, forms.text("reason"), actor, now)
        return _("改好了")

    return _done(number, act, stay=True)


@pages.post("/tickets/<number>/recalls")
def recall(number: str):
    """Undo: back into the queue, within a minute and before anybody signed."""
    actor, now = require(DISPATCHER), clock.now()
    try:
        with work() as session:
            dispatch.recall(session, fetch_ticket(session, actor, number, lock=True), actor, now)
    except Refused as no:
        kit.toast(_(no.text, **no.values), seconds=12)
    else:
        kit.toast(_("撤回了，又在待派里"))
    return redirect(url_for("dispatch.queue", sel=number))


def send_one(
    session: Session, ticket: Ticket, lead: str, helpers: tuple[str, ...], actor: Actor, now: datetime, note: str = "", track: str = ""
) -> None:
    """The verb with this desk's own rule. Raises Invalid when a sealed report has no task slip: the unit would see nothing at all."""
    if ticket.sealed and len(note) < 4:
        raise Invalid(note="举报件要写交办要点：承办单位只看得到这几句")
    dispatch.dispatch(session, ticket, lead, actor, now, tuple(one for one in helpers if one != lead), track=track, note=note)


def assisting() -> tuple[str, ...]:
    """The assistants sent: boxes, a list, or codes joined by commas."""
    return tuple(dict.fromkeys(code for value in forms.many("assisting") for code in value.split(",") if code))


def _done(
    number: str, act: Callable[[Session, Ticket, Actor, datetime], str], undo: bool = False, stay: bool = False
) -> Response | str | tuple:
    """Run one verb. htmx: 204 and a toast, the list refreshes itself; refused: the pane again with what was typed and why."""
    actor, now = require(DISPATCHER), clock.now()
    try:
        with work() as session:
            said = act(session, fetch_ticket(session, actor, number, lock=True, version=forms.version()), actor, now)
    except (Stale, WrongState, Invalid) as no:
        return _refused(actor, number, no, now)
    kit.draft_done(f"send-{number}")
    kit.toast(said, undo=url_for("dispatch.recall", number=number) if undo else None, seconds=UNDO_SECONDS)
    if not kit.is_fragment():
        return redirect(url_for("dispatch.queue", sel=number if stay else None))
    if stay:
        session = session_now()
        return pane(session, actor, fetch_ticket(session, actor, number), now)
    return Response(status=204)


def _refused(actor: Actor, number: str, no: Refused, now: datetime) -> tuple[str, int]:
    session = session_now()
    ticket = fetch_ticket(session, actor, number)
    typed = {name: forms.text(name) for name in TYPED if name in request.form} | (
        {"assisting": assisting()} if "note" in request.form else {}
    )
    if isinstance(no, Invalid):
        errors = {name: [_(one) for one in said] for name, said in no.fields.items()}
        return pane(session, actor, ticket, now, typed, errors), no.status
    return pane(session, actor, ticket, now, typed, clash=clash_of(session, ticket, no)), no.status
