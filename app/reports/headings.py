"""What every report of a period begins with: its title, its days, the moment its figures are from; on paper and in JSON."""

from datetime import date, datetime

from app.clock import local
from app.web.i18n import format_day
from app.web.i18n import gettext as _


def titled(name: str, about: str = "") -> str:
    """The report's name and, in words, what it was narrowed to."""
    return f"{name} · {about}" if about else name


def days_said(since: date, until: date) -> str:
    """The days of the report, both inclusive, years always said."""
    return _("%(since)s 至 %(until)s", since=format_day(since, year=True), until=format_day(until, year=True))


def made_said(at: datetime) -> str:
    """As of when, on the city's clock; of figures that are not frozen."""
    return _("截至 %(at)s，未冻结", at=f"{local(at):%Y-%m-%d %H:%M}")


def json_head(report: str, since: date, until: date, at: datetime) -> dict:
    """What the JSON of a report begins with; `at` in the city's time."""
    return {"report": report, "from": since.isoformat(), "to": until.isoformat(), "as_of": local(at).isoformat()}
