"""巡查: the cells of a street by what is due first, one press when somebody was there, what was found becomes a ticket; overseers look on."""

from datetime import datetime, timedelta

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock, patrolling
from app.auth.access import require
from app.auth.people import names_of
from app.errors import Forbidden, Invalid, WrongState
from app.web import forms, kit, once, photos
from app.web.i18n import format_due, format_span, later
from app.web.i18n import gettext as _
from app.web.listing import place_of
from app.web.naming import name_of, path_of, short_of
from app.web.whistle_desks.faces import hours_face
from app.work import session_now, work
from escalation import patrol_queries as queries
from escalation import patrols
from escalation.patrol_models import PatrolCell, PatrolInterval
from escalation.patrol_queries import OVERSEERS, READERS, Shown, visible_cells
from escalation.rules import limits_of
from tickets import attachments
from tickets.actors import UNIT_ROLES, Actor
from tickets.models import Ticket
from tickets.reference import Reference, reference

pages = Blueprint("patrol", __name__, url_prefix="/desk/patrol")
pages.url_value_preprocessor(photos.allow)
GRADE = {1: later("一级"), 2: later("二级"), 3: later("其他")}
OUTCOME = {"kept": later("按时巡到"), "missed": later("漏巡"), "void": later("停巡，不算"), "running": later("正在算")}
WEEK = timedelta(days=7)


@pages.get("")
def show():
    """The cells this person may see; `?unit`, `?missed=1`, `?after` narrow them. For htmx the list alone."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    names, scope = reference(session), visible_cells(actor)
    chosen = names.unit_codes.get(request.args.get("unit", ""))
    rows, more = queries.cells(
        session, scope, chosen.id if chosen else None, request.args.get("missed") == "1", place_of(request.args.get("after", ""))
    )
    found = {} if kit.is_fragment() else queries.rates(session, scope, now - WEEK)
    return render_template(
        "patrol/desk.html",
        rows=rows,
        street=short_of(names.units[actor.unit_id]) if actor.of_unit else "",
        chosen=chosen,
        next=_cursor(rows[-1]) if more else "",
        people=names_of(session, [row.visit.by_id for row in rows if row.visit]),
        streets=[
            (one.code, name_of(one))
            for one in sorted(names.units.values(), key=lambda one: one.path)
            if one.kind == "street" and (not actor.of_unit or one.id in actor.unit_ids)
        ],
        rates=sorted(((name_of(names.units[unit]), kept) for unit, kept in found.items()), key=lambda pair: pair[1].kept / pair[1].due),
        topic=_topic(actor),
        **_words(session, actor, names, now),
    )


@pages.get("/<cell>")
def one(cell: str):
    """One cell: its rounds, who came and what they noted."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    names, here = reference(session), _cell(session, actor, cell)
    rounds = queries.rounds_of(session, here.id)
    last = next((visit for _round, visit in rounds if visit is not None), None)
    running = next((row for row, _visit in rounds if row.outcome == "running"), None)
    return render_template(
        "patrol/cell.html",
        row=Shown(here, running, last),
        rounds=rounds,
        people=names_of(session, [visit.by_id for _round, visit in rounds if visit]),
        topic=_topic(actor),
        outcomes=OUTCOME,
        **_words(session, actor, names, now),
    )


@pages.post("/<cell>/visits")
def visit(cell: str):
    """巡到了. The same press again is the same visit; a refusal is said where the person stands."""
    actor, now = require(*UNIT_ROLES), clock.now()
    try:
        with work() as session:
            here = _cell(session, actor, cell)
            patrols.visit(session, here.code, forms.text("note"), forms.text("press"), actor, now)
            session.info["topics"] |= patrolling.topics_of(here.unit_id)
            due = queries.next_due(session, here.id)
    except WrongState as no:
        kit.toast(_(no.text, **no.values), seconds=20)
    else:
        kit.toast(_("记下了，下一趟最晚 %(due)s。", due=format_due(due)) if due else _("记下了"))
    return redirect(url_for("patrol.one", cell=cell) if forms.text("back") else url_for("patrol.show"))


@pages.get("/<cell>/findings")
def ask(cell: str):
    """The form for what was found on the round."""
    actor = require(*UNIT_ROLES)
    here = _cell(session_now(), actor, cell)
    if here.unit_id != actor.unit_id:
        raise Forbidden("只有巡这一格的街镇自己的人能记")
    return _form(here, {})


