"""100,000 drawn cases of every limit of every profile, 2004–2027, with pauses and extensions: a walk with a paper calendar and a pencil, sharing
no code with escalation.due, finds the same instant every time (issue 3, Must show 1). CASES=1000000 draws more."""

import os
from datetime import date, datetime, time, timedelta, timezone
from random import Random

import chinese_calendar
import holidays
import pytest

from escalation.due import CALENDAR_DAYS, WORKING_DAYS, due
from escalation.limit_data import ROWS

CITY = timezone(timedelta(hours=8))
A_DAY = timedelta(1)
FIRST, LAST = datetime(2004, 1, 2, tzinfo=CITY), datetime(2027, 8, 1, tzinfo=CITY)
CASES = int(os.environ.get("CASES", "100000"))
EDGES = (0, 1, 59, 43_200, 86_399)
WAITS = (0, 0, 1, 3_600, 86_400, 3 * 86_400, 10 * 86_400, 40 * 86_400)


def paper() -> set[date]:
    """The working days as printed: the State Council's years, then 2027 and on with nothing swapped."""
    off = holidays.China(years=[2027, 2028, 2029])
    day, worked = date(2004, 1, 1), set()
    while day.year < 2030:
        if chinese_calendar.is_workday(day) if day.year < 2027 else day.weekday() < 5 and day not in off:
            worked.add(day)
        day += A_DAY
    return worked


WORKED = paper()


def midnight_after(day: date) -> datetime:
    return datetime.combine(day + A_DAY, time(), CITY)


def by_hand(start: datetime, limit, pauses: list, extended_by: int) -> datetime:
    """The end of the limit, found as a clerk would."""
    waits = tidy(pauses, start)
    if limit.unit not in (WORKING_DAYS, CALENDAR_DAYS):
        return with_a_stopwatch(start, timedelta(**{limit.unit: limit.length}), waits, extended_by)
    walk = count_working_days if limit.unit == WORKING_DAYS else count_days
    day, waits = walk(start.date(), limit.length, waits)
    if extended_by:
        more = limit.extension.unit if limit.extension else WORKING_DAYS
        if limit.unit == WORKING_DAYS:
            day, waits = count_working_days(day, extended_by, waits)
        else:
            day = roll(day)
            day, waits = count_days(day, extended_by if more == CALENDAR_DAYS else days_over(day, extended_by), waits)
    return midnight_after(roll(day) if limit.unit == CALENDAR_DAYS and day > start.date() else day)


def tidy(pauses: list, start: datetime) -> list:
    """In order, what touches is one, what lies before the start is nothing."""
    kept: list = []
    for begin, end in sorted((max(begin, start), end) for begin, end in pauses if end > start):
        if begin == end:
            continue
        if kept and begin <= kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((begin, end))
    return kept


def with_a_stopwatch(start: datetime, left: timedelta, waits: list, extended_by: int) -> datetime:
    now = start
    for begin, end in waits:
        if begin - now >= left:
            break
        left -= begin - now
        now = end
    assert not extended_by
    return now + left


def count_working_days(day: date, left: int, waits: list) -> tuple[date, list]:
    """Cross off one working day after the other; a day inside a pause is not crossed off. A pause that begins on the last day before
    midnight pushes the end to the last working day it covers."""
    while left:
        day += A_DAY
        if day in WORKED and not any(begin.date() < day <= end.date() for begin, end in waits):
            left -= 1
    moved = True
    while moved:
        moved = False
        for begin, end in waits:
            covered = [one for one in days_between(day, end.date()) if one in WORKED] if begin < midnight_after(day) else []
            if covered:
                day, moved = covered[-1], True
    return day, [pause for pause in waits if pause[0] >= midnight_after(day)]


def count_days(day: date, left: int, waits: list) -> tuple[date, list]:
    """Plain days; a pause adds the days it covers as long as the limit, rolled off a day off, still runs when it begins."""
    first, day = day, day + timedelta(left)
    while waits and waits[0][0] < midnight_after(roll(day) if day > first or left else day):
        begin, end = waits[0]
        day, waits = day + (end.date() - begin.date()), waits[1:]
    return day, waits


def days_between(after: date, until: date) -> list[date]:
    return [after + timedelta(ahead) for ahead in range(1, (until - after).days + 1)]


def days_over(day: date, working: int) -> int:
    """How many plain days the next so many working days take."""
    ahead = 0
    while working:
        ahead += 1
        working -= day + timedelta(ahead) in WORKED
    return ahead


def roll(day: date) -> date:
    while day not in WORKED:
        day += A_DAY
    return day


def drawn(dice: Random):
    """A limit, an instant to start (often at an edge of a day), pauses that touch, nest, precede or begin at the very end, an extension."""
    limit = dice.choice(ROWS)
    start = FIRST + timedelta(seconds=dice.randrange(int((LAST - FIRST).total_seconds())))
    if dice.random() < 0.4:
        start = datetime.combine(start.date(), time(), CITY) + timedelta(seconds=dice.choice(EDGES))
    pauses, at = [], start
    for _ in range(dice.choice((0, 0, 1, 1, 2, 3))):
        begin = at + timedelta(seconds=dice.choice((0, dice.choice(WAITS), dice.randrange(-3 * 86_400, 30 * 86_400))))
        if dice.random() < 0.3:
            begin = datetime.combine(begin.date(), time(), CITY) + timedelta(seconds=dice.choice(EDGES))
        at = begin + timedelta(seconds=dice.choice((0, dice.choice(WAITS), dice.randrange(12 * 86_400))))
        pauses.append((begin, at))
    dice.shuffle(pauses)
    extended_by = dice.randint(1, limit.extension.cap) if limit.extension and dice.random() < 0.4 else 0
    return limit, start, pauses, extended_by


@pytest.mark.walk
@pytest.mark.timeout(600)
def test_every_limit_ends_when_a_clerk_says(calendar):
    dice = Random(20261122)
    different = []
    for _ in range(CASES):
        limit, start, pauses, extended_by = drawn(dice)
        unit = limit.extension.unit if limit.extension else WORKING_DAYS
        found = due(start, limit.length, limit.unit, calendar, pauses, extended_by, unit).instant
        wanted = by_hand(start, limit, pauses, extended_by)
        if found != wanted:
            different.append(
                f"{limit.profile}/{limit.code} from {start} pauses {pauses} +{extended_by}: {found.astimezone(CITY)}, by hand {wanted}"
            )
    print(f"{CASES} cases, {len(different)} different")
    assert not different, "\n".join(different[:5])


def test_the_day_a_pause_begins_counts_and_the_day_it_ends_does_not(calendar):
    """Domain §4: d with pause start < d <= pause end; on the last day a pause may still begin."""
    five = next(limit for limit in ROWS if limit.code == "general-reply")
    start = datetime(2026, 11, 23, 9, tzinfo=CITY)
    at = [datetime(2026, 11, day, 12, tzinfo=CITY) for day in range(1, 31)]
    for begin, end, last in ((24, 24, 30), (24, 25, 31), (24, 27, 33), (30, 30, 30)):
        day = date(2026, 11, 1) + timedelta(last - 1)
        while day not in WORKED:
            day += A_DAY
        assert due(start, 5, WORKING_DAYS, calendar, [(at[begin - 1], at[end - 1])]).day == day
        assert by_hand(start, five, [(at[begin - 1], at[end - 1])], 0) == midnight_after(day)
