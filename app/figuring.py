"""Keeping the city's figures: the minute's refresh, the night's catch-up, the freeze of a month at its cut-off, each its own unit of work; and a
survey entered, which may restate a frozen month.

The scheduler puts the jobs on the queue; their truth is in the database, and one that is lost comes again.
"""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app import clock, delivering, patrolling, target_lines
from app.clock import local
from app.reports.others import others
from app.work import work
from escalation.metrics import months, rollup
from tickets import awareness
from tickets.actors import Actor
from tickets.awareness import Survey
from tickets.evaluation_models import Awareness


def refresh(now: datetime) -> int:
    """Count again what happened since. Returns how many tickets."""
    with work() as session:
        return rollup.refresh(session, now)


def close_books(now: datetime) -> list[date]:
    """Once a night what the minute missed, then every month whose cut-off has passed. Running it twice changes nothing. Returns the months frozen."""
    patrolling.sweep(now)  # after a long silence the books may come first
    with work() as session:
        last = rollup.caught_up_at(session)
        if last is None or local(last).date() < local(now).date():
            rollup.catch_up(session, now)
    with work() as session:
        return months.freeze_due(session, others, now)


def enter_survey(
    session: Session, said: Survey, actor: Actor, now: datetime, corrects: int | None = None, reason: str = ""
) -> tuple[Awareness, list[date]]:
    """A survey (R76) or the correction of one; a month that is frozen keeps its figures and is restated (domain §10). Returns the row and the
    months restated. Raises as `awareness.enter`."""
    row = awareness.enter(session, said, actor, now, corrects, reason)
    before = session.get(Awareness, corrects) if corrects is not None else None
    touched = sorted({one.last_on.replace(day=1) for one in (before, row) if one is not None})
    figures = ("awareness_asked", "awareness_aware")
    return row, [month for month in touched if months.restate_others(session, month, others, figures, "awareness", actor.name, now)]


def rebuild(now: datetime) -> tuple[int, int]:
    """Everything counted anew from the tickets and their events. Returns tickets, and cells that do not add up (0)."""
    with work() as session:
        counted = rollup.rebuild(session, now)
        return counted, rollup.differences(session)


def refresh_job() -> int:
    return refresh(clock.now())


def close_books_job() -> int:
    """Close what is due, say which rates lie under their line, then send the reports of what is closed."""
    close_books(clock.now())
    target_lines.tell(clock.now())
    return delivering.deliver(clock.now())
