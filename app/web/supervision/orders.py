"""One order for whoever may read it, on the screen and on paper (督办通知单 with 回执); and a unit's own cards and orders, answered on a phone."""

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for

from app import clock
from app.auth.access import current_actor, require
from app.auth.models import Account
from app.auth.oversight import OVERSEEING, cards_of, orders_of
from app.errors import NotFound
from app.web import said
from app.web.form_state import FormState, Wrong
from app.web.frame import frame
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.oversight_said import demanded
from app.web.seen import Seen
from app.web.supervision import acting
from app.web.supervision.faces import card_row, order_row, running_face, way_of
from app.web.supervision.paper import passed_of
from app.web.supervision.room import choices, tabs
from app.web.ticket_view import watermark
from app.work import session_now
from escalation import ledger_queries
from escalation import supervision_queries as queries
from escalation import words as time_words
from escalation.rules import calendar_for
from tickets import words
from tickets.actors import LEADER, SUPERVISOR, UNIT_ROLES, Actor
from tickets.attachments import attachments_of
from tickets.history import events_of
from tickets.organisations import Post
from tickets.posts import on_duty
from tickets.reference import reference

pages = Blueprint("orders", __name__)
pages.context_processor(said.context)
MOST = 100
UNITS_ACTS = ("explain", "acknowledge")


@pages.get("/desk/orders")
def mine():
    """A unit's own: cards to explain, orders to acknowledge. `?card=ID` or `?order=ID` opens its form."""
    return _mine(require(*UNIT_ROLES))


@pages.post("/desk/orders/acts/<name>")
def act(name: str):
    """Explain a card, acknowledge an order."""
    actor = require(*UNIT_ROLES)
    if name not in UNITS_ACTS:
        raise NotFound("没有这一步")
    return acting.act(name, lambda wrong: _mine(actor, wrong), url_for("orders.mine"))


@pages.get("/supervisions/<int:order_id>")
def one(order_id: int):
    """One order with all that hangs on it; `?do=inspect` opens a form."""
    return _one(current_actor(), order_id)


@pages.post("/supervisions/<int:order_id>/acts/<name>")
def take(order_id: int, name: str):
    """An act on this order, or on its ticket."""
    actor = require(SUPERVISOR, LEADER, *UNIT_ROLES)
    return acting.act(name, lambda wrong: _one(actor, order_id, wrong), url_for("orders.one", order_id=order_id))


@pages.get("/supervisions/<int:order_id>/paper")
def paper(order_id: int):
    """督办通知单 on A4 with its slip to send back; the citizen's identity is not on it."""
    actor, session, now = current_actor(), session_now(), clock.now()
    names, row = reference(session), queries.order_by_id(session, orders_of(actor), order_id)
    file = queries.file_of(session, row.order)
    return render_template(
        "supervision/paper.html",
        row=row,
        order=row.order,
        demanded=demanded,
        ticket=row.ticket,
        seen=Seen(row.ticket, actor),
        file=file,
        clock=file.clock,
        names=names,
        now=now,
        time_words=time_words,
        mark=watermark(actor, now),
        passed=passed_of(events_of(session, row.ticket.id), row.order.issued_at),
        responsible=_responsible(row, now),
    )


def _mine(actor: Actor, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    names, calendar = reference(session), calendar_for(session)
    cards = [card_row(card, actor, names, now, calendar) for card in ledger_queries.cards_now(session, cards_of(actor), MOST)]
    live, _next = queries.orders_page(session, orders_of(actor), live=True, limit=MOST)
    asked = {name: request.args.get(name, "") for name in ("card", "order")}
    opened = "explain" if asked["card"] else "acknowledge" if asked["order"] else ""
    return render_template(
        "supervision/mine.html",
        cards=cards,
        orders=[order_row(row, actor, names, now, calendar) for row in live],
        now=now,
        names=names,
        time_words=time_words,
        asked=asked,
        actor=actor,
        topic=frame().get("topics", ["centre"]),
        state_of=lambda key: FormState("orders", key, wrong, opened),
        wrong=wrong,
    )


def _one(actor: Actor, order_id: int, wrong: Wrong | None = None) -> str:
    session, now = session_now(), clock.now()
    names, row = reference(session), queries.order_by_id(session, orders_of(actor), order_id)
    file, calendar = queries.file_of(session, row.order), calendar_for(session)
    files = [(one.id, f"{one.name} {format_moment(one.at)}") for one in attachments_of(session, row.ticket.id) if one.purpose != "citizen"]
    oversees = actor.has(SUPERVISOR, LEADER) and actor.unit_id != row.order.unit_id
    return render_template(
        "supervision/order.html",
        **choices(),
        shown=order_row(row, actor, names, now, calendar),
        order=row.order,
        demanded=demanded,
        ticket=row.ticket,
        seen=Seen(row.ticket, actor),
        file=file,
        names=names,
        now=now,
        time_words=time_words,
        face=running_face(file.clock, now, calendar),
        way=way_of(file, Seen(row.ticket, actor)),
        files=files,
        oversees=oversees and row.order.closed_at is None,
        wrong=wrong,
        answers=actor.has("liaison", "head") and actor.unit_id == row.order.unit_id and row.order.state == "issued",
        tabs=tabs("orders") if actor.has(*OVERSEEING) else frame().get("tabs", []),
        state_of=lambda key: FormState(row.order.number, key, wrong, request.args.get("do", "")),
    )


def _responsible(row: queries.Order, now: datetime) -> tuple[str, str]:
    """Who answers for it, and as what: by the last coordination, else the head of the unit or who stands in."""
    if row.coordination is not None:
        return row.coordination.person, row.coordination.post
    session = session_now()
    holder = on_duty(session, row.order.unit_id, "head", now)
    name = session.scalar(sa.select(Account.name).where(Account.id == holder)) if holder else ""
    post = session.scalar(sa.select(Post.name).where(Post.unit_id == row.order.unit_id, Post.role == "head"))
    if post in words.ROLE.values():
        post = _(post)
    return name or _("单位主要负责人"), post or _("第一责任人")
