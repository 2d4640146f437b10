"""差评整改 and 剔除 as boards: the unit its own, the centre all; figures with their denominators, every line a way to its ticket. Reads only."""

from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.web.clock_faces import Face, face_of
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.seen import Seen
from app.work import session_now
from escalation.queries import clocks_of_many
from escalation.rules import calendar_for
from tickets import evaluation_words, rectification_queries, words
from tickets.actors import AUDITOR, DISCIPLINE, FOLLOW_UP, LEADER, PANEL, SUPERVISOR, UNIT_ROLES, Actor
from tickets.evaluation_models import Exclusion, Rectification
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("ratings", __name__)
READERS = (*UNIT_ROLES, FOLLOW_UP, AUDITOR, PANEL, SUPERVISOR, LEADER, DISCIPLINE)
MOST = 200
BACK = timedelta(days=30)
CLOCK_OF = {
    "open": ("rating-contact", "rating-contact-centre"),
    "contacted": ("rectify", "rectify-hard"),
    "rectifying": ("rectify", "rectify-hard"),
    "appealed": ("rating-review",),
    "told": ("revisit",),
    "upheld": ("revisit",),
}


class Line(NamedTuple):
    """One loop of the board with both scores and the clock that runs."""

    loop: Rectification
    ticket: Ticket
    seen: Seen
    first: int
    second: int | None
    face: Face | None


class Asked(NamedTuple):
    """One exclusion request with its ticket."""

    row: Exclusion
    ticket: Ticket
    seen: Seen


@pages.get("/desk/ratings")
def board():
    """Loops by who has to act: the unit, the centre, ended, only counted."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    units = None if actor.of_centre else set(actor.unit_ids)
    state = request.args.get("s", "open")
    found = session.execute(
        rectification_queries.listed(visible(actor), state, units)
        .order_by(Rectification.opened_at.desc(), Rectification.id.desc())
        .limit(MOST)
    ).all()
    lines = _lines(session, actor, found, now)
    names, centre = reference(session), actor.of_centre
    return render_template(
        "evaluation/board.html",
        lines=sorted(lines, key=_pressing),
        words=words,
        said=evaluation_words,
        unit=lambda unit_id: unit_name(names, unit_id) or _("12345 热线中心"),
        figures=rectification_queries.figures(session, now - BACK, now, units),
        state=state,
        centre=centre,
        mine=_mine(lines, actor),
        most=MOST,
        now=now,
        topic="centre" if centre else f"unit:{actor.unit_id}",
        roles=actor.roles,
        states=[
            ("open", _("没办完的")),
            ("unit", _("等单位")),
            ("centre", _("等中心")),
            ("closed", _("结束了的")),
            ("counted", _("匿名，只计数")),
        ],
    )


@pages.get("/desk/exclusions")
def exclusions():
    """Requests that wait, and apart from them what has been excluded and why: never silently."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    query = sa.select(Exclusion, Ticket).join(Ticket, Ticket.id == Exclusion.ticket_id).where(visible(actor))
    if not actor.of_centre:
        query = query.where(Exclusion.unit_id.in_(sorted(actor.unit_ids)))
    rows = [
        Asked(row, ticket, Seen(ticket, actor))
        for row, ticket in session.execute(query.order_by(Exclusion.asked_at.desc(), Exclusion.id.desc()).limit(MOST))
    ]
    groups = {
        name: [one for one in rows if one.row.state in states]
        for name, states in (("open", ("asked", "seconded")), ("approved", ("approved",)), ("other", ("denied", "withdrawn")))
    }
    names = reference(session)
    return render_template(
        "evaluation/exclusions.html",
        groups=groups,
        said=evaluation_words,
        unit=lambda unit_id: unit_name(names, unit_id),
        centre=actor.of_centre,
        topic="centre" if actor.of_centre else f"unit:{actor.unit_id}",
        now=now,
    )


def _lines(session: Session, actor: Actor, found, now: datetime) -> list[Line]:
    clocks, calendar = clocks_of_many(session, [ticket.id for _loop, ticket, *_scores in found], running=True), calendar_for(session)
    lines = []
    for loop, ticket, first, second in found:
        running = [one for one in clocks.get(ticket.id, []) if one.code in CLOCK_OF.get(loop.state, ())]
        lines.append(Line(loop, ticket, Seen(ticket, actor), first, second, face_of(running[0], now, calendar) if running else None))
    return lines


def _mine(lines: list[Line], actor: Actor) -> set[int]:
    """The loops that wait for this person: the unit's own half, or the centre's ruling and contact."""
    found = set()
    for line in lines:
        loop = line.loop
        unit = (
            loop.state in ("open", "contacted", "rectifying")
            and loop.unit_id == actor.unit_id
            and actor.has(*UNIT_ROLES)
            and not (loop.by_centre and loop.state == "open")
        )
        centre = (loop.state == "appealed" and actor.has(AUDITOR, PANEL, SUPERVISOR)) or (
            loop.state == "open" and loop.by_centre and actor.has(FOLLOW_UP)
        )
        if unit or centre:
            found.add(loop.id)
    return found


def _pressing(line: Line) -> tuple:
    """Late first, then soon, then the oldest."""
    tone = line.face.tone if line.face else ""
    return ({"late": 0, "soon": 1}.get(tone, 2), line.loop.opened_at)
