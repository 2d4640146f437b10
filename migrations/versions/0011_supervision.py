"""Supervision orders, their acknowledgement, inspections and write-off; what the unit says to a card and what is ruled on it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0011"
down_revision = "0010"

TABLES = ("accountabilities", "meetings", "coordinations", "inspections", "supervisions")
WORDS = ("explanation", "explained_by_name", "ruling_words", "ruled_by_name", "evidence", "closed_by_name")
MOMENTS = ("urged_at", "explained_at", "ruled_at")
CHECKS = {
    "ruling": "ruling IN ('accepted', 'denied')",
    "explained": "status <> 'acknowledged' OR explanation <> ''",
    "ordered": "status <> 'ordered' OR supervision_id IS NOT NULL",
    "evidence": "status <> 'written-off' OR evidence <> ''",
}
# an installation that has limits already gets the one a supervision order runs by; a fresh one gets all of them from `init`
LIMIT = """
INSERT INTO limits (code, profile, version, length, unit, article, owner, kind, start, stop, applies, pauses, off, effective_from)
SELECT 'supervision', 'default', 1, 3, 'working-days', 'T18, JA; E5, JN §28, WF §26', 'unit', 'duty', 'supervise', '{reply,fulfil,write-off}', '[[[], [], []]]', '{}',
       false, '2000-01-01T00:00:00Z'
