"""Telephone calls, what providers told of each, and the seats that answer."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0020"
down_revision = "0019"
INSTANT = UTCDateTime(timezone=True)


def _instants(*names: str) -> list[sa.Column]:
    return [sa.Column(name, INSTANT, nullable=True) for name in names]


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.Text(), nullable=True),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), server_default="", nullable=False) for name in ("outcome", "purpose", "masked_number", "room", "line", "fetch_failed")),
        sa.Column("number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("number_trace", sa.Text(), nullable=True),
        sa.Column("arrived_at", INSTANT, nullable=False),
        *_instants("noticed_at", "offered_at", "taken_at", "answered_at", "ended_at", "recorded_at", "settled_at"),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in ("told_position", "answer_seconds", "wait_seconds", "recording_seconds")),
        sa.Column("agent_id", sa.Integer(), nullable=True),
        sa.Column("ticket_id", sa.BigInteger(), nullable=True),
        sa.Column("seat_leg", sa.Text(), nullable=True),
        sa.Column("recording_id", sa.Text(), nullable=True),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.Column("back_of_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("direction IN ('inbound', 'outbound')", name="direction"),
        sa.CheckConstraint("state IN ('queued', 'offered', 'ringing', 'talking', 'ended')", name="state"),
        sa.CheckConstraint("outcome IN ('', 'answered', 'abandoned', 'call-back', 'unreached')", name="outcome"),
        sa.CheckConstraint("purpose IN ('', 'call-back', 'follow-up', 'contact')", name="purpose"),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        sa.ForeignKeyConstraint(["agent_id"], ["accounts.id"], name=op.f("fk_calls_agent_id")),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_calls_ticket_id")),
        sa.ForeignKeyConstraint(["attachment_id"], ["attachments.id"], name=op.f("fk_calls_attachment_id")),
        sa.ForeignKeyConstraint(["settled_by_id"], ["accounts.id"], name=op.f("fk_calls_settled_by_id")),
        sa.ForeignKeyConstraint(["back_of_id"], ["calls.id"], name=op.f("fk_calls_back_of_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        *(sa.UniqueConstraint(name, name=op.f(f"uq_calls_{name}")) for name in ("provider_id", "seat_leg", "recording_id")),
    )
    for name in ("number_trace", "arrived_at", "ticket_id"):
        op.create_index(op.f(f"ix_calls_{name}"), "calls", [name])
    op.create_index("ix_calls_waiting", "calls", ["arrived_at"], postgresql_where=sa.text("state = 'queued'"))
    op.create_index("ix_calls_live", "calls", ["agent_id"], postgresql_where=sa.text("state <> 'ended'"))
    op.create_index("ix_calls_missed", "calls", ["arrived_at"], postgresql_where=sa.text("outcome IN ('abandoned', 'call-back') AND settled_at IS NULL"))
    op.create_index("ix_calls_unfetched", "calls", ["recorded_at"],
                    postgresql_where=sa.text("recording_id IS NOT NULL AND attachment_id IS NULL AND fetch_failed = ''"))
    op.create_table(
        "call_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("leg", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_call_events_call_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_events")),
        sa.UniqueConstraint("leg", "sequence", "kind", name=op.f("uq_call_events_leg_sequence_kind")),
    )
    op.create_index(op.f("ix_call_events_call_id"), "call_events", ["call_id"])
    op.create_table(
        "seats",
        sa.Column("account_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('ready', 'busy', 'away')", name="state"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_seats_account_id")),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_seats_call_id")),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_seats")),
    )
    op.create_index("ix_seats_ready", "seats", ["since"], postgresql_where=sa.text("state = 'ready'"))


def downgrade() -> None:
    op.drop_table("seats")
    op.drop_table("call_events")
    op.drop_table("calls")
