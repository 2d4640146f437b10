"""A person's own messages in the house (站内消息): the list, what is unread, reading it; and what was said about a subject."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid
from notifiers.message import INBOX
from notifiers.models import DELIVERED, IN_DIGEST, READ, OutboxMessage

PAGE = 30
MOST_COUNTED = 99
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST = 2**63 - 1


class Page(NamedTuple):
    """Some messages, newest first; `next` continues, "" at the end."""

    items: Sequence[OutboxMessage]
    next: str


def unread(account_id: int) -> sa.Select:
    """A scalar SELECT of how many messages this person has not opened; beyond MOST_COUNTED it stops counting at one more."""
    some = sa.select(OutboxMessage.id).where(*_mine(account_id), OutboxMessage.status == DELIVERED).limit(MOST_COUNTED + 1).subquery()
    return sa.select(sa.func.count()).select_from(some)


def page(session: Session, account_id: int, after: str = "", only_unread: bool = False, limit: int = PAGE) -> Page:
    """The person's messages from the cursor `after` on. Raises Invalid for a cursor that is none."""
    query = sa.select(OutboxMessage).where(*_mine(account_id), OutboxMessage.status.in_((DELIVERED,) if only_unread else (DELIVERED, READ)))
    if after:
        query = query.where(sa.tuple_(OutboxMessage.sent_at, OutboxMessage.id) < _place(after))
    rows = session.scalars(query.order_by(OutboxMessage.sent_at.desc(), OutboxMessage.id.desc()).limit(limit + 1)).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return Page(rows[:limit], f"{(last.sent_at - EPOCH) // MICROSECOND}.{last.id}" if last else "")


def open_message(session: Session, account_id: int, message_id: int, now: datetime) -> OutboxMessage | None:
    """One of this person's own messages, read from now on; None when there is no such one."""
    message = session.scalar(
        sa.select(OutboxMessage).where(*_mine(account_id), OutboxMessage.id == message_id, OutboxMessage.status.in_((DELIVERED, READ)))
    )
    if message is not None and message.status == DELIVERED:
        message.status, message.read_at, message.settled_at = READ, now, now
    return message


def read_all(session: Session, account_id: int, up_to: int, now: datetime) -> int:
    """All unread messages whose id is at most `up_to` (the newest the person saw) are read. Returns how many."""
    done = sa.update(OutboxMessage).where(*_mine(account_id), OutboxMessage.status == DELIVERED, OutboxMessage.id <= up_to)
    return len(session.scalars(done.values(status=READ, read_at=now, settled_at=now).returning(OutboxMessage.id)).all())


def about(session: Session, subject: str, limit: int) -> Sequence[OutboxMessage]:
    """What was said about a subject, to whomever, newest first; what went out inside a digest is there as the digest."""
    return session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.subjects.contains([subject]), OutboxMessage.reason != IN_DIGEST)
        .order_by(OutboxMessage.id.desc())
        .limit(limit)
    ).all()


def _mine(account_id: int) -> tuple:
    return OutboxMessage.account_id == account_id, OutboxMessage.channel == INBOX


def _place(cursor: str) -> sa.Tuple:
    stamp, _, row = cursor.partition(".")
    if not (stamp.isdecimal() and row.isdecimal()) or len(stamp) > 18 or int(row) > LARGEST:
        raise Invalid(after="翻页的位置不对，请从第一页看起")
    return sa.tuple_(sa.literal(EPOCH + int(stamp) * MICROSECOND, OutboxMessage.sent_at.type), sa.literal(int(row), sa.BigInteger))
