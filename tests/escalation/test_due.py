"""Domain §4's arithmetic: its own table, the edges, and a slow day-by-day reference that shares no code with it."""

from datetime import date, datetime, timedelta, timezone

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import Invalid
from escalation.calendar import CalendarRanOut
from escalation.due import CALENDAR_DAYS, HOURS, MINUTES, WORKING_DAYS, due, merge

CITY = timezone(timedelta(hours=8))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY)


def counted(answer) -> list[str]:
    return [step.day.strftime("%m-%d") for step in answer.trace if step.counts]


def test_sign_clock_runs_through_a_holiday_night(calendar):
    assert due(at("2024-10-01 23:50"), 30, MINUTES, calendar).instant == at("2024-10-02 00:20")


def test_five_working_days_across_make_up_days_and_the_golden_week(calendar):
    answer = due(at("2024-09-27 16:00"), 5, WORKING_DAYS, calendar)
    assert counted(answer) == ["09-29", "09-30", "10-08", "10-09", "10-10"]
    assert (answer.day, answer.instant) == (date(2024, 10, 10), at("2024-10-11 00:00"))
    assert [step.reason for step in answer.trace[:3]] == ["start", "weekend", "make-up-day"]
    assert answer.trace[4].note == "国庆节"


def test_an_extension_adds_working_days_to_the_current_due_date(calendar):
    answer = due(at("2024-09-27 16:00"), 5, WORKING_DAYS, calendar, extended_by=10)
    assert answer.day == date(2024, 10, 23)
    assert counted(answer)[5:] == ["10-11", "10-12", "10-14", "10-15", "10-16", "10-17", "10-18", "10-21", "10-22", "10-23"]


def test_a_pause_moves_the_end_by_its_working_days(calendar):
    start, pause = at("2024-11-04 09:00"), (at("2024-11-06 10:00"), at("2024-11-11 15:00"))
    assert due(start, 10, WORKING_DAYS, calendar).day == date(2024, 11, 18)
    answer = due(start, 10, WORKING_DAYS, calendar, [pause])
    assert answer.day == date(2024, 11, 21)
    assert [step.day.day for step in answer.trace if step.reason == "paused"] == [7, 8, 11]


def test_calendar_days_ending_on_a_day_off_roll(calendar):
    answer = due(at("2024-11-06 09:00"), 60, CALENDAR_DAYS, calendar)
    assert date(2024, 11, 6) + timedelta(60) == date(2025, 1, 5), "a Sunday"
    assert (answer.day, answer.trace[-1].reason) == (date(2025, 1, 6), "rolled")


def test_calendar_days_do_not_roll_off_a_make_up_sunday(calendar):
    assert due(at("2024-07-31 09:00"), 60, CALENDAR_DAYS, calendar).day == date(2024, 9, 29)


def test_a_petition_extension_counts_calendar_days_and_rolls_again(calendar):
    answer = due(at("2024-11-06 09:00"), 60, CALENDAR_DAYS, calendar, extended_by=30, extension_unit=CALENDAR_DAYS)
    assert answer.day == date(2025, 2, 5), "2025-01-06 + 30 is a Wednesday"


def test_minutes_leave_a_pause_out_to_the_second(calendar):
    pause = (at("2024-10-01 23:55:10"), at("2024-10-02 00:10:31"))
    assert due(at("2024-10-01 23:50"), 30, MINUTES, calendar, [pause]).instant == at("2024-10-02 00:35:21")


def test_a_pause_may_begin_on_the_last_day_but_not_after_the_end(calendar):
    start = at("2026-11-02 09:00")
    assert due(start, 1, WORKING_DAYS, calendar, [(at("2026-11-03 15:00"), at("2026-11-05 09:00"))]).day == date(2026, 11, 5)
    assert due(start, 1, WORKING_DAYS, calendar, [(at("2026-11-04 00:00"), at("2026-11-05 09:00"))]).day == date(2026, 11, 3)


def test_a_pause_within_one_day_moves_no_working_day(calendar):
    assert due(at("2026-11-02 09:00"), 3, WORKING_DAYS, calendar, [(at("2026-11-03 08:00"), at("2026-11-03 18:00"))]).day == date(
        2026, 11, 5
    )


def test_holidays_never_shorten_the_wait(calendar):
    for weekday in range(14):
        start = datetime(2026, 9, 25, 10, tzinfo=CITY) + timedelta(weekday)
        assert due(start, 5, WORKING_DAYS, calendar).instant - start >= timedelta(days=5)


def test_dispatched_at_a_weekend_or_at_night_the_start_date_is_that_date(calendar):
    assert due(at("2026-11-21 23:59"), 1, WORKING_DAYS, calendar).day == date(2026, 11, 23)
    assert due(at("2026-11-22 00:00"), 1, WORKING_DAYS, calendar).day == date(2026, 11, 23)
    assert due(datetime.fromisoformat("2026-11-22T16:30:00+00:00"), 1, WORKING_DAYS, calendar).day == date(2026, 11, 24)


def test_same_day_ends_at_midnight_and_does_not_roll(calendar):
    assert due(at("2026-11-22 10:00"), 0, CALENDAR_DAYS, calendar).instant == at("2026-11-23 00:00")


