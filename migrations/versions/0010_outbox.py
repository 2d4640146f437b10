"""Messages that leave after the commit: the outbox, its attempts, people's own wishes."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Filled by its own change."""


def downgrade() -> None:
    """Filled by its own change."""
