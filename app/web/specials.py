"""专题专席 (R08): the queue of a special topic for the experts' seat, and its report as a page and as files."""

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible
from app.auth.people import names_of
from app.errors import NotFound
from app.reports import catalogue
from app.reports import specials as laid_out
from app.reports.paper import Column, Row, Table
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web import said
from app.web.naming import name_of, unit_name
from app.web.operator.desk import tabs
from app.web.seen import Seen
from app.work import session_now
from tickets import specials
from tickets.actors import AGENT, CENTRE_ROLES, UNIT_ROLES
from tickets.codes import OPEN
from tickets.models import Ticket
from tickets.reference import reference
from tickets.roster import shifts_of
from tickets.specials import Special

pages = Blueprint("specials", __name__, url_prefix="/desk")
pages.context_processor(said.context)
QUEUE = (*sorted(CENTRE_ROLES), *sorted(UNIT_ROLES))
READERS = catalogue.READERS["specials"]
PAGE = 50


@pages.get("/specials")
def show():
    """The topics, and the open matters of the chosen one, the nearest day first; `?topic=` chooses, `?all=1` shows the ended ones too."""
    actor = require(*QUEUE)
    session, now = session_now(), clock.now()
    rows, names = specials.every(session), reference(session)
    wanted = request.args.get("topic", "")
    chosen = next((row for row in rows if row.code == wanted), None) if wanted else next(iter(rows), None)
    if wanted and chosen is None:
        raise NotFound("没有这个专题")
    shown, more, after = [], 0, parts.whole(request.args, "after")
    if chosen is not None:
        listed = sa.select(Ticket).where(specials.belongs(names, chosen), visible(actor)).limit(PAGE + 1).offset(after)
        listed = (
            listed.order_by(Ticket.id.desc())
            if request.args.get("all")
            else listed.where(Ticket.status.in_(sorted(OPEN))).order_by(Ticket.due_at, Ticket.id)
        )
        found = session.scalars(listed).all()
        more = after + PAGE if len(found) > PAGE else 0
        shown = [
            {"number": row.number, "title": Seen(row, actor).title, "unit": unit_name(names, row.lead_unit_id), "row": row}
            for row in found[:PAGE]
        ]
    return render_template(
        "special/desk.html",
        topics=[(row, name_of(row)) for row in rows],
        chosen=chosen,
        name=name_of(chosen),
        rows=shown,
        more=more,
        now=now,
        standing=specials.standing(session, chosen, now) if chosen else None,
        seat=_seat(session, chosen, now) if chosen else {},
        expert_unit=unit_name(names, chosen.unit_id) if chosen else "",
        reads=actor.has(*READERS),
        **({"tabs": tabs("specials")} if actor.has(AGENT) else {}),
    )


@pages.get("/reports/specials")
def report():
    """The report; `?topic&from&to`."""
    require(*READERS)
    session, now = session_now(), clock.now()
    since, until = parts.period_of(request.args, now)
    topic = request.args.get("topic", "")
    return render_template(
        "report/plain.html",
        paper=laid_out.build(session, since, until, now, topic),
        since=since,
        until=until,
        formats=list(FORMATS),
        spans=parts.spans(now),
        picks=("topic", [("", ""), *((row.code, name_of(row)) for row in specials.every(session))]),
        behind=_behind,
        file_of=lambda kind: url_for("specials.file", kind=kind, **parts.days_of(request.args), **({"topic": topic} if topic else {})),
    )


@pages.get("/reports/specials/files/<kind>")
def file(kind: str) -> Response:
    """The same report as a file."""
    require(*READERS)
    now = clock.now()
    since, until = parts.period_of(request.args, now)
    return parts.sent(laid_out.build(session_now(), since, until, now, request.args.get("topic", "")), kind, since, until)


def _seat(session: Session, chosen: Special, now: datetime) -> dict:
    """Who of the expert unit is on the roster now and next, and from when in the next 24 hours nobody is."""
    shifts = shifts_of(session, [chosen.unit_id], now)
    people = names_of(session, [shift.account_id for shift in shifts])
    return {"shifts": [(people.get(shift.account_id, ""), shift) for shift in shifts[:4]], "unmanned": specials.unmanned(shifts, now)}


def _behind(table: Table, column: Column, row: Row) -> str:
    """A topic leads to its queue, the number received to all its matters."""
    if table.key != "specials" or column.key not in ("topic", "received"):
        return ""
    return url_for("specials.show", topic=row["code"], **({"all": "1"} if column.key == "received" else {}))
