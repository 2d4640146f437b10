"""The only clock in the house, and the city's time zone. Domain code takes `now` as an argument and never comes here."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def local(instant: datetime) -> datetime:
    """The same instant on a clock in the city."""
    return instant.astimezone(CITY_ZONE)


def ticks() -> float:
    """Seconds of a clock that only goes forward, for the age of what a process keeps in memory. Never a time of day."""
    return time.monotonic()
