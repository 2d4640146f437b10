"""Closing standards: what must be shown before a matter of a category may be closed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("categories", sa.Column("standard", postgresql.JSONB(), nullable=True))


def downgrade() -> None:
    op.drop_column("categories", "standard")
