"""Linked procedures: mediation, termination, violation, petition."""

import sqlalchemy as sa
from alembic import op

from app.db import UTCDateTime

revision = "0013"
down_revision = "0012"

# what ends a limit, or what a limit is, by its code: (columns before, columns now)
STOPS = {
    "consumer-accept": ("{contact,contact-again}", "{accept}"), "petition-accept": ("{contact,contact-again}", "{accept}"),
}
STARTS = {"reporter-told": ("file-violation", "conclude-check"), "petition-instant": ("", "accept")}
KINDS = {"violation-check": ("duty", "promise"), "petition-instant": ("rule", "promise")}
NOTICE = "notice IN ('', 'parties', 'reporter', 'told')"


def upgrade() -> None:
    op.add_column("tickets", sa.Column("found_in_id", sa.BigInteger(), nullable=True))
    op.add_column("tickets", sa.Column("accepted_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("checked_at", UTCDateTime(timezone=True), nullable=True))
    op.add_column("tickets", sa.Column("notice", sa.Text(), server_default="", nullable=False))
    op.create_foreign_key("fk_tickets_found_in_id", "tickets", "tickets", ["found_in_id"], ["id"])
    op.create_check_constraint("ck_tickets_notice", "tickets", NOTICE)
    op.create_index("ix_tickets_found_in", "tickets", ["found_in_id"], unique=False, postgresql_where=sa.text("found_in_id IS NOT NULL"))
    op.create_index("ix_tickets_notice", "tickets", ["lead_unit_id"], unique=False, postgresql_where=sa.text("notice IN ('parties', 'reporter')"))
    _set_limits(1)


def downgrade() -> None:
    _set_limits(0)
    for name in ("ix_tickets_notice", "ix_tickets_found_in"):
        op.drop_index(name, table_name="tickets")
    op.drop_constraint("ck_tickets_notice", "tickets", type_="check")
    op.drop_constraint("fk_tickets_found_in_id", "tickets", type_="foreignkey")
    for name in ("notice", "checked_at", "accepted_at", "found_in_id"):
        op.drop_column("tickets", name)


def _set_limits(now: int) -> None:
    """The actions exist from here on: the limits that are there already learn by which they start and stop."""
    for column, cast, changes in (("stop", "text[]", STOPS), ("start", "text", STARTS), ("kind", "text", KINDS)):
        for code, values in changes.items():
            op.execute(sa.text(f"UPDATE limits SET {column} = CAST(:value AS {cast}) WHERE code = :code").bindparams(value=values[now], code=code))
