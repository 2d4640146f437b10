"""Reading what a browser sent: trimmed text, numbers, coordinates, days, instants, the row version somebody saw. What is right is the verbs' business."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import TypeVar

from flask import request

from app.api.fields import UNFIT
from app.api.words import FAR_MOMENT, NOT_SHOWN, TOO_LONG
from app.clock import CITY_ZONE
from app.errors import Filled, Invalid
from tickets.text import whole_number

FIRST_YEAR, LAST_YEAR = 2000, 2100
LONGEST = 20_000  # letters of one field; most forms say less themselves
Read = TypeVar("Read")


def text(name: str, most: int = LONGEST) -> str:
    """The field without blanks around it; "" when it was not sent. Raises Invalid for more than `most` letters, or signs no screen shows."""
    found = request.form.get(name, "").strip()
    if len(found.replace("\r\n", "\n")) > most:
        raise Invalid(**{name: Filled(TOO_LONG, most=most)})
    if UNFIT.search(found):
        raise Invalid(**{name: NOT_SHOWN})
    return found


def many(name: str) -> tuple[str, ...]:
    """Every value sent under this name, each once, in order."""
    return tuple(dict.fromkeys(value for value in request.form.getlist(name) if value))


def flag(name: str) -> bool:
    """Whether a box was ticked."""
    return bool(request.form.get(name))


def whole(name: str) -> int | None:
    """A whole number, None when empty. Raises Invalid naming the field."""
    raw = text(name)
    if not raw:
        return None
    size = whole_number(raw.removeprefix("-"), 9)
    if size is None:
        raise Invalid(**{name: "请填整数"})
    return -size if raw.startswith("-") else size


def real(name: str) -> float | None:
    """A coordinate or measure, None when empty. Raises Invalid naming the field."""
    raw = text(name)
    if not raw:
        return None
    try:
        value = float(raw)
    except ValueError as bad:
        raise Invalid(**{name: "请填数字"}) from bad
    if not -180 <= value <= 180:
        raise Invalid(**{name: "请填数字"})
    return value


def version() -> int | None:
    """The row version the person saw (hidden field `version`): for `fetch_ticket(…, lock=True, version=…)`. Raises Invalid."""
    return whole("version")


def day(raw: str, name: str) -> date | None:
    """A day of a date field ("2026-09-14"), None when empty. Raises Invalid naming the field."""
    if not raw:
        return None
    try:
        found = date.fromisoformat(raw)
    except ValueError as bad:
        raise Invalid(**{name: "日期要像 2026-09-14 这样写"}) from bad
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(**{name: FAR_MOMENT})
    return found


def each(read: Callable[[str], Read], *names: str, wrong: Mapping[str, str] | None = None) -> list[Read]:
    """What `read` makes of several fields. Raises one Invalid naming all it cannot read, and what is known to be `wrong` besides."""
    found, bad = [], dict(wrong or {})
    for name in names:
        try:
            found.append(read(name))
        except Invalid as no:
            bad |= no.fields
    if bad:
        raise Invalid(**bad)
    return found


def days(source: Mapping[str, str], *names: str, wrong: Mapping[str, str] | None = None) -> list[date | None]:
    """The days of several fields of a form or an address, as `day`. Raises as `each`."""
    return each(lambda name: day(source.get(name, "").strip(), name), *names, wrong=wrong)


def instant(raw: str, name: str) -> datetime | None:
    """The instant of a `datetime-local` field, the city's wall clock; None when empty. Raises Invalid naming the field."""
    if not raw:
        return None
    try:
        found = datetime.fromisoformat(raw).replace(tzinfo=CITY_ZONE)
    except ValueError as bad:
        raise Invalid(**{name: "请填日期和时间"}) from bad
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise Invalid(**{name: FAR_MOMENT})
    return found


def begins(when: date) -> datetime:
    """The instant a day begins in the city."""
    return datetime.combine(when, time(), CITY_ZONE)
