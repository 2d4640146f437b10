"""Orders nobody has to think of: what the sweep put on the supervise rung, or 30 minutes past a 30-minute limit, gets its 督办单 by itself.

Apart from the sweep, which must never wait for a ticket: here tickets somebody is working on are skipped and met next time.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation import words
from escalation.models import EscalationStep, LedgerEntry
from escalation.supervision import issue, live_of, take_in
from escalation.supervision_models import Supervision
from escalation.supervision_rules import SUPERVISABLE
from tickets.actors import SYSTEM_ACTOR
from tickets.models import Ticket

STEPS = ("supervise", "breach-30")
TAKERS = ("sign", "task-sign")
TOLD = ("head", "superior", "supervisor")


def open_due(session: Session, now: datetime, most: int = 50) -> list[Supervision]:
    """Issue the orders the ladder asks for, oldest first, at most `most` tickets a call; entries whose ticket has a live order join it.

    Running it again, or two at once, issues nothing twice: tickets are locked, and one order is live per ticket (R50).
    """
    live = sa.exists().where(Supervision.ticket_id == Ticket.id, Supervision.closed_at.is_(None))
    waiting = (
        sa.select(Ticket, LedgerEntry, EscalationStep.code)
        .join(LedgerEntry, LedgerEntry.ticket_id == Ticket.id)
        .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
        .where(
            LedgerEntry.closed_at.is_(None),
            LedgerEntry.level.in_(("E5", "E6")),
            LedgerEntry.status == "open",
            LedgerEntry.unit_id.is_not(None),
            sa.or_(EscalationStep.step.in_(STEPS), live),
            Ticket.status.in_(SUPERVISABLE),
            Ticket.lead_unit_id == LedgerEntry.unit_id,
        )
        .order_by(LedgerEntry.opened_at, LedgerEntry.id)
        .limit(most)
        .with_for_update(of=(Ticket, LedgerEntry), skip_locked=True)
        .execution_options(populate_existing=True)
    )
    made = []
    for ticket, entry, code in session.execute(waiting).all():
        if entry.closed_at is not None or entry.status != "open":
            continue
        order = live_of(session, ticket)
        if order is None:
            reason = "refuses-to-receive" if code in TAKERS and ticket.signed_at is None else "overdue"
            order = issue(session, ticket, reason, words.STANDING_ORDER[reason], SYSTEM_ACTOR, now)
            made.append(order)
        take_in(order, [entry])
        session.flush()
    return made
