"""Direct answers are marked as replies are, surveys of how many know the line (R76), and the named person of a sub-task or plan step (R79c)."""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0034"
down_revision = "0033"
KINDS = "kind IN ('call-back', 'look-back', 'quality'{})"
APPEND_ONLY = "CREATE TRIGGER awareness_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON awareness EXECUTE FUNCTION refuse_change()"
OF_ANSWERS = "SELECT id FROM quality_checks WHERE answer_id IS NOT NULL"


def upgrade() -> None:
    op.drop_constraint("ck_samples_kind", "samples", type_="check")
    op.create_check_constraint("ck_samples_kind", "samples", KINDS.format(", 'direct'"))
    op.alter_column("quality_checks", "reply_id", nullable=True)
    op.add_column("quality_checks", sa.Column("answer_id", sa.BigInteger(), sa.ForeignKey("ticket_events.id"), nullable=True))
    op.create_unique_constraint("uq_quality_checks_answer_id", "quality_checks", ["answer_id"])
    op.create_check_constraint("ck_quality_checks_subject", "quality_checks", "(reply_id IS NULL) <> (answer_id IS NULL)")
    op.create_table(
        "awareness",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("aware", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("asked > 0 AND aware BETWEEN 0 AND asked", name="ck_awareness_counts"),
        sa.CheckConstraint("first_on <= last_on", name="ck_awareness_period"),
        sa.CheckConstraint("source <> ''", name="ck_awareness_source"),
        sa.CheckConstraint("(corrects_id IS NULL) = (reason = '')", name="ck_awareness_correction"),
        sa.ForeignKeyConstraint(["corrects_id"], ["awareness.id"], name="fk_awareness_corrects_id"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_awareness_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_awareness"),
        sa.UniqueConstraint("corrects_id", name="uq_awareness_corrects_id"),
    )
    op.create_index("ix_awareness_last", "awareness", ["last_on"])
    op.execute(APPEND_ONLY)
    for table in ("tasks", "whistle_plan_steps"):
        op.add_column(table, sa.Column("person_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=True))


def downgrade() -> None:
    """What was marked of direct answers, the surveys and the names are lost."""
    for table in ("whistle_plan_steps", "tasks"):
        op.drop_column(table, "person_id")
    op.drop_table("awareness")
    op.execute(f"DELETE FROM quality_marks WHERE check_id IN ({OF_ANSWERS})")
    op.execute(f"DELETE FROM quality_checks WHERE id IN ({OF_ANSWERS})")
    op.execute("DELETE FROM samples WHERE kind = 'direct'")
    op.drop_constraint("ck_quality_checks_subject", "quality_checks", type_="check")
    op.drop_column("quality_checks", "answer_id")
    op.alter_column("quality_checks", "reply_id", nullable=False)
    op.drop_constraint("ck_samples_kind", "samples", type_="check")
    op.create_check_constraint("ck_samples_kind", "samples", KINDS.format(""))
