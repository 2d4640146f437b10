"""The one road to the supervision ledger: which cards, orders, dossiers a person may read, and how an id leads to a locked ticket
(or whistle) with its row."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import fetch_ticket, fetch_whistle, visible, visible_whistles
from app.errors import NotFound
from escalation.dossier_models import Dossier, Referral
from escalation.dossiers import dossier_of
from escalation.ledger import entry_of
from escalation.models import LedgerEntry
from escalation.referrals import referral_by_id
from escalation.supervision import order_of
from escalation.supervision_models import Supervision
from tickets.actors import DISCIPLINE, LEADER, SUPERVISOR, UNIT_ROLES, Actor
from tickets.models import Ticket
from tickets.whistle_models import Whistle

OVERSEEING = (SUPERVISOR, LEADER, DISCIPLINE)
READERS = (*OVERSEEING, *sorted(UNIT_ROLES))


def cards_of(actor: Actor):
    """The SQL test for ledger entries: whoever oversees reads all of tickets and whistles they may read, a unit those of itself and below."""
    return _own(actor, LedgerEntry.unit_id, clocks_of(actor))


def clocks_of(actor: Actor):
    """The SQL test for what runs against a ticket or a whistle this person may read; both are outer joined, one of the two is there."""
    return sa.or_(sa.and_(Ticket.id.is_not(None), visible(actor)), sa.and_(Whistle.id.is_not(None), visible_whistles(actor)))


def orders_of(actor: Actor):
    """The SQL test for supervision orders, likewise."""
    return _own(actor, Supervision.unit_id, visible(actor))


def referrals_of(actor: Actor):
    """The SQL test for referrals and dossiers: whoever oversees and discipline, never a unit."""
    return visible(actor) if actor.has(*OVERSEEING) else sa.false()


def fetch_entry(session: Session, actor: Actor, entry_id: int) -> tuple[Ticket | Whistle, LedgerEntry]:
    """A ledger entry for a verb: its ticket or whistle locked first, then itself. Raises NotFound also for what one may not know exists."""
    found = session.execute(
        sa.select(Ticket.number, Whistle.number)
        .select_from(LedgerEntry)
        .outerjoin(Ticket, Ticket.id == LedgerEntry.ticket_id)
        .outerjoin(Whistle, Whistle.id == LedgerEntry.whistle_id)
        .where(LedgerEntry.id == entry_id, cards_of(actor))
    ).first()
    if found is None:
        raise NotFound("台账里没有这一条，或者不归您看")
    subject = fetch_ticket(session, actor, found[0], lock=True) if found[0] else fetch_whistle(session, actor, found[1], lock=True)
    return subject, entry_of(session, subject, entry_id)


def fetch_order(session: Session, actor: Actor, order_id: int) -> tuple[Ticket, Supervision]:
    """An order for a verb: its ticket locked first, then itself. Raises NotFound also for what one may not know exists."""
    ticket = _locked(session, actor, Supervision, order_id, orders_of(actor), NotFound("没有这张督办单，或者不归您看"))
    return ticket, order_of(session, ticket, order_id)


def fetch_dossier(session: Session, actor: Actor, row_id: int) -> tuple[Ticket, Dossier]:
    """A dossier for a verb: its ticket locked first, then itself. Raises NotFound also for what one may not know exists."""
    ticket = _locked(session, actor, Dossier, row_id, referrals_of(actor), NotFound("没有这份上会材料，或者不归您看"))
    return ticket, dossier_of(session, ticket, row_id)


def fetch_referral(session: Session, actor: Actor, row_id: int) -> tuple[Ticket, Referral]:
    """A referral for a verb, likewise."""
    return _locked(session, actor, Referral, row_id, referrals_of(actor), NotFound("没有这份移送，或者不归您看")), referral_by_id(
        session, row_id, lock=True
    )


def _locked(session: Session, actor: Actor, model: type[Supervision | Dossier | Referral], row_id: int, readable, gone: NotFound) -> Ticket:
    """The ticket of a row this person may read, locked before the row is. Raises `gone`."""
    number = session.scalar(sa.select(Ticket.number).join(model, model.ticket_id == Ticket.id).where(model.id == row_id, readable))
    if number is None:
        raise gone
    return fetch_ticket(session, actor, number, lock=True)


def _own(actor: Actor, unit, readable):
    if actor.has(*OVERSEEING):
        return readable
    if actor.of_unit:
        return sa.and_(readable, unit.in_(sorted(actor.unit_ids)))
    return sa.false()
