"""Messages that leave after the commit: the outbox and its attempts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0010"
down_revision = "0009"

STATUSES = "'pending', 'sending', 'sent', 'delivered', 'read', 'failed', 'dead', 'suppressed'"
INDEXES = (
    ("pending", ["channel", "urgency", "next_try_at", "id"], "status = 'pending'"),
    ("sending", ["claimed_at"], "status = 'sending'"),
    ("inbox", ["account_id", "sent_at", "id"], "channel = 'inbox' AND status IN ('delivered', 'read')"),
    ("unread", ["account_id"], "channel = 'inbox' AND status = 'delivered'"),
    ("given_up", ["settled_at", "id"], "status IN ('failed', 'dead')"),
)


def upgrade() -> None:
    _create_messages()
    for name, columns, where in INDEXES:
        op.create_index(f"ix_outbox_messages_{name}", "outbox_messages", columns, postgresql_where=sa.text(where))
    op.create_index("ix_outbox_messages_subjects", "outbox_messages", ["subjects"], postgresql_using="gin", postgresql_with={"fastupdate": "off"})
    op.create_table(
        "delivery_attempts",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("outcome IN ('accepted', 'retry', 'refused', 'unknown')", name="ck_delivery_attempts_outcome"),
        sa.ForeignKeyConstraint(["message_id"], ["outbox_messages.id"], name="fk_delivery_attempts_message_id"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempts"),
        sa.UniqueConstraint("message_id", "number", name="uq_delivery_attempts_message_id_number"),
    )


def downgrade() -> None:
    op.drop_table("delivery_attempts")
    op.drop_table("outbox_messages")


def _create_messages() -> None:
    op.create_table(
        "outbox_messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("shown_to", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("values", postgresql.JSONB(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("attempts_before", sa.Integer(), server_default="0", nullable=False),
        sa.Column("in_doubt", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("provider_id", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("next_try_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("sent_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("read_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("settled_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("channel IN ('inbox', 'sms')", name="ck_outbox_messages_channel"),
        sa.CheckConstraint("urgency IN ('can-wait', 'now')", name="ck_outbox_messages_urgency"),
        sa.CheckConstraint("language IN ('zh', 'en')", name="ck_outbox_messages_language"),
        sa.CheckConstraint(f"status IN ({STATUSES})", name="ck_outbox_messages_status"),
        sa.CheckConstraint("account_id IS NOT NULL OR address IS NOT NULL", name="ck_outbox_messages_to_somebody"),
        sa.CheckConstraint("(status = 'pending') = (next_try_at IS NOT NULL)", name="ck_outbox_messages_pending_has_its_time"),
        sa.CheckConstraint("status <> 'sending' OR claimed_at IS NOT NULL", name="ck_outbox_messages_sending_was_claimed"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_outbox_messages_account_id"),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_messages"),
        sa.UniqueConstraint("key", name="uq_outbox_messages_key"),
    )
