"""报表 · 被反映企业 (R58): the report `companies` as a page whose every state is its address, as a file, and the tickets behind each company."""

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible
from app.errors import NotFound
from app.reports import catalogue, companies
from app.reports.paper import Column, Row, Table
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web import said
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.seen import Seen
from app.work import session_now
from escalation.metrics.asking import Period
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("companies", __name__, url_prefix="/desk/reports/companies")
pages.context_processor(said.context)
READERS = catalogue.READERS["companies"]
PAGE = 50


@pages.get("")
def show():
    """Everything on one page; `?from&to` are the days."""
    require(*READERS)
    now = clock.now()
    since, until = parts.period_of(request.args, now)
    return render_template(
        "report/plain.html",
        paper=companies.build(session_now(), since, until, now),
        since=since,
        until=until,
        formats=list(FORMATS),
        spans=parts.spans(now),
        file_of=lambda kind: url_for("companies.file", kind=kind, **parts.days_of(request.args)),
        behind=_behind,
    )


@pages.get("/files/<kind>")
def file(kind: str) -> Response:
    """The same report as a file, for the credit files."""
    require(*READERS)
    now = clock.now()
    since, until = parts.period_of(request.args, now)
    return parts.sent(companies.build(session_now(), since, until, now), kind, since, until)


@pages.get("/tickets")
def tickets():
    """The tickets about `?company=`, newest first; those this person may not read are counted and not shown."""
    actor, wanted = require(*READERS), request.args.get("company", "")
    if not wanted:
        return redirect(url_for("companies.show", **parts.days_of(request.args)))
    session, now = session_now(), clock.now()
    since, until = parts.period_of(request.args, now)
    asked, after = Period(since, until), parts.whole(request.args, "after")
    one = next((one for one in companies.found(session, since, until, now)[0] if one.key == wanted), None)
    if one is None:
        raise NotFound("这段时间没有反映这家企业的工单")
    ids, names = [row.id for row in one.complaints], reference(session)
    listed = sa.select(Ticket).where(Ticket.id.in_(ids), visible(actor)).order_by(Ticket.id.desc()).limit(PAGE + 1)
    rows = session.scalars(listed.where(Ticket.id < after) if after else listed).all()
    seen = session.scalar(sa.select(sa.func.count()).where(Ticket.id.in_(ids), visible(actor))) or 0
    shown = [
        {"number": row.number, "title": Seen(row, actor).title, "unit": unit_name(names, row.lead_unit_id) or _("热线中心"), "row": row}
        for row in rows[:PAGE]
    ]
    return render_template(
        "report/tickets.html",
        title=one.name,
        rows=shown,
        more=rows[PAGE - 1].id if len(rows) > PAGE else 0,
        hidden=len(ids) - seen,
        asked=asked,
        about=one.code,
        back=url_for("companies.show", **parts.days_of(request.args)),
    )


def _behind(table: Table, column: Column, row: Row) -> str:
    """A company and its count lead to its tickets."""
    return (
        url_for("companies.tickets", company=row["key"], **parts.days_of(request.args)) if column.key in ("company", "complaints") else ""
    )
