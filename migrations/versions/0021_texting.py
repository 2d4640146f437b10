"""Inbound text messages."""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0021"
down_revision = "0020"
MOMENT = UTCDateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "text_messages",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("trace", sa.Text(), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("meaning", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("arrived_at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT, nullable=True),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint("outcome IN ('answered', 'asked', 'silent', 'given-up')", name="ck_text_messages_outcome"),
        sa.CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="ck_text_messages_done_has_its_outcome"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_text_messages_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_text_messages"),
        sa.UniqueConstraint("sid", name="uq_text_messages_sid"),
    )
    op.create_index("ix_text_messages_waiting", "text_messages", ["id"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index("ix_text_messages_trace", "text_messages", ["trace", "arrived_at"])
    op.create_index("ix_text_messages_ticket_id", "text_messages", ["ticket_id"])
    op.create_index("ix_text_messages_done_at", "text_messages", ["done_at"])
    _create_pictures()


def downgrade() -> None:
    op.drop_table("text_pictures")
    op.drop_table("text_messages")


def _create_pictures() -> None:
    op.create_table(
        "text_pictures",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), server_default="wanted", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_try_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('wanted', 'kept', 'lost')", name="ck_text_pictures_state"),
        sa.ForeignKeyConstraint(["message_id"], ["text_messages.id"], name="fk_text_pictures_message_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_text_pictures_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_text_pictures"),
    )
    op.create_index("ix_text_pictures_message_id", "text_pictures", ["message_id"])
    op.create_index("ix_text_pictures_ticket_id", "text_pictures", ["ticket_id"])
    op.create_index("ix_text_pictures_wanted", "text_pictures", ["next_try_at"], postgresql_where=sa.text("state = 'wanted' AND ticket_id IS NOT NULL"))
