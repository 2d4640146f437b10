"""Reading hotspots: the list with where, what and whose, one's tickets, what grows fastest, who must come again and again. Reads only."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.codes import OPEN
from tickets.models import Identity, Ticket
from tickets.reference import Reference
from tickets.topic_models import Topic, TopicTicket
from tickets.topic_words import label_of

BEFORE = 4  # a span is compared with the mean of so many spans before it
LEAST_GROWN = 3
AGAIN = 3  # matters of one kind from one person


@dataclass(frozen=True)
class Hotspot:
    """A hot topic with its place and kind (those of most of its tickets) and how many are open; `lng` and `lat` are the middle of its pins."""

    topic: Topic
    label: tuple[str, ...]
    region: str | None = None
    category_id: int | None = None
    unit_id: int | None = None
    open: int = 0
    in_span: int = 0
    lng: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Grown:
    """A kind of matter in a place: how many in the span, how many were usual, and how far out of the usual that is (in deviations)."""

    category_id: int
    region: str
    now: int
    usual: float
    strength: float


@dataclass(frozen=True)
class Counts:
    """Tickets received in a span: by kind, by place, each against the span before; persons who came AGAIN with one kind, and their matters."""

    kinds: Counter[int] = field(default_factory=Counter)
    kinds_before: Counter[int] = field(default_factory=Counter)
    places: Counter[str] = field(default_factory=Counter)
    places_before: Counter[str] = field(default_factory=Counter)
    again: dict[int, tuple[int, int]] = field(default_factory=dict)
    received: int = 0


def hotspots(
    session: Session,
    scope,
    *,
    dealt: bool | None = None,
    span: tuple[datetime, datetime] | None = None,
    before: tuple[datetime, int] | None = None,
    limit: int = 25,
    topic_id: int | None = None,
) -> list[Hotspot]:
    """Newest first, two statements. `dealt`: only those somebody has dealt with or not; `span`: those somebody spoke of in it;
    `before`: (hot_at, id) of the last one seen. `scope`: the SQL test for tickets the reader may see; a topic without any is left out."""
    query = sa.select(Topic).where(Topic.hot_at.is_not(None), Topic.merged_into_id.is_(None))
    if dealt is not None:
        query = query.where(Topic.dealt_at.is_not(None) if dealt else Topic.dealt_at.is_(None))
    if span:
        query = query.where(Topic.last_at >= span[0], Topic.first_at < span[1])
    if before:
        query = query.where(sa.tuple_(Topic.hot_at, Topic.id) < before)
    if topic_id is not None:
        query = query.where(Topic.id == topic_id)
    topics = session.scalars(query.order_by(Topic.hot_at.desc(), Topic.id.desc()).limit(limit)).all()
    about = _about(session, scope, topics, span) if topics else {}
    return [Hotspot(topic, tuple(label_of(topic.terms)), *about[topic.id]) for topic in topics if topic.id in about]


def members(session: Session, scope, topic_id: int, limit: int = 200) -> list[Ticket]:
    """A topic's tickets the reader may see, oldest first."""
    return list(
        session.scalars(
            sa.select(Ticket)
            .join(TopicTicket, TopicTicket.ticket_id == Ticket.id)
            .where(TopicTicket.topic_id == topic_id, scope)
            .order_by(Ticket.received_at, Ticket.id)
            .limit(limit)
        )
    )


def topic_of(session: Session, ticket_id: int) -> Topic | None:
    """The hotspot a ticket stands in."""
    return session.scalar(
        sa.select(Topic)
        .join(TopicTicket, TopicTicket.topic_id == Topic.id)
        .where(TopicTicket.ticket_id == ticket_id, Topic.hot_at.is_not(None))
    )


