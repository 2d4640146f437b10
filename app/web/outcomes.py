"""Last month in three figures everybody may check: numerator ÷ denominator from rows, "—" when there is nothing to divide by (domain §10)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app import clock
from app.clock import CITY_ZONE, local
from escalation.limits import PROMISE
from escalation.models import Clock
from tickets.models import FollowUp, Rating, Ticket

FRESH = 1800.0
FEWEST = 5  # smaller cells are not published (domain §10)
LONGEST_LIMIT = timedelta(days=200)
OUT = ("refused", "merged", "terminated", "emergency-transferred")


@dataclass(frozen=True)
class Rate:
    """`part` of `whole`; `share` is None on a zero denominator."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Month:
    """What the city may know of a month: `units` is (unit id, due, answered in time), `channels` (channel, received)."""

    since: datetime
    until: datetime
    solved: Rate
    in_time: Rate
    content: Rate
    unanswered: int
    received: int
    channels: tuple[tuple[str, int], ...]
    units: tuple[tuple[int, int, int], ...]


_held: WeakKeyDictionary = WeakKeyDictionary()


def last_month(session: Session, now: datetime) -> Month:
    """The calendar month before `now` in the city; counted at most every half hour per process."""
    engine, since, until = session.get_bind().engine, *bounds(now)
    held = _held.get(engine)
    if held is None or held[1].since != since or clock.ticks() - held[0] > FRESH:
        held = _held[engine] = (clock.ticks(), _count(session, since, until))
    return held[1]


def bounds(now: datetime) -> tuple[datetime, datetime]:
    """First instant of last month and of this month in the city."""
    this = local(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    before = (this - timedelta(days=1)).replace(day=1)
    return before.replace(tzinfo=CITY_ZONE), this.replace(tzinfo=CITY_ZONE)


def forget(session: Session) -> None:
    """Count anew at the next question."""
    _held.pop(session.get_bind().engine, None)


def _count(session: Session, since: datetime, until: datetime) -> Month:
    solved, content = _answers(session, since, until)
    units = _in_time(session, since, until)
    channels = tuple(
        session.execute(
            sa.select(Ticket.channel, sa.func.count())
            .where(Ticket.received_at >= since, Ticket.received_at < until)
            .group_by(Ticket.channel)
            .order_by(sa.func.count().desc())
        ).all()
    )
    asked = session.scalar(
        sa.select(sa.func.count())
        .select_from(Ticket)
        .where(Ticket.closed_at >= since, Ticket.closed_at < until, Ticket.final_rating.is_(None))
    )
    return Month(
        since,
        until,
        solved,
        Rate(sum(row[2] for row in units), sum(row[1] for row in units)),
        content,
        asked or 0,
        sum(n for _, n in channels),
        channels,
        tuple(row for row in units if row[1] >= FEWEST),
    )


def _answers(session: Session, since: datetime, until: datetime) -> tuple[Rate, Rate]:
    """Solved and content, by the citizen's last word of the month on each ticket: a rating or an answered call. Silence is no answer."""
    said = sa.union_all(
        sa.select(Rating.ticket_id, Rating.at, Rating.solved, Rating.score.label("score")).where(Rating.at >= since, Rating.at < until),
        sa.select(FollowUp.ticket_id, FollowUp.at, FollowUp.solved, FollowUp.satisfied.label("score")).where(
            FollowUp.at >= since, FollowUp.at < until, FollowUp.reached
        ),
    ).subquery()
    row = session.execute(sa.select(*_last(said, "solved", said.c.solved), *_last(said, "score", said.c.score >= 3))).one()
    return Rate(row[0], row[1]), Rate(row[2], row[3])


def _last(said, name: str, good) -> tuple:
    """(how many good, how many in all) among the last answers to one question."""
    last = (
        sa.select(said.c.ticket_id, good.label("good"))
        .where(said.c[name].is_not(None))
        .ext(distinct_on(said.c.ticket_id))
        .order_by(said.c.ticket_id, said.c.at.desc())
        .subquery()
    )
    return (
        sa.select(sa.func.count().filter(last.c.good)).scalar_subquery(),
        sa.select(sa.func.count()).select_from(last).scalar_subquery(),
    )


def _in_time(session: Session, since: datetime, until: datetime) -> list[tuple[int, int, int]]:
    """Per unit: promises to citizens that fell due in the month, and those kept. Late stays late, whatever came afterwards."""
    rows = session.execute(
        sa.select(Ticket.lead_unit_id, sa.func.count(), sa.func.count().filter(Clock.stop_reason == "met"))
        .join(Clock, Clock.ticket_id == Ticket.id)
        .where(
            Ticket.received_at >= since - LONGEST_LIMIT,
            Ticket.received_at < until,
            Ticket.lead_unit_id.is_not(None),
            Ticket.status.not_in(OUT),
            Clock.kind == PROMISE,
            Clock.owner_unit_id.is_(None),
            Clock.task_id.is_(None),
            Clock.due_at >= since,
            Clock.due_at < until,
            sa.or_(Clock.stop_reason.is_(None), Clock.stop_reason.in_(("met", "late"))),
        )
        .group_by(Ticket.lead_unit_id)
        .order_by(sa.func.count().desc())
    )
    return [tuple(row) for row in rows]
