"""The table of recountings: a changed limit or calendar, and how far its open clocks have been counted again. Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db


class Recounting(db.Model):
    """The open clocks of one new version of a limit, or those that run past the first day a notice changed, counted again in batches behind
    the request that saved it.

    `after_ticket` and `after_whistle` are the last ids done: a batch and its mark are one transaction, so a kill repeats nothing.
    `total` is how many clocks there were to look at when it was asked for; `looked_at`, `moved`, `kept` what became of them so far.
    """

    __tablename__ = "recountings"
    __table_args__ = (
        sa.CheckConstraint("finished_at IS NULL OR asked_at <= finished_at", name="order"),
        sa.CheckConstraint("(limit_id IS NULL) <> (first_day IS NULL)", name="subject"),
        sa.Index("ix_recountings_open", "id", postgresql_where=sa.text("finished_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    limit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("limits.id"), unique=True)
    first_day: Mapped[date | None]
    reason: Mapped[str]
    asked_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    after_ticket: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    after_whistle: Mapped[int] = mapped_column(sa.BigInteger, server_default=sa.text("0"))
    total: Mapped[int]
    looked_at: Mapped[int] = mapped_column(server_default=sa.text("0"))
    moved: Mapped[int] = mapped_column(server_default=sa.text("0"))
    kept: Mapped[int] = mapped_column(server_default=sa.text("0"))
    finished_at: Mapped[datetime | None]

    @property
    def share(self) -> int:
        """Percent looked at so far; 100 when it is finished, however many ended meanwhile."""
        return 100 if self.finished_at else min(99, 100 * self.looked_at // max(self.total, 1))
