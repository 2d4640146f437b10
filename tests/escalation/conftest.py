"""The calendar of these tests: every official year, then two provisional ones."""

import pytest

from escalation.calendar import Calendar
from escalation.notices import FIRST_YEAR, LAST_OFFICIAL_YEAR, official_days, statutory_days


@pytest.fixture(scope="session")
def calendar() -> Calendar:
    official = [day for year in range(FIRST_YEAR, LAST_OFFICIAL_YEAR + 1) for day in official_days(year)]
    return Calendar(official + [day for year in (2027, 2028) for day in statutory_days(year)])
