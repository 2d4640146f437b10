"""Moments typed into a form: `datetime-local` fields are the city's wall clock. Saying moments is i18n.py's."""

from datetime import datetime

from app.clock import CITY_ZONE, local
from app.errors import Invalid
from app.web import forms


def moment(name: str, default: datetime | None = None) -> datetime:
    """The instant a field names, aware; `default` when it is empty. Raises Invalid naming the field."""
    raw = forms.text(name)
    if not raw and default is not None:
        return default
    try:
        return datetime.fromisoformat(raw).replace(tzinfo=CITY_ZONE)
    except ValueError as bad:
        raise Invalid(**{name: "请填日期和时间"}) from bad


def field_value(instant: datetime | None) -> str:
    """An instant as the value of a `datetime-local` field."""
    return f"{local(instant):%Y-%m-%dT%H:%M}" if instant else ""
