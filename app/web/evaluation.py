"""评价与整改 of one ticket: every rating, the bad-rating loop with its clocks, exclusion requests; the forms of whoever is on. Rules are the verbs'."""

from collections.abc import Callable
from datetime import datetime, time
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import current_actor, fetch_ticket
from app.clock import CITY_ZONE
from app.errors import Invalid, NotFound, Refused
from app.web import dossier, forms, kit, timeline
from app.web.clock_faces import Face, face_of
from app.web.evaluation_said import ICONS
from app.web.eyes import quoted
from app.web.form_state import FormState, Wrong
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.seen import Seen
from app.web.ticket_view import public_step
from app.web.versions import fetch_seen
from app.work import session_now, work
from escalation.queries import ClockView, clocks_of
from escalation.rules import calendar_for
from tickets import codes, evaluation_words, exclusions, loops, rectification, words
from tickets.actors import AUDITOR, FOLLOW_UP, HANDLER, HEAD, LEADER, LIAISON, PANEL, SUPERVISOR, Actor
from tickets.evaluation_codes import CLASSES, EXCLUSION_GROUNDS, TOLD_BY
from tickets.evaluation_models import Exclusion, Rectification
from tickets.models import Ticket
from tickets.reference import reference

pages = Blueprint("evaluation", __name__)
CLOCKS = ("rating-contact", "rating-contact-centre", "rectify", "rectify-hard", "rating-review", "revisit")
SHOWN = frozenset({"rate", *ICONS})
SHOWN_AGAIN = (409, 412, 422)


class Step(NamedTuple):
    """One station of the loop: its name, when it was passed, and its clock."""

    name: str
    at: datetime | None
    face: Face | None


@pages.get("/tickets/<number>/evaluation")
def show(number: str):
    """The page for everybody who may read the ticket."""
    actor, session, now = current_actor(), session_now(), clock.now()
    return render_template("evaluation/page.html", **_context(session, fetch_ticket(session, actor, number), actor, now))


@pages.post("/tickets/<number>/evaluation/<act>")
def do(number: str, act: str):
    """One step; refused, the page comes back with what was typed and why."""
    actor, now = current_actor(), clock.now()
    if act not in ACTS:
        raise NotFound("没有这一步")
    try:
        with work() as session:
            said = ACTS[act](session, fetch_seen(session, actor, number), actor, now)
    except Refused as no:
        if no.status not in SHOWN_AGAIN or kit.is_fragment():
            raise
        wrong = Wrong(act, no.status, _(no.text, **no.values), request.form.to_dict(), no.fields if isinstance(no, Invalid) else {})
        session = session_now()
        return render_template(
            "evaluation/page.html", **_context(session, fetch_ticket(session, actor, number), actor, now, wrong)
        ), no.status
    kit.toast(said)
    kit.draft_done(f"{number}:{act}")
    return redirect(url_for("evaluation.show", number=number))


def _context(session: Session, ticket: Ticket, actor: Actor, now: datetime, wrong: Wrong | None = None) -> dict:
    names, seen, file = reference(session), Seen(ticket, actor), dossier.read(session, ticket, actor)
    rows = list(session.scalars(sa.select(Rectification).where(Rectification.ticket_id == ticket.id).order_by(Rectification.id)))
    asked = [
        row
        for row in session.scalars(sa.select(Exclusion).where(Exclusion.ticket_id == ticket.id).order_by(Exclusion.id))
        if actor.of_centre or row.unit_id in actor.unit_ids
    ]
    loop = rows[-1] if rows else None
    clocks = [one for one in clocks_of(session, ticket.id) if one.code in CLOCKS]
    lines = [line for line in timeline.way(file, names, seen) if line.at and _kind(file, line.key) in SHOWN]
    return {
        "ticket": ticket,
        "seen": seen,
        "file": file,
        "words": words,
        "said": evaluation_words,
        "quoted": quoted,
        "public_step": public_step,
        "loop": loop,
        "loops": rows,
        "steps": _steps(loop, clocks, now, session) if loop and loop.named else [],
        "lines": lines,
        "acts": _acts(loop, actor),
        "exclusions": asked,
        "to_review": {row.id for row in asked if _may_review(row, actor)},
        "mine": {row.id for row in asked if row.unit_id == actor.unit_id and actor.has(LIAISON, HEAD)},
        "may_exclude": _may_exclude(ticket, asked, actor),
        "unit": lambda unit_id: unit_name(names, unit_id) or _("12345 热线中心"),
        "actor": actor,
        "state_of": lambda key: FormState(ticket.number, key, wrong),
        "lost": wrong if wrong and wrong.key not in (*_acts(loop, actor), *EXCLUSION_ACTS) else None,
        "person": lambda account_id: file.people.get(account_id or 0, ""),
        "now": now,
        **_choices(),
    }


def _choices() -> dict:
    return {
        "methods": [(code, _(words.CONTACT_METHOD[code])) for code in codes.CONTACT_METHODS if code != "anonymous"],
        "results": [(code, _(words.CONTACT_RESULT[code])) for code in codes.CONTACT_RESULTS],
        "classes": [(code, _(evaluation_words.CLASS[code])) for code in CLASSES],
        "told": [(code, _(evaluation_words.TOLD[code])) for code in TOLD_BY],
        "grounds": [(code, _(evaluation_words.EXCLUSION_GROUND[code])) for code in EXCLUSION_GROUNDS],
    }


