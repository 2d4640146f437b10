"""Business hours as a value: the spans of a day in which a limit runs, and how long is open between two instants. Pure; no table is read."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

from app.clock import CITY_ZONE
from app.errors import Invalid
from escalation.calendar import Calendar, city_day

DAY_MINUTES = 1440
MOST_SPANS = 4


@dataclass(frozen=True, slots=True)
class Hours:
    """Open spans as minutes of the day, in order and apart; on working days only, or `every_day` (patrols)."""

    spans: tuple[tuple[int, int], ...]
    every_day: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any] | None) -> "Hours | None":
        """From what a row keeps; None for a limit that runs round the clock."""
        return cls(tuple((begin, end) for begin, end in stored["spans"]), stored["every_day"]) if stored else None

    @property
    def stored(self) -> dict[str, Any]:
        return {"spans": [list(span) for span in self.spans], "every_day": self.every_day}

    @property
    def a_day(self) -> timedelta:
        """How long is open on one open day."""
        return timedelta(minutes=sum(end - begin for begin, end in self.spans))

    def opens_on(self, day: date, calendar: Calendar) -> bool:
        return self.every_day or calendar.is_workday(day)

    def closing(self, day: date) -> datetime:
        """The close of business of that day (民法典 §203)."""
        return _at(day, self.spans[-1][1])

    def between(self, begin: datetime, end: datetime, calendar: Calendar) -> timedelta:
        """How long is open from `begin` to `end`; nothing when they are reversed."""
        if end <= begin:
            return timedelta()
        first, last = city_day(begin), city_day(end)
        if first == last:
            return self._gone(first, end, calendar) - self._gone(first, begin, calendar)
        whole = (last - first).days - 1 if self.every_day else calendar.workdays_between(first, last - timedelta(1))
        rest = self.a_day * self.opens_on(first, calendar) - self._gone(first, begin, calendar)
        return rest + whole * self.a_day + self._gone(last, end, calendar)

    def add(self, start: datetime, length: timedelta, calendar: Calendar) -> datetime:
        """The instant at which `length` of open time has passed since `start`: at a close rather than at the next opening.

        Raises CalendarRanOut past the loaded years.
        """
        if not length:
            return start
        day = city_day(start)
        gone = self._gone(day, start, calendar)
        rest = self.a_day * self.opens_on(day, calendar) - gone
        if length <= rest:
            return self._after(day, gone + length)
        whole, left = divmod(length - rest, self.a_day)
        if not left:
            whole, left = whole - 1, self.a_day
        return self._after(day + timedelta(whole + 1) if self.every_day else calendar.shift(day, whole + 1), left)

    def _gone(self, day: date, until: datetime, calendar: Calendar) -> timedelta:
        """How long was open on `day` before `until`."""
        if not self.opens_on(day, calendar):
            return timedelta()
        past = max(timedelta(), until - _at(day, 0))
        return sum(
            (min(max(past, timedelta(minutes=begin)), timedelta(minutes=end)) - timedelta(minutes=begin) for begin, end in self.spans),
            timedelta(),
        )

    def _after(self, day: date, gone: timedelta) -> datetime:
        """The instant of `day` at which that much has been open."""
        for begin, end in self.spans:
            span = timedelta(minutes=end - begin)
            if gone <= span:
                return _at(day, begin) + gone
            gone -= span
        raise AssertionError("more than a day's hours asked of one day")


def read_spans(text: str) -> tuple[tuple[int, int], ...]:
    """Reads "08:30-12:00 13:30-17:30" as spans. Raises Invalid(spans=…) for what is no time, reversed, overlapping or too much."""
    spans = []
    for part in text.replace("—", "-").replace("–", "-").replace("：", ":").replace("、", " ").replace("，", " ").replace(",", " ").split():
        begin, dash, end = part.partition("-")
        spans.append((_minutes(begin), _minutes(end) if dash else 0))
    if (
        not 1 <= len(spans) <= MOST_SPANS
        or any(begin >= end for begin, end in spans)
        or any(end > begin for (_, end), (begin, _) in pairwise(spans))
    ):
        raise Invalid(spans="请写成 08:30-12:00 13:30-17:30，一到四段，先后不重叠")
    return tuple(spans)


def say_spans(spans: tuple[tuple[int, int], ...]) -> str:
    """As "08:30–12:00 13:30–17:30"."""
    return " ".join(f"{begin // 60:02}:{begin % 60:02}–{end // 60:02}:{end % 60:02}" for begin, end in spans)


def _minutes(text: str) -> int:
    hour, colon, minute = text.strip().partition(":")
    if not (
        hour.isascii()
        and hour.isdigit()
        and (minute.isascii() and minute.isdigit() and len(minute) == 2 if colon else True)
        and len(hour) <= 2
    ):
        raise Invalid(spans="请写成 08:30-12:00 13:30-17:30，一到四段，先后不重叠")
    total = int(hour) * 60 + int(minute or 0)
    if total > DAY_MINUTES or int(minute or 0) > 59:
        raise Invalid(spans="请写成 08:30-12:00 13:30-17:30，一到四段，先后不重叠")
    return total


def _at(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), CITY_ZONE) + timedelta(minutes=minute)
