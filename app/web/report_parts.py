"""What the pages of all reports share: the period an address names, the periods people ask for by name, tables as cells, a report as a file."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from io import BytesIO

from flask import send_file
from werkzeug.wrappers import Response

from app.clock import local
from app.errors import Invalid, NotFound
from app.reports.paper import Paper, Table
from app.reports.written import FORMATS
from app.web import forms
from app.web.i18n import gettext as _
from tickets.text import whole_number


def period_of(args: Mapping, now: datetime, wrong: Mapping[str, str] | None = None) -> tuple[date, date]:
    """Days `from` and `to` of an address; this month up to today when it names none. Raises Invalid naming every field that is wrong, those in `wrong` too."""
    since, until = forms.days(args, "from", "to", wrong=wrong)
    until = until or local(now).date()
    return since or until.replace(day=1), until


def days_of(args: Mapping) -> dict[str, str]:
    """`from` and `to` as the address has them, to go along with every link."""
    return {name: args[name] for name in ("from", "to") if args.get(name)}


def spans(now: datetime) -> list[tuple[str, date, date]]:
    """Periods people ask for by name."""
    today = local(now).date()
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return [
        (_("近 7 天"), today - timedelta(days=6), today),
        (_("本月"), first, today),
        (_("上月"), before.replace(day=1), before),
        (_("今年"), date(today.year, 1, 1), today),
    ]


def cells_of(table: Table) -> list[list[tuple]]:
    """Cells of a table as (column, value), the row of sums last."""
    rows = [*table.rows, *([table.sums()] if table.total and table.rows else [])]
    return [[(column, table.value(row, column)) for column in table.columns] for row in rows]


def sent(paper: Paper, kind: str, since: date, until: date) -> Response:
    """The report as a file of this format. Raises NotFound."""
    if kind not in FORMATS:
        raise NotFound("没有这种格式")
    write, mime = FORMATS[kind]
    return send_file(
        BytesIO(write(paper)),
        mimetype=mime,
        as_attachment=True,
        download_name=f"{paper.name}-{since:%Y%m%d}-{until:%Y%m%d}.{kind}",
        max_age=0,
    )


def whole(args: Mapping, name: str) -> int:
    """A whole number of an address, 0 when it is not there. Raises Invalid naming the field."""
    found = whole_number(args.get(name) or "0")
    if found is None:
        raise Invalid(**{name: "请填整数"})
    return found
