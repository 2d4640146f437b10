"""What units ask of the centre, the longest waiting first: returns, disputes (to read), extensions, suspensions, ledgers. Deciding is decisions.py's."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.errors import NotFound
from app.web import kit
from app.web.conflicts import Clash
from app.web.dispatch.desk import ASKED, pages, tabs, waiting
from app.web.dispatch.evidence import findable_units, on_duty
from app.work import session_now
from escalation.queries import clocks_of_many
from tickets.actors import DISPATCHER, Actor
from tickets.dispatch_models import Request
from tickets.identity import shown
from tickets.models import Identity, Ticket
from tickets.proposals import propose
from tickets.reference import reference

MOST = 100
KINDS = {"returns": ("return",), "disputes": ("dispute",), "asked": ASKED}


class Ask(NamedTuple):
    """A waiting request and its ticket. `seconds` it has waited; `left` until the centre must have decided, None without such a clock."""

    request: Request
    ticket: Ticket
    seconds: int
    left: int | None


@pages.get("/returns")
def returns():
    """退单: not mine, says the unit."""
    return _list("returns")


@pages.get("/disputes")
def disputes():
    """争议: for a dispatcher to read; the panel rules at /desk/rulings."""
    return _list("disputes")


@pages.get("/asked")
def asked():
    """延期、暂停、挂账: more time, no time, later."""
    return _list("asked")


@pages.get("/requests/<int:request_id>")
def request_pane(request_id: int):
    """The right pane: what is asked, on what ground, and the decision's form."""
    actor, session, now = require(DISPATCHER), session_now(), clock.now()
    row, ticket = find(session, actor, request_id)
    return pane(session, actor, row, ticket, now)


def find(session: Session, actor: Actor, request_id: int) -> tuple[Request, Ticket]:
    """A request on a ticket this person may read. Raises NotFound."""
    found = session.execute(
        sa.select(Request, Ticket).join(Ticket, Ticket.id == Request.ticket_id).where(Request.id == request_id, visible(actor))
    ).first()
    if found is None:
        raise NotFound("没有这条申请，或者不归您看")
    return tuple(found)


def waiting_for(session: Session, actor: Actor, kinds: tuple[str, ...], now: datetime) -> list[Ask]:
    """The undecided requests of these kinds; two statements."""
    rows = session.execute(
        sa.select(Request, Ticket)
        .join(Ticket, Ticket.id == Request.ticket_id)
        .where(Request.decision.is_(None), Request.kind.in_(kinds), visible(actor))
        .order_by(Request.asked_at, Request.id)
        .limit(MOST)
    ).all()
    clocks = clocks_of_many(session, [ticket.id for _row, ticket in rows], running=True)
    found = []
    for row, ticket in rows:
        due = min((one.due_at for one in clocks.get(ticket.id, []) if one.code == f"{row.kind}-decision"), default=None)
        found.append(Ask(row, ticket, int((now - row.asked_at).total_seconds()), int((due - now).total_seconds()) if due else None))
    return found


def pane(
    session: Session,
    actor: Actor,
    row: Request,
    ticket: Ticket,
    now: datetime,
    typed: dict | None = None,
    errors: dict | None = None,
    clash: Clash | None = None,
) -> str:
    """The pane's HTML; `typed`, `errors`, `clash` after a refusal."""
    names = reference(session)
    suggested = names.units.get(row.suggested_unit_id) if row.suggested_unit_id else None
    proposal = propose(session, [ticket], now)[ticket.id]
    return render_template(
        "dispatch/request.html",
        row=row,
        ticket=ticket,
        names=names,
        suggested=suggested,
        proposal=proposal,
        units=findable_units(names),
        who=shown(ticket, session.get(Identity, ticket.id), actor),
        typed=typed or {},
        errors=errors or {},
        clash=clash,
        duty=on_duty(session, suggested, now) if suggested else [],
        action=url_for("dispatch.decide", request_id=row.id) if row.kind != "dispute" else "",
    )


def _list(name: str) -> str:
    actor, session, now = require(DISPATCHER), session_now(), clock.now()
    counts = waiting(session)
    return render_template(
        "dispatch/asked_piece.html" if kit.is_fragment() else "dispatch/asked.html",
        name=name,
        asks=waiting_for(session, actor, KINDS[name], now),
        counts=counts,
        tabs=tabs(name, counts),
        names=reference(session),
        selected=request.args.get("sel", ""),
        pane_of=pane_url,
    )


def pane_url(row: Request) -> str:
    """Where the right pane of a request is fetched from."""
    return url_for("dispatch.request_pane", request_id=row.id)
