"""Outgoing webhooks: who is called back, and the channel in the outbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0016"
down_revision = "0015"
CHANNEL = "ck_outbox_messages_channel"


def upgrade() -> None:
    op.drop_constraint(CHANNEL, "outbox_messages", type_="check")
    op.create_check_constraint(CHANNEL, "outbox_messages", "channel IN ('inbox', 'sms', 'webhook')")
    op.create_table(
        "webhook_subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("scope IN ('own', 'open')", name="ck_webhook_subscriptions_scope"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_webhook_subscriptions_account_id"),
        sa.ForeignKeyConstraint(["made_by_id"], ["accounts.id"], name="fk_webhook_subscriptions_made_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_subscriptions"),
    )
    op.create_index("ix_webhook_subscriptions_account_id", "webhook_subscriptions", ["account_id"])


def downgrade() -> None:
    op.drop_table("webhook_subscriptions")
    op.execute("DELETE FROM delivery_attempts WHERE message_id IN (SELECT id FROM outbox_messages WHERE channel = 'webhook')")
    op.execute("DELETE FROM outbox_messages WHERE channel = 'webhook'")
    op.drop_constraint(CHANNEL, "outbox_messages", type_="check")
    op.create_check_constraint(CHANNEL, "outbox_messages", "channel IN ('inbox', 'sms')")
