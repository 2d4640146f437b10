"""Limits edited by administrators, business hours, calendar notices."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0012"
down_revision = "0011"

WATCH = ("CREATE TRIGGER {0}_counts_changes AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {0} "
         "FOR EACH STATEMENT EXECUTE FUNCTION count_rule_change('limits')")


def upgrade() -> None:
    op.create_table(
        "business_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("retired_at", UTCDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_business_hours_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_business_hours"),
        sa.UniqueConstraint("name", name="uq_business_hours_name"),
    )
    op.create_table(
        "unit_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("hours_id", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("effective_from", UTCDateTime(timezone=True), nullable=False),
        sa.Column("effective_to", UTCDateTime(timezone=True), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="ck_unit_hours_order"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_unit_hours_by_id"),
        sa.ForeignKeyConstraint(["hours_id"], ["business_hours.id"], name="fk_unit_hours_hours_id"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_unit_hours_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_hours"),
    )
    op.create_index("uq_unit_hours_live", "unit_hours", ["unit_id", "code"], unique=True, postgresql_where=sa.text("effective_to IS NULL"))
    op.add_column("limits", sa.Column("hours_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_limits_hours_id", "limits", "business_hours", ["hours_id"], ["id"])
    op.add_column("clocks", sa.Column("hours", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True))
    for table in ("business_hours", "unit_hours"):
        op.execute(WATCH.format(table))


def downgrade() -> None:
    op.drop_column("clocks", "hours")
    op.drop_constraint("fk_limits_hours_id", "limits", type_="foreignkey")
    op.drop_column("limits", "hours_id")
    op.drop_table("unit_hours")
    op.drop_table("business_hours")
