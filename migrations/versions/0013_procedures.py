"""Linked procedures: mediation, termination, violation, petition."""

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Filled by its own change."""


def downgrade() -> None:
    """Filled by its own change."""
