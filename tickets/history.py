"""Reading and proving the history of tickets. Writing is events.record, the chain itself chains.py's."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.chains import Fault, prove
from tickets.events import TicketEvent
from tickets.models import Ticket


def events_of(session: Session, ticket_id: int) -> list[TicketEvent]:
    """All events of a ticket, oldest first; one statement."""
    return list(session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.seq)))


def count_events(session: Session) -> int:
    """How many rows of history all tickets have."""
    return session.scalar(sa.select(sa.func.count()).select_from(TicketEvent)) or 0


def verify(session: Session) -> Iterator[tuple[int, Fault | None]]:
    """Walk every ticket's chain: gives (events checked, fault or None) per ticket."""
    return prove(session, Ticket, TicketEvent)
