"""What happened to a ticket, as a value, and its row in the ticket's chain. `record` is the only writer of ticket_events."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.db import db
from tickets.actors import Actor
from tickets.chains import Chained, link


@dataclass(frozen=True)
class Event:
    """One thing that happened to one ticket; `kind` is the workflow action (or "register", "reveal", "attach")."""

    ticket: Any
    kind: str
    actor: Actor
    at: datetime
    data: dict = field(default_factory=dict)
    from_status: str = ""
    to_status: str = ""


class TicketEvent(Chained, db.Model):
    """One step of a ticket's way."""

    __tablename__ = "ticket_events"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "seq"),)
    OF = "ticket_id"

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"))

    parent = relationship("Ticket", lazy="raise")  # never read: it makes a flush insert the ticket first


def record(session: Session, event: Event) -> None:
    """Append the event to the ticket's chain and hand it to the reactions of this unit of work. The ticket row is locked, or new."""
    session.add(TicketEvent(**chained(event)))
    session.info.setdefault("events", []).append(event)


def chained(event: Event) -> dict:
    """The event's row, linked to the ticket's tail, which moves on to it."""
    return link(TicketEvent.OF, event.ticket, event)