@pages.post("/<cell>/findings")
def report(cell: str):
    """A ticket of channel `patrol`, with its photos; sent twice it is the one ticket."""
    actor, now, shots = require(*UNIT_ROLES), clock.now(), photos.taken()
    typed = {name: forms.text(name) for name in ("content", "category", "address")}
    try:
        photos.refuse_bad(shots)
        number = _found(actor, cell, typed, shots, now)
    except Invalid as bad:
        errors = {name: [_(said) for said in several] for name, several in bad.fields.items()}
        return _form(_cell(session_now(), actor, cell), typed, errors, photos.keep(shots)), 422
    photos.done(shots)
    once.renew(_draft(cell))
    kit.draft_done(_draft(cell))
    kit.toast(_("登记了，编号 %(number)s，等热线中心派单。", number=number), seconds=20)
    return redirect(url_for("patrol.show"))


def _found(actor: Actor, code: str, typed: dict, shots: photos.Shots, now: datetime) -> str:
    used = forms.text("once")[:40] or once.token(_draft(code))
    with work() as session:
        cell = _cell(session, actor, code)
        earlier = once.claim(session, actor.account_id, used, {"cell": code, "content": typed["content"]}, now)
        if earlier is not None and not earlier.same:
            once.renew(_draft(code))
            raise Invalid(content="上一件已经登记了；这是另一件，请再按一次登记")
        if earlier is not None:
            return earlier.number
        ticket = patrols.find(session, cell.code, typed["content"], actor, now, typed["category"], typed["address"][:200])
        session.flush()
        _hang(session, ticket, shots, actor, now)
        once.keep(session, actor.account_id, used, ticket.number)
        return ticket.number


def _hang(session: Session, ticket: Ticket, shots: photos.Shots, actor: Actor, now: datetime) -> None:
    folder = current_app.config["SETTINGS"].uploads
    for _token, name, checked in shots.good:
        attachments.attach(session, ticket, name, checked, folder, "evidence", actor, now)


def _form(cell: PatrolCell, typed: dict, errors: dict | None = None, kept: list[str] | None = None) -> str:
    names = reference(session_now())
    top = [
        (one.code, path_of(names, one))
        for one in sorted(names.categories.values(), key=lambda one: one.code)
        if one.active and one.level <= 2
    ]
    return render_template(
        "patrol/finding.html",
        cell=cell,
        typed={"address": cell.name} | typed,
        errors=errors or {},
        kept=kept or [],
        once=once.token(_draft(cell.code)),
        draft=_draft(cell.code),
        categories=top,
    )


def _draft(code: str) -> str:
    return f"patrol-{code}"


def _cell(session: Session, actor: Actor, code: str) -> PatrolCell:
    """The one road from an address to a cell. Raises NotFound also for what is not this person's to see."""
    return patrols.fetch_cell(session, code, closed=True, scope=visible_cells(actor))


def _words(session: Session, actor: Actor, names: Reference, now: datetime) -> dict:
    """What both pages say of a cell: its clock, its grade with the limit, what the button sends."""
    limits = limits_of(session, now)

    def grade_of(cell: PatrolCell) -> str:
        limit = limits.get(patrols.CODES[cell.grade])
        every = "" if limit is None else _("每 %(span)s 一趟", span=format_span(_seconds(limit))) if _seconds(limit) else ""
        return " · ".join(part for part in (_(GRADE[cell.grade]), every) if part)

    def face_of(running: PatrolInterval):
        return hours_face(running.due_at, now, running.due_at - running.began_at)

    return {
        "grade_of": grade_of,
        "face_of": face_of,
        "due_said": format_due,
        "mine": lambda cell: actor.of_unit and actor.unit_id == cell.unit_id,
        "press_of": lambda row: f"after-{row.visit.id if row.visit else 0}",
        "unit_of": lambda cell: short_of(names.units.get(cell.unit_id)),
        "now": now,
    }


def _seconds(limit) -> int:
    return limit.length * {"seconds": 1, "minutes": 60, "hours": 3600}.get(limit.unit, 0)


def _topic(actor: Actor) -> str:
    return patrolling.ALL if actor.has(*OVERSEERS) or len(actor.unit_ids) > 1 else f"patrol:{actor.unit_id}"


def _cursor(last: Shown) -> str:
    due, row = last.place
    return f"{due.isoformat()}/{row}"
