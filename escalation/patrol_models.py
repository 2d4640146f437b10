"""Tables of the grid patrol (T28): the cells a street goes round, each visit, and the intervals between them. Columns and constraints only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

RUNNING, KEPT, MISSED, VOID = OUTCOMES = ("running", "kept", "missed", "void")
GRADES = (1, 2, 3)


class PatrolCell(db.Model):
    """One cell of the grid (网格). Its grade says which limit counts its rounds; who moves it to another street closes it and opens another."""

    __tablename__ = "patrol_cells"
    __table_args__ = (
        sa.CheckConstraint("grade BETWEEN 1 AND 3", name="grade"),
        sa.CheckConstraint("code <> '' AND name <> ''", name="named"),
        sa.CheckConstraint("active_until IS NULL OR active_since <= active_until", name="order"),
        sa.Index("ix_patrol_cells_unit", "unit_id", postgresql_where=sa.text("active_until IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))
    grade: Mapped[int] = mapped_column(sa.SmallInteger)
    active_since: Mapped[datetime]
    active_until: Mapped[datetime | None]


class PatrolVisit(db.Model):
    """Somebody was there. Append-only; `request_key` holds a second press of the same button to the first."""

    __tablename__ = "patrol_visits"
    __table_args__ = (sa.Index("ix_patrol_visits_cell", "cell_id", "at"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    cell_id: Mapped[int] = mapped_column(sa.ForeignKey("patrol_cells.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    note: Mapped[str] = mapped_column(server_default="")
    request_key: Mapped[str] = mapped_column(unique=True)


class PatrolInterval(db.Model):
    """From one visit to the next, or to the instant it was due: kept, missed, or void (counted already as missed, or the cell was closed).

    `misses`: how many rounds in a row were missed before it began; such a piece is void once somebody comes. `told_at`: when its people heard of the miss.
    """

    __tablename__ = "patrol_intervals"
    __table_args__ = (
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        sa.CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ended"),
        sa.CheckConstraint("began_at < due_at AND (ended_at IS NULL OR began_at <= ended_at)", name="order"),
        sa.CheckConstraint("outcome <> 'kept' OR (visit_id IS NOT NULL AND ended_at <= due_at AND misses = 0)", name="kept"),
        sa.CheckConstraint("outcome <> 'missed' OR (visit_id IS NULL AND ended_at = due_at)", name="missed"),
        sa.Index("uq_patrol_intervals_running", "cell_id", unique=True, postgresql_where=sa.text("outcome = 'running'")),
        sa.Index("ix_patrol_intervals_cell", "cell_id", "began_at"),
        sa.Index("ix_patrol_intervals_due", "due_at", postgresql_where=sa.text("outcome = 'running'")),
        sa.Index(
            "ix_patrol_intervals_decided",
            "ended_at",
            postgresql_include=["cell_id", "outcome"],
            postgresql_where=sa.text("outcome IN ('kept', 'missed')"),
        ),
        sa.Index("ix_patrol_intervals_untold", "id", postgresql_where=sa.text("outcome = 'missed' AND told_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    cell_id: Mapped[int] = mapped_column(sa.ForeignKey("patrol_cells.id"))
    limit_id: Mapped[int] = mapped_column(sa.ForeignKey("limits.id"))
    began_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(server_default=RUNNING)
    misses: Mapped[int] = mapped_column(server_default="0")
    visit_id: Mapped[int | None] = mapped_column(sa.BigInteger, sa.ForeignKey("patrol_visits.id"))
    told_at: Mapped[datetime | None]
