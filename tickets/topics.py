"""Which tickets are about one matter: read in the order they came, each joins the topic it is most like or begins one (热点).

Belongs here: reading on, joining, merging, turning hot, and what is done about it. Sealed and confidential tickets are never read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets.actors import DISPATCHER, LEADER, SUPERVISOR, Actor
from tickets.codes import OPEN
from tickets.intake import merge
from tickets.models import Identity, Ticket
from tickets.topic_models import DEALT_AS, Topic, TopicReading, TopicTicket
from tickets.topic_words import KEYS, Vector, Vocabulary, alike, blended, terms_of

HOT = 5  # people who say the same (domain §10: repeated matters of many people)
ALIVE = timedelta(days=120)  # a topic nobody has spoken of for so long is another matter when it comes again
LIKE, SAME = 0.15, 0.22  # enough for a ticket to join; enough for two topics one ticket is like to be one
LOOKED_AT = 60  # topics compared with a ticket: those that share most of its keys
UNLEARNED = 500  # tickets whose words are learned again after a restart, at most


@dataclass(frozen=True)
class Read:
    """What one batch did: how many tickets were read, and the topics that turned hot."""

    tickets: int
    hot: tuple[Topic, ...]


class Reader:
    """Reads tickets on. It keeps the vocabulary between batches: one of them in a process is enough; two at once wait for each other."""

    def __init__(self) -> None:
        self.vocabulary, self.learned_to = Vocabulary(), -1

    def read_on(self, session: Session, now: datetime, batch: int = 100) -> Read:
        """Read up to `batch` tickets that came since the last time, in the order they came. Running it again reads nothing twice."""
        reading = session.get(TopicReading, 1, with_for_update=True, populate_existing=True)
        if reading is None:
            session.add(reading := TopicReading(id=1, read_to=0, learned_to=0, vocabulary=None))
            session.flush()
        self._catch_up(session, reading)
        rows = session.execute(
            sa.select(
                Ticket.id, Ticket.title, Ticket.content, Ticket.received_at, sa.or_(Ticket.sealed, Ticket.confidential).label("closed")
            )
            .where(Ticket.id > reading.read_to)
            .order_by(Ticket.id)
            .limit(batch)
        ).all()
        hot: dict[int, Topic] = {}
        for row in rows:
            if not row.closed:
                terms = terms_of(row.title, row.content)
                self.vocabulary.learn(terms)
                topic = _join(session, row.id, self.vocabulary.vector(terms), row.received_at)
                if topic.hot_at is None and topic.people >= HOT:
                    topic.hot_at = now
                    hot[topic.id] = topic
            reading.read_to = self.learned_to = row.id
        if reading.read_to - reading.learned_to >= UNLEARNED:
            reading.vocabulary, reading.learned_to = self.vocabulary.dump(), reading.read_to
        session.flush()
        return Read(len(rows), tuple(topic for topic in hot.values() if topic.merged_into_id is None))

    def _catch_up(self, session: Session, reading: TopicReading) -> None:
        """Know the words of every ticket read so far, whoever read it."""
        if self.learned_to == reading.read_to:
            return
        self.vocabulary = Vocabulary.load(reading.vocabulary)
        for title, content in session.execute(
            sa.select(Ticket.title, Ticket.content)
            .where(Ticket.id > reading.learned_to, Ticket.id <= reading.read_to, sa.not_(Ticket.sealed), sa.not_(Ticket.confidential))
            .order_by(Ticket.id)
        ):
            self.vocabulary.learn(terms_of(title, content))
        self.learned_to = reading.read_to


def forget_cold(session: Session, now: datetime, batch: int = 5000) -> int:
    """Topics that never turned hot and are no longer alive go. Returns how many; fewer than `batch` means all."""
    cold = sa.select(Topic.id).where(Topic.hot_at.is_(None), Topic.last_at < now - ALIVE).limit(batch).with_for_update(skip_locked=True)
    ids = session.scalars(cold).all()
    if ids:
        session.execute(sa.delete(TopicTicket).where(TopicTicket.topic_id.in_(ids)))
        session.execute(sa.delete(Topic).where(Topic.merged_into_id.in_(ids)))
        session.execute(sa.delete(Topic).where(Topic.id.in_(ids)))
    return len(ids)


def hotspot(session: Session, topic_id: int, lock: bool = False) -> Topic:
    """A topic that is hot, itself or what it was merged into. Raises NotFound."""
    topic = session.get(Topic, topic_id, with_for_update=lock)
    if topic is not None and topic.merged_into_id:
        return hotspot(session, topic.merged_into_id, lock)
    if topic is None or topic.hot_at is None:
        raise NotFound("没有这个热点")
    return topic


def deal(topic: Topic, dealt_as: str, words: str, actor: Actor, now: datetime) -> None:
    """Say what is done about a hotspot: it leaves the list of those nobody has looked at. A dispatcher may only make it a group matter.

    Raises Forbidden, Invalid, WrongState.
    """
    if not actor.has(SUPERVISOR, LEADER) and not (dealt_as == "group-matter" and actor.has(DISPATCHER)):
        raise Forbidden("热点由督办员或领导处理")
    if dealt_as not in DEALT_AS:
        raise Invalid(dealt_as="请选怎么处理")
    if topic.dealt_at is not None:
        raise WrongState("这个热点已经有人处理了")
    if dealt_as in ("watch", "no-event") and not words.strip():
        raise Invalid(words="请写一句为什么")
    topic.dealt_as, topic.dealt_at, topic.dealt_by_name, topic.dealt_words = dealt_as, now, actor.name, words.strip()


def group(session: Session, topic: Topic, actor: Actor, now: datetime) -> tuple[Ticket, int]:
    """Make a group matter of it: what nobody has sent yet joins the oldest open ticket (edge #5). Returns that one, and how many joined.

    Raises Forbidden, WrongState when nothing is left to join.
    """
    rows = session.scalars(
        sa.select(Ticket)
        .join(TopicTicket, TopicTicket.ticket_id == Ticket.id)
        .where(TopicTicket.topic_id == topic.id, Ticket.status.in_(sorted(OPEN)), sa.not_(Ticket.sealed))
        .order_by(Ticket.received_at, Ticket.id)
        .with_for_update(of=Ticket)
    ).all()
    parents = set(session.scalars(sa.select(Ticket.master_id).where(Ticket.master_id.in_([row.id for row in rows]))))
    master = next((row for row in rows if row.id in parents), rows[0] if rows else None)
    joining = [row for row in rows if row is not master and row.status == "registered" and row.id not in parents]
    if master is None or not joining:
        raise WrongState("没有还没派出的工单可以并；已经派出的由各单位办理")
    for row in joining:
        merge(session, row, master, actor, now)
    return master, len(joining)


def _join(session: Session, ticket_id: int, vector: Vector, at: datetime) -> Topic:
    """Put the ticket where it belongs; topics it shows to be one are merged."""
    near = _near(session, vector, at)
    topic = near[0][1] if near else Topic(terms={}, keys=[], tickets=0, people=0, first_at=at, last_at=at)
    if not near:
        session.add(topic)
        session.flush()
    session.execute(sa.insert(TopicTicket).values(ticket_id=ticket_id, topic_id=topic.id, alike=round(near[0][0], 3) if near else 1.0))
    _take_in(topic, vector, at, at)
    for _like, other in near[1:]:
        if alike(topic.terms, other.terms) >= SAME:
            topic = _merge(session, topic, other)
    topic.tickets, topic.people = _counted(session, topic.id)
    return topic


def _near(session: Session, vector: Vector, at: datetime) -> Sequence[tuple[float, Topic]]:
    """The topics the words are LIKE, likeliest first; no more than five."""
    keys = list(vector)[:KEYS]
    if not keys:
        return []
    ours = sa.literal(keys, ARRAY(sa.Text))
    theirs = sa.func.unnest(Topic.keys).table_valued("key").render_derived()
    shared = sa.select(sa.func.count()).select_from(theirs).where(theirs.c.key == sa.any_(ours)).scalar_subquery()
    found = session.scalars(
        sa.select(Topic)
        .where(Topic.keys.op("&&")(ours), Topic.merged_into_id.is_(None), Topic.last_at > at - ALIVE, Topic.first_at < at + ALIVE)
        .order_by(shared.desc(), Topic.last_at.desc())
        .limit(LOOKED_AT)
    )
    scored = sorted(((alike(vector, topic.terms), topic) for topic in found), key=lambda pair: (-pair[0], pair[1].id))
    return [pair for pair in scored[:5] if pair[0] >= LIKE]


def _take_in(topic: Topic, vector: Vector, first: datetime, last: datetime) -> None:
    topic.terms = blended(topic.terms, vector)
    topic.keys = list(topic.terms)[:KEYS]
    topic.first_at, topic.last_at = min(topic.first_at, first), max(topic.last_at, last)


def _merge(session: Session, one: Topic, other: Topic) -> Topic:
    """The larger topic keeps its name and what was done about it; the earlier instant of turning hot stands."""
    kept, gone = (
        (one, other)
        if (one.dealt_at is not None, one.tickets, -one.id) >= (other.dealt_at is not None, other.tickets, -other.id)
        else (other, one)
    )
    session.execute(sa.update(TopicTicket).where(TopicTicket.topic_id == gone.id).values(topic_id=kept.id))
    _take_in(kept, gone.terms, gone.first_at, gone.last_at)
    kept.hot_at = min((at for at in (kept.hot_at, gone.hot_at) if at), default=None)
    gone.merged_into_id = kept.id
    return kept


def _counted(session: Session, topic_id: int) -> tuple[int, int]:
    """Tickets and people: one person counts once, all who left no number together count one."""
    everyone = (
        sa.select(sa.func.count(), sa.func.count(sa.distinct(sa.func.coalesce(Identity.phone_trace, ""))))
        .select_from(TopicTicket)
        .outerjoin(Identity, Identity.ticket_id == TopicTicket.ticket_id)
    )
    tickets, people = session.execute(everyone.where(TopicTicket.topic_id == topic_id)).one()
    return tickets, people
