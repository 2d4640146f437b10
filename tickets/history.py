"""Reading and proving the history: events of a ticket, and the check of every hash chain. Writing is events.record."""

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.events import GENESIS, TicketEvent, chain_hash
from tickets.models import Ticket

BATCH = 2000


@dataclass(frozen=True)
class Fault:
    """One row of history that does not fit."""

    number: str
    event_id: int
    seq: int
    what: str


def events_of(session: Session, ticket_id: int) -> list[TicketEvent]:
    """All events of a ticket, oldest first; one statement."""
    return list(session.scalars(sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.seq)))


def count_events(session: Session) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(TicketEvent)) or 0


def verify(session: Session) -> Iterator[tuple[int, Fault | None]]:
    """Walk every ticket's chain: gives (events checked, fault or None) per ticket; memory stays flat."""
    last = 0
    while tickets := session.execute(
        sa.select(Ticket.id, Ticket.number, Ticket.version, Ticket.head_hash).where(Ticket.id > last).order_by(Ticket.id).limit(BATCH)
    ).all():
        last = tickets[-1].id
        rows: dict[int, list[TicketEvent]] = {}
        for event in session.scalars(
            sa.select(TicketEvent)
            .where(TicketEvent.ticket_id.in_([t.id for t in tickets]))
            .order_by(TicketEvent.ticket_id, TicketEvent.seq)
        ):
            rows.setdefault(event.ticket_id, []).append(event)
        for ticket in tickets:
            chain = rows.get(ticket.id, [])
            yield len(chain), check(ticket, chain)
        session.expire_all()


def check(ticket, chain: list[TicketEvent]) -> Fault | None:
    """The first row of one ticket's chain (all its events in order) that does not fit, or None; `ticket` has number, version and head_hash."""
    previous = GENESIS
    for place, event in enumerate(chain, start=1):
        row = {
            key: getattr(event, key)
            for key in ("ticket_id", "seq", "kind", "actor_id", "actor_name", "unit_id", "from_status", "to_status", "data", "at")
        }
        if event.seq != place:
            return Fault(ticket.number, event.id, event.seq, f"少了第 {place} 步")
        if event.prev_hash != previous:
            return Fault(ticket.number, event.id, event.seq, "与上一步接不上")
        if chain_hash(previous, row) != event.hash:
            return Fault(ticket.number, event.id, event.seq, "内容被改过")
        previous = event.hash
    if len(chain) != ticket.version or previous != ticket.head_hash:
        return Fault(ticket.number, chain[-1].id if chain else 0, len(chain), "末尾的事件不见了或工单上的链尾被改过")
    return None
