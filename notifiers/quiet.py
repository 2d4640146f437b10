"""When a message may disturb: at once, or, if it can wait, gathered for a minute by day and until seven in the morning by night. Pure."""

from datetime import datetime, time, timedelta

from app.clock import CITY_ZONE, local
from notifiers.message import NOW

QUIET_FROM, QUIET_TO = time(22), time(7)
GATHER = timedelta(minutes=1)


def is_quiet(instant: datetime) -> bool:
    """Whether people are left in peace: 22:00 until 7:00 city time."""
    hour = local(instant).time()
    return hour >= QUIET_FROM or hour < QUIET_TO


def leaves_at(urgency: str, now: datetime) -> datetime:
    """The earliest instant for a message of this urgency put at `now` (aware): what comes together meanwhile goes out as one digest."""
    if urgency == NOW:
        return now
    ready = now + GATHER
    return _next_morning(ready) if is_quiet(ready) else ready


def _next_morning(instant: datetime) -> datetime:
    there = local(instant)
    day = there.date() if there.time() < QUIET_TO else there.date() + timedelta(days=1)
    return datetime.combine(day, QUIET_TO, CITY_ZONE)
