"""The ladder: rungs taken, the supervision ledger, and when the processes that must run were last alive."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_heartbeats"),
    )
    op.create_table(
        "escalation_steps",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("for_due", UTCDateTime(timezone=True), nullable=False),
        sa.Column("planned_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("fired_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("recipients", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("told_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name="fk_escalation_steps_clock_id"),
        sa.PrimaryKeyConstraint("id", name="pk_escalation_steps"),
        sa.UniqueConstraint("clock_id", "step", "for_due", name="uq_escalation_steps_clock_id_step_for_due"),
    )
    op.create_index("ix_escalation_steps_ticket", "escalation_steps", ["ticket_id"], unique=False)
    op.create_index("ix_escalation_steps_unit_fired", "escalation_steps", ["unit_id", "fired_at"], unique=False)
    op.create_index("ix_escalation_steps_untold", "escalation_steps", ["fired_at", "id"], unique=False, postgresql_where=sa.text("told_at IS NULL"))
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("opened_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(closed_at IS NULL) = (status NOT IN ('cleared', 'written-off'))", name="ck_ledger_entries_closed"),
        sa.CheckConstraint("status IN ('open', 'acknowledged', 'ordered', 'cleared', 'written-off')", name="ck_ledger_entries_status"),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name="fk_ledger_entries_clock_id"),
        sa.ForeignKeyConstraint(["step_id"], ["escalation_steps.id"], name="fk_ledger_entries_step_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("step_id", name="uq_ledger_entries_step_id"),
    )
    op.create_index("ix_ledger_entries_clock", "ledger_entries", ["clock_id"], unique=False)
    op.create_index("ix_ledger_entries_open", "ledger_entries", ["level", "opened_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_ledger_entries_ticket", "ledger_entries", ["ticket_id"], unique=False)
    op.create_index("ix_ledger_entries_unit_open", "ledger_entries", ["unit_id", "opened_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))


def downgrade() -> None:
    for table in ("ledger_entries", "escalation_steps", "heartbeats"):
        op.drop_table(table)
