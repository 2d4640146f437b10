"""What a supervisor writes down beside the orders: meetings on the spot (R50b), interviews (约谈), and who is held to account (R53)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, WrongState
from escalation.models import Clock
from escalation.supervision import live_of
from escalation.supervision_models import FAULTS, MEETINGS, Accountability, Meeting
from escalation.supervision_rules import permit, said
from tickets.actors import Actor
from tickets.dispatch_models import Request
from tickets.events import Event, record
from tickets.models import Ticket

FARTHEST = timedelta(days=60)
CENTRES_OWN = ("dispatch", "dispatch-urgent", "return-decision", "dispute-decision")
AT_UNIT = ("dispatched", "signed", "handling", "return-requested", "disputed", "suspended", "replied", "follow-up", "ledgered")


def record_meeting(
    session: Session, ticket: Ticket, kind: str, held_at: datetime | None, place: str, people: str, words: str, actor: Actor, now: datetime
) -> Meeting:
    """A meeting on the spot is recorded after it was held; an interview may be called up to sixty days ahead.

    Hangs on the ticket's live order if there is one. Raises Invalid naming the field, WrongState when no unit has the ticket.
    """
    permit("meet", actor, ticket.lead_unit_id)
    if ticket.lead_unit_id is None or ticket.status not in AT_UNIT:
        raise WrongState("这件工单不在单位手里")
    if kind not in MEETINGS:
        raise Invalid(kind="请选现场办公或约谈")
    if held_at is None:
        raise Invalid(held_at="请写明什么时候")
    if held_at > (now if kind == "on-site" else now + FARTHEST):
        raise Invalid(held_at="现场办公要开过再记；约谈最多提前 60 天")
    order = live_of(session, ticket)
    row = Meeting(
        ticket_id=ticket.id,
        supervision_id=order.id if order else None,
        kind=kind,
        held_at=held_at,
        place=said(place, Invalid(place="请写明在哪里"), 100),
        people=said(people, Invalid(people="请写明有谁"), 300),
        words=said(words, Invalid(words="请写明为什么事、定了什么")),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    session.flush()
    data = {
        "meeting": row.id,
        "form": kind,
        "unit_id": ticket.lead_unit_id,
        "held_at": held_at.isoformat(),
        "place": row.place,
        "people": row.people,
        "words": row.words,
    }
    record(session, Event(ticket, "meet", actor, now, data, ticket.status, ticket.status))
    return row


def hold_to_account(
    session: Session, ticket: Ticket, fault: str, words: str, actor: Actor, now: datetime, person: str = ""
) -> Accountability:
    """Blame put on record with the facts it stands on: returns asked and denied, limits broken, how often it was urged and redone.

    Raises Invalid, WrongState when the data show nothing: nobody is blamed on a feeling (R53, AY §50).
    """
    permit("hold-to-account", actor, ticket.lead_unit_id)
    if ticket.lead_unit_id is None:
        raise WrongState("这件工单不在单位手里")
    if fault not in FAULTS:
        raise Invalid(fault="请选是推诿、拖延、拒收还是弄虚作假")
    facts = facts_of(session, ticket, now)
    if not any(facts[name] for name in ("denied_returns", "breaches", "urges", "reworks")):
        raise WrongState("记录里没有超期、无据退单、催办或重办，不能追责")
    row = Accountability(
        ticket_id=ticket.id,
        unit_id=ticket.lead_unit_id,
        person=person.strip()[:50],
        fault=fault,
        words=said(words, Invalid(words="请写明事实和依据")),
        facts=facts,
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    session.flush()
    data = {"accountability": row.id, "unit_id": row.unit_id, "fault": fault, "person": row.person, "words": row.words}
    record(session, Event(ticket, "hold-to-account", actor, now, data, ticket.status, ticket.status))
    return row


def facts_of(session: Session, ticket: Ticket, now: datetime) -> dict:
    """What the rows say of this ticket and its lead unit. Two statements."""
    returns = session.execute(
        sa.select(Request.decision, sa.func.count())
        .where(Request.ticket_id == ticket.id, Request.kind == "return", Request.unit_id == ticket.lead_unit_id)
        .group_by(Request.decision)
    ).all()
    broken = session.execute(
        sa.select(Clock.code, Clock.due_at, Clock.stopped_at)
        .where(
            Clock.ticket_id == ticket.id,
            sa.or_(Clock.owner_unit_id == ticket.lead_unit_id, Clock.owner_unit_id.is_(None)),
            Clock.due_at < sa.func.coalesce(Clock.stopped_at, now),
            Clock.kind != "window",
            Clock.code.not_in(CENTRES_OWN),
        )
        .order_by(Clock.due_at)
    ).all()
    return {
        "returns": sum(count for _, count in returns),
        "denied_returns": sum(count for decision, count in returns if decision == "deny"),
        "reworks": ticket.reworks,
        "urges": ticket.urges,
        "breaches": [{"code": code, "due": due.isoformat(), "ended": ended.isoformat() if ended else None} for code, due, ended in broken],
    }
