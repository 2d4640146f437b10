"""Since when a caller waits in the middle of a talk (hold)."""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.add_column("calls", sa.Column("held_at", UTCDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("calls", "held_at")
