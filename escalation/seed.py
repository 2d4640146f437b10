"""The first rows of an installation: the calendar and the limits. Running it again adds only what is missing."""

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from escalation.calendar import Day
from escalation.limit_data import ROWS
from escalation.models import CalendarDay, LimitRow
from escalation.notices import FIRST_YEAR, LAST_OFFICIAL_YEAR, official_days, statutory_days
from escalation.rules import as_columns

PROVISIONAL_YEARS = 2
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)


def seed_calendar(session: Session) -> int:
    """Every year chinesecalendar knows, and the years after it from the statute alone, provisional. Rows that are here stay.

    Returns how many days were added.
    """
    days = [day for year in range(FIRST_YEAR, LAST_OFFICIAL_YEAR + 1) for day in official_days(year)]
    for year in range(LAST_OFFICIAL_YEAR + 1, LAST_OFFICIAL_YEAR + 1 + PROVISIONAL_YEARS):
        days += statutory_days(year)
    return put_missing(session, days)


def keep_ahead(session: Session, this_year: int) -> int:
    """Provisional years up to two after this one, so that no limit runs off the table. Returns how many days were added."""
    last = session.scalar(sa.select(sa.func.max(CalendarDay.day)))
    if last is None:
        return seed_calendar(session)
    return put_missing(session, [day for year in range(last.year + 1, this_year + PROVISIONAL_YEARS + 1) for day in statutory_days(year)])


def seed_limits(session: Session) -> int:
    """Version 1 of every limit of every profile. A limit that is here, even an edited one, stays. Returns how many were added."""
    rows = [as_columns(limit) | {"version": 1, "effective_from": BEGINNING} for limit in ROWS]
    added = session.execute(insert(LimitRow).values(rows).on_conflict_do_nothing().returning(LimitRow.id))
    return len(added.all())


def put_missing(session: Session, days: list[Day]) -> int:
    """Insert the days that are not in the table yet."""
    if not days:
        return 0
    rows = [
        {"day": day.day, "is_workday": day.is_workday, "note": day.note, "source": day.source, "provisional": day.provisional}
        for day in days
    ]
    return len(session.execute(insert(CalendarDay).on_conflict_do_nothing().returning(CalendarDay.day), rows).all())
