"""Reads of supervision orders: by page, one with its file, where they stand; who was held to account. Scope is the caller's SQL test."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import NotFound
from escalation.models import Clock, LedgerEntry
from escalation.paging import of_unit, page, within
from escalation.supervision_models import REASONS, STANDINGS, STATES, Accountability, Coordination, Inspection, Meeting, Supervision
from tickets.models import Attachment, Ticket


@dataclass(frozen=True, slots=True)
class Order:
    """An order with its ticket and the clock it runs by; `coordination` is the last one."""

    order: Supervision
    ticket: Ticket
    clock: Clock | None
    coordination: Coordination | None = None


@dataclass(frozen=True, slots=True)
class File:
    """Everything that hangs on one order, oldest first; `evidence` is the file it was written off on."""

    order: Supervision
    clock: Clock | None
    inspections: Sequence[Inspection] = ()
    coordinations: Sequence[Coordination] = ()
    meetings: Sequence[Meeting] = ()
    entries: Sequence[LedgerEntry] = ()
    accountabilities: Sequence[Accountability] = ()
    evidence: Attachment | None = None


def orders_page(
    session: Session,
    scope,
    *,
    state: str = "",
    standing: str = "",
    reason: str = "",
    unit: str = "",
    ticket: str = "",
    live: bool = False,
    listed: bool = False,
    cursor: str = "",
    limit: int = 25,
) -> tuple[list[Order], str | None]:
    """Orders newest first and the cursor of the next page. One statement. Raises Invalid naming the bad filter."""
    tests = [
        scope,
        *within("state", Supervision.state, state, STATES),
        *within("standing", Supervision.standing, standing, STANDINGS),
        *within("reason", Supervision.reason, reason, REASONS),
        *of_unit(session, Supervision.unit_id, unit),
    ]
    tests += [Ticket.number == ticket] if ticket else []
    tests += [Supervision.closed_at.is_(None)] if live else []
    tests += [Supervision.listed_until.is_not(None)] if listed else []
    return page(session, _orders().where(*tests), Supervision, Order, cursor, limit)


def order_by_id(session: Session, scope, order_id: int) -> Order:
    """One order inside the scope. Raises NotFound."""
    row = session.execute(_orders().where(scope, Supervision.id == order_id)).first()
    if row is None:
        raise NotFound("没有这张督办单，或者不归您看")
    return Order(*row)


def standings(session: Session, scope) -> dict[str, int]:
    """Live orders by where they stand (R48)."""
    rows = session.execute(
        sa.select(Supervision.standing, sa.func.count())
        .join(Ticket, Ticket.id == Supervision.ticket_id)
        .where(Supervision.closed_at.is_(None), scope)
        .group_by(Supervision.standing)
    ).all()
    return dict.fromkeys(STANDINGS, 0) | dict(rows)


def orders_of(session: Session, ticket_id: int) -> list[Order]:
    """Every order a ticket ever had, newest first."""
    return [Order(*row) for row in session.execute(_orders().where(Supervision.ticket_id == ticket_id).order_by(Supervision.id.desc()))]


def file_of(session: Session, order: Supervision) -> File:
    """All that belongs to one order."""

    def hanging(model):
        return list(session.scalars(sa.select(model).where(model.supervision_id == order.id).order_by(model.id)))

    blamed = list(session.scalars(sa.select(Accountability).where(Accountability.ticket_id == order.ticket_id).order_by(Accountability.id)))
    return File(
        order,
        session.get(Clock, order.clock_id) if order.clock_id else None,
        hanging(Inspection),
        hanging(Coordination),
        hanging(Meeting),
        hanging(LedgerEntry),
        blamed,
        session.get(Attachment, order.evidence_id) if order.evidence_id else None,
    )


def blamed_page(
    session: Session, scope, *, ticket: str = "", cursor: str = "", limit: int = 25
) -> tuple[list[tuple[Accountability, Ticket]], str | None]:
    """Who was held to account (R53), newest first, and the cursor of the next page. One statement."""
    tests = [scope, *([Ticket.number == ticket] if ticket else [])]
    wanted = sa.select(Accountability, Ticket).join(Ticket, Ticket.id == Accountability.ticket_id).where(*tests)
    return page(session, wanted, Accountability, lambda blamed, about: (blamed, about), cursor, limit)


def _orders() -> sa.Select:
    newest = (
        sa.select(sa.func.max(Coordination.id))
        .where(Coordination.supervision_id == Supervision.id)
        .correlate(Supervision)
        .scalar_subquery()
    )
    return (
        sa.select(Supervision, Ticket, Clock, Coordination)
        .join(Ticket, Ticket.id == Supervision.ticket_id)
        .outerjoin(Clock, Clock.id == Supervision.clock_id)
        .outerjoin(Coordination, Coordination.id == newest)
    )
