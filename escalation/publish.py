"""The yearly notice comes in: its days replace what stood there, and every open clock it touches is counted again, with a trace, at once or later."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from escalation.calendar import Calendar, Day, end_of
from escalation.models import CalendarDay
from escalation.recount_models import Recounting
from escalation.recounting import Change, Outcome, carry_out, count_touched, day_clocks_from, foresee
from escalation.rules import Rules, load
from tickets.actors import Actor

ALARM_MONTH = 11


@dataclass(frozen=True)
class Loaded:
    """What loading a notice does: days that differ from before (as they were, as they will be), and what becomes of open clocks; when those are
    counted later, `waiting` is how far it has come."""

    years: tuple[int, ...]
    days: tuple[tuple[Day | None, Day], ...]
    outcome: Outcome
    waiting: Recounting | None = None

    @property
    def days_changed(self) -> int:
        return len(self.days)

    @property
    def clocks_recounted(self) -> int:
        return self.outcome.looked_at

    @property
    def clocks_changed(self) -> int:
        return len(self.outcome.moves)


def load_notice(session: Session, days: Sequence[Day], actor: Actor, now: datetime, words: str = "", later: bool = False) -> Loaded:
    """Put a notice's days (notices.parse_notice) in the table and recount the open clocks that run past the first changed day; `later`: behind
    the request, in batches (recount_later.py), until then a clock keeps its day.

    Two at once take turns. Raises BadCalendar when the table would have a hole or no working day; nothing is changed then.
    """
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended("calendar_days", 0))))
    before = load(session)
    changed = _differing(before.calendar, days)
    if not changed:
        return Loaded(_years(days), (), Outcome())
    after = _with(before.calendar, days)
    _put(session, days)
    first = _first(changed)
    change = change_from(replace(before, calendar=after), first, words)
    if not later:
        return Loaded(_years(days), changed, carry_out(session, change, actor, now))
    waiting = Recounting(
        first_day=first, reason=words, asked_at=now, by_id=actor.account_id, by_name=actor.name, total=count_touched(session, change)
    )
    session.add(waiting)
    session.flush()
    return Loaded(_years(days), changed, Outcome(), waiting)


def foresee_notice(session: Session, days: Sequence[Day], now: datetime) -> Loaded:
    """What `load_notice` would do. Reads only. Raises BadCalendar as that would."""
    before = load(session)
    changed = _differing(before.calendar, days)
    if not changed:
        return Loaded(_years(days), (), Outcome())
    return Loaded(
        _years(days), changed, foresee(session, change_from(replace(before, calendar=_with(before.calendar, days)), _first(changed)), now)
    )


def unpublished_year(calendar: Calendar, today: date) -> int | None:
    """The coming year when its notice is still missing and administrators must be alarmed: from 1 November (domain §4)."""
    year = today.year + 1 if today.month >= ALARM_MONTH else today.year
    first = date(year, 1, 1)
    missing = first > calendar.last_day or calendar.provisional(first)
    return year if missing else None


def change_from(rules: Rules, first: date, words: str = "") -> Change:
    """Every open clock that leans on the calendar and ends on or after the first changed day, by the version it has."""
    return Change("calendar", rules, day_clocks_from(end_of(first)), lambda clock, now: rules.book.by_id[clock.limit_id], words)


def _first(changed: Sequence[tuple[Day | None, Day]]) -> date:
    return min(day.day for _, day in changed)


def _differing(calendar: Calendar, days: Sequence[Day]) -> tuple[tuple[Day | None, Day], ...]:
    pairs = [(calendar.row(day.day) if calendar.first_day <= day.day <= calendar.last_day else None, day) for day in days]
    return tuple((old, new) for old, new in pairs if old is None or not _same(old, new))


def _with(calendar: Calendar, days: Sequence[Day]) -> Calendar:
    """The calendar as it will be. Raises BadCalendar."""
    rows = {row.day: row for year in range(calendar.first_day.year, calendar.last_day.year + 1) for row in calendar.year(year)}
    return Calendar((rows | {day.day: day for day in days}).values())


def _years(days: Sequence[Day]) -> tuple[int, ...]:
    return tuple(sorted({day.day.year for day in days if not day.provisional}))


def _put(session: Session, days: Sequence[Day]) -> None:
    rows = [
        {"day": day.day, "is_workday": day.is_workday, "note": day.note, "source": day.source, "provisional": day.provisional}
        for day in days
    ]
    statement = insert(CalendarDay)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["day"], set_={name: statement.excluded[name] for name in ("is_workday", "note", "source", "provisional")}
        ),
        rows,
    )


def _same(old: Day, new: Day) -> bool:
    return replace(old, source="") == replace(new, source="")
