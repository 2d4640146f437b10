"""When a limit ends, and why on that day: pure arithmetic of domain §4 on plain values. Knows neither limits nor clocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from app.errors import Invalid
from escalation.calendar import Calendar, city_day, end_of
from escalation.hours import Hours

SECONDS, MINUTES, HOURS = "seconds", "minutes", "hours"
WORKING_DAYS, CALENDAR_DAYS = "working-days", "calendar-days"
UNITS = (SECONDS, MINUTES, HOURS, WORKING_DAYS, CALENDAR_DAYS)
DAY_UNITS = frozenset({WORKING_DAYS, CALENDAR_DAYS})

Pause = tuple[datetime, datetime]

# One letter a day is what a clock row keeps; upper case where the day was provisional when it was counted.
MARKS = {
    "s": "start",
    "w": "working-day",
    "m": "make-up-day",
    "e": "extension",
    "d": "calendar-day",
    "c": "continuous",
    "o": "weekend",
    "h": "holiday",
    "p": "paused",
    "r": "rolled",
}
COUNTING = frozenset("wmedc")


class Step(NamedTuple):
    """One day of a trace. `reason`: a word of MARKS; `note`: the holiday's name."""

    day: date
    counts: bool
    reason: str
    note: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """The answer. `instant`: when the limit ends (24:00 of a day is the next midnight); `day`: the day it is shown as.

    `marks`: the trace as a string, one letter a day from the start day to the due day.
    """

    instant: datetime
    day: date
    provisional: bool
    start_day: date
    _how: "_Count" = field(repr=False)

    @property
    def marks(self) -> str:
        return "".join(self._how.marks(self.day))

    @property
    def trace(self) -> list[Step]:
        """The same as steps: every day, whether it counts, and why."""
        return read_marks(self.start_day, self.marks, self._how.calendar)


def due(
    start: datetime,
    length: int,
    unit: str,
    calendar: Calendar,
    pauses: Sequence[Pause] = (),
    extended_by: int = 0,
    extension_unit: str = WORKING_DAYS,
    hours: Hours | None = None,
) -> Due:
    """When `length` `unit`s from `start` end (domain §4 "Arithmetic").

    Minutes and hours run through nights and holidays and leave pauses out to the second. Working days begin the day after
    `start` and end at 24:00 of the last; a pause moves the end by the working days d with pause start < d <= pause end.
    Calendar days ending on a day off roll to the next working day; a length of 0 is 当日 and does not roll. A pause that
    begins when the limit has already ended changes nothing. `extended_by` adds days to the date so reached.
    With business `hours` seconds, minutes and hours run in open time only, and working days end at the close of business of the
    last one instead of 24:00 (民法典 §203).
    Raises Invalid for a reversed pause or a negative number, CalendarRanOut past the loaded years.
    """
    if length < 0 or extended_by < 0:
        raise Invalid(extend="天数不能是负数")
    count = _Count(start, length, unit, calendar, extended_by, extension_unit, hours)
    waiting = merge(pauses, start)
    while waiting and waiting[0][0] < count.end:
        count.pause(waiting.pop(0))
    if extended_by:
        count.extend()
        while waiting and waiting[0][0] < count.end:
            count.pause(waiting.pop(0))
    end_day = count.end_day
    provisional = count.leans_on_calendar and calendar.any_provisional(count.start_day, end_day)
    return Due(count.end, end_day, provisional, count.start_day, count)


def merge(pauses: Sequence[Pause], start: datetime) -> list[Pause]:
    """Pauses in order, overlaps joined, what lies before `start` cut away. Raises Invalid when one ends before it begins."""
    joined: list[Pause] = []
    for begin, end in sorted(pauses):
        if end < begin:
            raise Invalid(pause="暂停的结束早于开始")
        cut = max(begin, start)
        if end <= cut:
            continue
        if joined and cut <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((cut, end))
    return joined


def read_marks(start_day: date, marks: str, calendar: Calendar | None = None) -> list[Step]:
    """A stored trace as steps. `calendar` names the holidays as it knows them now; the marks say what counted then."""
    steps = []
    for ahead, mark in enumerate(marks):
        day, letter = start_day + timedelta(ahead), mark.lower()
        note = calendar.note(day) if calendar and letter in "hmr" and calendar.first_day <= day <= calendar.last_day else ""
        steps.append(Step(day, letter in COUNTING, MARKS[letter], note, mark != letter))
    return steps


