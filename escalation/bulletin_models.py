"""Bulletins and the other papers the centre writes (R09): counted artefacts. Rows only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

KINDS = ("bulletin", "brief", "hotspot", "proposal", "case")  # a case is for everybody: it stands on the portal once issued
STATES = ("draft", "issued")


class Bulletin(db.Model):
    """`text` has holes like {受理} for figures; issued, `figures` keeps what stood in them then, and year and serial make its number."""

    __tablename__ = "bulletins"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", KINDS), name="kind"),
        sa.CheckConstraint(one_of("state", STATES), name="state"),
        sa.CheckConstraint("(state = 'issued') = (issued_at IS NOT NULL)", name="issued"),
        sa.CheckConstraint("since <= until", name="days"),
        sa.UniqueConstraint("kind", "year", "serial"),
        sa.Index("ix_bulletins_newest", "updated_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    title: Mapped[str]
    text: Mapped[str]
    since: Mapped[date] = mapped_column(sa.Date)
    until: Mapped[date] = mapped_column(sa.Date)
    figures: Mapped[dict | None] = mapped_column(JSONB)
    year: Mapped[int | None]
    serial: Mapped[int | None]
    version: Mapped[int]
    written_by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    written_by_name: Mapped[str]
    updated_at: Mapped[datetime]
    issued_by_name: Mapped[str] = mapped_column(server_default="")
    issued_at: Mapped[datetime | None]
