"""回访台: bad ratings first, then the oldest; a script with the four questions, the attempts so far, what the citizen already said."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require, visible
from app.clock import local
from app.errors import Invalid, Refused, Stale, WrongState
from app.web import dossier, forms, kit, qr
from app.web.conflicts import clash_of
from app.web.dossier import Dossier
from app.web.i18n import format_day
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import unit_name
from app.web.seen import Seen
from app.web.ticket_view import place_of, public_step, rounds_of
from app.web.timeline_words import quoted
from app.web.versions import fetch_seen
from app.work import session_now, work
from tickets import answering, identity, words
from tickets.actors import FOLLOW_UP, Actor
from tickets.models import FollowUp, Rating, Ticket
from tickets.reference import reference

pages = Blueprint("followup", __name__, url_prefix="/desk/follow-up")
MOST = 100
BAD = 2
YES_NO = {"yes": True, "no": False}


class Waiting(NamedTuple):
    """A ticket to call back: its rating of this round, if any, how often nobody answered, and when that was last."""

    ticket: Ticket
    score: int | None
    attempts: int
    last: datetime | None
    seconds: int


class Attempts(NamedTuple):
    """The unanswered calls of this round against the rule (3 attempts on 2 days, domain §7)."""

    rows: list[FollowUp]
    days: int
    enough: bool
    said: str


@pages.get("")
def show():
    """The queue left, the script right; `?t=NUMBER` selects one."""
    actor, session, now = require(FOLLOW_UP), session_now(), clock.now()
    rows = _rows(session, actor, now)
    numbers = [row.ticket.number for row in rows]
    wanted = request.args.get("t", "")
    chosen = wanted if wanted in numbers else next(iter(numbers), "")
    names = reference(session)
    pane = _pane_context(session, actor, chosen, now) if chosen and not kit.is_fragment() else {}
    about = {"words": words, "unit": lambda unit_id: unit_name(names, unit_id)}
    return render_template("followup/desk.html", **about | pane, rows=rows, chosen=chosen, pane=bool(pane), bad=BAD, most=MOST, to_tell=_to_tell(session, actor))


@pages.get("/<number>")
def pane(number: str):
    """The script of one ticket."""
    return _pane(session_now(), require(FOLLOW_UP), number, clock.now())


@pages.post("/<number>")
def call(number: str):
    """One call back and its end; refused, the script comes back with every answer as it was given."""
    actor, now = require(FOLLOW_UP), clock.now()
    outcome = forms.text("outcome")
    try:
        with work() as session:
            ticket = fetch_seen(session, actor, number)
            answering.follow_up(session, ticket, actor, now, **_answers(outcome))
            closed = ticket.status == "closed"
    except (Stale, WrongState, Invalid) as no:
        return _pane(session_now(), actor, number, now, no), no.status
    said = {"rework": _("发回重办了，3 个工作日内要重新答复"), "explain": _("记下了：依法解释，办结"), "close": _("办结了")}
    kit.toast(said.get(outcome, _("办结了") if closed else _("记了一次没打通")))
    kit.draft_done(f"follow-up:{number}")
    return Response(status=204, headers={"HX-Trigger": "live"}) if kit.is_fragment() else redirect(url_for("followup.show"))


@pages.get("/<number>/slip")
def slip(number: str):
    """The rating link of this ticket and round on paper, as QR and as letters."""
    session, actor = session_now(), require(FOLLOW_UP)
    ticket = fetch_ticket(session, actor, number)
    link = rating_link(session, ticket)
    return render_template("followup/slip.html", ticket=ticket, seen=Seen(ticket, actor), link=link, code=qr.inline(link, 6))


def _to_tell(session: Session, actor: Actor) -> list[Ticket]:
    """Confidential matters whose reporter is owed the decision: only the centre speaks to them (T23, domain §7)."""
    return list(session.scalars(sa.select(Ticket).where(visible(actor), Ticket.notice == "reporter", Ticket.confidential).order_by(Ticket.checked_at).limit(MOST)))


def rating_link(session: Session, ticket: Ticket) -> str:
    """The one-time address of this ticket and round."""
    return current_app.config["SETTINGS"].public_url.rstrip("/") + "/rate/" + answering.rating_token(ticket, session.info["code_key"])


def attempts_of(file: Dossier, now: datetime) -> Attempts:
    """What has been tried in this round, and what is still needed before "联系不上" may be said."""
    rows = [row for row in file.follow_ups if row.round == file.ticket.round and not row.reached]
    days = {local(row.at).date() for row in rows}
    with_now = days | {local(now).date()}
    enough = len(rows) + 1 >= answering.ATTEMPTS and len(with_now) >= answering.ATTEMPT_DAYS
    said = _n("没打通 %(n)s 次", len(rows)) + (_n("，分在 %(n)s 天", len(days)) if rows else "")
    if enough:
        return Attempts(rows, len(days), True, said + _("；这次还打不通，就可以按联系不上办结"))
    return Attempts(rows, len(days), False, said + _("；打满 %(times)s 次、分在 %(days)s 天以上，才能按联系不上办结", times=answering.ATTEMPTS, days=answering.ATTEMPT_DAYS))


def _answers(outcome: str) -> dict:
    """The form as the verb takes it. Null is no answer, never "good"."""
    if outcome in ("missed", "unreachable"):
        return {"reached": False, "outcome": "close" if outcome == "unreachable" else "", "words": forms.text("words")}
    level = forms.text("satisfied")
    return {"reached": True, "outcome": outcome, "words": forms.text("words"), "satisfied": int(level) if level in "12345" and level else None,
            **{name: YES_NO.get(forms.text(name)) for name in ("contacted", "solved", "truthful")}}


def _rows(session: Session, actor: Actor, now: datetime) -> list[Waiting]:
    """One statement."""
    turn = Ticket.reworks + 1
    score = sa.select(Rating.score).where(Rating.ticket_id == Ticket.id, Rating.round == turn).correlate(Ticket).scalar_subquery()
    missed = (FollowUp.ticket_id == Ticket.id, FollowUp.round == turn, sa.not_(FollowUp.reached))
    count = sa.select(sa.func.count()).select_from(FollowUp).where(*missed).correlate(Ticket).scalar_subquery()
    last = sa.select(sa.func.max(FollowUp.at)).where(*missed).correlate(Ticket).scalar_subquery()
    found = session.execute(sa.select(Ticket, score, count, last).where(Ticket.status == "follow-up", visible(actor))
                            .order_by(sa.case((score <= BAD, 0), else_=1), Ticket.replied_at, Ticket.id).limit(MOST))
    return [Waiting(*row, int((now - (row[0].replied_at or now)).total_seconds())) for row in found]


def _pane(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> str:
    return render_template("followup/pane.html", **_pane_context(session, actor, number, now, no))


def _pane_context(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> dict:
    ticket = fetch_ticket(session, actor, number)
    names, seen, file = reference(session), Seen(ticket, actor), dossier.read(session, ticket, actor)
    reply = next((one for one in reversed(file.replies) if one.state == "approved"), None)
    unit: Callable[[int | None], str] = lambda unit_id: unit_name(names, unit_id)  # noqa: E731 — handed to the template
    link = rating_link(session, ticket)
    return dict(  # noqa: C408 — names read better than quotes here
        ticket=ticket, seen=seen, file=file, reply=reply, words=words, quoted=quoted, unit=unit, public_step=public_step,
        person=lambda account_id: file.people.get(account_id or 0, ""), place=place_of(names, ticket, seen),
        identity=identity.shown(ticket, file.identity, actor), may_call=file.identity is not None and file.identity.contactable,
        attempts=attempts_of(file, now), rating=next((row for row in file.ratings if row.round == ticket.round), None),
        rounds=rounds_of(file)[:-1], script=_script(ticket, seen, unit(ticket.lead_unit_id)), link=link, code=qr.inline(link), now=now,
        errors={name: [_(one) for one in said] for name, said in no.fields.items()} if isinstance(no, Invalid) else {},
        clash=clash_of(session, ticket, no) if isinstance(no, Stale | WrongState) else None, typed=request.form if no else {}, reveals=[],
        reply_files=[row for row in file.attachments if row.purpose == "reply"],
    )


def _script(ticket: Ticket, seen: Seen, unit: str) -> str:
    """What to say first."""
    return _("您好，这里是 12345 热线。您 %(day)s 反映的“%(title)s”，%(unit)s已经答复了。想耽误您一分钟，问四个问题。",
             day=format_day(ticket.received_at), title=seen.title, unit=unit)
