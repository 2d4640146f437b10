"""What desks read of the telephone: one's own line in one statement, the missed calls, the calls of a ticket. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.phone.models import BUSY, ENDED, INBOUND, MISSED, QUEUED, UNREACHED, Call, Seat
from tickets.actors import Actor
from tickets.experts import Expert

MOST = 100
LATELY = timedelta(days=7)


class Pulse(NamedTuple):
    """How many wait and how many were missed (what makes desks look again), and whether there is any call at all."""

    waiting: int
    missed: int
    live: bool


@dataclass(frozen=True)
class MyLine:
    """An operator's seat and the call on it (live, or just over and not registered yet); how many wait, how many were missed; `serves`: ids of the
    special topics they are an expert of."""

    seat: Seat | None
    call: Call | None
    waiting: int
    missed: int
    serves: list[int]

    @property
    def over(self) -> bool:
        """The citizen has gone; what is left is to register."""
        return self.call is not None and self.call.state == ENDED


def my_line(session: Session, actor: Actor) -> MyLine:
    """One statement."""
    just_over = sa.and_(Seat.state == BUSY, Call.ticket_id.is_(None), Call.ended_at >= Seat.since, Call.purpose.in_(("", "call-back")))
    mine = sa.and_(Call.id == Seat.call_id, Call.agent_id == Seat.account_id, sa.or_(Call.state != ENDED, just_over))
    waiting = sa.select(sa.func.count()).select_from(Call).where(Call.state == QUEUED).correlate(None).scalar_subquery()
    person = sa.select(sa.literal(actor.account_id).label("id")).subquery()
    topics = sa.func.array(sa.select(Expert.special_id).where(Expert.account_id == person.c.id).scalar_subquery())
    row = session.execute(
        sa.select(Seat, Call, waiting, _missed().correlate(None).scalar_subquery(), topics)
        .select_from(person)
        .outerjoin(Seat, Seat.account_id == person.c.id)
        .outerjoin(Call, mine)
        .execution_options(populate_existing=True)
    ).one()
    return MyLine(*row)


def seat_address(session: Session, actor: Actor) -> str:
    """The telephone a person named, "" before they did."""
    return session.scalar(sa.select(Seat.address).where(Seat.account_id == actor.account_id)) or ""


def missed(session: Session) -> list[Call]:
    """Calls to be returned: who was told so first, then the longest ago."""
    return list(
        session.scalars(
            sa.select(Call).where(_is_missed()).order_by(sa.case((Call.outcome == "call-back", 0), else_=1), Call.arrived_at).limit(MOST)
        )
    )


def settled_since(session: Session, since: datetime) -> int:
    """How many missed calls of the last days were dealt with from `since` on."""
    recent = Call.arrived_at >= since - LATELY
    return (
        session.scalar(sa.select(sa.func.count()).select_from(Call).where(recent, Call.outcome.in_(MISSED), Call.settled_at >= since)) or 0
    )


class Called(NamedTuple):
    """The calls of a special topic in a span: how many, of those handed over by an operator, answered, and the seconds the answered ones waited."""

    received: int = 0
    handed: int = 0
    answered: int = 0
    waited: int = 0


def of_specials(session: Session, begin: datetime, end: datetime) -> dict[int, Called]:
    """Special topic id → its calls that came from `begin` to before `end`; not those the telephone system refused to hand over."""
    rows = session.execute(
        sa.select(
            Call.special_id,
            sa.func.count(),
            sa.func.count(Call.back_of_id),
            sa.func.count(Call.answered_at),
            sa.func.coalesce(sa.func.sum(Call.answer_seconds), 0),
        )
        .where(Call.special_id.is_not(None), Call.arrived_at >= begin, Call.arrived_at < end, Call.outcome != UNREACHED)
        .group_by(Call.special_id)
    )
    return {special_id: Called(*counts) for special_id, *counts in rows}


def of_ticket(session: Session, ticket_id: int) -> list[Call]:
    """The calls that hang on a ticket, oldest first."""
    return list(session.scalars(sa.select(Call).where(Call.ticket_id == ticket_id).order_by(Call.id)))


def pulse(session: Session) -> Pulse:
    """One statement."""
    waiting = sa.select(sa.func.count()).select_from(Call).where(Call.state == QUEUED).scalar_subquery()
    any_live = sa.select(sa.exists().where(Call.state != ENDED)).scalar_subquery()
    return Pulse(*session.execute(sa.select(waiting, _missed().scalar_subquery(), any_live)).one())


def _is_missed():
    return sa.and_(Call.outcome.in_(MISSED), Call.settled_at.is_(None), Call.direction == INBOUND)


def _missed() -> sa.Select:
    return sa.select(sa.func.count()).select_from(Call).where(_is_missed())
