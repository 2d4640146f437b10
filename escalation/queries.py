"""Reads of clocks as plain values: one statement for a ticket or for a page of them. Faces are faces.py's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from escalation.models import Clock, ClockPause, LimitRow
from tickets.organisations import Unit


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock as it is stored. `owner`: the unit's code, else "ticket" or "centre". `pauses`: [from, to or None, code], ISO in UTC.

    `marks` with `marks_from` is the trace (escalation.due.read_marks); empty for clocks that count minutes or hours.
    `extendable`: its limit knows an extension.
    """

    id: int
    ticket_id: int | None
    task_id: int | None
    code: str
    kind: str
    owner: str
    owner_unit_id: int | None
    length: int
    unit: str
    article: str
    started_at: datetime
    due_at: datetime
    provisional: bool
    extended_by: int
    short: bool
    paused_at: datetime | None
    stopped_at: datetime | None
    stop_reason: str | None
    breached_at: datetime | None
    next_step: str | None
    next_step_at: datetime | None
    pauses: list
    marks_from: date | None
    marks: str
    hours: dict | None = None
    extendable: bool = False

    def state(self, now: datetime) -> str:
        """running, overdue, paused, met, late, cancelled, released or expired, as of `now`."""
        if self.stop_reason:
            return self.stop_reason
        if self.paused_at:
            return "paused"
        if now > self.due_at:
            return "expired" if self.kind == "window" else "overdue"
        return "running"

    def breach(self, now: datetime) -> datetime | None:
        """The due instant once it has passed unmet, whether or not a sweep has noticed; else None."""
        return self.due_at if self.breached_at is None and self.state(now) == "overdue" else self.breached_at


_PAUSES = (
    sa.select(
        sa.func.jsonb_agg(
            aggregate_order_by(sa.func.jsonb_build_array(ClockPause.from_at, ClockPause.to_at, ClockPause.code), ClockPause.id)
        )
    )
    .where(ClockPause.clock_id == Clock.id)
    .correlate(Clock)
    .scalar_subquery()
)
_VIEW = (  # ClockView's fields in their order; of the trace only what is drawn leaves the database
    *(Clock.id, Clock.ticket_id, Clock.task_id, Clock.code, Clock.kind, sa.func.coalesce(Unit.code, LimitRow.owner)),
    *(Clock.owner_unit_id, Clock.length, Clock.unit, LimitRow.article, Clock.started_at, Clock.due_at, Clock.provisional),
    *(Clock.extended_by, Clock.short, Clock.paused_at, Clock.stopped_at, Clock.stop_reason, Clock.breached_at, Clock.next_step),
    *(Clock.next_step_at, sa.func.coalesce(_PAUSES, sa.text("'[]'::jsonb")), sa.cast(Clock.trace["from"].astext, sa.Date)),
    *(sa.func.coalesce(Clock.trace["marks"].astext, ""), Clock.hours, LimitRow.extension["cap"].is_not(None)),
)


def clocks_of(session: Session, ticket_id: int) -> list[ClockView]:
    """All clocks of one ticket, in the order they began. One statement."""
    return clocks_of_many(session, [ticket_id]).get(ticket_id, [])


def clocks_of_many(session: Session, ticket_ids: Sequence[int], *, running: bool = False) -> dict[int, list[ClockView]]:
    """Ticket id → its clocks, in the order they began; `running`: only those not stopped. One statement, none for no ticket."""
    return _clocks(session, Clock.ticket_id, ticket_ids, running)


def clocks_of_whistles(session: Session, whistle_ids: Sequence[int], *, running: bool = False) -> dict[int, list[ClockView]]:
    """Whistle id → the clocks of it and of its summonses, likewise."""
    return _clocks(session, Clock.whistle_id, whistle_ids, running)


def _clocks(session: Session, subject, ids: Sequence[int], running: bool) -> dict[int, list[ClockView]]:
    if not ids:
        return {}
    wanted = sa.select(subject, *_VIEW).select_from(Clock).join(LimitRow, LimitRow.id == Clock.limit_id)
    wanted = wanted.outerjoin(Unit, Unit.id == Clock.owner_unit_id).where(subject.in_(ids)).order_by(Clock.started_at, Clock.id)
    found: dict[int, list[ClockView]] = {}
    for about, *fields in session.execute(wanted.where(Clock.stopped_at.is_(None)) if running else wanted):
        found.setdefault(about, []).append(ClockView(*fields))
    return found


def view_of(clock: Clock, owner: str = "") -> ClockView:
    """A clock row as the value faces are drawn from, without its article and pauses: for lists that show no "why"."""
    trace = clock.trace or {}
    drawn = {"marks_from": date.fromisoformat(trace["from"]) if trace else None, "marks": trace.get("marks", ""), "owner": owner}
    stored = {name: getattr(clock, name) for name in ClockView.__slots__ if hasattr(Clock, name)}
    return ClockView(**stored | drawn, article="", pauses=[])
