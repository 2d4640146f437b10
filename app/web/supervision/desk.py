"""督办台: red and yellow now, what breaks next, the stairs, the crowds, the ledger in four standings; supervise, urge, interview, write off."""

from datetime import datetime

import sqlalchemy as sa
from flask import render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.auth.oversight import OVERSEEING, cards_of, clocks_of, orders_of
from app.web import kit
from app.web.form_state import FormState, Wrong
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.supervision import acting, figures
from app.web.supervision.faces import card_row, doubt_of, order_row, stairs, unit_said
from app.web.supervision.room import choices, pages, tabs
from app.web.supervision.soonline import TURN, Line, Point, draw, horizon
from app.work import session_now
from escalation import ledger_queries
from escalation import supervision_queries as queries
from escalation import words as time_words
from escalation.rules import calendar_for
from tickets.actors import LEADER, SUPERVISOR, Actor
from tickets.models import Attachment
from tickets.reference import Reference, reference

MOST_CARDS, MOST_SOON, MOST_WAITING = 60, 300, 8
HORIZONS = {"hour": later("1 小时"), "day": later("今天"), "week": later("本周")}
TITLES = {"hour": later("下一小时会断什么"), "day": later("今天会断什么"), "week": later("本周会断什么")}
PARTS = {"cards": "supervision/cards.html", "soon": "supervision/soon.html", "book": "supervision/book.html"}


@pages.get("")
def show():
    """The desk; `?look=hour|day|week` says how far ahead, `?t=NUMBER&do=issue` opens a dialog for one ticket. For htmx one part alone."""
    actor = require(*OVERSEEING)
    part = request.args.get("part", "")
    if kit.is_fragment() and part in PARTS:
        return render_template(PARTS[part], **_part(part, actor))
    return _page(actor)


@pages.post("/acts/<name>")
def act(name: str):
    """One of the dialogs of this room."""
    actor = require(SUPERVISOR, LEADER)
    return acting.act(name, lambda wrong: _page(actor, wrong), acting.home())


def _page(actor: Actor, wrong: Wrong | None = None) -> str:
    opened = request.args.get("do", "")
    context = _part("cards", actor) | _part("soon", actor) | _part("book", actor) | _part("crowd", actor)
    chosen = wrong.values.get("ticket", "") if wrong else request.args.get("t", "")
    return render_template(
        "supervision/desk.html",
        **context,
        **choices(),
        tabs=tabs("now", {"ledger": context["red"] + context["yellow"], "orders": sum(context["standing"].values())}),
        may=actor.has(SUPERVISOR, LEADER),
        chosen=chosen,
        back=url_for("supervision.show"),
        state_of=lambda key: FormState("supervision", key, wrong, opened if chosen else ""),
        wrong=wrong,
    )


def _part(name: str, actor: Actor) -> dict:
    session, now = session_now(), clock.now()
    names = reference(session)
    return {"cards": _cards, "soon": _soon, "book": _book, "crowd": _crowd}[name](session, actor, names, now) | {
        "now": now,
        "time_words": time_words,
        "names": names,
    }


def _cards(session: Session, actor: Actor, names: Reference, now: datetime) -> dict:
    calendar = calendar_for(session)
    found, counted = ledger_queries.cards_now(session, cards_of(actor), MOST_CARDS), ledger_queries.counts(session, cards_of(actor))
    return {
        "rows": [card_row(card, actor, names, now, calendar) for card in found],
        "red": counted["red"],
        "yellow": counted["yellow"],
        "counted": counted,
    }


def _soon(session: Session, actor: Actor, names: Reference, now: datetime) -> dict:
    look = request.args.get("look", "hour")
    look = look if look in HORIZONS else "hour"
    until, _ticks = horizon(look, now)
    found = ledger_queries.breaking(session, clocks_of(actor), now, until, MOST_SOON)
    total = len(found) if len(found) < MOST_SOON else ledger_queries.count_breaking(session, clocks_of(actor), now, until)
    points = [
        Point(
            one.due_at,
            unit_said(names, one.unit_id),
            _(time_words.LIMIT.get(one.code, one.code)),
            one.title,
            url_for("whistle.show" if one.whistle_id else "ticket.show", number=one.number),
        )
        for one in found
    ]
    line: Line = draw(points, look, now, total)
    counted = ledger_queries.counts(session, cards_of(actor)) | {"E0": figures.reminded(session, now)}
    return {"line": line, "look": look, "turn": TURN, "horizons": HORIZONS, "titles": TITLES, "total": total, "stairs": stairs(counted)}


def _book(session: Session, actor: Actor, names: Reference, now: datetime) -> dict:
    calendar = calendar_for(session)
    waiting, _next = queries.orders_page(session, orders_of(actor), standing="done", live=True, limit=MOST_WAITING)
    photos: dict[int, list[datetime]] = {}
    if waiting:
        for ticket_id, at in session.execute(
            sa.select(Attachment.ticket_id, Attachment.at).where(
                Attachment.ticket_id.in_([row.ticket.id for row in waiting]), Attachment.purpose != "citizen"
            )
        ):
            photos.setdefault(ticket_id, []).append(at)
    rows = [
        order_row(row, actor, names, now, calendar, doubt_of(row.ticket, photos.get(row.ticket.id, []), row.order.issued_at))
        for row in waiting
    ]
    unanswered, _next = queries.orders_page(session, orders_of(actor), state="issued", limit=MOST_WAITING)
    return {
        "standing": queries.standings(session, orders_of(actor)),
        "waiting": rows,
        "rates": figures.rates(session, now),
        "unanswered": [order_row(row, actor, names, now, calendar) for row in unanswered],
    }


def _crowd(session: Session, actor: Actor, names: Reference, now: datetime) -> dict:
    return {"pins": figures.crowds(session, visible(actor), names, now)}
