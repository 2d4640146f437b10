"""Limits edited by administrators, business hours, calendar notices."""

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Filled by its own change."""


def downgrade() -> None:
    """Filled by its own change."""
