"""The one road to the supervision ledger: which cards and orders a person may read, and how an id leads to a locked ticket with its row."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import fetch_ticket, visible
from app.errors import NotFound
from escalation.ledger import entry_of
from escalation.models import LedgerEntry
from escalation.supervision import order_of
from escalation.supervision_models import Supervision
from tickets.actors import DISCIPLINE, LEADER, SUPERVISOR, UNIT_ROLES, Actor
from tickets.models import Ticket

OVERSEEING = (SUPERVISOR, LEADER, DISCIPLINE)
READERS = (*OVERSEEING, *sorted(UNIT_ROLES))


def cards_of(actor: Actor):
    """The SQL test for ledger entries: whoever oversees reads all of tickets they may read, a unit those of itself and below."""
    return _own(actor, LedgerEntry.unit_id)


def orders_of(actor: Actor):
    """The SQL test for supervision orders, likewise."""
    return _own(actor, Supervision.unit_id)


def fetch_entry(session: Session, actor: Actor, entry_id: int) -> tuple[Ticket, LedgerEntry]:
    """A ledger entry for a verb: its ticket locked first, then itself. Raises NotFound also for what one may not know exists."""
    number = session.scalar(sa.select(Ticket.number).join(LedgerEntry, LedgerEntry.ticket_id == Ticket.id).where(LedgerEntry.id == entry_id, cards_of(actor)))
    if number is None:
        raise NotFound("台账里没有这一条，或者不归您看")
    ticket = fetch_ticket(session, actor, number, lock=True)
    return ticket, entry_of(session, ticket, entry_id)


def fetch_order(session: Session, actor: Actor, order_id: int) -> tuple[Ticket, Supervision]:
    """An order for a verb: its ticket locked first, then itself. Raises NotFound also for what one may not know exists."""
    number = session.scalar(sa.select(Ticket.number).join(Supervision, Supervision.ticket_id == Ticket.id).where(Supervision.id == order_id, orders_of(actor)))
    if number is None:
        raise NotFound("没有这张督办单，或者不归您看")
    ticket = fetch_ticket(session, actor, number, lock=True)
    return ticket, order_of(session, ticket, order_id)


def _own(actor: Actor, unit):
    if actor.has(*OVERSEEING):
        return visible(actor)
    if actor.of_unit:
        return sa.and_(visible(actor), unit.in_(sorted(actor.unit_ids)))
    return sa.false()
