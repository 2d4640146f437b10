"""哨办: whistles to triage, objections and appeals to decide, departments to chase; the chosen one in full on the right."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import fetch_whistle, require
from app.web import choices_of, forms, kit, said
from app.web.form_state import FormState, Wrong
from app.web.i18n import gettext as _
from app.web.naming import region_name
from app.web.seen import Seen
from app.web.whistle_desks import acts
from app.web.whistle_desks.faces import asked_late, called, shown
from app.work import session_now
from tickets import whistle_lists as lists
from tickets import whistle_words as words
from tickets.actors import DISPATCHER, Actor
from tickets.reference import Reference, UnitName, reference
from tickets.whistle_models import Whistle
from tickets.whistle_suggest import DUTY, PART, PAST, WORDS, Advice, advise, tickets_of
from tickets.whistles import summonses_of

pages = Blueprint("whistle_office", __name__, url_prefix="/desk/whistle-office")
pages.context_processor(said.context)
pages.context_processor(acts.context)
TAKEN = ("triage", "send-back", "decide-objection", "remind", "decide-appeal")


@dataclass
class Candidate:
    """A department that may be called: whether the street asked for it and what for, why the suggestion room names it, how it stands in the form."""

    unit: UnitName
    ask: str = ""
    asked: bool = False
    asked_lead: bool = False
    advised: bool = False
    advised_lead: bool = False
    why: list[str] = field(default_factory=list)
    on: bool = False
    lead: bool = False


@pages.get("")
def show():
    """The desk; `?w=NUMBER` puts a whistle on the right, `?as=advice` fills its form by the duty lists. For htmx the left list alone."""
    actor = require(DISPATCHER)
    return _left(actor) if kit.is_fragment() else _page(actor)


@pages.post("/<number>/acts/<name>")
def act(number: str, name: str):
    """One step on one whistle."""
    actor = require(DISPATCHER)
    return acts.act(
        name,
        number,
        TAKEN,
        lambda wrong: _page(actor, wrong, number),
        url_for("whistle_office.show", w=number if name in ("remind", "decide-objection") else None),
    )


def _left(actor: Actor) -> str:
    return render_template("whistle_desks/office_list.html", **_waiting(session_now(), clock.now()))


def _page(actor: Actor, wrong: Wrong | None = None, number: str = "") -> str:
    session, now = session_now(), clock.now()
    context = _waiting(session, now)
    number = number or request.args.get("w", "")
    first = next(iter([*context["triage"], *(pair[0] for pair in context["objections"]), *(pair[0] for pair in context["appeals"])]), None)
    whistle = fetch_whistle(session, actor, number) if number else first.whistle if first else None
    return render_template(
        "whistle_desks/office.html",
        **context,
        **(_chosen(session, actor, whistle, context, wrong) if whistle else {"whistle": None}),
        wrong=wrong,
        words=words,
        state_of=lambda key: FormState(whistle.number if whistle else "", key, wrong, request.args.get("do", "")),
    )


def _waiting(session: Session, now: datetime) -> dict:
    names = reference(session)
    triage, objections, appeals, chase = (
        lists.to_triage(session),
        lists.objections(session),
        lists.appeals(session),
        lists.awaited(session, sa.true()),
    )
    rows = lists.summonses_by(session, triage)
    return {
        "names": names,
        "now": now,
        "called_by": rows,
        "selected": request.args.get("w", ""),
        "triage": [shown(one, rows[one.id], names, now) for one in triage],
        "objections": [(shown(whistle, [], names, now), called(row, names, now)) for row, whistle in objections],
        "to_decide": appeals,
        "appeals": [(shown(whistle, [], names, now), called(row, names, now), score) for score, row, whistle in appeals],
        "chase": [(shown(whistle, [], names, now), called(row, names, now), asked_late(row, now)) for row, whistle in chase],
    }


def _chosen(session: Session, actor: Actor, whistle: Whistle, waiting: dict, wrong: Wrong | None) -> dict:
    names, now, tickets = waiting["names"], waiting["now"], tickets_of(session, whistle)
    rows = waiting["called_by"].get(whistle.id) or summonses_of(session, whistle)
    advice = advise(session, names.units[whistle.street_id], whistle.problem, tickets, now) if whistle.status == "approved" else []
    pins = (
        [{"lng": whistle.lng, "lat": whistle.lat, "text": _("哨"), "kind": "me", "size": 36, "name": whistle.address}]
        if whistle.lng is not None
        else []
    )
    return {
        "whistle": whistle,
        "one": shown(whistle, rows, names, now),
        "tickets": [(ticket, Seen(ticket, actor)) for ticket in tickets],
        "pins": pins,
        "candidates": _candidates(names, rows, advice, request.args.get("as", ""), wrong),
        "region": region_name(names, whistle.region_code),
        "as_advised": request.args.get("as") == "advice",
        "more": [(code, name) for code, name in choices_of.units(names) if code not in {names.units[row.unit_id].code for row in rows}],
        "scores": [pair for pair in waiting["to_decide"] if pair[2].id == whistle.id],
        "others_of": lambda one, unit: [
            (names.units[other.row.unit_id].code, other.unit) for other in one.units if other is not unit and other.row.state != "excused"
        ],
        "basis": _("按派单目录和职责边界清单") if request.args.get("as") == "advice" else "",
    }


def _candidates(names: Reference, rows: list, advice: list[Advice], filled: str, wrong: Wrong | None) -> list[Candidate]:
    """The street's and the advised ones together, as they are ticked: as typed, else by advice when asked, else as the street called."""
    found: dict[int, Candidate] = {row.unit_id: Candidate(names.units[row.unit_id], row.ask, True, row.lead) for row in rows}
    lead = max((one for one in advice if one.lead), key=lambda one: one.lead, default=None)
    for one in advice:
        place = found.setdefault(one.unit.id, Candidate(one.unit, one.ask))
        place.advised, place.advised_lead, place.why = True, one is lead, [_reason(*pair) for pair in one.why]
    typed = wrong is not None and wrong.key == "triage"
    for one in found.values():
        if typed:
            one.on, one.lead = one.unit.code in (*forms.many("assisting"), forms.text("lead")), one.unit.code == forms.text("lead")
        elif filled == "advice" and lead is not None:
            one.on, one.lead = one.advised, one.advised_lead
        else:
            one.on, one.lead = one.asked, one.asked_lead
    return sorted(found.values(), key=lambda one: (not one.lead, not one.on))


def _reason(how: str, told: str) -> str:
    return {
        DUTY: _("派单目录：%(told)s", told=told),
        PART: _("边界清单：%(told)s", told=told),
        WORDS: _("说到：%(told)s", told=told),
        PAST: _("本街道一年内叫过 %(told)s 次", told=told),
    }[how]
