"""A list's filters in its address: read from the query string, offered as choices. What a filter means is tickets/queries.py's."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.errors import Invalid
from app.web import forms
from app.web.forms import FIRST_YEAR, LAST_YEAR
from app.web.i18n import gettext as _
from tickets import codes, words
from tickets.queries import Filters
from tickets.text import whole_number

ARGUMENTS = (
    "status",
    "unit",
    "assisting",
    "q",
    "overdue",
    "channel",
    "category",
    "urgency",
    "appeal_type",
    "region",
    "rework",
    "since",
    "until",
    "waiting_for",
)


def filters_of(args: Mapping) -> Filters:
    """The filters an address names. Raises Invalid for an impossible day; unknown codes are refused by the query itself."""
    since, until = forms.days(args, "since", "until")
    several = args.getlist("status") if hasattr(args, "getlist") else [args.get("status", "")]
    return Filters(
        status=tuple(one for one in several if one),
        unit=args.get("unit", ""),
        assisting=args.get("assisting", ""),
        q=args.get("q", "").strip(),
        overdue=bool(args.get("overdue")),
        channel=args.get("channel", ""),
        category=args.get("category", ""),
        urgency=args.get("urgency", ""),
        appeal_type=args.get("appeal_type", ""),
        region=args.get("region", ""),
        rework=bool(args.get("rework")),
        waiting_for=args.get("waiting_for", ""),
        since=forms.begins(since) if since else None,
        until=forms.begins(until + timedelta(days=1)) if until else None,
    )


def choices() -> dict[str, list[tuple[str, str]]]:
    """What the filter bar offers: (code, word)."""

    def said(allowed, table):
        return [(code, _(table[code])) for code in allowed]

    return {
        "statuses": said(codes.STATUSES, words.STATUS),
        "channels": said(codes.CHANNELS, words.CHANNEL),
        "urgencies": said(codes.URGENCIES, words.URGENCY),
        "appeal_types": said(codes.APPEAL_TYPES, words.APPEAL_TYPE),
    }


def place_of(cursor: str) -> tuple[datetime, int] | None:
    """Where a list ordered by instant and id goes on: "2026-11-22T08:00:00+00:00/17"; None from the top. Raises Invalid naming the field."""
    if not cursor:
        return None
    at, _slash, raw = cursor.partition("/")
    row = whole_number(raw)
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        when = None
    if when is None or when.tzinfo is None or not FIRST_YEAR <= when.year <= LAST_YEAR or row is None:
        raise Invalid(after="翻页的位置不对，请从头看")
    return when, row
