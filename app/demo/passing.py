"""The time that passed in the demo city: every rung of every clock that still runs, taken when it was due, told to its people that minute."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import wiring
from escalation.models import Clock
from escalation.sweep import BATCH, sweep_batch
from escalation.telling import notices_of
from notifiers import digest
from notifiers.message import INBOX
from notifiers.models import PENDING, OutboxMessage

A_MINUTE = timedelta(seconds=59)  # what is due within it is taken together and is not late yet
READ_AFTER = timedelta(hours=12)
SENT_LATELY = timedelta(hours=3)  # text messages of these hours really leave, to the demonstration's telephones
_READ = sa.text("""UPDATE outbox_messages SET status = 'read', read_at = sent_at + interval '1 hour', settled_at = sent_at + interval '1 hour'
                   WHERE channel = 'inbox' AND status = 'delivered' AND sent_at < :before""")

_DELIVERED = sa.text("""UPDATE outbox_messages SET status = 'delivered', next_try_at = NULL, sent_at = created_at + interval '2 seconds',
                        settled_at = created_at + interval '6 seconds' WHERE channel = 'sms' AND status = 'pending' AND created_at < :before""")


def live_through(session: Session, now: datetime) -> int:
    """Sweep minute by minute up to `now`, mornings with their digests; older messages were read, older texts delivered. Returns how many steps were taken.

    Without it the first sweep would find sixty days at once and tell everybody that the system had been down.
    """
    session.flush()
    steps = 0
    while (at := _next(session, now)) is not None:
        digest.release(session, at)
        until, claimed = min(at + A_MINUTE, now), BATCH
        while claimed == BATCH:
            swept = sweep_batch(session, until)
            wiring.tell(session, notices_of(swept.taken), until)
            steps, claimed = steps + swept.steps, swept.claimed
    session.execute(_READ, {"before": now - READ_AFTER})
    session.execute(_DELIVERED, {"before": now - SENT_LATELY})
    return steps


def _next(session: Session, now: datetime) -> datetime | None:
    """When something happens next: a rung or a morning's digest; None when nothing does up to `now`."""
    rung = sa.select(sa.func.min(Clock.next_step_at)).where(Clock.next_step_at <= now).scalar_subquery()
    morning = (
        sa.select(sa.func.min(OutboxMessage.next_try_at))
        .where(OutboxMessage.status == PENDING, OutboxMessage.channel == INBOX, OutboxMessage.next_try_at <= now)
        .scalar_subquery()
    )
    return session.scalar(sa.select(sa.func.least(rung, morning, type_=Clock.next_step_at.type)))
