"""Keeping the city's figures: the minute's refresh, the night's catch-up, the freeze of a month at its cut-off. Each its own unit of work.

The scheduler puts the jobs on the queue; their truth is in the database, and one that is lost comes again.
"""

from datetime import date, datetime

from app import clock, delivering, patrolling, target_lines
from app.clock import local
from app.reports.others import others
from app.work import work
from escalation.metrics import months, rollup


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