def growing(session: Session, names: Reference, scope, now: datetime, days: int = 7, most: int = 10) -> list[Grown]:
    """Kinds (second level) in places that grow fastest: the last `days` against the BEFORE spans of as many days before; strongest first."""
    since, start = now - timedelta(days=days), now - timedelta(days=days * (1 + BEFORE))
    fresh, usual = Counter[tuple[int, str]](), Counter[tuple[int, str]]()
    for category_id, region, lately, count in session.execute(
        sa.select(Ticket.category_id, Ticket.region_code, Ticket.received_at >= since, sa.func.count())
        .where(
            scope, Ticket.received_at >= start, Ticket.received_at <= now, Ticket.category_id.is_not(None), Ticket.region_code.is_not(None)
        )
        .group_by(sa.text("1, 2, 3"))
    ):
        (fresh if lately else usual)[second_level(names, category_id), region] += count
    found = [
        Grown(category_id, region, count, usual[category_id, region] / BEFORE, _strength(count, usual[category_id, region] / BEFORE))
        for (category_id, region), count in fresh.items()
        if count >= LEAST_GROWN and count > usual[category_id, region] / BEFORE
    ]
    return sorted(found, key=lambda one: (-one.strength, -one.now, one.category_id, one.region))[:most]


def counted(session: Session, names: Reference, scope, since: datetime, until: datetime) -> Counts:
    """What came in from `since` until `until`, and in as long a span before."""
    found, start = Counts(), since - (until - since)
    received = 0
    for category_id, region, inside, count in session.execute(
        sa.select(Ticket.category_id, Ticket.region_code, Ticket.received_at >= since, sa.func.count())
        .where(scope, Ticket.received_at >= start, Ticket.received_at < until)
        .group_by(sa.text("1, 2, 3"))
    ):
        received += count if inside else 0
        if category_id:
            (found.kinds if inside else found.kinds_before)[second_level(names, category_id)] += count
        if region:
            (found.places if inside else found.places_before)[region] += count
    persons: Counter[tuple[int, str]] = Counter()
    for category_id, trace, count in session.execute(
        sa.select(Ticket.category_id, Identity.phone_trace, sa.func.count())
        .join(Identity, Identity.ticket_id == Ticket.id)
        .where(
            scope,
            Ticket.received_at >= since,
            Ticket.received_at < until,
            Ticket.category_id.is_not(None),
            Identity.phone_trace.is_not(None),
        )
        .group_by(sa.text("1, 2"))
    ):
        persons[second_level(names, category_id), trace] += count
    again: dict[int, tuple[int, int]] = {}
    for (category_id, _trace), count in persons.items():
        if count >= AGAIN:
            people, matters = again.get(category_id, (0, 0))
            again[category_id] = (people + 1, matters + count)
    return Counts(found.kinds, found.kinds_before, found.places, found.places_before, again, received)


def second_level(names: Reference, category_id: int) -> int:
    """The category's ancestor of the second level, itself when it stands higher."""
    category = names.categories[category_id]
    parent = names.categories.get(category.parent_id) if category.level > 2 and category.parent_id else None
    return second_level(names, parent.id) if parent else category.id


def _about(session: Session, scope, topics: Sequence[Topic], span: tuple[datetime, datetime] | None) -> dict[int, tuple]:
    def most(column):
        return sa.func.mode().within_group(column)

    inside = sa.and_(Ticket.received_at >= span[0], Ticket.received_at < span[1]) if span else sa.true()
    rows = session.execute(
        sa.select(
            TopicTicket.topic_id,
            most(Ticket.region_code),
            most(Ticket.category_id),
            most(Ticket.lead_unit_id),
            sa.func.count().filter(Ticket.status.in_(sorted(OPEN))),
            sa.func.count().filter(inside),
            sa.func.avg(Ticket.lng),
            sa.func.avg(Ticket.lat),
        )
        .join(Ticket, Ticket.id == TopicTicket.ticket_id)
        .where(TopicTicket.topic_id.in_([topic.id for topic in topics]), scope)
        .group_by(TopicTicket.topic_id)
    )
    return {topic_id: tuple(rest) for topic_id, *rest in rows}


def _strength(count: int, usual: float) -> float:
    """How far out of the usual: deviations of a count that comes by chance (Poisson), never over nothing."""
    return (count - usual) / math.sqrt(usual + 1)
