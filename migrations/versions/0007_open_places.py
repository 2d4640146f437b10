"""Tickets: open ones by place and kind, so that likely copies are found without walking all that is open."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

OPEN = "status IN ('dispatched', 'disputed', 'follow-up', 'handling', 'ledgered', 'registered', 'replied', 'return-requested', 'signed', 'suspended')"


def upgrade() -> None:
    op.create_index("ix_tickets_open_places", "tickets", ["region_code", "category_id", "received_at"], postgresql_where=sa.text(OPEN))


def downgrade() -> None:
    op.drop_index("ix_tickets_open_places", table_name="tickets")
