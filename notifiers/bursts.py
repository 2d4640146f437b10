"""Several notices that wait for one group's robot leave as one text: a street's whistle or a sweep never floods a group. People's inbox has digest.py.

A robot that has just spoken is silent a moment (channels/robots.RATES); what is written meanwhile waits together and is merged here.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers import outbox
from notifiers.digest import DIGEST
from notifiers.message import NOW, ROBOTS, Message
from notifiers.models import IN_DIGEST, PENDING, SUPPRESSED, OutboxMessage
from notifiers.texts import parts_of

BATCH, MOST = 200, 12  # messages looked at; sentences that fit in what the strictest robot takes
WINDOW = timedelta(seconds=10)  # what becomes due within it is told now, with the rest


def merge(session: Session, now: datetime) -> int:
    """Two and more that wait for the same robot become one; they stay on record as suppressed, reason "in-digest". Returns how many were merged.

    What may have been heard already is left to be told as it is. Two at once, or again: no group is told twice.
    """
    one = OutboxMessage
    due = (one.status == PENDING, one.channel.in_(ROBOTS), one.urgency == NOW, one.next_try_at <= now + WINDOW, ~one.in_doubt)
    by_robot: dict[tuple[str, str, str], list[OutboxMessage]] = {}
    for message in session.scalars(sa.select(one).where(*due).order_by(one.id).limit(BATCH).with_for_update(skip_locked=True)):
        by_robot.setdefault((message.channel, session.info["vault"].open(message.address), message.language), []).append(message)
    merged = 0
    for (_channel, address, _language), waiting in by_robot.items():
        for several in _fitting(waiting):
            outbox.put(session, [_together(address, several)], now)
            for message in several:
                message.status, message.reason, message.next_try_at, message.settled_at = SUPPRESSED, IN_DIGEST, None, now
            merged += len(several)
    session.flush()
    return merged


def _fitting(waiting: Sequence[OutboxMessage]) -> Iterator[list[OutboxMessage]]:
    """Groups of two and more whose sentences fit in one text, in their order."""
    group: list[OutboxMessage] = []
    lines = 0
    for message in waiting:
        own = len(parts_of(message.template, message.values))
        if group and lines + own > MOST:
            if len(group) > 1:
                yield group
            group, lines = [], 0
        group.append(message)
        lines += own
    if len(group) > 1:
        yield group


def _together(address: str, several: Sequence[OutboxMessage]) -> Message:
    first = several[0]
    parts = [part for message in several for part in parts_of(message.template, message.values)]
    subjects = dict.fromkeys(subject for message in several for subject in message.subjects)
    return Message(
        f"robot:{address}:{first.id}-{several[-1].id}",
        first.channel,
        DIGEST,
        {"items": parts},
        NOW,
        first.account_id,
        address,
        first.shown_to,
        first.language,
        tuple(subjects),
    )
