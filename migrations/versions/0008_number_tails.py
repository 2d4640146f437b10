"""Tickets are found by the last six digits of their number, as people say them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index("ix_tickets_tail", "tickets", [sa.text('"right"(number, 6)')])


def downgrade() -> None:
    op.drop_index("ix_tickets_tail", "tickets")
