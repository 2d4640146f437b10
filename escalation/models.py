"""Tables of time: calendar days, limits, clocks with their pauses and changes. Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import db, one_of
from escalation.due import UNITS
from escalation.limits import KINDS, OWNERS

FIXED = "fixed"
STOP_REASONS = ("met", "late", "cancelled", "released", "expired")
CHANGE_REASONS = ("extension", "pause", "calendar", "limit")
LEDGER_STATUSES = ("open", "acknowledged", "ordered", "cleared", "written-off")
RULINGS = ("accepted", "denied")


class CalendarDay(db.Model):
    """One day: is it worked, what it is called, who says so, and whether its year's notice is still to come."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
    note: Mapped[str] = mapped_column(server_default="")
    source: Mapped[str]
    provisional: Mapped[bool] = mapped_column(server_default=sa.false())


class RuleVersion(db.Model):
    """How often calendar_days ("calendar") and limits ("limits") have changed: triggers count, every process compares."""

    __tablename__ = "rule_versions"

    name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(sa.BigInteger)


class LimitRow(db.Model):
    """One version of one limit of one profile; escalation.limits.Limit is its value. Ended and followed, never rewritten."""

    __tablename__ = "limits"
    __table_args__ = (
        sa.UniqueConstraint("profile", "code", "version"),
        sa.CheckConstraint(one_of("unit", UNITS), name="unit"),
        sa.CheckConstraint(one_of("kind", KINDS), name="kind"),
        sa.CheckConstraint(one_of("owner", OWNERS), name="owner"),
        sa.CheckConstraint("length >= 0", name="length"),
        sa.CheckConstraint("effective_to IS NULL OR effective_from <= effective_to", name="order"),
        sa.Index("uq_limits_live", "profile", "code", unique=True, postgresql_where=sa.text("effective_to IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    profile: Mapped[str]
    version: Mapped[int]
    length: Mapped[int]
    unit: Mapped[str]
    article: Mapped[str]
    owner: Mapped[str]
    kind: Mapped[str]
    start: Mapped[str]
    stop: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    applies: Mapped[list] = mapped_column(JSONB)
    pauses: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    extension: Mapped[dict | None] = mapped_column(JSONB)
    hours_id: Mapped[int | None] = mapped_column(sa.ForeignKey("business_hours.id"))
    off: Mapped[bool]
    effective_from: Mapped[datetime]
    effective_to: Mapped[datetime | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    reason: Mapped[str] = mapped_column(server_default="")


class Clock(db.Model):
    """One limit running against one ticket, or against one whistle or a summons of it (exactly one of the two is set). A ticket's own clocks never start again; a unit's start fresh with every sending.

    `length`, `unit`, `started_at`, `extended_by` and the pauses are what `due_at` is computed from; unit "fixed" means the due
    date was given (an upper level's limit, a dated promise). `breached_at` is the due instant, never when it was noticed.
    `trace`: {"from": day, "marks": one letter a day}, read by escalation.due.read_marks. `hours`: the business hours it runs in,
    as they were when it began (escalation.hours.Hours), null = round the clock.
    """

    __tablename__ = "clocks"
    __table_args__ = (
        sa.CheckConstraint(one_of("unit", (*UNITS, FIXED)), name="unit"),
        sa.CheckConstraint(one_of("kind", KINDS), name="kind"),
        sa.CheckConstraint(one_of("stop_reason", STOP_REASONS), name="stop_reason"),
        sa.CheckConstraint("(stopped_at IS NULL) = (stop_reason IS NULL)", name="stopped"),
        sa.CheckConstraint("next_step_at IS NULL OR (stopped_at IS NULL AND paused_at IS NULL)", name="only_running_climb"),
        sa.CheckConstraint("(ticket_id IS NULL) <> (whistle_id IS NULL)", name="one_subject"),
        sa.CheckConstraint("summons_id IS NULL OR whistle_id IS NOT NULL", name="summons_of_whistle"),
        sa.Index("ix_clocks_ticket", "ticket_id"),
        sa.Index("ix_clocks_whistle", "whistle_id", postgresql_where=sa.text("whistle_id IS NOT NULL")),
        sa.Index(
            "uq_clocks_whistle_running",
            "whistle_id",
            sa.text("coalesce(summons_id, 0)"),
            "code",
            unique=True,
            postgresql_where=sa.text("stopped_at IS NULL AND whistle_id IS NOT NULL"),
        ),
        sa.Index("ix_clocks_next_step", "next_step_at", "id", postgresql_where=sa.text("next_step_at IS NOT NULL")),
        sa.Index("ix_clocks_due", "due_at", postgresql_using="brin", postgresql_with={"pages_per_range": 32, "autosummarize": "on"}),
        sa.Index("ix_clocks_running_due", "due_at", "id", postgresql_where=sa.text("stopped_at IS NULL")),
        sa.Index(
            "uq_clocks_running",
            "ticket_id",
            sa.text("coalesce(task_id, 0)"),
            "code",
            sa.text("coalesce(owner_unit_id, 0)"),
            unique=True,
            postgresql_where=sa.text("stopped_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"))
    whistle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("whistles.id"))
    summons_id: Mapped[int | None] = mapped_column(sa.ForeignKey("summonses.id"))
    task_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tasks.id"))
    code: Mapped[str]
    kind: Mapped[str]
    limit_id: Mapped[int] = mapped_column(sa.ForeignKey("limits.id"))
    owner_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    length: Mapped[int]
    unit: Mapped[str]
    hours: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))
    started_at: Mapped[datetime]
    due_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    provisional: Mapped[bool]
    extended_by: Mapped[int]
    short: Mapped[bool]
    trace: Mapped[dict | None] = mapped_column(JSONB)
    paused_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]
    stop_reason: Mapped[str | None]
    breached_at: Mapped[datetime | None]
    next_step: Mapped[str | None]
    next_step_at: Mapped[datetime | None]
    steps_done: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))

    parent = relationship("Ticket", lazy="raise")  # never read: it makes a flush insert the ticket first


