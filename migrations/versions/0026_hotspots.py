"""Hotspots: topics of many people, which ticket stands in which, how far the tickets have been read; bulletins the centre writes;
when an answer of the knowledge base is looked at again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        "topics",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("terms", postgresql.JSONB(), nullable=False),
        sa.Column("keys", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("first_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("last_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("hot_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("merged_into_id", sa.BigInteger(), nullable=True),
        sa.Column("dealt_as", sa.Text(), nullable=True),
        sa.Column("dealt_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("dealt_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("dealt_words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("dealt_as IN ('watch', 'group-matter', 'whistle', 'no-event')", name="ck_topics_dealt_as"),
        sa.CheckConstraint("(dealt_as IS NULL) = (dealt_at IS NULL)", name="ck_topics_dealt"),
        sa.ForeignKeyConstraint(["merged_into_id"], ["topics.id"], name="fk_topics_merged_into_id"),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
    )
    op.create_index("ix_topics_keys", "topics", ["keys"], postgresql_using="gin", postgresql_where=sa.text("merged_into_id IS NULL"))
    op.create_index("ix_topics_hot", "topics", ["hot_at", "id"], postgresql_where=sa.text("hot_at IS NOT NULL AND merged_into_id IS NULL"))
    op.create_index("ix_topics_cold", "topics", ["last_at"], postgresql_where=sa.text("hot_at IS NULL"))
    op.create_index("ix_topics_merged", "topics", ["merged_into_id"], postgresql_where=sa.text("merged_into_id IS NOT NULL"))
    op.create_table(
        "topic_tickets",
        sa.Column("ticket_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("alike", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_topic_tickets_ticket_id"),
        sa.ForeignKeyConstraint(["topic_id"], ["topics.id"], name="fk_topic_tickets_topic_id"),
        sa.PrimaryKeyConstraint("ticket_id", name="pk_topic_tickets"),
    )
    op.create_index("ix_topic_tickets_topic", "topic_tickets", ["topic_id", "ticket_id"])
    op.create_table(
        "topic_readings",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("read_to", sa.BigInteger(), nullable=False),
        sa.Column("learned_to", sa.BigInteger(), nullable=False),
        sa.Column("vocabulary", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("id = 1", name="ck_topic_readings_one"),
        sa.PrimaryKeyConstraint("id", name="pk_topic_readings"),
    )
    op.create_table(
        "bulletins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=False),
        sa.Column("written_by_name", sa.Text(), nullable=False),
        sa.Column("updated_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("issued_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("issued_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('bulletin', 'brief', 'hotspot', 'proposal', 'case')", name="ck_bulletins_kind"),
        sa.CheckConstraint("state IN ('draft', 'issued')", name="ck_bulletins_state"),
        sa.CheckConstraint("(state = 'issued') = (issued_at IS NOT NULL)", name="ck_bulletins_issued"),
        sa.CheckConstraint("since <= until", name="ck_bulletins_days"),
        sa.ForeignKeyConstraint(["written_by_id"], ["accounts.id"], name="fk_bulletins_written_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_bulletins"),
        sa.UniqueConstraint("kind", "year", "serial", name="uq_bulletins_kind_year_serial"),
    )
    op.create_index("ix_bulletins_newest", "bulletins", ["updated_at", "id"])
    op.add_column("knowledge", sa.Column("review_on", sa.Date(), server_default=sa.text("CURRENT_DATE + 180"), nullable=False))
    op.add_column("knowledge", sa.Column("valid_until", sa.Date(), nullable=True))
    op.create_index("ix_knowledge_review_on", "knowledge", ["review_on"])


def downgrade() -> None:
    op.drop_index("ix_knowledge_review_on", "knowledge")
    op.drop_column("knowledge", "valid_until")
    op.drop_column("knowledge", "review_on")
    op.drop_table("bulletins")
    op.drop_table("topic_readings")
    op.drop_table("topic_tickets")
    op.drop_table("topics")
