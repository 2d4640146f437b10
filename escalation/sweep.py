"""The sweep: take every rung that is due at `now`, once, oldest first (design §6). One batch is one transaction of the caller's.

It reads one partial index, locks clocks with SKIP LOCKED, never waits for a ticket, and writes step, ledger entry and the clock's
next step together. Whom it tells is handed back as notices; what becomes of them is wiring's business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.calendar import Calendar
from escalation.ladder import BREACH, EXPIRE, Rung, left_of
from escalation.models import Clock, LimitRow
from escalation.recipients import People, in_charge
from escalation.rules import calendar_for

BATCH = 1000  # a fifth of a second: as long as somebody who acts on one of its tickets may have to wait
LATE_AFTER = timedelta(seconds=60)

_AS_IT_COMES = sa.type_coerce(Clock.steps_done, sa.types.NullType()).label("steps_done")  # the driver makes a list of it already
_CLAIM = (
    sa.select(
        Clock.id,
        Clock.ticket_id,
        Clock.whistle_id,
        Clock.task_id,
        Clock.summons_id,
        Clock.code,
        Clock.kind,
        Clock.length,
        Clock.unit,
        Clock.hours,
        Clock.started_at,
        Clock.due_at,
        _AS_IT_COMES,
        Clock.owner_unit_id,
        LimitRow.owner,
    )
    .join(LimitRow, LimitRow.id == Clock.limit_id)
    .where(Clock.next_step_at <= sa.bindparam("now"))
    .order_by(Clock.next_step_at, Clock.id)
    .limit(sa.bindparam("batch"))
    .with_for_update(skip_locked=True, of=Clock)
)

_RECORD = sa.text("""
WITH due AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS due (clock_id bigint, ticket_id bigint, whistle_id bigint, unit_id int, code text, step text, level text,
                                                                   for_due timestamptz, planned_at timestamptz, late boolean, people int[], card text)
), taken AS (
    INSERT INTO escalation_steps (clock_id, ticket_id, whistle_id, unit_id, code, step, level, for_due, planned_at, fired_at, late, recipients, told_at)
    SELECT clock_id, ticket_id, whistle_id, unit_id, code, step, level, for_due, planned_at, :now, late, people,
           CASE WHEN late AND people <> '{}' THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM due ON CONFLICT (clock_id, step, for_due) DO NOTHING
    RETURNING id, clock_id, ticket_id, whistle_id, unit_id, step, level
), carded AS (
    INSERT INTO ledger_entries (step_id, clock_id, ticket_id, whistle_id, unit_id, level, card, status, opened_at)
    SELECT taken.id, taken.clock_id, taken.ticket_id, taken.whistle_id, taken.unit_id, taken.level, due.card, 'open', :now
    FROM taken JOIN due USING (clock_id, step) WHERE due.card <> ''
)
SELECT clock_id, step FROM taken""")

_ADVANCE = sa.text("""
UPDATE clocks SET next_step = due.next_step, next_step_at = due.next_step_at, steps_done = steps_done || due.done,
       breached_at = CASE WHEN due.breached THEN due_at ELSE breached_at END,
       stopped_at = CASE WHEN due.expired THEN due_at END, stop_reason = CASE WHEN due.expired THEN 'expired' END
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS due (id bigint, next_step text, next_step_at timestamptz, done text[], breached boolean, expired boolean)
WHERE clocks.id = due.id""")


class Taken(NamedTuple):
    """One rung taken now: of which clock, when it was to be, and whom it reaches (account ids)."""

    clock_id: int
    ticket_id: int | None
    unit_id: int | None
    code: str
    rung: Rung
    due_at: datetime
    planned_at: datetime
    late: bool
    people: list[int]
    whistle_id: int | None = None


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did. `claimed` fewer than the batch means the backlog is drained. `told` is for the caller to pass on."""

    claimed: int
    steps: int
    late: int
    taken: tuple[Taken, ...] = ()


def sweep_batch(session: Session, now: datetime, batch: int = BATCH) -> Swept:
    """Claim up to `batch` clocks whose next step is due at `now` (aware UTC) and take every rung they have passed, in order.

    A rung more than LATE_AFTER behind is marked late; its message waits for `late_untold`, so that a long silence ends in one
    message a person. Running it again, or two at once, or after a kill, takes nothing twice: the rows say what is done.
    """
    claimed = session.execute(_CLAIM, {"now": now, "batch": batch}).all()
    if not claimed:
        return Swept(0, 0, 0)
    calendar = calendar_for(session)
    climbs = [_climb(clock, calendar, now) for clock in claimed]
    people = People(
        session,
        {clock.ticket_id for clock in claimed if clock.ticket_id},
        {clock.owner_unit_id for clock in claimed if clock.owner_unit_id},
        now,
        {clock.whistle_id for clock in claimed if clock.whistle_id},
    )
    named = in_charge(session, claimed)
    taken = [
        Taken(
            clock.id,
            clock.ticket_id,
            people.unit_of(clock.ticket_id, clock.owner_unit_id, clock.owner),
            clock.code,
            rung,
            clock.due_at,
            at,
            now - at > LATE_AFTER,
            people.of(rung.to, clock.ticket_id, clock.owner_unit_id, clock.owner, clock.whistle_id, named.get(clock.id, ()))
            if rung.to
            else [],
            clock.whistle_id,
        )
        for clock, (passed, _) in zip(claimed, climbs, strict=True)
        for at, rung in passed
        if rung.step != EXPIRE
    ]
    fresh = _record(session, taken, now) if taken else set()
    _advance(session, claimed, climbs)
    new = tuple(one for one in taken if (one.clock_id, one.rung.step) in fresh)
    return Swept(len(claimed), len(new), sum(one.late for one in new), new)


def _climb(clock, calendar: Calendar, now: datetime) -> tuple[list[tuple[datetime, Rung]], tuple[datetime, Rung] | None]:
    """The rungs passed at `now`, in order, and the next one."""
    left = left_of(clock, calendar)
    passed = [pair for pair in left if pair[0] <= now]
    return passed, left[len(passed)] if len(passed) < len(left) else None


def _record(session: Session, taken: Sequence[Taken], now: datetime) -> set[tuple[int, str]]:
    """Write steps and ledger entries in one statement. Returns (clock, step) of those that were new."""
    rows = [
        {
            "clock_id": one.clock_id,
            "ticket_id": one.ticket_id,
            "whistle_id": one.whistle_id,
            "unit_id": one.unit_id,
            "code": one.code,
            "step": one.rung.step,
            "level": one.rung.level,
            "for_due": one.due_at,
            "planned_at": one.planned_at,
            "late": one.late,
            "people": one.people,
            "card": one.rung.card,
        }
        for one in taken
    ]
    return {(clock, step) for clock, step in session.execute(_RECORD, {"now": now, "rows": orjson.dumps(rows).decode()})}


def _advance(session: Session, claimed: Sequence, climbs: Sequence) -> None:
    """Move every claimed clock to its next rung; a window that is over stops by itself."""
    rows = []
    for clock, (passed, coming) in zip(claimed, climbs, strict=True):
        done = [rung.step for _, rung in passed]
        at, following = (coming[0], coming[1].step) if coming else (None, None)
        rows.append(
            {
                "id": clock.id,
                "next_step": following,
                "next_step_at": at,
                "done": done,
                "breached": BREACH in done,
                "expired": EXPIRE in done,
            }
        )
    session.execute(_ADVANCE, {"rows": orjson.dumps(rows).decode()})
