"""Dossiers to the standing meeting (E7), sealed referrals to discipline (E8), recountings of open clocks behind a changed limit, and a unit's
request to end a mediation."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0019"
down_revision = "0018"

SEALED = "CREATE TRIGGER referrals_sealed BEFORE UPDATE OF package, seal, misconduct, person, words, at, by_name ON referrals EXECUTE FUNCTION refuse_change()"
KEPT = "CREATE TRIGGER referrals_kept BEFORE DELETE OR TRUNCATE ON referrals EXECUTE FUNCTION refuse_change()"


def upgrade() -> None:
    _dossiers()
    _referrals()
    op.execute(SEALED)
    op.execute(KEPT)
    _recountings()
    _kinds("'return', 'extension', 'suspension', 'ledger', 'dispute', 'termination'")


def downgrade() -> None:
    """What went to the meeting and to discipline is lost, and requests to end a mediation; the orders and the history stay."""
    op.execute("DELETE FROM requests WHERE kind = 'termination'")
    _kinds("'return', 'extension', 'suspension', 'ledger', 'dispute'")
    for table in ("recountings", "referrals", "dossiers"):
        op.drop_table(table)


def _kinds(listed: str) -> None:
    op.drop_constraint("ck_requests_kind", "requests", type_="check")
    op.create_check_constraint("ck_requests_kind", "requests", f"kind IN ({listed})")


def _text(name: str, empty: bool = False) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''") if empty else None)


def _when(name: str, missing: bool = True) -> sa.Column:
    return sa.Column(name, UTCDateTime(timezone=True), nullable=missing)


def _dossiers() -> None:
    op.create_table(
        "dossiers",
        sa.Column("id", sa.BigInteger(), nullable=False), sa.Column("year", sa.Integer(), nullable=False), sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False), sa.Column("unit_id", sa.Integer(), nullable=False), sa.Column("supervision_id", sa.BigInteger(), nullable=False),
        _text("state"), _text("question"), _text("obstacle"), _when("raised_at", False), sa.Column("raised_by_id", sa.Integer()), _text("raised_by_name"),
        _when("submitted_at"), _text("submitted_by_name", True), _text("opinion", True), _text("meeting", True), sa.Column("held_on", sa.Date()), _text("decision", True),
        sa.Column("coordination_id", sa.BigInteger()), _when("closed_at"), _text("closed_by_name", True), _text("withdrawn_why", True),
        sa.PrimaryKeyConstraint("id", name="pk_dossiers"),
        sa.UniqueConstraint("year", "serial", name="uq_dossiers_year_serial"),
        *_foreign("dossiers", ticket_id="tickets", unit_id="units", supervision_id="supervisions", raised_by_id="accounts", coordination_id="coordinations"),
        sa.CheckConstraint("state IN ('raised', 'submitted', 'decided', 'withdrawn')", name="ck_dossiers_state"),
        sa.CheckConstraint("question <> '' AND obstacle <> ''", name="ck_dossiers_words"),
        sa.CheckConstraint("state NOT IN ('submitted', 'decided') OR (submitted_at IS NOT NULL AND submitted_by_name <> '')", name="ck_dossiers_submitted"),
        sa.CheckConstraint("(state = 'decided') = (coordination_id IS NOT NULL)", name="ck_dossiers_decided"),
        sa.CheckConstraint("state <> 'decided' OR (meeting <> '' AND held_on IS NOT NULL AND decision <> '')", name="ck_dossiers_decision"),
        sa.CheckConstraint("(state IN ('decided', 'withdrawn')) = (closed_at IS NOT NULL)", name="ck_dossiers_closed"),
        sa.CheckConstraint("state <> 'withdrawn' OR withdrawn_why <> ''", name="ck_dossiers_withdrawn"),
    )
    op.create_index("uq_dossiers_live", "dossiers", ["ticket_id"], unique=True, postgresql_where=sa.text("state IN ('raised', 'submitted')"))
    op.create_index("ix_dossiers_unit", "dossiers", ["unit_id", "raised_at"])
    op.create_index("ix_dossiers_ticket_id", "dossiers", ["ticket_id"])
    op.create_index("ix_dossiers_supervision_id", "dossiers", ["supervision_id"])


def _referrals() -> None:
    op.create_table(
        "referrals",
        sa.Column("id", sa.BigInteger(), nullable=False), sa.Column("year", sa.Integer(), nullable=False), sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("ticket_id", sa.BigInteger(), nullable=False), sa.Column("unit_id", sa.Integer(), nullable=False), _text("misconduct"), _text("person", True), _text("words"),
        sa.Column("package", postgresql.JSONB(), nullable=False), _text("seal"), _when("at", False), sa.Column("by_id", sa.Integer()), _text("by_name"),
        _when("closed_at"), _text("closed_by_name", True), sa.Column("conclusion", sa.Text()), _text("conclusion_words", True),
        sa.PrimaryKeyConstraint("id", name="pk_referrals"),
        sa.UniqueConstraint("year", "serial", name="uq_referrals_year_serial"),
        *_foreign("referrals", ticket_id="tickets", unit_id="units", by_id="accounts"),
        sa.CheckConstraint("misconduct IN ('refusal', 'fraud', 'leak', 'attitude')", name="ck_referrals_misconduct"),
        sa.CheckConstraint("conclusion IN ('upheld', 'partly', 'unfounded')", name="ck_referrals_conclusion"),
        sa.CheckConstraint("words <> ''", name="ck_referrals_words"),
        sa.CheckConstraint("(closed_at IS NULL) = (conclusion IS NULL)", name="ck_referrals_closed"),
        sa.CheckConstraint("conclusion IS NULL OR (conclusion_words <> '' AND closed_by_name <> '')", name="ck_referrals_concluded"),
    )
    op.create_index("ix_referrals_open", "referrals", ["at"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_index("ix_referrals_ticket_id", "referrals", ["ticket_id"])


def _recountings() -> None:
    op.create_table(
        "recountings",
        sa.Column("id", sa.BigInteger(), nullable=False), sa.Column("limit_id", sa.Integer(), nullable=False), _text("reason"), _when("asked_at", False),
        sa.Column("by_id", sa.Integer()), _text("by_name"),
        *(sa.Column(name, kind(), nullable=False, server_default=sa.text("0")) for name, kind in (("after_ticket", sa.BigInteger), ("after_whistle", sa.BigInteger))),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default=sa.text("0")) for name in ("looked_at", "moved", "kept")),
        _when("finished_at"),
        sa.PrimaryKeyConstraint("id", name="pk_recountings"),
        sa.UniqueConstraint("limit_id", name="uq_recountings_limit_id"),
        *_foreign("recountings", limit_id="limits", by_id="accounts"),
        sa.CheckConstraint("finished_at IS NULL OR asked_at <= finished_at", name="ck_recountings_order"),
    )
    op.create_index("ix_recountings_open", "recountings", ["id"], postgresql_where=sa.text("finished_at IS NULL"))


def _foreign(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [sa.ForeignKeyConstraint([column], [f"{other}.id"], name=f"fk_{table}_{column}") for column, other in columns.items()]
