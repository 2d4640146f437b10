"""Moments typed into a form: `datetime-local` fields are the city's wall clock. Saying moments is i18n.py's."""

from datetime import datetime

from app.clock import local
from app.errors import Invalid
from app.web import forms


def moment(name: str, default: datetime | None = None) -> datetime:
    """The instant a field names, aware; `default` when it is empty. Raises Invalid naming the field."""
    found = forms.instant(forms.text(name), name) or default
    if found is None:
        raise Invalid(**{name: "请填日期和时间"})
    return found


def field_value(instant: datetime | None) -> str:
    """An instant as the value of a `datetime-local` field."""
    return f"{local(instant):%Y-%m-%dT%H:%M}" if instant else ""
