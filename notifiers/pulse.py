"""How each channel fares: when a provider last took something and when it last did not, failures by code, how long the oldest has waited."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from notifiers.channels.base import ACCEPTED, RETRY, UNKNOWN, Outcome
from notifiers.models import PENDING, ChannelPulse, DeliveryAttempt, OutboxMessage

LOOK_BACK = timedelta(days=1)
MOST_CODES = 4
TROUBLE = (RETRY, "refused", UNKNOWN)


class Health(NamedTuple):
    """One channel. `codes`: the commonest failures of a day, with how often; `oldest`: since when the oldest due message has waited."""

    last_ok_at: datetime | None
    last_bad_at: datetime | None
    last_code: str
    codes: list[tuple[str, int]]
    oldest: datetime | None


def note(session: Session, channel: str, outcomes: Sequence[Outcome], now: datetime) -> None:
    """What became of a batch; one statement. A provider that refuses one number is well: only what it could not do counts as bad."""
    ok = any(one.kind == ACCEPTED for one in outcomes)
    bad = next((one.code for one in outcomes if one.kind in (RETRY, UNKNOWN)), None)
    values = ({"last_ok_at": now} if ok else {}) | ({"last_bad_at": now, "last_code": bad} if bad is not None else {})
    if values:
        session.execute(
            insert(ChannelPulse).values(channel=channel, **values).on_conflict_do_update(index_elements=["channel"], set_=values)
        )


def healths(session: Session, channels: Sequence[str], now: datetime) -> dict[str, Health]:
    """Channel → how it fares; three statements."""
    pulses = {row.channel: row for row in session.scalars(sa.select(ChannelPulse))}
    oldest = dict(
        session.execute(
            sa.select(OutboxMessage.channel, sa.func.min(OutboxMessage.next_try_at))
            .where(OutboxMessage.status == PENDING, OutboxMessage.next_try_at <= now)
            .group_by(OutboxMessage.channel)
        ).all()
    )
    failures: dict[str, list[tuple[str, int]]] = {}
    tried, n = DeliveryAttempt, sa.func.count().label("n")
    for channel, code, times in session.execute(
        sa.select(OutboxMessage.channel, tried.code, n)
        .join(OutboxMessage, OutboxMessage.id == tried.message_id)
        .where(tried.at > now - LOOK_BACK, tried.outcome.in_(TROUBLE))
        .group_by(OutboxMessage.channel, tried.code)
        .order_by(n.desc())
    ):
        failures.setdefault(channel, []).append((code, times))
    nothing = ChannelPulse(last_code="")
    found = {}
    for channel in channels:
        pulse = pulses.get(channel, nothing)
        found[channel] = Health(
            pulse.last_ok_at, pulse.last_bad_at, pulse.last_code, failures.get(channel, [])[:MOST_CODES], oldest.get(channel)
        )
    return found
