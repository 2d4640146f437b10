"""The ladder of domain §5 as data, and the pure question "which step comes next, and when". Sends nothing, writes nothing."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import NamedTuple

from app.clock import CITY_ZONE
from escalation.calendar import Calendar, CalendarRanOut, city_day, end_of, last_day_of
from escalation.due import CALENDAR_DAYS, DAY_UNITS, MINUTES, WORKING_DAYS
from escalation.hours import Hours
from escalation.limits import RULE, SHARE, WINDOW

OFFICE_OPENS = time(9)
MIDNIGHT = time()
MORNING, START = "morning", "start"

BREACH, EXPIRE = "breach", "expire"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step. Exactly one of the three offsets is set: a share of the limit, minutes after due, or working days after due
    (negative: before), at the start of that day or in the morning. `to`: posts by name; `card`: yellow or red; `notice`: what is sent.
    """

    step: str
    level: str
    to: tuple[str, ...]
    notice: str
    share: float | None = None
    minutes: int | None = None
    days: int | None = None
    hour: str = MORNING
    card: str = ""


class Coming(NamedTuple):
    """The next step of a clock and its instant."""

    step: str
    at: datetime


# 30-minute clocks: +15, +25 before; +0, +15, +30 after. They wait for no morning.
QUICK = (
    Rung("remind-half", "E0", ("liaison", "handler-a"), "remind", share=0.5),
    Rung("remind-last", "E0", ("liaison", "handler-a", "handler-b"), "remind", share=25 / 30),
    Rung(BREACH, "E2", ("liaison", "head", "centre"), "breach", minutes=0, card="red"),
    Rung("breach-15", "E5", ("head", "superior"), "breach", minutes=15, card="red"),
    Rung("breach-30", "E6", ("district-leader", "top-leader"), "coordinate", minutes=30, card="red"),
)
HOURLY = (
    Rung("remind-half", "E0", ("handler-a",), "remind", share=0.5),
    Rung("remind-last", "E0", ("handler-a", "handler-b"), "remind", share=0.8),
    Rung(BREACH, "E2", ("liaison", "handler-a", "handler-b"), "red-card", minutes=0, card="red"),
    Rung("urge", "E3", ("liaison", "head"), "urge-notice", days=1, card="red"),
    Rung("bulletin", "E4", ("head", "supervisor"), "bulletin", days=5, card="red"),
    Rung("supervise", "E5", ("head", "superior", "supervisor"), "supervision-order", days=7, card="red"),
)
DAILY = (
    Rung("remind-half", "E0", ("handler-a",), "remind", share=0.5),
    Rung("remind-last", "E0", ("handler-a", "handler-b"), "remind", share=0.8),
    Rung("yellow", "E1", ("liaison", "handler-a"), "yellow-card", days=-1, hour=START, card="yellow"),
    Rung(BREACH, "late", (), "", minutes=0),
    Rung("red", "E2", ("liaison", "handler-a", "handler-b"), "red-card", days=1, hour=START, card="red"),
    Rung("urge", "E3", ("liaison", "head"), "urge-notice", days=1, card="red"),
    Rung("bulletin", "E4", ("head", "supervisor"), "bulletin", days=5, card="red"),
    Rung("supervise", "E5", ("head", "superior", "supervisor"), "supervision-order", days=7, card="red"),
)
WITHOUT_YELLOW = tuple(rung for rung in DAILY if rung.step != "yellow")
# a whistle: everybody called learns of it twice; who does not come is at once the street's district's and the supervisor's (domain §6, E6)
CALLED = (
    Rung("remind-half", "E0", ("liaison", "handler-a"), "remind", share=0.5),
    Rung("remind-last", "E0", ("liaison", "handler-a", "handler-b"), "remind", share=0.8),
    Rung(BREACH, "E2", ("liaison", "head", "street"), "breach", minutes=0, card="red"),
)
AWAITED = (
    *CALLED[:2],
    Rung(BREACH, "E6", ("head", "superior", "street", "street-district", "supervisor"), "breach", minutes=0, card="red"),
)
CLOSING = (Rung(EXPIRE, "", (), "", minutes=0),)
# the unit's share of a promise: its breach is written down for its segment, the cards are the promise's own
SILENT = (Rung(BREACH, "late", (), "", minutes=0),)
CARDED = frozenset(rung.step for rung in (*QUICK, *HOURLY, *DAILY) if rung.card)


def ladder_of(code: str, kind: str, length: int, unit: str) -> tuple[Rung, ...]:
    """The rungs a clock climbs. A window only closes; a limit of one day or less has no yellow card (domain §5 E1)."""
    if kind in (WINDOW, RULE):
        return CLOSING
    if code.startswith("whistle-"):
        return AWAITED if code.endswith("-check-in") else CALLED
    if code == SHARE:
        return SILENT
    if unit in DAY_UNITS:
        return DAILY if length > 1 else WITHOUT_YELLOW
    if unit == "fixed":
        return DAILY
    return QUICK if unit == "seconds" or (unit == MINUTES and length <= 60) else HOURLY


def next_step(clock, calendar: Calendar) -> Coming | None:
    """The earliest rung not yet taken; `clock` has code, kind, length, unit, hours, started_at, due_at, steps_done. None when all are taken."""
    left = left_of(clock, calendar)
    return Coming(left[0][1].step, left[0][0]) if left else None


def left_of(clock, calendar: Calendar) -> list[tuple[datetime, Rung]]:
    """The rungs not yet taken with their instants, earliest first.

    A rung past the last loaded day waits at the end of that day: it is counted again when the clock is next looked at.
    """
    left = [
        (_when_known(rung, clock, calendar), rung)
        for rung in ladder_of(clock.code, clock.kind, clock.length, clock.unit)
        if rung.step not in clock.steps_done
    ]
    return sorted(left, key=itemgetter(0))


def when(rung: Rung, clock, calendar: Calendar) -> datetime:
    """The instant of one rung of a clock that has unit, hours, started_at and due_at.

    Shares of a working-day limit are counted in working days, so that holidays do not use them up; of one in business hours in open time.
    """
    started_at, due_at, unit = clock.started_at, clock.due_at, clock.unit
    if rung.share is not None:
        if unit == WORKING_DAYS:
            return _share_of_days(rung.share, city_day(started_at), last_day_of(due_at), calendar)
        hours = Hours.of(clock.hours)
        if hours:
            return hours.add(started_at, rung.share * hours.between(started_at, due_at, calendar), calendar)
        return started_at + rung.share * (due_at - started_at)
    if rung.minutes is not None:
        return due_at + timedelta(minutes=rung.minutes)
    day = last_day_of(due_at) if unit in {WORKING_DAYS, CALENDAR_DAYS} else city_day(due_at)
    return _at(calendar.shift(day, rung.days or 0), MIDNIGHT if rung.hour == START else OFFICE_OPENS)


def _when_known(rung: Rung, clock, calendar: Calendar) -> datetime:
    try:
        return when(rung, clock, calendar)
    except CalendarRanOut:
        return max(clock.due_at, end_of(calendar.last_day))


def _share_of_days(share: float, start: date, last: date, calendar: Calendar) -> datetime:
    whole, rest = divmod(share * calendar.workdays_between(start, last), 1)
    return _at(calendar.shift(start, int(whole) + 1), MIDNIGHT) + timedelta(days=rest)


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, CITY_ZONE)