WHERE EXISTS (SELECT 1 FROM limits) ON CONFLICT DO NOTHING"""
NO_LIMIT = "DELETE FROM limits WHERE code = 'supervision' AND NOT EXISTS (SELECT 1 FROM clocks WHERE clocks.limit_id = limits.id)"


def upgrade() -> None:
    _tables()
    for name in MOMENTS:
        op.add_column("ledger_entries", sa.Column(name, UTCDateTime(timezone=True), nullable=True))
    for name in WORDS:
        op.add_column("ledger_entries", sa.Column(name, sa.Text(), server_default="", nullable=False))
    op.add_column("ledger_entries", sa.Column("ruling", sa.Text(), nullable=True))
    op.add_column("ledger_entries", sa.Column("supervision_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key("fk_ledger_entries_supervision_id", "ledger_entries", "supervisions", ["supervision_id"], ["id"])
    op.create_index("ix_ledger_entries_supervision", "ledger_entries", ["supervision_id"], unique=False,
                    postgresql_where=sa.text("supervision_id IS NOT NULL"))
    for name, test in CHECKS.items():
        op.create_check_constraint(f"ck_ledger_entries_{name}", "ledger_entries", test)
    op.execute(LIMIT)


def downgrade() -> None:
    """What was explained, ordered and inspected is lost; the cards stay, those under an order stand open again."""
    op.execute("UPDATE ledger_entries SET status = 'open' WHERE status = 'ordered'")
    for name in CHECKS:
        op.drop_constraint(f"ck_ledger_entries_{name}", "ledger_entries", type_="check")
    for name in ("supervision_id", "ruling", *WORDS, *MOMENTS):
        op.drop_column("ledger_entries", name)
    for table in TABLES:
        op.drop_table(table)
    op.execute(NO_LIMIT)


def _tables() -> None:
    op.create_table(
        "supervisions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("clock_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("issued_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("issued_by_name", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by_id", sa.Integer(), nullable=True),
        sa.Column("acknowledged_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("plan", sa.Text(), server_default="", nullable=False),
        sa.Column("listed_since", UTCDateTime(timezone=True), nullable=True),
        sa.Column("listed_until", sa.Date(), nullable=True),
        sa.Column("closed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("closed_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_by_name", sa.Text(), server_default="", nullable=False),
        sa.Column("written_off_as", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(closed_at IS NOT NULL) = (evidence <> '' AND written_off_as IS NOT NULL AND closed_by_name <> '')", name="ck_supervisions_evidence"),
        sa.CheckConstraint("(state = 'written-off') = (closed_at IS NOT NULL)", name="ck_supervisions_closed"),
        sa.CheckConstraint("reason IN ('overdue', 'repeated', 'refuses-to-receive', 'should-have-solved', 'bad-influence', 'knowledge-stale')", name="ck_supervisions_reason"),
        sa.CheckConstraint("standing IN ('done', 'under-way', 'not-begun', 'hard')", name="ck_supervisions_standing"),
        sa.CheckConstraint("state <> 'acknowledged' OR (acknowledged_at IS NOT NULL AND plan <> '')", name="ck_supervisions_acknowledged"),
        sa.CheckConstraint("state IN ('issued', 'acknowledged', 'written-off')", name="ck_supervisions_state"),
        sa.CheckConstraint("words <> ''", name="ck_supervisions_words"),
        sa.CheckConstraint("written_off_as IN ('implemented', 'satisfied-after-rework', 'judged', 'deferred', 'handed-over')", name="ck_supervisions_class"),
        sa.CheckConstraint("(listed_since IS NULL) = (listed_until IS NULL)", name="ck_supervisions_listed"),
        sa.ForeignKeyConstraint(["acknowledged_by_id"], ["accounts.id"], name="fk_supervisions_acknowledged_by_id"),
        sa.ForeignKeyConstraint(["clock_id"], ["clocks.id"], name="fk_supervisions_clock_id"),
        sa.ForeignKeyConstraint(["closed_by_id"], ["accounts.id"], name="fk_supervisions_closed_by_id"),
        sa.ForeignKeyConstraint(["evidence_id"], ["attachments.id"], name="fk_supervisions_evidence_id"),
        sa.ForeignKeyConstraint(["issued_by_id"], ["accounts.id"], name="fk_supervisions_issued_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_supervisions_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_supervisions_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_supervisions"),
        sa.UniqueConstraint("year", "serial", name="uq_supervisions_year_serial"),
    )
    op.create_index("ix_supervisions_issued", "supervisions", ["issued_at", "id"], unique=False)
    op.create_index("ix_supervisions_open", "supervisions", ["standing", "issued_at"], unique=False, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_supervisions_ticket", "supervisions", ["ticket_id"], unique=False)
    op.create_index("ix_supervisions_unit", "supervisions", ["unit_id", "issued_at", "id"], unique=False)
    op.create_index("uq_supervisions_live", "supervisions", ["ticket_id"], unique=True, postgresql_where=sa.text("closed_at IS NULL"))
    op.create_table(
        "inspections",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("supervision_id", sa.BigInteger(), nullable=True),
        sa.Column("entry_id", sa.BigInteger(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("finding <> ''", name="ck_inspections_finding"),
        sa.CheckConstraint("mode IN ('check-effect', 'check-progress', 'check-cause', 're-inspect')", name="ck_inspections_mode"),
        sa.CheckConstraint("supervision_id IS NOT NULL OR entry_id IS NOT NULL", name="ck_inspections_of_something"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_inspections_by_id"),
        sa.ForeignKeyConstraint(["entry_id"], ["ledger_entries.id"], name="fk_inspections_entry_id"),
        sa.ForeignKeyConstraint(["supervision_id"], ["supervisions.id"], name="fk_inspections_supervision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_inspections"),
    )
    op.create_index("ix_inspections_entry_id", "inspections", ["entry_id"], unique=False)
    op.create_index("ix_inspections_supervision_id", "inspections", ["supervision_id"], unique=False)
    op.create_table(
        "coordinations",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("supervision_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("due_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("person <> '' AND post <> ''", name="ck_coordinations_named"),
        sa.CheckConstraint("at < due_at", name="ck_coordinations_order"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_coordinations_by_id"),
        sa.ForeignKeyConstraint(["person_id"], ["accounts.id"], name="fk_coordinations_person_id"),
        sa.ForeignKeyConstraint(["supervision_id"], ["supervisions.id"], name="fk_coordinations_supervision_id"),
        sa.PrimaryKeyConstraint("id", name="pk_coordinations"),
    )
    op.create_index("ix_coordinations_supervision_id", "coordinations", ["supervision_id"], unique=False)
    op.create_table(
        "meetings",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("supervision_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("people", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("kind = 'interview' OR held_at <= at", name="ck_meetings_held"),
        sa.CheckConstraint("kind IN ('on-site', 'interview')", name="ck_meetings_kind"),
        sa.CheckConstraint("place <> '' AND people <> '' AND words <> ''", name="ck_meetings_whole"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_meetings_by_id"),
        sa.ForeignKeyConstraint(["supervision_id"], ["supervisions.id"], name="fk_meetings_supervision_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_meetings_ticket_id"),
        sa.PrimaryKeyConstraint("id", name="pk_meetings"),
    )
    op.create_index("ix_meetings_supervision_id", "meetings", ["supervision_id"], unique=False)
    op.create_index("ix_meetings_ticket_id", "meetings", ["ticket_id"], unique=False)
    op.create_table(
        "accountabilities",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("person", sa.Text(), server_default="", nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.CheckConstraint("fault IN ('buck-passing', 'delay', 'refusal', 'untrue')", name="ck_accountabilities_fault"),
        sa.CheckConstraint("words <> ''", name="ck_accountabilities_words"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_accountabilities_by_id"),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name="fk_accountabilities_ticket_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_accountabilities_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_accountabilities"),
    )
    op.create_index("ix_accountabilities_ticket_id", "accountabilities", ["ticket_id"], unique=False)
    op.create_index("ix_accountabilities_unit", "accountabilities", ["unit_id", "at"], unique=False)
