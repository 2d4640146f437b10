"""What could wait, set free: a person's waiting messages become one, so that a morning brings one message and not forty."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers import outbox
from notifiers.message import CAN_WAIT, INBOX, Message
from notifiers.models import DELIVERED, IN_DIGEST, PENDING, SUPPRESSED, OutboxMessage
from notifiers.texts import parts_of

BATCH = 2000
DIGEST = "digest"


def release(session: Session, now: datetime, batch: int = BATCH) -> set[int]:
    """Deliver the inbox messages whose time has come, several of one person merged into one. Returns the account ids that got something.

    Those that were merged stay on record as suppressed, reason "in-digest". Two at once, or again: nobody is told twice.
    """
    due = (
        OutboxMessage.status == PENDING,
        OutboxMessage.channel == INBOX,
        OutboxMessage.urgency == CAN_WAIT,
        OutboxMessage.next_try_at <= now,
    )
    waiting = session.scalars(
        sa.select(OutboxMessage)
        .where(*due)
        .order_by(OutboxMessage.next_try_at, OutboxMessage.id)
        .limit(batch)
        .with_for_update(skip_locked=True)
    ).all()
    by_person: dict[int, list[OutboxMessage]] = {}
    for message in waiting:
        by_person.setdefault(message.account_id, []).append(message)
    outbox.put(session, [_digest(account, several) for account, several in by_person.items() if len(several) > 1], now)
    for several in by_person.values():
        for message in several:
            message.next_try_at, message.settled_at = None, now
            if len(several) == 1:
                message.status, message.sent_at = DELIVERED, now
            else:
                message.status, message.reason = SUPPRESSED, IN_DIGEST
    session.flush()
    return set(by_person)


def _digest(account_id: int, several: list[OutboxMessage]) -> Message:
    first = sorted(several, key=lambda message: message.id)
    parts = [part for message in first for part in parts_of(message.template, message.values)]
    subjects = dict.fromkeys(subject for message in first for subject in message.subjects)
    return Message(
        f"digest:{account_id}:{first[0].id}:{first[-1].id}",
        INBOX,
        DIGEST,
        {"items": parts},
        account_id=account_id,
        subjects=tuple(subjects),
    )
