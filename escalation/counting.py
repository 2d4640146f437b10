"""One clock counted from what it was given: due date and trace, next step, pauses, what a later date forgives. Moving it is hand.py's."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation import ladder
from escalation.calendar import Calendar
from escalation.due import DAY_UNITS, WORKING_DAYS, Pause, due
from escalation.hours import Hours
from escalation.limits import Limit
from escalation.models import FIXED, Clock, ClockPause


class Counted(Protocol):
    """What `recount` reads and sets: a clock's row, or a copy of it on paper."""

    started_at: datetime
    length: int
    unit: str
    hours: dict | None
    extended_by: int
    not_after: datetime | None
    due_at: datetime
    provisional: bool
    trace: dict | None


def recount(clock: Counted, limit: Limit, pauses: Iterable[Pause], calendar: Calendar) -> dict | None:
    """Set due date, provisional flag and trace from the clock's inputs; a given due date stays. Returns what changed, or None."""
    if clock.unit == FIXED:
        return None
    before = {"old_due": clock.due_at, "old_provisional": clock.provisional, "old_trace": clock.trace}
    unit = limit.extension.unit if limit.extension else WORKING_DAYS
    answer = due(clock.started_at, clock.length, clock.unit, calendar, list(pauses), clock.extended_by, unit, Hours.of(clock.hours))
    clock.due_at, clock.provisional = answer.instant.astimezone(UTC), answer.provisional
    if clock.unit in DAY_UNITS or clock.extended_by or clock.hours:
        clock.trace = {"from": answer.start_day.isoformat(), "marks": answer.marks}
    if clock.not_after and clock.not_after < clock.due_at:
        clock.due_at = clock.not_after
    if before["old_due"] in (None, clock.due_at) and before["old_provisional"] == clock.provisional:
        return None
    return before | {"new_due": clock.due_at, "new_provisional": clock.provisional}


def schedule(clock: Clock, calendar: Calendar) -> None:
    """Set the next step of a clock that runs; a paused or stopped one climbs no ladder."""
    running = clock.stopped_at is None and clock.paused_at is None
    coming = ladder.next_step(clock, calendar) if running else None
    clock.next_step, clock.next_step_at = (coming.step, coming.at.astimezone(UTC)) if coming else (None, None)


def forgive(clock: Clock, at: datetime, calendar: Calendar) -> None:
    """A due date moved past `at`: the breach is gone, and steps that hang on the due date may come again for the new one."""
    if clock.due_at <= at:
        return
    clock.breached_at = None
    again = {
        rung.step
        for rung in ladder.ladder_of(clock.code, clock.kind, clock.length, clock.unit)
        if rung.share is None and ladder.when(rung, clock, calendar) > at
    }
    clock.steps_done = [step for step in clock.steps_done if step not in again]


def pauses_of(session: Session, clocks: Iterable) -> dict[int, list[Pause]]:
    """Clock id → its finished pauses, for those that have any; one statement, none when there is no clock."""
    ids = [clock.id for clock in clocks if clock.id is not None]
    found: dict[int, list[Pause]] = {}
    if ids:
        rows = session.execute(sa.select(ClockPause.clock_id, ClockPause.from_at, ClockPause.to_at).where(ClockPause.clock_id.in_(ids)))
        for clock_id, begin, end in rows:
            if end is not None:
                found.setdefault(clock_id, []).append((begin, end))
    return found
