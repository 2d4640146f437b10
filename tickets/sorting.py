"""What is set right about a ticket that is here: its category and type, how urgent it is, who is kept off it."""

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets import codes
from tickets.actors import Actor
from tickets.events import Event, record
from tickets.intake import category_of
from tickets.models import Ticket
from tickets.workflow import permit


def classify(session: Session, ticket: Ticket, actor: Actor, now: datetime, category: str = "", appeal_type: str = "") -> None:
    """Set the category or the type of appeal right. A report stays sealed for good, whatever it is called later."""
    edge = permit(ticket, "classify", actor)
    data = {}
    if category:
        row = category_of(session, category)
        data["category"], ticket.category_id = row.code, row.id
    if appeal_type:
        if appeal_type not in codes.APPEAL_TYPES:
            raise Invalid(appeal_type="诉求类型不认识")
        data["appeal_type"], ticket.appeal_type = appeal_type, appeal_type
        ticket.sealed = ticket.sealed or appeal_type == "report"
        ticket.confidential = ticket.confidential or ticket.sealed
    if not data:
        raise Invalid(category="请选分类或类型")
    record(session, Event(ticket, edge.action, actor, now, data, ticket.status, ticket.status))


def set_urgency(session: Session, ticket: Ticket, urgency: str, reason: str, actor: Actor, now: datetime) -> None:
    """Raise it freely; lowering asks for a reason, and only the centre may (domain §4). The plain and the urgent track follow it at any
    time, after the dispatch too: what is sent again later is then sent under the limits that hold now."""
    permit(ticket, "set-urgency", actor)
    if urgency not in codes.URGENCIES:
        raise Invalid(urgency="紧急程度只有普通、紧急、特急")
    lower = codes.URGENCIES.index(urgency) < codes.URGENCIES.index(ticket.urgency)
    if lower and not reason.strip():
        raise Invalid(reason="调低紧急程度要写理由")
    data = {"from": ticket.urgency, "to": urgency, "reason": reason.strip()}
    ticket.urgency = urgency
    if ticket.track in ("general", "urgent"):
        ticket.track = "urgent" if urgency != "ordinary" else "general"
    record(session, Event(ticket, "set-urgency", actor, now, data, ticket.status, ticket.status))


def recuse(session: Session, ticket: Ticket, account_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Somebody with an interest is kept off this ticket from now on (JN §32). Raises Invalid without a reason."""
    permit(ticket, "recuse", actor)
    if not reason.strip():
        raise Invalid(reason="请写明回避理由")
    ticket.recused = [*ticket.recused, account_id]
    record(session, Event(ticket, "recuse", actor, now, {"account": account_id, "reason": reason.strip()}, ticket.status, ticket.status))
