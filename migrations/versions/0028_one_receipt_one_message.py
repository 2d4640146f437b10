"""One receipt is one message's: of two that say the same to the same telephone none is taken for the other."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.create_index("ix_outbox_messages_receipt", "outbox_messages", ["provider_id"], postgresql_where=sa.text("channel = 'sms' AND provider_id <> ''"))


def downgrade() -> None:
    op.drop_index("ix_outbox_messages_receipt", "outbox_messages")
