"""What a unit asks and the centre decides, once: the shared half of return, extension, suspension, ledger, dispute and termination."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import unflushed
from app.errors import Invalid, NotFound, WrongState
from tickets.actors import Actor
from tickets.dispatch_models import Request
from tickets.models import Ticket


def ask(session: Session, ticket: Ticket, kind: str, actor: Actor, now: datetime, **said) -> Request:
    """A new waiting request. Raises WrongState when one of this kind waits already."""
    if waiting(session, ticket, kind) is not None:
        raise WrongState("已经提过一次，还在等答复")
    request = Request(
        ticket_id=ticket.id, kind=kind, unit_id=actor.unit_id, from_status=ticket.status, asked_by_id=actor.account_id, asked_at=now, **said
    )
    session.add(request)
    session.flush()
    return request


def waiting(session: Session, ticket: Ticket, kind: str) -> Request | None:
    """The request of this kind that nobody has decided yet."""
    return session.scalar(sa.select(Request).where(Request.ticket_id == ticket.id, Request.kind == kind, Request.decision.is_(None)))


def request_of(session: Session, ticket: Ticket, kind: str, request_id: int) -> Request:
    """The request with this id on this ticket. Raises NotFound."""
    request = session.get(Request, request_id)
    if request is None or request.ticket_id != ticket.id or request.kind != kind:
        raise NotFound("没有这条申请")
    return request


def decide(request: Request, kind: str, accept: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Decide once, with a reason. Raises WrongState when it is decided already, Invalid without a reason."""
    if request.kind != kind or request.decision is not None:
        raise WrongState("这条申请已经有决定了")
    if not reason.strip():
        raise Invalid(reason="请写明理由")
    request.decision = "accept" if accept else "deny"
    request.decision_words, request.decided_by_id, request.decided_at = reason.strip(), actor.account_id, now


def lapse(session: Session, ticket: Ticket, now: datetime) -> None:
    """The ticket went on before the centre decided: what still waits is withdrawn, so that no queue asks for it any more."""
    with unflushed(session, Request):
        session.execute(
            sa.update(Request)
            .where(
                Request.ticket_id == ticket.id,
                Request.decision.is_(None),
                Request.kind.in_(("extension", "suspension", "ledger", "termination")),
            )
            .values(decision="lapsed", decided_at=now)
        )
