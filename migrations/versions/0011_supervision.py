"""Supervision orders, their acknowledgement, inspections and write-off."""

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Filled by its own change."""


def downgrade() -> None:
    """Filled by its own change."""
