"""An operator's own registrations, newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_index("ix_tickets_registrar", "tickets", ["registered_by_id", "received_at"], postgresql_where=sa.text("registered_by_id IS NOT NULL"))


def downgrade() -> None:
    op.drop_index("ix_tickets_registrar", "tickets")
