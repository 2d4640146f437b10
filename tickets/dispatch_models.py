"""A ticket's way through the units: where it was sent, what its unit asks of the centre and of assistants. Columns and constraints only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from tickets import codes


class Dispatch(db.Model):
    """One sending to one lead unit, until it is taken away: lateness is split by these segments (domain §4)."""

    __tablename__ = "dispatches"
    __table_args__ = (
        sa.Index("uq_dispatches_live", "ticket_id", unique=True, postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("ix_dispatches_unit", "unit_id", "at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    reason: Mapped[str]
    basis: Mapped[str] = mapped_column(server_default="")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    signed_at: Mapped[datetime | None]
    signed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(server_default="")


class Request(db.Model):
    """Something a unit asks of the centre and the centre decides: return, extension, suspension, ledger, dispute.

    At most one of a kind waits per ticket (a unique index holds that). `decision` is accept, deny, lapsed
    (the ticket went on), or null while it waits.
    """

    __tablename__ = "requests"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", codes.REQUEST_KINDS), name="kind"),
        sa.CheckConstraint("(decision IS NULL) = (decided_at IS NULL)", name="decided"),
        sa.Index("uq_requests_waiting", "ticket_id", "kind", unique=True, postgresql_where=sa.text("decision IS NULL")),
        sa.Index("ix_requests_queue", "kind", "asked_at", postgresql_where=sa.text("decision IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    code: Mapped[str] = mapped_column(server_default="")
    words: Mapped[str] = mapped_column(server_default="")
    basis: Mapped[str] = mapped_column(server_default="")
    days: Mapped[int | None]
    suggested_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    promised_at: Mapped[datetime | None]
    from_status: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    decision: Mapped[str | None]
    decision_words: Mapped[str] = mapped_column(server_default="")
    decided_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    decided_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    due_before: Mapped[datetime | None]
    due_after: Mapped[datetime | None]


class Task(db.Model):
    """An assisting unit's part: asked by the lead, answered to the lead, graded by the lead, in parallel with the others (R42, R43).

    `person_id`: who of the unit is in charge of it, if the unit has named one (R79c 段长)."""

    __tablename__ = "tasks"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", codes.TASK_STATES), name="state"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"),
        sa.Index("uq_tasks_unit", "ticket_id", "unit_id", unique=True, postgresql_where=sa.text("state <> 'released'")),
        sa.Index("ix_tasks_unit_state", "unit_id", "state", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    ask: Mapped[str]
    days: Mapped[int | None]
    state: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime | None]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    signed_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(server_default="")
    released_at: Mapped[datetime | None]
    release_reason: Mapped[str] = mapped_column(server_default="")
    score: Mapped[int | None]
    score_reason: Mapped[str] = mapped_column(server_default="")
    graded_at: Mapped[datetime | None]