class _Count:
    """One count in progress: where it ends so far, and the pauses that moved it."""

    def __init__(self, start, length, unit, calendar, extended_by, extension_unit, hours):
        self.start, self.unit, self.calendar, self.hours = start, unit, calendar, hours
        self.start_day = city_day(start)
        self.extended_by, self.extension_unit = extended_by, extension_unit
        self.pauses: list[Pause] = []
        self.base_day: date | None = None
        if unit in DAY_UNITS:
            self.length = length
            self._day = calendar.shift(self.start_day, length) if unit == WORKING_DAYS else self.start_day + timedelta(length)
        else:
            self._running = timedelta(**{unit: length})
            self._instant = self._after_running()

    def _after_running(self) -> datetime:
        return self.hours.add(self.start, self._running, self.calendar) if self.hours else self.start + self._running

    @property
    def leans_on_calendar(self) -> bool:
        return self.unit in DAY_UNITS or self.extended_by > 0 or (self.hours is not None and not self.hours.every_day)

    @property
    def end_day(self) -> date:
        if self.unit == WORKING_DAYS:
            return self._day
        if self.unit == CALENDAR_DAYS:
            return self.calendar.roll(self._day) if self._day > self.start_day else self._day
        return city_day(self._instant)

    @property
    def end(self) -> datetime:
        if self.unit == WORKING_DAYS and self.hours:
            return self.hours.closing(self.end_day)
        return end_of(self.end_day) if self.unit in DAY_UNITS else self._instant

    def pause(self, pause: Pause) -> None:
        begin, end = pause
        self.pauses.append(pause)
        if self.unit == WORKING_DAYS:
            self._day = self.calendar.shift(self._day, self.calendar.workdays_between(city_day(begin), city_day(end)))
        elif self.unit == CALENDAR_DAYS:
            self._day += city_day(end) - city_day(begin)
        else:
            self._running += self.hours.between(begin, end, self.calendar) if self.hours else end - begin
            self._instant = self._after_running()

    def extend(self) -> None:
        self.base_day = self.end_day
        if self.extension_unit == CALENDAR_DAYS:
            later = self.base_day + timedelta(self.extended_by)
        else:
            later = self.calendar.shift(self.base_day, self.extended_by)
        if self.unit in DAY_UNITS:
            self._day = later
        else:
            self._instant += later - self.base_day

    def marks(self, last: date) -> Iterator[str]:
        """A letter for every day from the start day to `last`."""
        covered = [(city_day(begin), city_day(end)) for begin, end in self.pauses]
        counted = 0
        yield "s" if self.unit in DAY_UNITS else self._continuous_letter(self.start_day)
        for ahead in range(1, (last - self.start_day).days + 1):
            day = self.start_day + timedelta(ahead)
            paused = any(begin < day <= end for begin, end in covered)
            letter = self._letter(day, paused, counted)
            counted += letter in COUNTING
            leans = self.leans_on_calendar and self.calendar.provisional(day)
            yield letter.upper() if leans else letter

    def _letter(self, day: date, paused: bool, counted: int) -> str:
        if self.unit not in DAY_UNITS:
            return self._continuous_letter(day)
        is_workday = self.calendar.is_workday(day)
        off = "h" if self.calendar.note(day) else "o"
        if self.unit == WORKING_DAYS and not is_workday:
            return off
        if paused:
            return "p"
        if counted >= self.length:
            return "e" if self.extended_by and (is_workday or self.extension_unit == CALENDAR_DAYS) else "r"
        if self.unit == CALENDAR_DAYS:
            return "d"
        return "m" if day.weekday() > 4 else "w"

    def _continuous_letter(self, day: date) -> str:
        if self.hours and not self.hours.opens_on(day, self.calendar):
            return "h" if self.calendar.note(day) else "o"
        whole = (end_of(day - timedelta(1)), end_of(day))
        if any(begin <= whole[0] and whole[1] <= end for begin, end in self.pauses):
            return "p"
        return "e" if self.base_day and day > self.base_day else "c"
