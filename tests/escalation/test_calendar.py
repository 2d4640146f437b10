"""The working-day table: right days, O(1) look-ups, and no answer beyond what is known."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from timeit import repeat

import holidays
import pytest

from escalation.calendar import BadCalendar, Calendar, CalendarRanOut, Day, city_day, end_of, last_day_of
from escalation.notices import LAST_OFFICIAL_YEAR, days_of, official_days, statutory_days


def test_two_independent_sources_agree_on_every_day_since_2010():
    china = holidays.China(years=range(2010, LAST_OFFICIAL_YEAR + 1))
    for year in range(2010, LAST_OFFICIAL_YEAR + 1):
        for row in official_days(year):
            assert row.is_workday == china.is_working_day(row.day), row.day


def test_a_year_without_a_notice_is_weekends_and_statutory_days_and_says_so():
    days = {row.day: row for row in statutory_days(2027)}
    assert all(row.provisional for row in days.values())
    assert not days[date(2027, 10, 1)].is_workday
    assert days[date(2027, 10, 1)].note == "国庆节"
    assert not any(row.is_workday for row in days.values() if row.day.weekday() > 4), "nothing is swapped before the notice"


def test_the_nth_working_day_agrees_with_walking(calendar):
    for start in days_of(2024):
        walked, day = [], start
        while len(walked) < 45:
            day += timedelta(1)
            if calendar.is_workday(day):
                walked.append(day)
        assert [calendar.shift(start, count) for count in (1, 5, 15, 45)] == [walked[0], walked[4], walked[14], walked[44]]


def test_working_days_before_and_between(calendar):
    assert calendar.shift(date(2024, 10, 8), -1) == date(2024, 9, 30)
    assert calendar.shift(date(2024, 10, 4), -1) == date(2024, 9, 30)
    assert calendar.shift(date(2024, 10, 4), 0) == date(2024, 10, 4)
    assert calendar.workdays_between(date(2024, 9, 27), date(2024, 10, 8)) == 3


def test_a_look_up_takes_about_a_microsecond_however_far(calendar):
    day = date(2026, 3, 3)
    near = min(repeat(lambda: calendar.shift(day, 1), number=20_000, repeat=5)) / 20_000
    far = min(repeat(lambda: calendar.shift(day, 400), number=20_000, repeat=5)) / 20_000
    print(f"n-th working day: {near * 1e6:.2f} µs the next, {far * 1e6:.2f} µs the 400th")
    assert far < near * 3, "no walking"


def test_beyond_the_last_known_year_fails_loudly(calendar):
    with pytest.raises(CalendarRanOut, match="2029-01-01"):
        calendar.shift(date(2028, 12, 20), 15)
    with pytest.raises(CalendarRanOut, match="2031-05-01"):
        calendar.is_workday(date(2031, 5, 1))
    with pytest.raises(CalendarRanOut, match="2003-12-31"):
        calendar.shift(date(2004, 1, 1), -1)


def test_a_calendar_without_a_working_day_is_refused():
    with pytest.raises(BadCalendar, match="没有一个工作日"):
        Calendar([replace(row, is_workday=False) for row in official_days(2026)])
    with pytest.raises(BadCalendar, match="没有一个工作日"):
        Calendar([])


def test_a_calendar_with_a_hole_or_a_double_is_refused():
    days = official_days(2026)
    with pytest.raises(BadCalendar, match="2026-03-03"):
        Calendar([row for row in days if row.day != date(2026, 3, 3)])
    with pytest.raises(BadCalendar, match="2026-12-31"):
        Calendar([*days, Day(date(2026, 12, 31), True)])


def test_the_weekday_is_the_citys_not_utcs():
    sunday_late_in_utc = datetime.fromisoformat("2026-11-22T16:30:00+00:00")
    assert city_day(sunday_late_in_utc) == date(2026, 11, 23), "already Monday in the city"


def test_midnight_is_shown_as_the_day_before():
    assert end_of(date(2024, 10, 10)).isoformat() == "2024-10-11T00:00:00+08:00"
    assert last_day_of(end_of(date(2024, 10, 10))) == date(2024, 10, 10)
