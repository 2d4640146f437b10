"""争议裁定: the panel binds a unit, with a reason; locked, and the catalogue follows when told to (domain §9.6, WF §22)."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require
from app.errors import Invalid, NotFound, Stale, WrongState
from app.web import forms, kit, said
from app.web.conflicts import Clash, clash_of
from app.web.dispatch.asked import find, waiting_for
from app.web.dispatch.evidence import findable_units
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import dispatch
from tickets.actors import PANEL, Actor
from tickets.dispatch_models import Request
from tickets.identity import shown
from tickets.models import Identity, Ticket
from tickets.proposals import propose
from tickets.reference import reference

pages = Blueprint("rulings", __name__, url_prefix="/desk/rulings")
pages.context_processor(said.context)


@pages.get("")
def queue():
    """The disputes that wait for a ruling, the longest waiting first."""
    actor, session, now = require(PANEL), session_now(), clock.now()
    return render_template(
        "dispatch/asked_piece.html" if kit.is_fragment() else "dispatch/asked.html",
        name="rulings",
        names=reference(session),
        counts={},
        asks=waiting_for(session, actor, ("dispute",), now),
        selected=request.args.get("sel", ""),
        pane_of=lambda row: url_for("rulings.pane", request_id=row.id),
    )


@pages.get("/<int:request_id>")
def pane(request_id: int):
    """Both sides of one dispute, what the catalogue says, and the ruling's form."""
    actor, session, now = require(PANEL), session_now(), clock.now()
    row, ticket = find(session, actor, request_id)
    return _pane(session, actor, row, ticket, now)


@pages.post("/<int:request_id>")
def rule(request_id: int):
    """Bind it."""
    actor, now = require(PANEL), clock.now()
    row, seen = find(session_now(), actor, request_id)
    if row.kind != "dispute":
        raise NotFound("没有这条申请，或者不归您看")
    number = seen.number
    try:
        with work() as session:
            ticket = fetch_ticket(session, actor, number, lock=True, version=forms.version())
            dispatch.rule(
                session,
                ticket,
                forms.text("unit"),
                forms.text("reason"),
                actor,
                now,
                locked=forms.flag("locked"),
                update_catalogue=forms.flag("update_catalogue"),
            )
            done = _("已裁定给%(unit)s", unit=unit_name(reference(session), ticket.lead_unit_id))
    except (Stale, WrongState, Invalid) as no:
        return _refused(actor, request_id, no, now)
    kit.draft_done(f"decide-{request_id}")
    kit.toast(done)
    return Response(status=204) if kit.is_fragment() else redirect(url_for("rulings.queue"))


def _refused(actor: Actor, request_id: int, no: Stale | WrongState | Invalid, now: datetime) -> tuple[str, int]:
    session = session_now()
    row, ticket = find(session, actor, request_id)
    typed = {name: forms.text(name) for name in ("unit", "reason")} | {name: forms.flag(name) for name in ("locked", "update_catalogue")}
    if isinstance(no, Invalid):
        return _pane(
            session, actor, row, ticket, now, typed, {name: [_(one) for one in told] for name, told in no.fields.items()}
        ), no.status
    return _pane(session, actor, row, ticket, now, typed, clash=clash_of(session, ticket, no)), no.status


def _pane(
    session: Session,
    actor: Actor,
    row: Request,
    ticket: Ticket,
    now: datetime,
    typed: dict | None = None,
    errors: dict | None = None,
    clash: Clash | None = None,
) -> str:
    names = reference(session)
    return render_template(
        "dispatch/request.html",
        row=row,
        ticket=ticket,
        names=names,
        suggested=None,
        proposal=propose(session, [ticket], now)[ticket.id],
        units=findable_units(names),
        who=shown(ticket, session.get(Identity, ticket.id), actor),
        typed=typed or {},
        errors=errors or {},
        clash=clash,
        duty=[],
        action=url_for("rulings.rule", request_id=row.id),
    )
