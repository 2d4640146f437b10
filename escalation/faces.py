"""How a clock looks, without any HTML: the ring, the strip of days, the grid of "why this date", and the answer of the API.

Words come from words.py as Chinese source strings; pages translate them.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from app.clock import local
from escalation import words
from escalation.calendar import Calendar, city_day, last_day_of
from escalation.due import DAY_UNITS, Step, read_marks
from escalation.queries import ClockView


class Ring(NamedTuple):
    """A minute clock: seconds left (negative when over) and how much of the limit that is, 0–100."""

    seconds: int
    share: int


class Cell(NamedTuple):
    """One day of the trace grid. `kind`: start past now off swap due, or ""; `words`: why, Chinese source strings."""

    date: date
    kind: str
    words: list[str]


def by_days(view: ClockView) -> bool:
    """Is this clock shown as a strip of days (else as a ring)?"""
    return view.unit in DAY_UNITS or view.unit == "fixed"


def ring(view: ClockView, now: datetime) -> Ring:
    """What is left at `now`; a paused clock stands where it was paused, a stopped one where it stopped."""
    at = view.stopped_at or view.paused_at or now
    left = (view.due_at - at).total_seconds()
    whole = (view.due_at - view.started_at).total_seconds()
    return Ring(int(left), round(100 * max(0.0, min(1.0, left / whole))) if whole > 0 else 0)


def strip(view: ClockView, now: datetime, calendar: Calendar) -> list[str]:
    """The days from the first counted one to the last, or to today when over, as words the `days` macro draws."""
    today, last = city_day(view.stopped_at or now), last_day_of(view.due_at)
    days = [_strip_word(step, today, last) for step in steps(view, calendar) if step.reason != "start"]
    ahead = last + timedelta(1)
    while view.stopped_at is None and ahead <= today:
        days.append("over" if calendar.is_workday(ahead) else "off")
        ahead += timedelta(1)
    return days


def steps(view: ClockView, calendar: Calendar) -> list[Step]:
    """The stored trace, day by day; for clocks without one (minutes, hours, a given date) the days it spans, all counting."""
    if view.marks and view.marks_from:
        return read_marks(view.marks_from, view.marks, calendar)
    first = city_day(view.started_at)
    return [Step(first + timedelta(ahead), True, "continuous") for ahead in range((city_day(view.due_at) - first).days + 1)]


def grid(view: ClockView, now: datetime, calendar: Calendar) -> list[Cell]:
    """Every day from start to end with the reason it counts or not: the answer to "为什么是这天"."""
    today, last = city_day(now), last_day_of(view.due_at)
    return [Cell(step.day, _grid_kind(step, today, last), reason_words(step)) for step in steps(view, calendar)]


def reason_words(step: Step) -> list[str]:
    """Why a day counts or not, the holiday's name first."""
    named = [step.note] if step.note else []
    return named + [words.REASON[step.reason]] + ([words.PROVISIONAL] if step.provisional else [])


def trace_rows(traced: Iterable[Step]) -> list[dict[str, Any]]:
    """A trace as the API and the `due` command give it: {day, counts, reason}."""
    return [{"day": step.day.isoformat(), "counts": step.counts, "reason": "，".join(reason_words(step))} for step in traced]


def as_api(view: ClockView, now: datetime, calendar: Calendar | None = None) -> dict[str, Any]:
    """One entry of GET /tickets/N/clocks (api.md); with `calendar` the trace comes along."""
    answer = {
        "code": view.code,
        "owner": view.owner,
        "started": iso(view.started_at),
        "due": iso(view.due_at),
        "provisional": view.provisional,
        "paused": iso(view.paused_at),
        "stopped": iso(view.stopped_at),
        "breached_at": iso(view.breach(now)),
        "extended_by": view.extended_by,
        "state": view.state(now),
        "kind": view.kind,
        "article": view.article,
        "short": view.short,
        "task": view.task_id,
        "pauses": [{"from": iso(_instant(begin)), "to": iso(_instant(end)), "code": code} for begin, end, code in view.pauses],
    }
    return answer | ({"trace": trace_rows(steps(view, calendar))} if calendar else {})


def iso(instant: datetime | None) -> str | None:
    """On the city's clock, as every answer carries it."""
    return None if instant is None else local(instant).isoformat()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _strip_word(step: Step, today: date, last: date) -> str:
    if step.day == last:
        base = "due"
    elif not step.counts:
        return "pause" if step.reason == "paused" else "off"
    else:
        base = "today" if step.day == today else "done" if step.day < today else "d"
    swapped = step.counts and step.reason != "continuous" and step.day.weekday() > 4
    return f"{base} swap" if swapped and step.reason != "calendar-day" else base


def _grid_kind(step: Step, today: date, last: date) -> str:
    if step.day == last:
        return "due"
    if step.reason == "start":
        return "start"
    if step.day == today:
        return "now"
    if not step.counts:
        return "off"
    if step.reason == "make-up-day":
        return "swap"
    return "past" if step.day < today else ""
