"""Special topics: for a time, matters of some categories have an expert unit, a line and a report of their own."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "special_topics",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), server_default="", nullable=False),
        sa.Column("categories", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("closed_on IS NULL OR opened_on <= closed_on", name="ck_special_topics_days"),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name="fk_special_topics_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_special_topics"),
        sa.UniqueConstraint("code", name="uq_special_topics_code"),
    )


def downgrade() -> None:
    op.drop_table("special_topics")
