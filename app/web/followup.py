"""回访台: whom to call and why, the script of each kind of call, the attempts so far, what the citizen already said, what it leads to."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require, visible
from app.clock import local
from app.errors import Invalid, Refused, Stale, WrongState
from app.web import dossier, followup_rows, forms, kit, qr
from app.web.conflicts import clash_of
from app.web.dossier import Dossier
from app.web.eyes import quoted
from app.web.followup_rows import GROUPS, MOST, WANTED, waiting
from app.web.i18n import format_day
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import unit_name
from app.web.seen import Seen
from app.web.ticket_view import place_of, public_step, rounds_of
from app.web.versions import fetch_seen
from app.work import session_now, work
from tickets import answering, callbacks, calls, evaluation_words, identity, loops, rectification_queries, words
from tickets.actors import FOLLOW_UP, Actor
from tickets.evaluation_codes import CALL_KINDS
from tickets.models import FollowUp, Rating, Ticket
from tickets.reference import reference

pages = Blueprint("followup", __name__, url_prefix="/desk/follow-up")
BAD = 2
YES_NO = {"yes": True, "no": False}
BACK = timedelta(days=30)


class Attempts(NamedTuple):
    """The unanswered calls of this round against the rule (3 attempts on 2 days at different hours, domain §7)."""

    rows: list[FollowUp]
    days: int
    enough: bool
    said: str


@pages.get("")
def show():
    """The queue left, the script right; `?t=NUMBER` selects one, `?g=` narrows to a group."""
    actor, session, now = require(FOLLOW_UP), session_now(), clock.now()
    every = waiting(session, actor, now)
    group = request.args.get("g", "")
    rows = [row for row in every if row.group in WANTED[group]] if group in WANTED else every
    numbers = [row.ticket.number for row in rows]
    wanted = request.args.get("t", "")
    chosen = wanted if wanted in numbers else next(iter(numbers), "")
    names = reference(session)
    pane = _pane_context(session, actor, chosen, now) if chosen and not kit.is_fragment() else {}
    about = {"words": words, "said": evaluation_words, "unit": lambda unit_id: unit_name(names, unit_id)}
    grouped = {code: [row for row in rows if row.group == code] for code in GROUPS}
    return render_template(
        "followup/desk.html",
        **about | pane,
        rows=rows,
        grouped=grouped,
        groups=GROUPS,
        chosen=chosen,
        pane=bool(pane),
        bad=BAD,
        most=MOST,
        group=group,
        counts={code: sum(row.group in members for row in every) for code, members in WANTED.items()},
        total=len(every),
        to_tell=_to_tell(session, actor),
        figures=rectification_queries.figures(session, now - BACK, now),
    )


@pages.get("/<number>")
def pane(number: str):
    """The script of one ticket."""
    return _pane(session_now(), require(FOLLOW_UP), number, clock.now())


@pages.post("/<number>")
def call(number: str):
    """One call and its end; refused, the script comes back with every answer as it was given."""
    actor, now = require(FOLLOW_UP), clock.now()
    outcome, kind = forms.text("outcome"), forms.text("kind") or "reply"
    try:
        if kind not in CALL_KINDS:
            raise Invalid(outcome="请刷新后再打")
        with work() as session:
            ticket = fetch_seen(session, actor, number)
            again = _act(session, ticket, kind, outcome, actor, now)
            closed, new = ticket.status == "closed", again.number if again is not None else ""
    except (Stale, WrongState, Invalid) as no:
        return _pane(session_now(), actor, number, now, no), no.status
    kit.toast(_said(kind, outcome, closed, new))
    kit.draft_done(f"follow-up:{number}")
    return Response(status=204, headers={"HX-Trigger": "live"}) if kit.is_fragment() else redirect(url_for("followup.show"))


def _act(session: Session, ticket: Ticket, kind: str, outcome: str, actor: Actor, now: datetime) -> Ticket | None:
    """The verb of this kind of call. Returns the new ticket of a relapse."""
    if kind == "look-back":
        missed = outcome in ("missed", "unreachable")
        return calls.look_back(
            session,
            ticket,
            actor,
            now,
            reached=not missed,
            finding="" if missed else outcome,
            words=forms.text("words"),
            outcome="close" if outcome == "unreachable" else "",
        )
    verb = {"reply": answering.follow_up, "revisit": calls.revisit, "due": calls.call_on_due}[kind]
    verb(session, ticket, actor, now, **_answers(outcome))
    return None


def _said(kind: str, outcome: str, closed: bool, new: str) -> str:
    """What was done, in a line."""
    if outcome == "missed":
        return _("办结了") if closed else _("记了一次没打通")
    if kind == "look-back":
        return _("另立了一件：%(number)s，等派单", number=new) if new else _("回头看记下了")
    if kind == "due":
        return _("到期回访记下了，工单照常办理")
    if kind == "revisit":
        said = {"rework": _("没改好，重新整改：5 个工作日"), "explain": _("记下了：依法解释，整改结束"), "close": _("整改到位，记下了")}
        return said.get(outcome, _("按联系不上结束了"))
    return {"rework": _("发回重办了，3 个工作日内要重新答复"), "explain": _("记下了：依法解释，办结"), "close": _("办结了")}.get(
        outcome, _("办结了")
    )


@pages.get("/<number>/slip")
def slip(number: str):
    """The rating link of this ticket and round on paper, as QR and as letters."""
    session, actor = session_now(), require(FOLLOW_UP)
    ticket = fetch_ticket(session, actor, number)
    link = rating_link(session, ticket)
    return render_template("followup/slip.html", ticket=ticket, seen=Seen(ticket, actor), link=link, code=qr.inline(link, 6))


def _to_tell(session: Session, actor: Actor) -> list[Ticket]:
    """Confidential matters whose reporter is owed the decision: only the centre speaks to them (T23, domain §7)."""
    return list(
        session.scalars(
            sa.select(Ticket)
            .where(visible(actor), Ticket.notice == "reporter", Ticket.confidential)
            .order_by(Ticket.checked_at)
            .limit(MOST)
        )
    )


def rating_link(session: Session, ticket: Ticket) -> str:
    """The one-time address of this ticket and round."""
    return current_app.config["SETTINGS"].public_url.rstrip("/") + "/rate/" + answering.rating_token(ticket, session.info["code_key"])


def attempts_of(file: Dossier, kind: str, now: datetime) -> Attempts:
    """What has been tried in this round, and what is still needed before "联系不上" may be said."""
    rows = followup_rows.tried(file.follow_ups, file.ticket.round, kind)
    days = {local(row.at).date() for row in rows}
    enough = callbacks.tried_enough([*(row.at for row in rows), now])
    said = _n("没打通 %(n)s 次", len(rows)) + (_n("，分在 %(n)s 天", len(days)) if rows else "")
    if enough:
        return Attempts(rows, len(days), True, said + _("；这次还打不通，就可以按联系不上办结"))
    return Attempts(
        rows,
        len(days),
        False,
        said
        + _(
            "；打满 %(times)s 次、分在 %(days)s 天以上、换个钟点，才能按联系不上办结；第三次没通自动发短信",
            times=callbacks.ATTEMPTS,
            days=callbacks.ATTEMPT_DAYS,
        ),
    )


def _answers(outcome: str) -> dict:
    """The form as the verb takes it. Null is no answer, never "good"."""
    if outcome in ("missed", "unreachable"):
        return {"reached": False, "outcome": "close" if outcome == "unreachable" else "", "words": forms.text("words")}
    level = forms.text("satisfied")
    return {
        "reached": True,
        "outcome": outcome,
        "words": forms.text("words"),
        "satisfied": int(level) if level in "12345" and level else None,
        **{name: YES_NO.get(forms.text(name)) for name in ("contacted", "solved", "truthful")},
    }


def _pane(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> str:
    return render_template("followup/pane.html", **_pane_context(session, actor, number, now, no))


def _pane_context(session: Session, actor: Actor, number: str, now: datetime, no: Refused | None = None) -> dict:
    ticket = fetch_ticket(session, actor, number)
    names, seen, file = reference(session), Seen(ticket, actor), dossier.read(session, ticket, actor)
    reply = next((one for one in reversed(file.replies) if one.state == "approved"), None)
    unit: Callable[[int | None], str] = lambda unit_id: unit_name(names, unit_id)  # noqa: E731 — handed to the template
    link, owed = rating_link(session, ticket), followup_rows.owed_for(session, ticket)
    kind = owed.kind if owed else "reply"
    return dict(  # noqa: C408 — names read better than quotes here
        ticket=ticket,
        seen=seen,
        file=file,
        reply=reply,
        words=words,
        said=evaluation_words,
        quoted=quoted,
        unit=unit,
        public_step=public_step,
        person=lambda account_id: file.people.get(account_id or 0, ""),
        place=place_of(names, ticket, seen),
        owed=owed,
        kind=kind,
        loop=loops.live_of(session, ticket),
        first=_first(file),
        rating=file.ratings[-1] if file.ratings else None,
        identity=identity.shown(ticket, file.identity, actor),
        may_call=file.identity is not None and file.identity.contactable,
        attempts=attempts_of(file, kind, now),
        rounds=rounds_of(file)[:-1],
        script=_script(kind, ticket, seen, unit(ticket.lead_unit_id)),
        link=link,
        code=qr.inline(link),
        now=now,
        errors={name: [_(one) for one in said] for name, said in no.fields.items()} if isinstance(no, Invalid) else {},
        clash=clash_of(session, ticket, no) if isinstance(no, Stale | WrongState) else None,
        typed=request.form if no else {},
        reveals=[],
        reply_files=[row for row in file.attachments if row.purpose == "reply"],
    )


def _first(file: Dossier) -> Rating | None:
    """The bad rating a loop is about: the first one given."""
    return next((row for row in file.ratings if row.score <= BAD), None)


def _script(kind: str, ticket: Ticket, seen: Seen, unit: str) -> str:
    """What to say first."""
    about = {"day": format_day(ticket.received_at), "title": seen.title, "unit": unit}
    if kind == "revisit":
        return _("您好，这里是 12345 热线。您对“%(title)s”打了差评，%(unit)s说已经改好并告诉您了。想核实一下，问四个问题。", **about)
    if kind == "due":
        return _("您好，这里是 12345 热线。您 %(day)s 反映的“%(title)s”，期限已经到了，%(unit)s还在办。想听听您这边的情况。", **about)
    if kind == "look-back":
        return _("您好，这里是 12345 热线。您 %(day)s 反映的“%(title)s”已经办结一段时间，想问问现在还好不好。", **about)
    return _("您好，这里是 12345 热线。您 %(day)s 反映的“%(title)s”，%(unit)s已经答复了。想耽误您一分钟，问四个问题。", **about)
