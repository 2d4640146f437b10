"""The working-day calendar as a value: fed with days, asked in O(1), never guesses. Reads no table; loading is days.py's."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import accumulate, pairwise

from app.clock import CITY_ZONE, local
from app.errors import WrongState


class CalendarRanOut(WrongState):
    """A day was asked for that no loaded year covers. Never answered by a guess (domain §4)."""

    code = "calendar-ran-out"


class BadCalendar(WrongState):
    """The days offered cannot be a calendar: none is a working day, or one is missing."""

    code = "bad-calendar"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the table. `note`: the holiday's name, or "" ; `provisional`: its year's notice is not out yet."""

    day: date
    is_workday: bool
    note: str = ""
    source: str = ""
    provisional: bool = False


class Calendar:
    """Every day from the first to the last loaded, without a hole.

    Raises BadCalendar when there is no working day or a day is missing; every question beyond its ends raises CalendarRanOut.
    """

    def __init__(self, days: Iterable[Day]):
        rows = sorted(days, key=lambda row: row.day)
        if not any(row.is_workday for row in rows):
            raise BadCalendar("日历里没有一个工作日，不能装入；请先导入放假安排 (calendar import)")
        self.first_day, self.last_day = rows[0].day, rows[-1].day
        if len(rows) != (self.last_day - self.first_day).days + 1:
            raise BadCalendar("日历缺少 %(day)s 这一天，或有重复；请重新导入那一年", day=_first_hole(rows))
        self._rows = rows
        self._origin = self.first_day.toordinal()
        self._workdays = [row.day for row in rows if row.is_workday]
        self._done = [0, *accumulate(int(row.is_workday) for row in rows)]
        self._open = [0, *accumulate(int(row.provisional) for row in rows)]

    def is_workday(self, day: date) -> bool:
        """Is it a legal working day (weekday or make-up weekend, not a holiday)?"""
        return self._rows[self._at(day)].is_workday

    def note(self, day: date) -> str:
        """The holiday or make-up day's name, "" for plain days."""
        return self._rows[self._at(day)].note

    def provisional(self, day: date) -> bool:
        """Does the day belong to a year whose notice is not loaded?"""
        return self._rows[self._at(day)].provisional

    def row(self, day: date) -> Day:
        return self._rows[self._at(day)]

    def shift(self, day: date, count: int) -> date:
        """The `count`-th working day after `day` (before it when negative; `day` itself for 0). One array look-up."""
        if count == 0:
            return day
        at = self._at(day)
        index = self._done[at + 1] + count - 1 if count > 0 else self._done[at] + count
        if not 0 <= index < len(self._workdays):
            raise self._ran_out(self.last_day + timedelta(1) if count > 0 else self.first_day - timedelta(1))
        return self._workdays[index]

    def workdays_between(self, after: date, until: date) -> int:
        """How many working days d with after < d <= until."""
        return max(0, self._done[self._at(until) + 1] - self._done[self._at(after) + 1])

    def roll(self, day: date) -> date:
        """`day`, or the first working day after it when it is a day off (民法典 §203)."""
        return day if self.is_workday(day) else self.shift(day, 1)

    def any_provisional(self, after: date, until: date) -> bool:
        """Is one of the days d with after < d <= until provisional?"""
        return self._open[self._at(until) + 1] > self._open[self._at(after) + 1]

    def year(self, year: int) -> list[Day]:
        """The rows of one year, as far as they are loaded."""
        low = bisect_left(self._rows, date(year, 1, 1), key=lambda row: row.day)
        high = bisect_left(self._rows, date(year + 1, 1, 1), key=lambda row: row.day)
        return self._rows[low:high]

    def _at(self, day: date) -> int:
        index = day.toordinal() - self._origin
        if not 0 <= index < len(self._rows):
            raise self._ran_out(day)
        return index

    def _ran_out(self, day: date) -> CalendarRanOut:
        return CalendarRanOut(
            "日历只有 %(first)s 到 %(last)s，算不到 %(day)s；请导入那一年的放假安排 (calendar import)",
            first=self.first_day,
            last=self.last_day,
            day=day,
        )


def city_day(instant: datetime) -> date:
    """The date on the wall in the city at that instant; weekdays are never read off UTC."""
    return local(instant).date()


def end_of(day: date) -> datetime:
    """24:00 of that day in the city, which is the next midnight."""
    return datetime.combine(day + timedelta(1), time(), CITY_ZONE)


def last_day_of(instant: datetime) -> date:
    """The day a limit ending at that instant is shown as: midnight belongs to the day before."""
    return city_day(instant - timedelta(microseconds=1))


def _first_hole(rows: list[Day]) -> date:
    for before, after in pairwise(rows):
        if after.day != before.day + timedelta(1):
            return before.day + timedelta(1) if after.day > before.day else after.day
    return rows[0].day
