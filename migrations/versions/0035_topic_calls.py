"""A special topic's own number and the operators who serve it; a call's topic (R08)."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    op.add_column("special_topics", sa.Column("dialled", sa.Text(), nullable=True))
    op.create_index("ix_special_topics_dialled", "special_topics", ["dialled"], unique=True, postgresql_where=sa.text("closed_on IS NULL"))
    op.create_table(
        "special_experts",
        sa.Column("special_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["special_id"], ["special_topics.id"], name="fk_special_experts_special_id"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_special_experts_account_id"),
        sa.PrimaryKeyConstraint("special_id", "account_id", name="pk_special_experts"),
    )
    op.create_index("ix_special_experts_account_id", "special_experts", ["account_id"])
    op.add_column("calls", sa.Column("special_id", sa.Integer(), nullable=True))
    op.create_foreign_key("fk_calls_special_id", "calls", "special_topics", ["special_id"], ["id"])
    op.create_index("ix_calls_special", "calls", ["special_id", "arrived_at"], postgresql_where=sa.text("special_id IS NOT NULL"))


def downgrade() -> None:
    """Who served which topic, its number and which calls were a topic's are lost."""
    op.drop_index("ix_calls_special", "calls")
    op.drop_constraint("fk_calls_special_id", "calls", type_="foreignkey")
    op.drop_column("calls", "special_id")
    op.drop_table("special_experts")
    op.drop_index("ix_special_topics_dialled", "special_topics")
    op.drop_column("special_topics", "dialled")
