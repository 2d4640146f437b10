"""Topics: tickets of many people about one matter. A topic with `hot_at` is a hotspot (热点). Rows only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

DEALT_AS = ("watch", "group-matter", "whistle", "no-event")


class Topic(db.Model):
    """`terms`: term → weight; `keys`: the weightiest, looked up by; `people`: distinct persons, all nameless ones together count one."""

    __tablename__ = "topics"
    __table_args__ = (
        sa.Index("ix_topics_keys", "keys", postgresql_using="gin", postgresql_where=sa.text("merged_into_id IS NULL")),
        sa.Index("ix_topics_hot", "hot_at", "id", postgresql_where=sa.text("hot_at IS NOT NULL AND merged_into_id IS NULL")),
        sa.Index("ix_topics_merged", "merged_into_id", postgresql_where=sa.text("merged_into_id IS NOT NULL")),
        sa.Index("ix_topics_cold", "last_at", postgresql_where=sa.text("hot_at IS NULL")),
        sa.CheckConstraint(one_of("dealt_as", DEALT_AS), name="dealt_as"),
        sa.CheckConstraint("(dealt_as IS NULL) = (dealt_at IS NULL)", name="dealt"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    terms: Mapped[dict] = mapped_column(JSONB)
    keys: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    tickets: Mapped[int]
    people: Mapped[int]
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    hot_at: Mapped[datetime | None]
    merged_into_id: Mapped[int | None] = mapped_column(sa.ForeignKey("topics.id"))
    dealt_as: Mapped[str | None]
    dealt_at: Mapped[datetime | None]
    dealt_by_name: Mapped[str] = mapped_column(server_default="")
    dealt_words: Mapped[str] = mapped_column(server_default="")


class TopicTicket(db.Model):
    """A ticket stands in one topic, as much alike as `alike` says (0–1)."""

    __tablename__ = "topic_tickets"
    __table_args__ = (sa.Index("ix_topic_tickets_topic", "topic_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    topic_id: Mapped[int] = mapped_column(sa.ForeignKey("topics.id"))
    alike: Mapped[float]


class TopicReading(db.Model):
    """How far the tickets have been read: one row. `vocabulary` knows the words of tickets up to `learned_to`."""

    __tablename__ = "topic_readings"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    read_to: Mapped[int] = mapped_column(sa.BigInteger)
    learned_to: Mapped[int] = mapped_column(sa.BigInteger)
    vocabulary: Mapped[bytes | None]