def _kind(file: dossier.Dossier, key: str) -> str:
    seq = int(key.removeprefix("e-")) if key.startswith("e-") else 0
    return next((event.kind for event in file.events if event.seq == seq), "")


def _steps(loop: Rectification, clocks: list[ClockView], now: datetime, session: Session) -> list[Step]:
    """评价 → 联系 → 定类 → 整改并告知 → 回访, each with the clock that counts it."""
    calendar = calendar_for(session)

    def face(*wanted: str) -> Face | None:
        found = [
            one
            for one in clocks
            if one.code in wanted and one.stop_reason not in ("released", "cancelled") and one.started_at >= loop.opened_at
        ]
        return face_of(found[-1], now, calendar) if found else None

    appeal = [Step(_("中心裁定"), loop.ruled_at, face("rating-review"))] if loop.appealed_at else []
    done = [Step(_("整改并告知"), loop.told_at, face("rectify", "rectify-hard"))] if loop.ruling != "uphold" else []
    return [
        Step(_("差评"), loop.opened_at, None),
        Step(_("联系市民"), loop.contacted_at, face("rating-contact", "rating-contact-centre")),
        Step(_("定类"), loop.classified_at, None),
        *appeal,
        *done,
        Step(_("中心回访"), loop.revisited_at, face("revisit")),
    ]


def _acts(loop: Rectification | None, actor: Actor) -> list[str]:
    """The forms of this person now, the likeliest first; the verbs check again."""
    if loop is None or not loop.named or loop.state == "closed":
        return []
    centre = actor.has(FOLLOW_UP) and (loop.unit_id is None or loop.by_centre)
    unit = actor.has(HANDLER, LIAISON, HEAD) and actor.unit_id == loop.unit_id and loop.unit_id is not None
    owner = unit or (loop.unit_id is None and actor.has(FOLLOW_UP))
    by_state = {
        "open": ["contacts"] if centre or (unit and not loop.by_centre) else [],
        "contacted": ["classes"] if owner else [],
        "rectifying": (["completions", "classes"] + (["refusals"] if loop.class_code == "clear" and not loop.refused_at else []))
        if owner
        else [],
        "appealed": ["rulings"] if actor.has(AUDITOR, PANEL, SUPERVISOR) and not unit else [],
    }
    return by_state.get(loop.state, [])


def _may_review(row: Exclusion, actor: Actor) -> bool:
    if row.state == "asked":
        return actor.has(AUDITOR) and actor.unit_id != row.unit_id
    return (
        row.state == "seconded" and actor.has(SUPERVISOR, LEADER) and actor.account_id != row.first_by_id and actor.unit_id != row.unit_id
    )


def _may_exclude(ticket: Ticket, asked: list[Exclusion], actor: Actor) -> bool:
    standing = any(row.unit_id == actor.unit_id and row.state in exclusions.STANDING for row in asked)
    return actor.has(LIAISON, HEAD) and actor.unit_id == ticket.lead_unit_id and not standing


def _live(session: Session, ticket: Ticket) -> Rectification:
    row = loops.live_of(session, ticket)
    if row is None:
        raise NotFound("这件没有在整改的差评")
    return row


def _contact(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    loop = _live(session, ticket)
    rectification.contact(session, ticket, loop, forms.text("method"), forms.text("result"), actor, now, forms.text("words"))
    return _("联系记下了，接着定类") if loop.state == "contacted" else _("记了一次没联系上，计时没停")


def _classify(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    day = forms.day(forms.text("promised_at"), "promised_at")
    promised = datetime.combine(day, time(23, 59), CITY_ZONE) if day else None
    rectification.classify(session, ticket, _live(session, ticket), forms.text("class_code"), forms.text("words"), actor, now, promised)
    return _("申诉交给中心审核了，整改的期限照走") if forms.text("class_code") == "mistaken" else _("定类记下了")


def _complete(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    rectification.rectify(session, ticket, _live(session, ticket), forms.text("measures"), forms.text("told_by"), actor, now)
    return _("整改完成，中心会回访市民，市民会收到再评一次的链接")


def _refuse(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    rectification.refuse(session, ticket, _live(session, ticket), forms.text("words"), actor, now)
    return _("拒不整改已记入督办台账，整改的责任和期限都还在")


def _rule(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    rectification.rule(session, ticket, _live(session, ticket), forms.text("decision") == "uphold", forms.text("words"), actor, now)
    return _("裁定记下了")


def _ask(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    exclusions.ask(session, ticket, forms.text("ground"), forms.text("basis"), forms.text("evidence"), actor, now)
    return _("剔除申请交上去了，两个人审过才算")


def _review(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    row = exclusions.exclusion_of(session, ticket, forms.whole("exclusion") or 0)
    exclusions.review(session, ticket, row, forms.text("decision") == "agree", forms.text("words"), actor, now)
    return _(evaluation_words.EXCLUSION_STATE[row.state])


def _withdraw(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> str:
    exclusions.withdraw(session, ticket, exclusions.exclusion_of(session, ticket, forms.whole("exclusion") or 0), actor, now)
    return _("剔除申请撤回了")


EXCLUSION_ACTS = ("exclusions", "exclusion-reviews", "exclusion-withdrawals")
ACTS: dict[str, Callable[[Session, Ticket, Actor, datetime], str]] = {
    "contacts": _contact,
    "classes": _classify,
    "completions": _complete,
    "refusals": _refuse,
    "rulings": _rule,
    "exclusions": _ask,
    "exclusion-reviews": _review,
    "exclusion-withdrawals": _withdraw,
}