def test_a_due_in_a_year_without_notice_is_provisional(calendar):
    assert due(at("2026-11-22 10:00"), 45, WORKING_DAYS, calendar).provisional
    last = due(at("2026-12-28 10:00"), 3, WORKING_DAYS, calendar)
    assert (last.day, last.provisional) == (date(2026, 12, 31), False), "24:00 of New Year's Eve is still this year"
    assert not due(at("2026-12-31 23:50"), 30, MINUTES, calendar).provisional
    assert due(at("2026-11-22 10:00"), 45, WORKING_DAYS, calendar).trace[-1].provisional


def test_refusals(calendar):
    with pytest.raises(Invalid):
        due(at("2026-11-02 09:00"), 1, WORKING_DAYS, calendar, [(at("2026-11-05 09:00"), at("2026-11-04 09:00"))])
    with pytest.raises(Invalid):
        due(at("2026-11-02 09:00"), 1, WORKING_DAYS, calendar, extended_by=-1)
    with pytest.raises(CalendarRanOut):
        due(at("2028-12-20 09:00"), 45, WORKING_DAYS, calendar)


def test_overlapping_pauses_count_once(calendar):
    start = at("2024-11-04 09:00")
    pauses = [
        (at("2024-11-08 09:00"), at("2024-11-11 15:00")),
        (at("2024-11-06 10:00"), at("2024-11-08 12:00")),
        (at("2024-11-01 00:00"), at("2024-11-02 00:00")),
    ]
    assert merge(pauses, start) == [(at("2024-11-06 10:00"), at("2024-11-11 15:00"))]
    assert due(start, 10, WORKING_DAYS, calendar, pauses).day == date(2024, 11, 21)


# The reference: walks day by day (or second by second in whole pauses) over chinesecalendar itself.


def slow(start: datetime, length: int, unit: str, pauses, extended_by: int) -> datetime:
    local = start.astimezone(CITY)
    pauses = _joined(pauses)
    if unit in (MINUTES, HOURS):
        left, now = timedelta(**{unit: length}), start
        for begin, end in sorted(pauses):
            cut = max(begin, now)
            if cut >= now + left or end <= cut:
                continue
            left -= cut - now
            now = end
        return now + left
    included: set = set()
    while True:
        paused = {day for begin, end in included for day in _days(begin.astimezone(CITY).date(), end.astimezone(CITY).date())}
        if unit == WORKING_DAYS:
            day = _walk(local.date(), length + extended_by + sum(chinese_calendar.is_workday(each) for each in paused))
        else:
            day = local.date() + timedelta(length + len(paused))
            while not chinese_calendar.is_workday(day):
                day += timedelta(1)
        end = datetime(day.year, day.month, day.day, tzinfo=CITY) + timedelta(1)
        running = {(max(begin, start), stop) for begin, stop in pauses if stop > start and max(begin, start) < end}
        if running == included:
            return end
        included = running


def _joined(pauses) -> list:
    """Pauses that touch are one pause: whoever is paused at its end has not run out in between."""
    joined = list(pauses)
    for one in joined:
        for other in joined:
            if one is not other and one[0] <= other[1] and other[0] <= one[1]:
                rest = [each for each in joined if each is not one and each is not other]
                return _joined([*rest, (min(one[0], other[0]), max(one[1], other[1]))])
    return joined


def _days(after: date, until: date) -> list[date]:
    return [after + timedelta(ahead) for ahead in range(1, (until - after).days + 1)]


def _walk(day: date, count: int) -> date:
    while count:
        day += timedelta(1)
        count -= chinese_calendar.is_workday(day)
    return day


FIRST = datetime(2004, 1, 2, tzinfo=CITY)
instants = st.integers(0, 21 * 366 * 86400).map(lambda seconds: FIRST + timedelta(seconds=seconds))
edges = st.tuples(st.dates(date(2004, 1, 2), date(2025, 12, 1)), st.sampled_from([0, 1, 43200, 86399])).map(
    lambda pair: datetime(pair[0].year, pair[0].month, pair[0].day, tzinfo=CITY) + timedelta(seconds=pair[1])
)
spans = st.lists(st.tuples(st.integers(-3 * 86400, 40 * 86400), st.integers(0, 12 * 86400)), max_size=3)


@settings(max_examples=1500, deadline=None)
@given(
    instants | edges,
    st.sampled_from(
        [
            (1, WORKING_DAYS),
            (5, WORKING_DAYS),
            (15, WORKING_DAYS),
            (45, WORKING_DAYS),
            (30, MINUTES),
            (24, HOURS),
            (7, CALENDAR_DAYS),
            (60, CALENDAR_DAYS),
        ]
    ),
    spans,
    st.sampled_from([0, 0, 5, 15]),
)
def test_agrees_with_a_slow_reference(calendar, start, limit, offsets, extended_by):
    length, unit = limit
    pauses = [(start + timedelta(seconds=ahead), start + timedelta(seconds=ahead + lasts)) for ahead, lasts in offsets]
    extended_by = extended_by if unit == WORKING_DAYS else 0
    answer = due(start, length, unit, calendar, pauses, extended_by)
    assert answer.instant == slow(start, length, unit, pauses, extended_by)
    assert len(answer.marks) == (answer.day - answer.start_day).days + 1
    if unit == WORKING_DAYS:
        assert sum(step.counts for step in answer.trace) == length + extended_by
