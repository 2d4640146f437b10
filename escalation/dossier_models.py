"""Tables of the two highest rungs: dossiers for the standing meeting (E7) and sealed referrals to discipline (E8). Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

DOSSIER_STATES = ("raised", "submitted", "decided", "withdrawn")
DOSSIER_LIVE = ("raised", "submitted")
MISCONDUCTS = ("refusal", "fraud", "leak", "attitude")
CONCLUSIONS = ("upheld", "partly", "unfounded")
LIVE_DOSSIER = sa.text("state IN ('raised', 'submitted')")


class Dossier(db.Model):
    """上会材料: what stayed unsolved under an order goes to the government office and the standing meeting (JN §29–30, WF §23).

    One is live per ticket. The meeting's decision names person, post and limit: it is the coordination `coordination_id` of the same order.
    """

    __tablename__ = "dossiers"
    __table_args__ = (
        sa.UniqueConstraint("year", "serial"),
        sa.CheckConstraint(one_of("state", DOSSIER_STATES), name="state"),
        sa.CheckConstraint("question <> '' AND obstacle <> ''", name="words"),
        sa.CheckConstraint(
            "state NOT IN ('submitted', 'decided') OR (submitted_at IS NOT NULL AND submitted_by_name <> '')", name="submitted"
        ),
        sa.CheckConstraint("(state = 'decided') = (coordination_id IS NOT NULL)", name="decided"),
        sa.CheckConstraint("state <> 'decided' OR (meeting <> '' AND held_on IS NOT NULL AND decision <> '')", name="decision"),
        sa.CheckConstraint("(state IN ('decided', 'withdrawn')) = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("state <> 'withdrawn' OR withdrawn_why <> ''", name="withdrawn"),
        sa.Index("uq_dossiers_live", "ticket_id", unique=True, postgresql_where=LIVE_DOSSIER),
        sa.Index("ix_dossiers_unit", "unit_id", "raised_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    year: Mapped[int]
    serial: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    supervision_id: Mapped[int] = mapped_column(sa.ForeignKey("supervisions.id"), index=True)
    state: Mapped[str]
    question: Mapped[str]
    obstacle: Mapped[str]
    raised_at: Mapped[datetime]
    raised_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    raised_by_name: Mapped[str]
    submitted_at: Mapped[datetime | None]
    submitted_by_name: Mapped[str] = mapped_column(server_default="")
    opinion: Mapped[str] = mapped_column(server_default="")
    meeting: Mapped[str] = mapped_column(server_default="")
    held_on: Mapped[date | None]
    decision: Mapped[str] = mapped_column(server_default="")
    coordination_id: Mapped[int | None] = mapped_column(sa.ForeignKey("coordinations.id"))
    closed_at: Mapped[datetime | None]
    closed_by_name: Mapped[str] = mapped_column(server_default="")
    withdrawn_why: Mapped[str] = mapped_column(server_default="")

    @property
    def number(self) -> str:
        """As people write it: HY2026-003."""
        return f"HY{self.year}-{self.serial:03d}"


class Referral(db.Model):
    """移送: refusal, fraud, a leak or attitude goes to discipline as a sealed package (BJ §35, JN §40).

    The unit never learns of it from us: no event on the ticket, no entry in the ledger it reads; the audit log keeps each step.
    `package` is the evidence as it stood that instant and `seal` its SHA-256: a trigger refuses any change of either.
    """

    __tablename__ = "referrals"
    __table_args__ = (
        sa.UniqueConstraint("year", "serial"),
        sa.CheckConstraint(one_of("misconduct", MISCONDUCTS), name="misconduct"),
        sa.CheckConstraint(one_of("conclusion", CONCLUSIONS), name="conclusion"),
        sa.CheckConstraint("words <> ''", name="words"),
        sa.CheckConstraint("(closed_at IS NULL) = (conclusion IS NULL)", name="closed"),
        sa.CheckConstraint("conclusion IS NULL OR (conclusion_words <> '' AND closed_by_name <> '')", name="concluded"),
        sa.Index("ix_referrals_open", "at", postgresql_where=sa.text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    year: Mapped[int]
    serial: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    misconduct: Mapped[str]
    person: Mapped[str] = mapped_column(server_default="")
    words: Mapped[str]
    package: Mapped[dict] = mapped_column(JSONB)
    seal: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    closed_at: Mapped[datetime | None]
    closed_by_name: Mapped[str] = mapped_column(server_default="")
    conclusion: Mapped[str | None]
    conclusion_words: Mapped[str] = mapped_column(server_default="")

    @property
    def number(self) -> str:
        """As people write it: YS2026-003."""
        return f"YS{self.year}-{self.serial:03d}"
