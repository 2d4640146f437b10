"""Deciding what a unit asked: once, with a reason, on the ticket as it stands. Refused, the pane comes back with what was typed."""

from datetime import datetime

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import fetch_ticket, require
from app.errors import Invalid, Refused, Stale, WrongState
from app.web import forms, kit
from app.web.conflicts import clash_of
from app.web.dispatch.asked import find, pane
from app.web.dispatch.desk import ASKED, pages
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from tickets import dispatch, handling, procedures
from tickets.actors import DISPATCHER, Actor
from tickets.dispatch_models import Request
from tickets.models import Ticket
from tickets.reference import reference
from tickets.requests import request_of

TYPED = ("decision", "reason", "lead")


@pages.post("/requests/<int:request_id>/decision")
def decide(request_id: int):
    """Accept or deny."""
    actor, now = require(DISPATCHER), clock.now()
    row, seen = find(session_now(), actor, request_id)
    number, kind = seen.number, row.kind
    try:
        with work() as session:
            ticket = fetch_ticket(session, actor, number, lock=True, version=forms.version())
            said = _decided(session, ticket, request_of(session, ticket, kind, request_id), actor, now)
    except (Stale, WrongState, Invalid) as no:
        return _refused(actor, request_id, no, now)
    kit.draft_done(f"decide-{request_id}")
    kit.toast(said)
    if kit.is_fragment():
        return Response(status=204)
    return redirect(url_for("dispatch.asked" if kind in ASKED else "dispatch.returns"))


def _decided(session: Session, ticket: Ticket, row: Request, actor: Actor, now: datetime) -> str:
    accept, reason = forms.text("decision") == "accept", forms.text("reason")
    if forms.text("decision") not in ("accept", "deny"):
        raise Invalid(decision="请选同意或不同意")
    if row.kind == "return":
        dispatch.decide_return(session, ticket, row, accept, reason, actor, now, forms.text("lead"))
        return _("已改派给%(unit)s", unit=unit_name(reference(session), ticket.lead_unit_id)) if accept else _("已退回原单位，继续办")
    if row.kind == "extension":
        handling.decide_extension(session, ticket, row, accept, reason, actor, now)
        return _("同意延期 %(n)s 个工作日", n=row.days) if accept else _("不同意延期，期限不变")
    if row.kind == "suspension":
        handling.decide_suspension(session, ticket, row, accept, reason, actor, now)
        return _("同意暂停，从现在起不计时") if accept else _("不同意暂停，照常计时")
    if row.kind == "termination":
        procedures.decide_termination(session, ticket, row, accept, reason, actor, now)
        return _("调解终止了，单位 7 个工作日内告知双方") if accept else _("不同意终止，继续调解")
    if row.kind == "ledger" and accept:
        if not reason:
            raise Invalid(reason="请写明理由")
        handling.ledger(session, ticket, actor, now, measures=reason)
        return _("已列入台账，到承诺的日子再答复")
    raise Invalid(decision="挂账不同意的，由审核员把答复发回重办")


def _refused(actor: Actor, request_id: int, no: Refused, now: datetime) -> tuple[str, int]:
    session = session_now()
    row, ticket = find(session, actor, request_id)
    typed = {name: forms.text(name) for name in TYPED if name in request.form}
    if isinstance(no, Invalid):
        errors = {name: [_(one) for one in said] for name, said in no.fields.items()}
        return pane(session, actor, row, ticket, now, typed, errors), no.status
    return pane(session, actor, row, ticket, now, typed, clash=clash_of(session, ticket, no)), no.status