class ClockPause(db.Model):
    """A stretch in which a clock stood still: code, evidence, who approved. Open while `to_at` is null, one open per clock."""

    __tablename__ = "clock_pauses"
    __table_args__ = (
        sa.CheckConstraint("to_at IS NULL OR from_at <= to_at", name="order"),
        sa.Index("uq_clock_pauses_open", "clock_id", unique=True, postgresql_where=sa.text("to_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clocks.id"), index=True)
    request_id: Mapped[int | None] = mapped_column(sa.ForeignKey("requests.id"))
    from_at: Mapped[datetime]
    to_at: Mapped[datetime | None]
    code: Mapped[str]
    evidence: Mapped[str]
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))


class ClockChange(db.Model):
    """A due date moved: from, to, why, by whom; the old trace stays beside the new one on the clock."""

    __tablename__ = "clock_changes"
    __table_args__ = (sa.CheckConstraint(one_of("why", CHANGE_REASONS), name="why"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clocks.id"), index=True)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    why: Mapped[str]
    words: Mapped[str] = mapped_column(server_default="")
    old_due: Mapped[datetime]
    new_due: Mapped[datetime]
    old_provisional: Mapped[bool]
    new_provisional: Mapped[bool]
    old_trace: Mapped[dict | None] = mapped_column(JSONB)


class EscalationStep(db.Model):
    """A rung was taken: once per clock, step and due date, for ever. `planned_at` is when it was to be, `fired_at` when it was.

    `ticket_id` (or `whistle_id`) and `unit_id` repeat the clock's without a foreign key: a sweep must never wait for a ticket somebody is working on.
    """

    __tablename__ = "escalation_steps"
    __table_args__ = (
        sa.UniqueConstraint("clock_id", "step", "for_due"),
        sa.Index("ix_escalation_steps_ticket", "ticket_id"),
        sa.Index("ix_escalation_steps_unit_fired", "unit_id", "fired_at"),
        sa.Index("ix_escalation_steps_untold", "fired_at", "id", postgresql_where=sa.text("told_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clocks.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    whistle_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    unit_id: Mapped[int | None]
    code: Mapped[str]
    step: Mapped[str]
    level: Mapped[str]
    for_due: Mapped[datetime]
    planned_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    late: Mapped[bool]
    recipients: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer))
    told_at: Mapped[datetime | None]


class LedgerEntry(db.Model):
    """督办台账: one card or higher, from the step that raised it to the reply that cleared it or the evidence that wrote it off.

    The unit explains it, the supervisor rules on the explanation (denied: it stands open again); `supervision_id` is the order it led to.
    Nobody clears it by a new due date: what closes it is in hand.py (acting) and ledger.py (evidence).
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        sa.CheckConstraint(one_of("status", LEDGER_STATUSES), name="status"),
        sa.CheckConstraint("(ticket_id IS NULL) <> (whistle_id IS NULL)", name="one_subject"),
        sa.CheckConstraint("(closed_at IS NULL) = (status NOT IN ('cleared', 'written-off'))", name="closed"),
        sa.CheckConstraint(one_of("ruling", RULINGS), name="ruling"),
        sa.CheckConstraint("status <> 'acknowledged' OR explanation <> ''", name="explained"),
        sa.CheckConstraint("status <> 'ordered' OR supervision_id IS NOT NULL", name="ordered"),
        sa.CheckConstraint("status <> 'written-off' OR evidence <> ''", name="evidence"),
        sa.Index("ix_ledger_entries_supervision", "supervision_id", postgresql_where=sa.text("supervision_id IS NOT NULL")),
        sa.Index("ix_ledger_entries_clock", "clock_id"),
        sa.Index("ix_ledger_entries_ticket", "ticket_id"),
        sa.Index("ix_ledger_entries_whistle", "whistle_id", postgresql_where=sa.text("whistle_id IS NOT NULL")),
        sa.Index("ix_ledger_entries_open", "level", "opened_at", postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("ix_ledger_entries_unit_open", "unit_id", "opened_at", postgresql_where=sa.text("closed_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    step_id: Mapped[int] = mapped_column(sa.ForeignKey("escalation_steps.id"), unique=True)
    clock_id: Mapped[int] = mapped_column(sa.ForeignKey("clocks.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    whistle_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    unit_id: Mapped[int | None]
    level: Mapped[str]
    card: Mapped[str]
    status: Mapped[str]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    supervision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supervisions.id"))
    urged_at: Mapped[datetime | None]
    explanation: Mapped[str] = mapped_column(server_default="")
    explained_at: Mapped[datetime | None]
    explained_by_name: Mapped[str] = mapped_column(server_default="")
    ruling: Mapped[str | None]
    ruling_words: Mapped[str] = mapped_column(server_default="")
    ruled_at: Mapped[datetime | None]
    ruled_by_name: Mapped[str] = mapped_column(server_default="")
    evidence: Mapped[str] = mapped_column(server_default="")
    closed_by_name: Mapped[str] = mapped_column(server_default="")


class Heartbeat(db.Model):
    """When a process that must run was last alive."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
