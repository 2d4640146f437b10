"""The version a person saw, checked fairly: looking at an identity, or supervising beside the handling, does not make a form stale; anything
else does."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import fetch_ticket
from app.errors import Stale
from app.web import forms
from escalation.supervision_rules import ACTS
from tickets.actors import Actor
from tickets.events import TicketEvent
from tickets.models import Ticket

HARMLESS = ("reveal", *ACTS)


def fetch_seen(session: Session, actor: Actor, number: str) -> Ticket:
    """The ticket, locked for a verb, if it is still what the form (hidden field `version`) was written for. Raises NotFound, Stale."""
    ticket, seen = fetch_ticket(session, actor, number, lock=True), forms.version()
    if seen is None or seen == ticket.version:
        return ticket
    changed = sa.select(sa.exists().where(TicketEvent.ticket_id == ticket.id, TicketEvent.seq > seen, TicketEvent.kind.not_in(HARMLESS)))
    if seen > ticket.version or session.scalar(changed):
        raise Stale("有人先一步改了这件工单，请看最新的再办")
    return ticket
