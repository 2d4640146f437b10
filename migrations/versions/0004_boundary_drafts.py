"""Drafts of the boundary list: written by one administrator, read by another, published as a new version (R44, R45)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from app.db import UTCDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "boundary_drafts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead_unit_id", sa.Integer(), nullable=False),
        sa.Column("division", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("at", UTCDateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_at", UTCDateTime(timezone=True), nullable=True),
        sa.Column("words", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('draft', 'review', 'published', 'rejected')", name="ck_boundary_drafts_state"),
        sa.CheckConstraint("reviewed_by_id IS NULL OR reviewed_by_id <> by_id", name="ck_boundary_drafts_two_people"),
        sa.ForeignKeyConstraint(["replaces_id"], ["boundaries.id"], name="fk_boundary_drafts_replaces_id"),
        sa.ForeignKeyConstraint(["category_id"], ["categories.id"], name="fk_boundary_drafts_category_id"),
        sa.ForeignKeyConstraint(["lead_unit_id"], ["units.id"], name="fk_boundary_drafts_lead_unit_id"),
        sa.ForeignKeyConstraint(["by_id"], ["accounts.id"], name="fk_boundary_drafts_by_id"),
        sa.ForeignKeyConstraint(["reviewed_by_id"], ["accounts.id"], name="fk_boundary_drafts_reviewed_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_boundary_drafts"),
    )


def downgrade() -> None:
    op.drop_table("boundary_drafts")
