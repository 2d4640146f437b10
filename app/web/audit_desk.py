"""审核台: replies waiting, the oldest first; the citizen's words beside the reply with its four elements; through, or back with what it lacks."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require, visible
from app.errors import Invalid, Refused, Stale, WrongState
from app.web import dossier, forms, kit
from app.web.conflicts import clash_of
from app.web.eyes import quoted
from app.web.i18n import gettext as _
from app.web.naming import path_of, unit_name
from app.web.seen import Seen
from app.web.ticket_view import place_of, public_step
from app.web.versions import fetch_seen
from app.work import session_now, work
from tickets import answering, identity, standards, words
from tickets.actors import AUDITOR, Actor
from tickets.models import Reply, Ticket
from tickets.reference import reference
from tickets.standards import standard_of

pages = Blueprint("audit", __name__, url_prefix="/desk/audit")
MOST = 100
CONTACTS = ("contact", "contact-again")


class Waiting(NamedTuple):
    """A reply that waits: how long, and how many of the four elements it has."""

    ticket: Ticket
    reply: Reply
    seconds: int
    has: int


@pages.get("")
def show():
    """The list left, the selected reply right; `?t=NUMBER` selects one."""
    actor, session, now = require(AUDITOR), session_now(), clock.now()
    rows = _rows(session, actor, now)
    numbers = [row.ticket.number for row in rows]
    wanted = request.args.get("t", "")
    chosen = wanted if wanted in numbers else next(iter(numbers), "")
    pane = _pane_context(session, actor, chosen, now) if chosen and not kit.is_fragment() else {}
    names = reference(session)
    about = {"words": words, "unit": lambda unit_id: unit_name(names, unit_id)}
    return render_template("audit/desk.html", **about | pane, rows=rows, chosen=chosen, pane=bool(pane), most=MOST)


@pages.get("/<number>")
def pane(number: str):
    """One reply beside what was asked."""
    return _pane(session_now(), require(AUDITOR), number, clock.now())


@pages.post("/<number>")
def review(number: str):
    """Through, or back with a defect code. Refused, the pane comes back with what was typed and who was first."""
    actor, now = require(AUDITOR), clock.now()
    approve = forms.text("verdict") == "approve"
    try:
        if forms.text("verdict") not in ("approve", "reject"):
            raise Invalid(defect="请选通过或发回")
        if not approve and len(forms.text("words")) < 2:
            raise Invalid(words="请写明要它补什么，单位照着改")
        with work() as session:
            ticket = fetch_seen(session, actor, number)
            answering.review(session, ticket, approve, actor, now, forms.text("defect"), forms.text("words"))
            unit = unit_name(reference(session), ticket.lead_unit_id)
            closed = ticket.status == "closed"
    except (Stale, WrongState, Invalid) as no:
        return _pane(session_now(), actor, number, now, no), no.status
    kit.toast((_("通过，已办结") if closed else _("通过，转回访")) if approve else _("发回%(unit)s重办了", unit=unit))
    kit.draft_done(f"audit:{number}")
    return Response(status=204, headers={"HX-Trigger": "live"}) if kit.is_fragment() else redirect(url_for("audit.show"))


def _rows(session: Session, actor: Actor, now: datetime) -> list[Waiting]:
    """One statement."""
    found = session.execute(
        sa.select(Ticket, Reply)
        .join(Reply, sa.and_(Reply.ticket_id == Ticket.id, Reply.state == "sent"))
        .where(Ticket.status == "replied", visible(actor))
        .order_by(Ticket.replied_at, Ticket.id)
        .limit(MOST)
    )
    return [Waiting(ticket, reply, int((now - (ticket.replied_at or now)).total_seconds()), elements_of(reply)) for ticket, reply in found]


def elements_of(reply: Reply) -> int:
    """How many of 时间, 对象, 措施, 时限 the reply names; nothing left to do needs no date (YX)."""
    ended = reply.result in ("resolved", "explained", "unreasonable")
    return sum(map(bool, (reply.time, reply.person, reply.measures, reply.promised_at or ended)))


def _pane(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> str:
    return render_template("audit/pane.html", **_pane_context(session, actor, number, now, no))


def _pane_context(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> dict:
    ticket = fetch_ticket(session, actor, number)
    names, seen, file = reference(session), Seen(ticket, actor), dossier.read(session, ticket, actor)
    return dict(  # noqa: C408 — names read better than quotes here
        ticket=ticket,
        seen=seen,
        file=file,
        reply=file.sent,
        words=words,
        quoted=quoted,
        public_step=public_step,
        unit=lambda unit_id: unit_name(names, unit_id),
        person=lambda account_id: file.people.get(account_id or 0, ""),
        category=path_of(names, names.categories.get(ticket.category_id)),
        place=place_of(names, ticket, seen),
        who=identity.shown(ticket, file.identity, actor),
        contacts=[event for event in file.events if event.kind in CONTACTS],
        earlier=[reply for reply in file.replies if reply.state == "rejected"],
        evidence=[row for row in file.attachments if row.purpose in ("reply", "evidence", "task")],
        standard=standard_of(names, ticket.category_id),
        checked=standards.checked_at(session, ticket),
        citizen_files=[row for row in file.attachments if row.purpose in ("citizen", "child")],
        now=now,
        errors={name: [_(one) for one in said] for name, said in no.fields.items()} if isinstance(no, Invalid) else {},
        clash=clash_of(session, ticket, no) if isinstance(no, Stale | WrongState) else None,
        typed=request.form if no else {},
    )
