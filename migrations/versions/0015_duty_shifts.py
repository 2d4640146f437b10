"""Who answers for a unit at night and on holidays: its duty roster."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "duty_shifts",
        sa.Column("id", sa.Integer(), sa.Identity(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("units.id"), nullable=False),
        sa.Column("account_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), sa.ForeignKey("accounts.id"), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name="order"),
        sa.UniqueConstraint("account_id", "starts_at"),
    )
    op.create_index("ix_duty_shifts_unit_id", "duty_shifts", ["unit_id", "ends_at"])


def downgrade() -> None:
    op.drop_table("duty_shifts")
