"""质检: replies and direct answers drawn for marking left, one with its score sheet right; 答复准确率 with its denominator."""

from datetime import timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require, visible
from app.errors import Invalid, Refused, WrongState
from app.web import dossier, forms, kit
from app.web.eyes import quoted
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.seen import Seen
from app.web.ticket_view import public_step
from app.work import session_now, work
from tickets import awareness, evaluation_words, quality, words
from tickets.actors import Actor
from tickets.evaluation_codes import ELEMENTS
from tickets.evaluation_models import QualityCheck, QualityMark
from tickets.events import TicketEvent
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import whole_number

pages = Blueprint("quality", __name__, url_prefix="/desk/quality")
MOST = 100
BACK = timedelta(days=30)


class Waiting(NamedTuple):
    """What is to be marked, how many have marked it, and who answered when it was answered at the seat."""

    check: QualityCheck
    ticket: Ticket
    marks: int
    seat: str | None


@pages.get("")
def show():
    """The list left, the sheet right; `?c=ID` selects one."""
    actor, session, now = require(*quality.MARKERS), session_now(), clock.now()
    rows = _rows(session, actor)
    ids = [row.check.id for row in rows]
    wanted = whole_number(request.args.get("c", ""))
    chosen = wanted if wanted in ids else next(iter(ids), 0)
    names = reference(session)
    about = {"words": words, "said": evaluation_words, "unit": lambda unit_id: unit_name(names, unit_id)}
    pane = _pane_context(session, actor, chosen) if chosen and not kit.is_fragment() else {}
    return render_template(
        "evaluation/quality.html",
        **about | pane,
        rows=rows,
        chosen=chosen,
        pane=bool(pane),
        figures=quality.accuracy(session, now - BACK, now),
        consults=None if kit.is_fragment() else quality.consults(session, now - BACK, now),
        known=None if kit.is_fragment() else awareness.newest(session),
        most=MOST,
    )


@pages.get("/<int:check_id>")
def pane(check_id: int):
    """One score sheet."""
    return render_template("evaluation/sheet.html", **_pane_context(session_now(), require(*quality.MARKERS), check_id))


@pages.post("/<int:check_id>")
def mark(check_id: int):
    """Mark it; refused, the sheet comes back as it was filled in."""
    actor, now = require(*quality.MARKERS), clock.now()
    try:
        accurate, tone = {"yes": True, "no": False}.get(forms.text("accurate")), forms.whole("tone")
        if accurate is None or tone is None:
            raise Invalid(
                **{
                    name: said
                    for name, said in (("accurate", "请选准确不准确"), ("tone", "语气请打 1 到 5 分"))
                    if (accurate if name == "accurate" else tone) is None
                }
            )
        with work() as session:
            check = quality.check_of(session, check_id, lock=True)
            quality.mark(
                session, check, actor, now, accurate=accurate, elements=forms.many("elements"), tone=tone, words=forms.text("words")
            )
            said = (
                _("有结论了：%(what)s", what=_("准确") if check.accurate else _("不准确"))
                if check.state == "settled"
                else _("打好了，还要另一位来打")
            )
    except (Invalid, WrongState) as no:
        return render_template("evaluation/sheet.html", **_pane_context(session_now(), actor, check_id, no)), no.status
    kit.toast(said)
    kit.draft_done(f"quality:{check_id}")
    return Response(status=204, headers={"HX-Trigger": "live"}) if kit.is_fragment() else redirect(url_for("quality.show"))


def _rows(session: Session, actor: Actor) -> list[Waiting]:
    """What this person may mark: not what they approved, answered or marked themselves. One statement."""
    marks = (
        sa.select(sa.func.count())
        .select_from(QualityMark)
        .where(QualityMark.check_id == QualityCheck.id)
        .correlate(QualityCheck)
        .scalar_subquery()
    )
    mine = sa.exists().where(QualityMark.check_id == QualityCheck.id, QualityMark.by_id == actor.account_id)
    found = session.execute(
        sa.select(QualityCheck, Ticket, marks, TicketEvent.actor_name)
        .join(Ticket, Ticket.id == QualityCheck.ticket_id)
        .outerjoin(TicketEvent, TicketEvent.id == QualityCheck.answer_id)
        .where(QualityCheck.state != "settled", visible(actor), ~mine, ~quality.own_work(actor))
        .order_by(QualityCheck.state.desc(), QualityCheck.id)
        .limit(MOST)
    )
    return [Waiting(*row) for row in found]


def _pane_context(session: Session, actor: Actor, check_id: int, no: Refused | None = None) -> dict:
    check = quality.check_of(session, check_id)
    number = session.scalar(sa.select(Ticket.number).where(Ticket.id == check.ticket_id)) or ""
    ticket = fetch_ticket(session, actor, number)
    names, seen, file = reference(session), Seen(ticket, actor), dossier.read(session, ticket, actor)
    typed = (
        {"accurate": forms.text("accurate"), "tone": forms.text("tone"), "elements": forms.many("elements"), "words": forms.text("words")}
        if no
        else {}
    )
    return {
        "check": check,
        "ticket": ticket,
        "seen": seen,
        "file": file,
        "reply": next((one for one in file.replies if one.id == check.reply_id), None),
        "answer": next((one for one in file.events if one.id == check.answer_id), None),
        "words": words,
        "said": evaluation_words,
        "unit": lambda unit_id: unit_name(names, unit_id),
        "quoted": quoted,
        "public_step": public_step,
        "person": lambda account_id: file.people.get(account_id or 0, ""),
        "elements_of": [(code, _(evaluation_words.ELEMENT[code])) for code in ELEMENTS],
        "typed": typed,
        "errors": {name: [_(one) for one in told] for name, told in no.fields.items()} if isinstance(no, Invalid) else {},
        "lost": _(no.text, **no.values) if isinstance(no, WrongState) else "",
    }
