"""Whistles: calls of a street, the units summoned, arrivals and grades; clocks, steps and ledger entries may hang on one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0014"
down_revision = "0013"

TABLES = ("whistle_events", "whistle_reopenings", "whistle_scores", "whistle_photos", "check_ins", "summonses", "whistle_approvals", "whistle_tickets", "whistles")
APPEND_ONLY = "CREATE TRIGGER whistle_events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON whistle_events EXECUTE FUNCTION refuse_change()"
ONE_SUBJECT = "(ticket_id IS NULL) <> (whistle_id IS NULL)"
OF_WHISTLES = sa.text("whistle_id IS NOT NULL")
# an installation that has limits already learns by which actions the whistle's own start and stop; a fresh one gets all from `init`
RATIFY = "UPDATE limits SET kind = '{kind}', start = '{start}', stop = '{stop}' WHERE code = 'whistle-ratify'"
REOPEN = """
INSERT INTO limits (code, profile, version, length, unit, article, owner, kind, start, stop, applies, pauses, off, effective_from)
SELECT 'whistle-reopen', 'default', 1, 10, 'working-days', 'domain §6, R60 找茬, practice', 'summons', 'window', 'close', '{reopen}', '[]', '{}', false, '2000-01-01T00:00:00Z'
WHERE EXISTS (SELECT 1 FROM limits) ON CONFLICT DO NOTHING"""


def upgrade() -> None:
    _calls()
    _answers()
    _afterwards()
    op.execute(APPEND_ONLY)
    for table in ("clocks", "escalation_steps", "ledger_entries"):
        op.alter_column(table, "ticket_id", existing_type=sa.BigInteger(), nullable=True)
        op.add_column(table, sa.Column("whistle_id", sa.BigInteger(), nullable=True))
    op.add_column("clocks", sa.Column("summons_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_clocks_whistle_id", "clocks", "whistles", ["whistle_id"], ["id"])
    op.create_foreign_key("fk_clocks_summons_id", "clocks", "summonses", ["summons_id"], ["id"])
    op.create_check_constraint("ck_clocks_one_subject", "clocks", ONE_SUBJECT)
    op.create_check_constraint("ck_clocks_summons_of_whistle", "clocks", "summons_id IS NULL OR whistle_id IS NOT NULL")
    op.create_check_constraint("ck_ledger_entries_one_subject", "ledger_entries", ONE_SUBJECT)
    op.create_index("ix_clocks_whistle", "clocks", ["whistle_id"], unique=False, postgresql_where=OF_WHISTLES)
    op.create_index("ix_ledger_entries_whistle", "ledger_entries", ["whistle_id"], unique=False, postgresql_where=OF_WHISTLES)
    op.create_index("uq_clocks_whistle_running", "clocks", ["whistle_id", sa.text("coalesce(summons_id, 0)"), "code"], unique=True,
                    postgresql_where=sa.text("stopped_at IS NULL AND whistle_id IS NOT NULL"))
    op.execute(RATIFY.format(kind="duty", start="sound", stop="{ratify}"))
    op.execute(sa.text(REOPEN))


def downgrade() -> None:
    """The whistles and all that was counted for them are lost."""
    for table in ("ledger_entries", "escalation_steps", "clocks"):
        op.execute(f"DELETE FROM {table} WHERE whistle_id IS NOT NULL")
    op.drop_constraint("ck_ledger_entries_one_subject", "ledger_entries", type_="check")
    for name in ("ck_clocks_summons_of_whistle", "ck_clocks_one_subject"):
        op.drop_constraint(name, "clocks", type_="check")
    op.drop_column("clocks", "summons_id")
    for table in ("clocks", "escalation_steps", "ledger_entries"):
        op.drop_column(table, "whistle_id")
        op.alter_column(table, "ticket_id", existing_type=sa.BigInteger(), nullable=False)
    for table in TABLES:
        op.drop_table(table)
    op.execute(RATIFY.format(kind="rule", start="", stop="{}"))
    op.execute("DELETE FROM limits WHERE code = 'whistle-reopen'")


def _calls() -> None:
    op.create_table(
        "whistles",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
        sa.Column("head_hash", sa.Text(), nullable=False),
        sa.Column("touched_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("round", sa.Integer(), server_default="1", nullable=False),
        sa.Column("street_id", sa.Integer(), nullable=False),
        sa.Column("region_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("meet_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("own_measures", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("remote_allowed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("started_by_id", sa.Integer(), nullable=True),
        sa.Column("started_by_name", sa.Text(), nullable=False),
        sa.Column("created_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("approved_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("triaged_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("sounded_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("ratified_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("released_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("evaluated_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("sent_back", sa.Integer(), server_default="0", nullable=False),
        sa.CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="ck_whistles_withdrawn"),
        sa.CheckConstraint("(status IN ('draft', 'approved')) <= (sounded_at IS NULL)", name="ck_whistles_unsounded"),
        sa.CheckConstraint("kind <> 'emergency' OR NOT remote_allowed", name="ck_whistles_emergency_on_site"),
        sa.CheckConstraint("kind IN ('emergency', 'enforcement', 'routine', 'tough')", name="ck_whistles_kind"),
        sa.CheckConstraint("own_measures <> '' AND problem <> ''", name="ck_whistles_said"),
        sa.CheckConstraint("source IN ('ticket', 'patrol', 'petition', 'meeting')", name="ck_whistles_source"),
        sa.CheckConstraint("status IN ('draft', 'approved', 'sounded', 'joint-handling', 'released', 'evaluated', 'closed', 'withdrawn')", name="ck_whistles_status"),
        sa.CheckConstraint("(lng IS NULL) = (lat IS NULL)", name="ck_whistles_pin"),
        sa.ForeignKeyConstraint(["region_code"], ["regions.code"], name="fk_whistles_region_code"),
        sa.ForeignKeyConstraint(["started_by_id"], ["accounts.id"], name="fk_whistles_started_by_id"),
        sa.ForeignKeyConstraint(["street_id"], ["units.id"], name="fk_whistles_street_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistles"),
        sa.UniqueConstraint("number", name="uq_whistles_number"),
    )
    op.create_index("ix_whistles_created", "whistles", ["created_at", "id"], unique=False)
    op.create_index("ix_whistles_open", "whistles", ["status", "created_at"], unique=False, postgresql_where=sa.text("status NOT IN ('closed', 'withdrawn')"))
    op.create_index("ix_whistles_street", "whistles", ["street_id", "created_at", "id"], unique=False)
    op.create_table(
        "whistle_tickets",
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_whistle_tickets_ticket_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_whistle_tickets_whistle_id"),
        sa.PrimaryKeyConstraint("whistle_id", "ticket_id", name="pk_whistle_tickets"),
    )
    op.create_index("ix_whistle_tickets_ticket_id", "whistle_tickets", ["ticket_id"], unique=False)
    op.create_table(
        "whistle_approvals",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("kind IN ('approve', 'reject', 'ratify', 'triage', 'send-back')", name="ck_whistle_approvals_kind"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_whistle_approvals_by_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_whistle_approvals_whistle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistle_approvals"),
        sa.UniqueConstraint("whistle_id", "stage", "by_id", "kind", name="uq_whistle_approvals_whistle_id_stage_by_id_kind"),
    )


def _answers() -> None:
    op.create_table(
        "summonses",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("ask", sa.Text(), nullable=False),
        sa.Column("lead", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("called_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("sign_due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("contact_due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("check_in_due_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("signed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("signed_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("contacted_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("contact_method", sa.Text(), nullable=True),
        sa.Column("checked_in_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("no_show_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), server_default="", nullable=False),
        sa.Column("result_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("released_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("objection", sa.Text(), server_default="", nullable=False),
        sa.Column("objected_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("objection_decision", sa.Text(), nullable=True),
        sa.Column("objection_words", sa.Text(), server_default="", nullable=False),
        sa.Column("objection_decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("lead_score", sa.Integer(), nullable=True),
        sa.Column("lead_score_reason", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("ask <> ''", name="ck_summonses_ask"),
        sa.CheckConstraint("objection_decision IN ('accept', 'deny')", name="ck_summonses_decision"),
        sa.CheckConstraint("state <> 'no-show' OR no_show_at IS NOT NULL", name="ck_summonses_no_show"),
        sa.CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="ck_summonses_released"),
        sa.CheckConstraint("state IN ('called', 'signed', 'contacted', 'checked-in', 'result-submitted', 'released', 'no-show', 'excused')", name="ck_summonses_state"),
        sa.CheckConstraint("state NOT IN ('checked-in', 'result-submitted') OR checked_in_at IS NOT NULL", name="ck_summonses_there"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_summonses_unit_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_summonses_whistle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_summonses"),
        sa.UniqueConstraint("whistle_id", "unit_id", name="uq_summonses_whistle_id_unit_id"),
    )
    op.create_index("ix_summonses_unit", "summonses", ["unit_id", "state", "whistle_id"], unique=False)
    op.create_index("uq_summonses_lead", "summonses", ["whistle_id"], unique=True, postgresql_where=sa.text("lead"))
    op.create_table(
        "check_ins",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("summons_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("metres", sa.Integer(), nullable=True),
        sa.Column("proxy", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("how IN ('geo', 'qr', 'remote')", name="ck_check_ins_how"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_check_ins_by_id"),
        sa.ForeignKeyConstraint(["summons_id"], ["summonses.id"], name="fk_check_ins_summons_id"),
        sa.PrimaryKeyConstraint("id", name="pk_check_ins"),
        sa.UniqueConstraint("summons_id", "round", name="uq_check_ins_summons_id_round"),
    )
    op.create_table(
        "whistle_photos",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("summons_id", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("mime", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("purpose IN ('scene', 'result', 'evidence')", name="ck_whistle_photos_purpose"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_whistle_photos_by_id"),
        sa.ForeignKeyConstraint(["summons_id"], ["summonses.id"], name="fk_whistle_photos_summons_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_whistle_photos_whistle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistle_photos"),
    )
    op.create_index("ix_whistle_photos_whistle_id", "whistle_photos", ["whistle_id"], unique=False)


def _afterwards() -> None:
    op.create_table(
        "whistle_scores",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("summons_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("speed", sa.Integer(), nullable=False),
        sa.Column("handling", sa.Integer(), nullable=False),
        sa.Column("result", sa.Integer(), nullable=False),
        sa.Column("bonus", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("appeal", sa.Text(), server_default="", nullable=False),
        sa.Column("appealed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("appeal_decision", sa.Text(), nullable=True),
        sa.Column("appeal_words", sa.Text(), server_default="", nullable=False),
        sa.Column("appeal_decided_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("revised", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("appeal_decision IN ('accept', 'deny')", name="ck_whistle_scores_decision"),
        sa.CheckConstraint("least(speed, handling, result) > 2 OR (reason <> '' AND evidence <> '')", name="ck_whistle_scores_low_says_why"),
        sa.CheckConstraint("bonus BETWEEN 0 AND 5", name="ck_whistle_scores_bonus"),
        sa.CheckConstraint("handling BETWEEN 1 AND 5", name="ck_whistle_scores_handling"),
        sa.CheckConstraint("result BETWEEN 1 AND 5", name="ck_whistle_scores_result"),
        sa.CheckConstraint("speed BETWEEN 1 AND 5", name="ck_whistle_scores_speed"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_whistle_scores_by_id"),
        sa.ForeignKeyConstraint(["summons_id"], ["summonses.id"], name="fk_whistle_scores_summons_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistle_scores"),
        sa.UniqueConstraint("summons_id", "round", name="uq_whistle_scores_summons_id_round"),
    )
    op.create_table(
        "whistle_reopenings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("closed_before", UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_whistle_reopenings_by_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_whistle_reopenings_whistle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistle_reopenings"),
    )
    op.create_index("ix_whistle_reopenings_whistle_id", "whistle_reopenings", ["whistle_id"], unique=False)
    op.create_table(
        "whistle_events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("whistle_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["accounts.id"], name="fk_whistle_events_actor_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_whistle_events_unit_id"),
        sa.ForeignKeyConstraint(["whistle_id"], ["whistles.id"], name="fk_whistle_events_whistle_id"),
        sa.PrimaryKeyConstraint("id", name="pk_whistle_events"),
        sa.UniqueConstraint("whistle_id", "seq", name="uq_whistle_events_whistle_id_seq"),
    )
