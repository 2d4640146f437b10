"""Whistles: calls of a street, the units summoned, arrivals and grades."""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Filled by its own change."""


def downgrade() -> None:
    """Filled by its own change."""
