"""Whose duty what is, and what may be answered at once: the catalogue, the boundary list, the knowledge base, as rows. Questions are
in catalogue.py, boundaries.py and knowledge.py."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Lexemes, db


class CatalogueEntry(db.Model):
    """Category × region → unit, with its legal basis, from a date to a date. Changed only by ending one row and adding another."""

    __tablename__ = "catalogue_entries"
    __table_args__ = (
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="order"),
        sa.Index(
            "uq_catalogue_live",
            "category_id",
            sa.text("coalesce(region_code, '')"),
            unique=True,
            postgresql_where=sa.text("effective_to IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("categories.id"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), index=True)
    basis: Mapped[str]
    effective_from: Mapped[datetime]
    effective_to: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    ruling_ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"))


class Boundary(db.Model):
    """A matter that takes two or more departments, with its published division of work (R44, R45)."""

    __tablename__ = "boundaries"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int]
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("categories.id"), index=True)
    title: Mapped[str]
    lead_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    division: Mapped[list] = mapped_column(JSONB)
    basis: Mapped[str]
    effective_from: Mapped[datetime]
    effective_to: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))


class Knowledge(db.Model):
    """What the centre may answer at once, with its source; kept by the units (JN §34).

    After `valid_until` nobody is answered from it; from `review_on` on its unit is asked whether it still holds.
    """

    __tablename__ = "knowledge"
    __table_args__ = (sa.Index("ix_knowledge_review_on", "review_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    content: Mapped[str]
    article: Mapped[str] = mapped_column(server_default="")
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    public: Mapped[bool] = mapped_column(server_default=sa.true())
    updated_at: Mapped[datetime]
    review_on: Mapped[date] = mapped_column(sa.Date, server_default=sa.text("CURRENT_DATE + 180"))
    valid_until: Mapped[date | None] = mapped_column(sa.Date)
    search: Mapped[list[str]] = mapped_column(Lexemes, deferred=True)
