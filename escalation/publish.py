"""The yearly notice comes in: its days replace what stood there, and every open clock it touches is counted again, with a trace."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from escalation.calendar import Calendar, Day, end_of
from escalation.due import DAY_UNITS
from escalation.hand import Hand, locked_clocks
from escalation.models import CalendarDay, Clock
from escalation.rules import Rules, load
from tickets.actors import Actor
from tickets.models import Ticket

BATCH = 500
ALARM_MONTH = 11


@dataclass(frozen=True, slots=True)
class Loaded:
    """What loading a notice did: days that differ from before, clocks whose promise moved or became certain."""

    years: tuple[int, ...]
    days_changed: int
    clocks_recounted: int
    clocks_changed: int


def load_notice(session: Session, days: Sequence[Day], actor: Actor, now: datetime) -> Loaded:
    """Put a notice's days (notices.parse_notice) in the table and recount the open clocks that run past the first changed day.

    Raises BadCalendar when the table would have a hole or no working day; nothing is changed then.
    """
    before = load(session).calendar
    changed = [day for day in days if not before.first_day <= day.day <= before.last_day or not _same(before.row(day.day), day)]
    years = tuple(sorted({day.day.year for day in days if not day.provisional}))
    if not changed:
        return Loaded(years, 0, 0, 0)
    _put(session, days)
    rules = load(session)
    recounted, moved = recount_open(session, rules, min(day.day for day in changed), actor, now, "calendar")
    return Loaded(years, len(changed), recounted, moved)


def recount_open(session: Session, rules: Rules, since: date, actor: Actor, now: datetime, why: str) -> tuple[int, int]:
    """Count every open day clock that ends on or after `since` again, ticket by ticket, each ticket locked before its clocks.

    Returns how many were counted and how many moved or changed from provisional to certain.
    """
    counted = moved = 0
    for tickets in _tickets_in_batches(session, since):
        clocks = locked_clocks(session, [ticket.id for ticket in tickets])
        for ticket in tickets:
            hand = Hand(session, ticket, actor, now, clocks.get(ticket.id, []), rules)
            touched = [clock for clock in hand.running() if clock.unit in DAY_UNITS or clock.extended_by]
            was = [(clock.due_at, clock.provisional) for clock in touched]
            hand.move(touched, why)
            hand.settle()
            counted += len(touched)
            moved += sum(old != (clock.due_at, clock.provisional) for clock, old in zip(touched, was, strict=True))
        session.flush()
    return counted, moved


def unpublished_year(calendar: Calendar, today: date) -> int | None:
    """The coming year when its notice is still missing and administrators must be alarmed: from 1 November (domain §4)."""
    year = today.year + 1 if today.month >= ALARM_MONTH else today.year
    first = date(year, 1, 1)
    missing = first > calendar.last_day or calendar.provisional(first)
    return year if missing else None


def _tickets_in_batches(session: Session, since: date) -> Iterator[list[Ticket]]:
    """Locked tickets that have such a clock, by id, BATCH at a time."""
    open_clock = sa.exists().where(Clock.ticket_id == Ticket.id, Clock.stopped_at.is_(None), Clock.due_at >= end_of(since),
                                   sa.or_(Clock.unit.in_(sorted(DAY_UNITS)), Clock.extended_by > 0))
    after = 0
    while True:
        batch = list(session.scalars(sa.select(Ticket).where(Ticket.id > after, open_clock).order_by(Ticket.id).limit(BATCH).with_for_update()))
        if not batch:
            return
        yield batch
        after = batch[-1].id


def _put(session: Session, days: Sequence[Day]) -> None:
    rows = [{"day": day.day, "is_workday": day.is_workday, "note": day.note, "source": day.source, "provisional": day.provisional} for day in days]
    statement = insert(CalendarDay)
    session.execute(statement.on_conflict_do_update(index_elements=["day"], set_={
        name: statement.excluded[name] for name in ("is_workday", "note", "source", "provisional")}), rows)


def _same(old: Day, new: Day) -> bool:
    return replace(old, source="") == replace(new, source="")
