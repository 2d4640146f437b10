"""谁看过身份: every look at an identity with its reason, newest first, for discipline inspection (BJ §35) and administrators, who
see that somebody looked but open no ticket. Append-only rows; reads only."""

from datetime import timedelta

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from sqlalchemy.orm import aliased

from app import clock
from app.auth.access import require
from app.auth.models import Account
from app.web import listing
from app.web.naming import unit_name
from app.work import session_now
from tickets.actors import ADMIN, DISCIPLINE
from tickets.models import Reveal, Ticket
from tickets.reference import reference
from tickets.text import whole_number

pages = Blueprint("reveals", __name__, url_prefix="/desk/reveals")
PAGE = 50


@pages.get("")
def show():
    """The log, narrowed by who looked, by ticket number or its tail, by days; and who looked most in that time."""
    actor = require(DISCIPLINE, ADMIN)
    session, args = session_now(), request.args
    tests = _tests()
    looker = aliased(Account)
    query = (
        sa.select(Reveal, looker.name, looker.unit_id, Ticket.number, Ticket.lead_unit_id, Ticket.sealed, Ticket.confidential)
        .join(looker, looker.id == Reveal.account_id)
        .join(Ticket, Ticket.id == Reveal.ticket_id)
        .where(*tests(looker))
    )
    after = whole_number(args.get("after", ""))
    rows = session.execute((query.where(Reveal.id < after) if after else query).order_by(Reveal.id.desc()).limit(PAGE + 1)).all()
    often = session.execute(
        sa.select(looker.name, looker.unit_id, sa.func.count())
        .select_from(Reveal)
        .join(looker, looker.id == Reveal.account_id)
        .join(Ticket, Ticket.id == Reveal.ticket_id)
        .where(*tests(looker))
        .group_by(looker.id, looker.name, looker.unit_id)
        .order_by(sa.func.count().desc(), looker.id)
        .limit(5)
    ).all()
    names = reference(session)
    return render_template(
        "ticket/reveals.html",
        rows=rows[:PAGE],
        next=rows[PAGE - 1][0].id if len(rows) > PAGE else None,
        often=often,
        unit=lambda unit_id: unit_name(names, unit_id),
        may_open=actor.has(DISCIPLINE),
    )


def _tests():
    """The filters of the address as SQL tests. Raises Invalid for an impossible day."""
    args, found = request.args, []
    filters = listing.filters_of({"since": args.get("since", ""), "until": args.get("until", "")})
    if filters.since:
        found.append(Reveal.at >= filters.since)
    if filters.until:
        found.append(Reveal.at < filters.until)
    if not filters.since and not filters.until and not args.get("number") and not args.get("who"):
        found.append(Reveal.at >= clock.now() - timedelta(days=90))
    number = args.get("number", "").strip()
    if number:
        found.append(Ticket.number.endswith(number, autoescape=True))
    who = args.get("who", "").strip()

    def tests(looker) -> list:
        return [*found, sa.or_(looker.name.contains(who, autoescape=True), looker.username == who.lower())] if who else found

    return tests
