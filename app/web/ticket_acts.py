"""POSTs of the ticket page: one address an act. What was typed comes back with the reason when it is refused, and with who was first
when somebody was. The acts themselves are ticket_verbs.py's; the rules are the verbs'."""

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import current_actor, fetch_ticket
from app.errors import Invalid, NotFound, Refused, Stale, TooLarge, WrongState
from app.web import forms, kit
from app.web.choices_of import REASONS
from app.web.eyes import quoted
from app.web.form_state import Conflict, Wrong
from app.web.i18n import clock_time, listed
from app.web.i18n import gettext as _
from app.web.ticket_sent import Sent
from app.web.ticket_verbs import ACTS
from app.web.ticket_view import OPEN_FOR, ticket_context, watermark
from app.web.versions import fetch_seen
from app.work import session_now, work
from tickets import attachments, identity, words
from tickets.actors import Actor
from tickets.attachments import Checked
from tickets.history import events_of
from tickets.models import Identity, Ticket
from tickets.text import whole_number

pages = Blueprint("ticket_acts", __name__)
LONGEST_FILES = 12
SHOWN_AGAIN = (409, 412, 413, 422)


@pages.post("/tickets/<number>/reveals")
def reveal(number: str):
    """The identity in clear, for five minutes, on the reader's screen only; who looked and why is a row first."""
    actor, now = current_actor(), clock.now()
    why, said = REASONS.get(forms.text("why"), ""), forms.text("words")
    with work() as session:
        ticket = fetch_ticket(session, actor, number, lock=True)
        if not why or len(said) < 2:
            raise Invalid(reason="请写明为什么要看，例如“首次联系”")
        masked = identity.shown(ticket, session.get(Identity, ticket.id), actor)
        clear = identity.reveal(session, ticket, f"{_(why)}：{said}", actor, now)
        reveals = [{"who": actor.name, "at": now, "reason": quoted(f"{_(why)}：{said}")}]
        return render_template(
            "ticket/who.html",
            ticket=ticket,
            clear=clear,
            identity=masked,
            open_seconds=OPEN_FOR,
            mark=watermark(actor, now),
            words=words,
            reveals=reveals,
        )


@pages.post("/tickets/<number>/<act>")
def act(number: str, act: str):
    """Do it, say so, and show the page anew; refused, show the same page with what was typed and why."""
    actor, now = current_actor(), clock.now()
    if act not in ACTS:
        raise NotFound("没有这一步")
    try:
        files = _checked_files()
        with work() as session:
            ticket = fetch_seen(session, actor, number)
            said = ACTS[act](Sent(session, ticket, actor, now, files, current_app.config["SETTINGS"].uploads))
    except Refused as no:
        if no.status not in SHOWN_AGAIN or kit.is_fragment():
            raise
        return _again(number, act, actor, no)
    kit.toast(said)
    kit.draft_done(f"{number}:{_key(act)}")
    if kit.is_fragment():
        return Response(status=204, headers={"HX-Trigger": "live"})
    return redirect(url_for("ticket.show", number=number))


def _again(number: str, act: str, actor: Actor, no: Refused) -> Response:
    """The page as it stands now, with the refused form open and everything typed still in it."""
    session, now = session_now(), clock.now()
    ticket = fetch_ticket(session, actor, number)
    conflict = _conflict(session, ticket) if isinstance(no, (Stale, WrongState)) else None
    wrong = Wrong(
        _key(act),
        no.status,
        _(no.text, **no.values),
        request.form.to_dict(),
        no.fields if isinstance(no, Invalid) else {},
        conflict,
        _("照片要再选一次。") if any(file.filename for file in request.files.values()) else "",
        request.form.to_dict(flat=False),
    )
    return render_template("ticket/page.html", **ticket_context(session, ticket, actor, now, wrong=wrong)), no.status


def _conflict(session: Session, ticket: Ticket) -> Conflict | None:
    """Who acted since the version this person saw, and what they did; None when nobody did."""
    seen = whole_number(request.form.get("version", ""))
    since = [event for event in events_of(session, ticket.id) if seen is not None and event.seq > seen]
    if not since:
        return None
    last = since[-1]
    done = listed(dict.fromkeys(_(words.ACTION.get(event.kind, event.kind)) for event in since[-3:]))
    return Conflict(last.actor_name, clock_time(last.at), _("做了：%(acts)s。", acts=done))


def _key(act: str) -> str:
    """The form an act came from: a sub-task's forms carry its number."""
    task = request.form.get("task", "")
    return f"{act}-{task}" if task.isdigit() else act


def _checked_files() -> list[tuple[str, Checked]]:
    """The files sent along, checked before any row is locked. Raises Invalid naming the field, TooLarge."""
    sent = [file for name in ("photos", "files") for file in request.files.getlist(name) if file.filename]
    if len(sent) > LONGEST_FILES:
        raise TooLarge("一次最多传 %(n)s 个文件", n=LONGEST_FILES)
    limit = current_app.config["SETTINGS"].upload_limit_mb * 1024 * 1024
    return [(file.filename or "", attachments.check(file.read(), limit)) for file in sent]
