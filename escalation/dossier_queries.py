"""Reads of dossiers and referrals: pages for the desk, one by its id, counts for the stairs. Scope is the caller's SQL test on Ticket."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.errors import NotFound
from escalation.dossier_models import CONCLUSIONS, DOSSIER_LIVE, DOSSIER_STATES, MISCONDUCTS, Dossier, Referral
from escalation.meetings import facts_of
from escalation.models import ClockChange, EscalationStep, LedgerEntry
from escalation.paging import page, within
from escalation.supervision_models import Accountability, Coordination, Inspection, Meeting, Supervision
from tickets.chains import Fault, fault_in
from tickets.events import TicketEvent
from tickets.history import events_of
from tickets.models import FollowUp, Identity, Reply, Ticket


@dataclass(frozen=True, slots=True)
class Raised:
    """A dossier with its ticket, the order it came from and what the meeting fixed."""

    dossier: Dossier
    ticket: Ticket
    order: Supervision
    coordination: Coordination | None = None


@dataclass(frozen=True, slots=True)
class Referred:
    """A referral with its ticket."""

    referral: Referral
    ticket: Ticket


@dataclass(frozen=True, slots=True)
class Story:
    """All a dossier tells, oldest first, as the rows are now; `fault`: where the chain of events does not hold, else None; `codes`: entry → limit."""

    raised: Raised
    events: Sequence[TicketEvent]
    fault: Fault | None
    identity: Identity | None
    replies: Sequence[Reply] = ()
    follow_ups: Sequence[FollowUp] = ()
    coordinations: Sequence[Coordination] = ()
    inspections: Sequence[Inspection] = ()
    meetings: Sequence[Meeting] = ()
    entries: Sequence[LedgerEntry] = ()
    accountabilities: Sequence[Accountability] = ()
    changes: Sequence[ClockChange] = ()
    codes: dict[int, str] = field(default_factory=dict)
    facts: dict = field(default_factory=dict)


def dossiers_page(
    session: Session, scope, *, state: str = "", live: bool = False, ticket: str = "", cursor: str = "", limit: int = 25
) -> tuple[list[Raised], str | None]:
    """Dossiers newest first and the cursor of the next page. One statement. Raises Invalid naming the bad filter."""
    tests = [scope, *within("state", Dossier.state, state, DOSSIER_STATES)]
    tests += [Dossier.state.in_(DOSSIER_LIVE)] if live else []
    tests += [Ticket.number == ticket] if ticket else []
    return page(session, _dossiers().where(*tests), Dossier, Raised, cursor, limit)


def dossier_by_id(session: Session, scope, row_id: int) -> Raised:
    """One dossier inside the scope. Raises NotFound."""
    row = session.execute(_dossiers().where(scope, Dossier.id == row_id)).first()
    if row is None:
        raise NotFound("没有这份上会材料，或者不归您看")
    return Raised(*row)


def referrals_page(
    session: Session,
    scope,
    *,
    misconduct: str = "",
    conclusion: str = "",
    live: bool = False,
    ticket: str = "",
    cursor: str = "",
    limit: int = 25,
) -> tuple[list[Referred], str | None]:
    """Referrals newest first, likewise; the packages stay where they are."""
    tests = [
        scope,
        *within("misconduct", Referral.misconduct, misconduct, MISCONDUCTS),
        *within("conclusion", Referral.conclusion, conclusion, CONCLUSIONS),
    ]
    tests += [Referral.closed_at.is_(None)] if live else []
    tests += [Ticket.number == ticket] if ticket else []
    wanted = sa.select(Referral, Ticket).join(Ticket, Ticket.id == Referral.ticket_id).options(defer(Referral.package))
    return page(session, wanted.where(*tests), Referral, Referred, cursor, limit)


def referral_in(session: Session, scope, row_id: int) -> Referred:
    """One referral with its package, inside the scope. Raises NotFound."""
    row = session.execute(
        sa.select(Referral, Ticket).join(Ticket, Ticket.id == Referral.ticket_id).where(scope, Referral.id == row_id)
    ).first()
    if row is None:
        raise NotFound("没有这份移送，或者不归您看")
    return Referred(*row)


def highest(session: Session, scope) -> dict[str, int]:
    """How many dossiers and referrals wait: {"E7": …, "E8": …}. One statement."""
    waiting = {
        "E7": sa.select(sa.func.count())
        .select_from(Dossier)
        .join(Ticket, Ticket.id == Dossier.ticket_id)
        .where(Dossier.state.in_(DOSSIER_LIVE), scope),
        "E8": sa.select(sa.func.count())
        .select_from(Referral)
        .join(Ticket, Ticket.id == Referral.ticket_id)
        .where(Referral.closed_at.is_(None), scope),
    }
    row = session.execute(sa.select(*(count.scalar_subquery() for count in waiting.values()))).one()
    return dict(zip(waiting, row, strict=True))


def story_of(session: Session, raised: Raised, now: datetime) -> Story:
    """Everything the dossier's paper needs of one ticket and its orders."""
    ticket, order = raised.ticket, raised.order

    def of_ticket(model):
        return list(session.scalars(sa.select(model).where(model.ticket_id == ticket.id).order_by(model.id)))

    def of_order(model):
        return list(session.scalars(sa.select(model).where(model.supervision_id == order.id).order_by(model.id)))

    entries, events = of_ticket(LedgerEntry), events_of(session, ticket.id)
    changes = list(
        session.scalars(sa.select(ClockChange).where(ClockChange.clock_id.in_({one.clock_id for one in entries})).order_by(ClockChange.id))
    )
    codes = dict(
        session.execute(
            sa.select(LedgerEntry.id, EscalationStep.code)
            .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
            .where(LedgerEntry.ticket_id == ticket.id)
        ).all()
    )
    return Story(
        raised,
        events,
        fault_in(ticket, events),
        session.get(Identity, ticket.id),
        [one for one in of_ticket(Reply) if one.state != "draft"],
        of_ticket(FollowUp),
        of_order(Coordination),
        of_order(Inspection),
        of_ticket(Meeting),
        entries,
        of_ticket(Accountability),
        changes,
        codes,
        facts_of(session, ticket, now),
    )


def _dossiers() -> sa.Select:
    return (
        sa.select(Dossier, Ticket, Supervision, Coordination)
        .join(Ticket, Ticket.id == Dossier.ticket_id)
        .join(Supervision, Supervision.id == Dossier.supervision_id)
        .outerjoin(Coordination, Coordination.id == Dossier.coordination_id)
    )
