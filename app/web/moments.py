"""Moments typed into a form: `datetime-local` fields are the city's wall clock. Saying moments is i18n.py's."""

from datetime import datetime, timedelta

from app.clock import local
from app.errors import Invalid
from app.web import forms


def moment_given(name: str) -> datetime | None:
    """The instant a field names, aware; None when it is empty. Raises Invalid naming the field."""
    return forms.instant(forms.text(name), name)


def moment(name: str, default: datetime | None = None) -> datetime:
    """The instant a field names, aware; `default` when it is empty. Raises Invalid naming the field."""
    found = moment_given(name) or default
    if found is None:
        raise Invalid(**{name: "请填日期和时间"})
    return found


def end_of_day(name: str) -> datetime | None:
    """A date field as a promise: good until 24:00 of that day. Raises Invalid."""
    day = forms.day(forms.text(name), name)
    return forms.begins(day + timedelta(days=1)) if day else None


def field_value(instant: datetime | None) -> str:
    """An instant as the value of a `datetime-local` field."""
    return f"{local(instant):%Y-%m-%dT%H:%M}" if instant else ""
