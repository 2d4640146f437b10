"""The minutes of evaluation: the draws of a day, and the calls owed because a limit ended. Called by the scheduler's leader; each its own unit of work."""

from datetime import datetime

from app.work import work
from tickets import callbacks, draws


def tick(now: datetime) -> int:
    """Whatever is due at `now`. Running it twice draws nothing twice: the kept draw of a day says it was made. Returns how many calls it made owed."""
    with work() as session:
        owed = len(callbacks.owe_due(session, now))
    if not draws.is_hour(now):
        return owed
    for draw in (draws.draw_calls_of_day, draws.draw_look_backs, draws.draw_quality, draws.draw_direct):
        with work() as session:
            sample = draw(session, now)
            owed += len(sample.chosen) if sample is not None else 0
    return owed
