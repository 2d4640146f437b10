"""The orders the ladder asks for, as the scheduler, the `sweep` command and the tests have them issued: a unit of work a handful."""

from datetime import datetime

from app.work import work
from escalation.standing_orders import open_due

FEW = 20


def open_orders(now: datetime) -> int:
    """Issue every order that is due at `now`. Returns how many; tickets somebody is working on wait for the next call."""
    total = 0
    while True:
        with work() as session:
            made = len(open_due(session, now, FEW))
        total += made
        if made < FEW:
            return total
