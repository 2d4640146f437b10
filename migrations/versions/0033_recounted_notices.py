"""A notice's open clocks are counted again behind the request, as a limit's are: a recounting is of a limit or from a day on."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    op.alter_column("recountings", "limit_id", nullable=True)
    op.add_column("recountings", sa.Column("first_day", sa.Date(), nullable=True))
    op.create_check_constraint("ck_recountings_subject", "recountings", "(limit_id IS NULL) <> (first_day IS NULL)")


def downgrade() -> None:
    """What was recounted for notices is forgotten; the clocks and their changes stay."""
    op.execute("DELETE FROM recountings WHERE limit_id IS NULL")
    op.drop_constraint("ck_recountings_subject", "recountings", type_="check")
    op.drop_column("recountings", "first_day")
    op.alter_column("recountings", "limit_id", nullable=False)
