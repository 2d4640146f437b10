"""Time: working days, limits, clocks with their pauses and changes; version rows that tell every process what to read again."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0003"
down_revision = "0002"

COUNT = """
CREATE FUNCTION count_rule_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rule_versions (name, version) VALUES (TG_ARGV[0], nextval('rule_versions_seq'))
    ON CONFLICT (name) DO UPDATE SET version = excluded.version;
    RETURN NULL;
END $$"""
WATCH = ("CREATE TRIGGER {0}_counts_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {0} "
         "FOR EACH STATEMENT EXECUTE FUNCTION count_rule_change('{1}')")
APPEND_ONLY = "CREATE TRIGGER clock_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON clock_changes EXECUTE FUNCTION refuse_change()"


def upgrade() -> None:
    op.create_table(
        "calendar_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_calendar_days"),
    )
    op.create_table(
        "rule_versions",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_rule_versions"),
    )
    op.create_table(
        "limits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("stop", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("applies", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("pauses", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("extension", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("off", sa.Boolean(), nullable=False),
        sa.Column("effective_from", UTCDateTime(timezone=True), nullable=False),
        sa.Column("effective_to", UTCDateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('promise', 'duty', 'window', 'rule')", name="ck_limits_kind"),
        sa.CheckConstraint("owner IN ('ticket', 'unit', 'task', 'centre', 'summons', 'cell')", name="ck_limits_owner"),
        sa.CheckConstraint("unit IN ('seconds', 'minutes', 'hours', 'working-days', 'calendar-days')", name="ck_limits_unit"),
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="ck_limits_order"),
        sa.CheckConstraint("length >= 0", name="ck_limits_length"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_limits_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_limits"),
        sa.UniqueConstraint("profile", "code", "version", name="uq_limits_profile_code_version"),
    )
    op.create_index("uq_limits_live", "limits", ["profile", "code"], unique=True, postgresql_where=sa.text("effective_to IS NULL"))
    op.create_table(
        "clocks",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("limit_id", sa.Integer(), nullable=False),
        sa.Column("owner_unit_id", sa.Integer(), nullable=True),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("started_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("not_after", UTCDateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("extended_by", sa.Integer(), nullable=False),
        sa.Column("short", sa.Boolean(), nullable=False),
        sa.Column("trace", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("paused_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("breached_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("next_step", sa.Text(), nullable=True),
        sa.Column("next_step_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("steps_done", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("kind IN ('promise', 'duty', 'window', 'rule')", name="ck_clocks_kind"),
        sa.CheckConstraint("stop_reason IN ('met', 'late', 'cancelled', 'released', 'expired')", name="ck_clocks_stop_reason"),
        sa.CheckConstraint("unit IN ('seconds', 'minutes', 'hours', 'working-days', 'calendar-days', 'fixed')", name="ck_clocks_unit"),
        sa.CheckConstraint("(stopped_at IS NULL) = (stop_reason IS NULL)", name="ck_clocks_stopped"),
        sa.CheckConstraint("next_step_at IS NULL OR (stopped_at IS NULL AND paused_at IS NULL)", name="ck_clocks_only_running_climb"),
        sa.ForeignKeyConstraint(["limit_id"], ["limits.id"], name="fk_clocks_limit_id"),
        sa.ForeignKeyConstraint(["owner_unit_id"], ["units.id"], name="fk_clocks_owner_unit_id"),
        sa.ForeignKeyConstraint(["task_id"], ["tasks.id"], name="fk_clocks_task_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_clocks_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clocks"),
    )
    op.create_index("ix_clocks_next_step", "clocks", ["next_step_at", "id"], unique=False, postgresql_where=sa.text("next_step_at IS NOT NULL"))
    op.create_index("ix_clocks_running_due", "clocks", ["due_at", "id"], unique=False, postgresql_where=sa.text("stopped_at IS NULL"))
    op.create_index("ix_clocks_ticket", "clocks", ["ticket_id"], unique=False)
    op.create_index("uq_clocks_running", "clocks", ["ticket_id", sa.literal_column("coalesce(task_id, 0)"), "code", sa.literal_column("coalesce(owner_unit_id, 0)")], unique=True, postgresql_where=sa.text("stopped_at IS NULL"))
    op.create_table(
        "clock_changes",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("old_due", UTCDateTime(timezone=True), nullable=False),
        sa.Column("new_due", UTCDateTime(timezone=True), nullable=False),
        sa.Column("old_provisional", sa.Boolean(), nullable=False),
        sa.Column("new_provisional", sa.Boolean(), nullable=False),
        sa.Column("old_trace", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("why IN ('extension', 'pause', 'calendar', 'limit')", name="ck_clock_changes_why"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_clock_changes_by_id"),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name="fk_clock_changes_clock_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clock_changes"),
    )
    op.create_index("ix_clock_changes_clock_id", "clock_changes", ["clock_id"], unique=False)
    op.create_table(
        "clock_pauses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.BigInteger(), nullable=True),
        sa.Column("from_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("to_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("to_at IS NULL OR from_at <= to_at", name="ck_clock_pauses_order"),
        sa.ForeignKeyConstraint(["approved_by_id"], ["accounts.id"], name="fk_clock_pauses_approved_by_id"),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name="fk_clock_pauses_clock_id"),
        sa.ForeignKeyConstraint(["request_id"], ["requests.id"], name="fk_clock_pauses_request_id"),
        sa.PrimaryKeyConstraint("id", name="pk_clock_pauses"),
    )
    op.create_index("ix_clock_pauses_clock_id", "clock_pauses", ["clock_id"], unique=False)
    op.create_index("uq_clock_pauses_open", "clock_pauses", ["clock_id"], unique=True, postgresql_where=sa.text("to_at IS NULL"))
    for statement in ("CREATE SEQUENCE rule_versions_seq", COUNT, WATCH.format("calendar_days", "calendar"), WATCH.format("limits", "limits"), APPEND_ONLY):
        op.execute(statement)


def downgrade() -> None:
    for table in ("clock_changes", "clock_pauses", "clocks", "limits", "rule_versions", "calendar_days"):
        op.drop_table(table)
    op.execute("DROP FUNCTION count_rule_change")
    op.execute("DROP SEQUENCE rule_versions_seq")
