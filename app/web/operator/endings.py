"""How a call can end: sent by the catalogue, only registered, answered, refused, handed over, joined to another, or added to an open one.

Each is a verb of tickets/; here the typed form becomes its arguments. No commit here, and no page.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.access import fetch_ticket
from app.errors import Invalid, WrongState
from app.web.i18n import gettext as _
from tickets import dispatch, intake
from tickets.actors import Actor
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Ticket

CHANNELS = ("phone", "visit")


@dataclass(frozen=True)
class Outcome:
    """The ticket the call ended on, and what must be added to the receipt ("" for nothing)."""

    number: str
    said: str = ""


def end(session: Session, typed: dict, actor: Actor, now: datetime, call_id: str = "") -> Outcome:
    """Do what the pressed button says. `call_id`: the telephone system's own, if a call is on the line. Raises the verbs' refusals, Invalid for an unknown button."""
    if typed["append"]:
        return _append(session, typed, actor, now)
    ending = ENDINGS.get("merge" if typed["merge"] else typed["do"])
    if ending is None:
        raise Invalid(do="请选一种办法：派单、只登记、当场答复、不予受理或转紧急")
    ticket = intake.register(session, matter_of(typed, call_id), actor, now)
    session.flush()
    return Outcome(ticket.number, ending(session, ticket, typed, actor, now) or "")


def matter_of(typed: dict, call_id: str = "") -> Matter:
    """The form as a channel's matter. Raises Invalid."""
    if typed["channel"] not in CHANNELS:
        raise Invalid(channel="受理台只登记电话和来访")
    hasty = typed["do"] == "emergency"
    content = typed["content"] or (typed["line_words"] or f"来电紧急，已转 {typed['line']}" if hasty else "")
    return Matter(
        channel=typed["channel"],
        appeal_type=typed["appeal_type"],
        content=content,
        title=typed["title"],
        category=typed["category"],
        region=typed["region"],
        address=typed["address"],
        urgency="critical" if hasty else typed["urgency"],
        confidential=typed["confidential"],
        reply_wanted=typed["reply_wanted"],
        accused=typed["accused"],
        previous=typed["previous"],
        call_id=call_id,
        appellant=Appellant(
            name=typed["name"],
            phone=typed["phone"],
            kind=typed["kind"] or "person",
            credit_code=typed["credit_code"],
            industry=typed["industry"],
        ),
    )


def _dispatch(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> str:
    """By the catalogue's own answer; where it has none the ticket stays registered and the operator is told why."""
    if ticket.category_id is None:
        return _("还没归类，已登记，派单员来派。")
    try:
        dispatch.dispatch_by_rule(session, ticket, actor, now)
    except WrongState as silent:
        return _(silent.text, **silent.values)
    return ""


def _register(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> None:
    """Nothing more: a dispatcher decides."""


def _answer(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> None:
    intake.answer_directly(session, ticket, typed["answer"], actor, now, typed["article"])


def _refuse(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> None:
    intake.refuse(session, ticket, typed["code"], actor, now, typed["route"], typed["words"])


def _emergency(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> None:
    intake.transfer_emergency(session, ticket, typed["line"], actor, now, typed["line_words"])


def _merge(session: Session, ticket: Ticket, typed: dict, actor: Actor, now: datetime) -> None:
    intake.merge(session, ticket, fetch_ticket(session, actor, typed["merge"], lock=True), actor, now)


def _append(session: Session, typed: dict, actor: Actor, now: datetime) -> Outcome:
    """The same matter, still open: what is new is added, and the asking counted (BJ §11(3))."""
    ticket = fetch_ticket(session, actor, typed["append"], lock=True)
    if typed["content"] or ticket.status == "registered":
        intake.supplement(session, ticket, typed["content"], actor, now)
    if ticket.status != "registered":
        intake.urge(session, ticket, actor, now, "" if typed["content"] else "来电催办")
    return Outcome(ticket.number)


ENDINGS = {"dispatch": _dispatch, "register": _register, "answer": _answer, "refuse": _refuse, "emergency": _emergency, "merge": _merge}
