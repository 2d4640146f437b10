"""The map of the city: what lies around its areas, and what areas are called there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.create_table(
        "backdrops",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_backdrops"),
        sa.CheckConstraint("id = 1", name="one"),
    )
    op.add_column("region_areas", sa.Column("name", sa.Text(), server_default="", nullable=False))
    op.add_column("region_areas", sa.Column("at", postgresql.JSONB(astext_type=sa.Text()), nullable=True))


def downgrade() -> None:
    """The backdrop and the labels are lost; areas stay."""
    op.drop_column("region_areas", "at")
    op.drop_column("region_areas", "name")
    op.drop_table("backdrops")
