"""Tables of business hours: sets of spans, and which unit counts which limit in which set. Columns and constraints only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db


class BusinessHours(db.Model):
    """Spans of a day in which a limit may run. Never rewritten once made: another set is another row; a retired one is offered no more."""

    __tablename__ = "business_hours"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    name_en: Mapped[str] = mapped_column(server_default="")
    hours: Mapped[dict] = mapped_column(JSONB)
    made_at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    retired_at: Mapped[datetime | None]


class UnitHours(db.Model):
    """One unit counts one limit of its own in these business hours, from then until then."""

    __tablename__ = "unit_hours"
    __table_args__ = (
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="order"),
        sa.Index("uq_unit_hours_live", "unit_id", "code", unique=True, postgresql_where=sa.text("effective_to IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    code: Mapped[str]
    hours_id: Mapped[int] = mapped_column(sa.ForeignKey("business_hours.id"))
    basis: Mapped[str]
    effective_from: Mapped[datetime]
    effective_to: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
