"""What the hall's wall shows, as plain values: composed by one process at most every few seconds and kept in Valkey, however many walls there are.

No identity and no citizen's words are in it: units, limits, kinds of matters, numbers. Who may not read a ticket learns nothing from its link.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from app.clock import local
from escalation.metrics import asking
from escalation.metrics.asking import Period
from escalation.metrics.table import BY_CODE, THREE_RATES
from escalation.models import Clock, LedgerEntry
from tickets.models import Ticket

FRESH = 5  # seconds a picture is shown before somebody composes the next
KEPT = 3600
KEY, LOCK = "wall:picture:", "wall:composing:"  # one a language
LAST = timedelta(hours=24)
CROWD, CROWDS = 3, 8


def picture(redis: Redis, language: str, now: datetime, compose: Callable[[], dict]) -> dict:
    """The picture, at most FRESH seconds old or being composed by somebody else this moment. Without Valkey it is composed for the one who asks."""
    try:
        kept = redis.get(KEY + language)
        held = orjson.loads(kept) if isinstance(kept, bytes) else None
        if held is not None and now.timestamp() - held["at"] < FRESH:
            return held
        if held is not None and not redis.set(LOCK + language, b"1", nx=True, ex=FRESH * 2):
            return held
        made = compose() | {"at": now.timestamp()}
        redis.set(KEY + language, orjson.dumps(made), ex=KEPT)
        redis.delete(LOCK + language)
    except RedisError as lost:
        logging.getLogger(__name__).warning("the wall is composed without Valkey: %s", lost)
        return compose() | {"at": now.timestamp()}
    return made


def month_rates(session: Session, now: datetime) -> list[dict]:
    """The three rates of this month from the daily sums, and what was received today."""
    today = local(now).date()
    figures = asking.total(asking.figures_by(session, Period(today.replace(day=1), today, live=True), now))
    found = []
    for code in THREE_RATES:
        metric = BY_CODE[code]
        value = metric.of(figures)
        found.append(
            {
                "code": code,
                "name": metric.name,
                "above": value.numerator,
                "below": value.denominator,
                "figures": list(metric.below),
                "good": list(metric.above),
            }
        )
    return found


def received_today(session: Session, now: datetime) -> dict[str, int]:
    """How many came in since midnight, and how many of them were answered on the spot; one index range."""
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    row = session.execute(
        sa.select(sa.func.count(), sa.func.count().filter(Ticket.status == "direct-closed")).where(Ticket.received_at >= midnight)
    ).one()
    return {"received": row[0], "direct": row[1]}


def signed_today(session: Session, now: datetime) -> dict[str, int]:
    """Signing clocks of today that are decided, as the list behind them has them: kept, or broken; one that runs and is not due yet is neither."""
    midnight = local(now).replace(hour=0, minute=0, second=0, microsecond=0)
    broken = sa.or_(
        Clock.breached_at.is_not(None), Clock.stopped_at > Clock.due_at, sa.and_(Clock.stopped_at.is_(None), Clock.due_at < now)
    )
    counts = sa.func.coalesce(Clock.stop_reason, "").not_in(("cancelled", "released"))
    row = session.execute(
        sa.select(sa.func.count().filter(sa.not_(broken), Clock.stop_reason == "met"), sa.func.count().filter(broken)).where(
            Clock.code == "sign", Clock.due_at > midnight, Clock.due_at <= midnight + LAST, sa.or_(counts, Clock.breached_at.is_not(None))
        )
    ).one()
    return {"met": row[0], "due": row[0] + row[1], "late": row[1]}


def crowds(session: Session, now: datetime) -> list[dict]:
    """Places where at least CROWD matters of one kind came within a day, with their middle and whether one has a red card."""
    red = sa.exists().where(LedgerEntry.ticket_id == Ticket.id, LedgerEntry.closed_at.is_(None), LedgerEntry.card == "red")
    count = sa.func.count()
    rows = session.execute(
        sa.select(Ticket.region_code, Ticket.category_id, count, sa.func.avg(Ticket.lng), sa.func.avg(Ticket.lat), sa.func.bool_or(red))
        .where(
            Ticket.received_at > now - LAST,
            Ticket.lng.is_not(None),
            Ticket.lat.is_not(None),
            Ticket.category_id.is_not(None),
            sa.not_(Ticket.sealed),
        )
        .group_by(Ticket.region_code, Ticket.category_id)
        .having(count >= CROWD)
        .order_by(count.desc())
        .limit(CROWDS)
    )
    return [
        {"region": region, "category": category, "n": n, "lng": lng, "lat": lat, "red": has_red}
        for region, category, n, lng, lat, has_red in rows
    ]


def queue_now(session: Session, now: datetime) -> dict[str, int]:
    """Callers that wait, and how many seconds the one who waits longest has."""
    row = session.execute(sa.text("SELECT count(*), min(arrived_at) FROM calls WHERE state = 'queued'")).one()
    return {"waiting": row[0], "longest": int((now - row[1]).total_seconds()) if row[1] else 0}
