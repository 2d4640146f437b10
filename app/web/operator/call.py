"""The screen of one call: the empty form, what comes back when something must be mended, and saving, once."""

from flask import flash, redirect, render_template, request, url_for

from app import clock
from app.auth.access import require
from app.errors import Invalid, Refused
from app.web import forms, kit, once
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.operator.advice import advice_of
from app.web.operator.call_values import BLANK, read_call
from app.web.operator.choices import for_call
from app.web.operator.desk import pages, tabs
from app.web.operator.endings import Outcome, end
from app.web.operator.line import after_save, filled, hang_on, line_values, of_form, open_topics, reachable
from app.web.operator.side import caller_of, count_since
from app.work import session_now, work
from tickets.actors import AGENT, Actor
from tickets.reference import reference

DIALOGS = {"answer": "d-answer", "refuse": "d-refuse", "emergency": "d-emergency"}


@pages.get("")
def call():
    """An empty form; `phone` (a screen pop) fills the caller in, `previous` opens new facts on a closed matter, `new` starts over."""
    actor = require(AGENT)
    if request.args.get("new"):
        once.renew("call")
        kit.draft_done(draft_of(actor))
        return redirect(url_for("operator.call"))
    known = {name: request.args[name].strip() for name in ("phone", "previous") if request.args.get(name)}
    return screen(actor, BLANK | known)


@pages.post("")
def save():
    """However the call ends. Bad input and refusals come back with everything that was typed."""
    actor, typed, now = require(AGENT), read_call(), clock.now()
    try:
        outcome = _saved(typed, actor, now)
    except Invalid as bad:
        return screen(actor, typed, errors={name: [_(one) for one in said] for name, said in bad.fields.items()}), 422
    except Refused as no:
        return screen(actor, typed, said=_(no.text, **no.values)), no.status
    if isinstance(outcome, once.Earlier):
        if not outcome.same:
            once.renew("call")
            return screen(actor, typed, other=outcome.number), 409
        kit.toast(_("这张单子已经登记过了，没有再登记一次"))
        return redirect(url_for("operator.receipt", number=outcome.number))
    once.renew("call")
    kit.draft_done(draft_of(actor))
    if outcome.said:
        flash(outcome.said, "receipt")
    return redirect(url_for("operator.receipt", number=outcome.number, did="append" if typed["append"] else None))


def draft_of(actor: Actor) -> str:
    """Under which name this device keeps what an operator has typed so far."""
    return f"call-{actor.account_id}"


def screen(actor: Actor, typed: dict, errors: dict | None = None, said: str = "", other: str = "") -> str:
    """The three panes. `errors` name fields, `said` is a refusal's sentence, `other` the ticket this form has made already."""
    session, now = session_now(), clock.now()
    bad = errors or {}
    on_line = line_values(session, actor)
    typed = filled(typed, on_line["mine"], on_line["popped"]) if request.method == "GET" else typed
    reopen = DIALOGS.get(typed.get("do", ""), "") if set(bad) & {"answer", "code", "line"} else ""
    return render_template(
        "operator/call.html",
        values=typed,
        errors=bad,
        said=said,
        other=other,
        tabs=tabs("call"),
        draft=draft_of(actor),
        token=once.token("call"),
        reopen=reopen,
        who=caller_of(session, actor, typed["phone"]),
        advice=advice_of(session, actor, typed, now),
        taken=count_since(session, actor, forms.begins(clock.local(now).date())),
        names=reference(session),
        reachable=reachable(reference(session)),
        handing=[(row.code, name_of(row)) for row in open_topics(session, now)] if on_line["mine"] else [],
        **on_line,
        **for_call(session),
    )


def _saved(typed: dict, actor: Actor, now) -> Outcome | once.Earlier:
    token = forms.text("token")
    if not token:
        raise Invalid(page="页面放太久了，请再按一次登记；您写的都在")
    with work() as session:
        earlier = once.claim(session, actor.account_id, token, typed, now)
        if earlier is not None:
            return earlier
        call = of_form(session, typed, actor)
        outcome = end(session, typed, actor, now, (call.provider_id or "") if call else "")
        emergency = hang_on(session, call, outcome.number, typed, actor, now)
        call_id = call.id if call else 0
        once.keep(session, actor.account_id, token, outcome.number)
    after_save(call_id, emergency, now)
    return outcome
