"""报表 · 热点: the report `hotspots` as a page whose every state is its address, and the same as a file."""

from datetime import date

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require
from app.reports import catalogue, hotspots
from app.reports.paper import Column, Row, Table
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web import said
from app.work import session_now
from tickets.reference import reference

pages = Blueprint("hotspot_report", __name__, url_prefix="/desk/reports/hotspots")
pages.context_processor(said.context)
READERS = catalogue.READERS["hotspots"]


@pages.get("")
def show():
    """Everything on one page; `?from&to` are the days."""
    require(*READERS)
    now = clock.now()
    since, until = parts.period_of(request.args, now)
    return render_template(
        "report/plain.html",
        paper=hotspots.build(session_now(), since, until, now),
        since=since,
        until=until,
        formats=list(FORMATS),
        spans=parts.spans(now),
        file_of=lambda kind: url_for("hotspot_report.file", kind=kind, **parts.days_of(request.args)),
        behind=lambda table, column, row: _behind(table, column, row, since, until),
    )


@pages.get("/files/<kind>")
def file(kind: str) -> Response:
    """The same report as a file."""
    require(*READERS)
    now = clock.now()
    since, until = parts.period_of(request.args, now)
    return parts.sent(hotspots.build(session_now(), since, until, now), kind, since, until)


def _behind(table: Table, column: Column, row: Row, since: date, until: date) -> str:
    """Where a cell leads: a hotspot to its page, a count of a kind or place to its tickets."""
    if table.key == "hotspots" and column.key == "label":
        return url_for("hotspots.one", topic_id=row["id"])
    if column.key != "received" or not row["received"]:
        return ""
    narrowed = {"category": reference(session_now()).categories[row["id"]].code} if table.key == "kinds" else {"region": row["code"]}
    return url_for("all_tickets.show", since=since.isoformat(), until=until.isoformat(), **narrowed)
