"""No-shows as the scheduler, the `sweep` command and the tests have them written down: a unit of work a handful."""

from datetime import datetime

from app.work import work
from escalation.no_shows import mark_due

FEW = 20


def mark_no_shows(now: datetime) -> int:
    """Write down every department that did not come by `now`. Returns how many whistles changed."""
    total = 0
    while True:
        with work() as session:
            made = mark_due(session, now, FEW)
        total += made
        if made < FEW:
            return total
