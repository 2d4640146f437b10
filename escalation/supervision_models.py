"""Tables of the supervision room (督办): orders, inspections, top coordination, meetings, accountability. Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

REASONS = ("overdue", "repeated", "refuses-to-receive", "should-have-solved", "bad-influence", "knowledge-stale")
STATES = ("issued", "acknowledged", "written-off")
STANDINGS = ("done", "under-way", "not-begun", "hard")
MODES = ("check-effect", "check-progress", "check-cause", "re-inspect")
STANDING_OF = dict(zip(MODES, STANDINGS, strict=True))  # R48: which inspection is for which standing
CLASSES = ("implemented", "satisfied-after-rework", "judged", "deferred", "handed-over")
MEETINGS = ("on-site", "interview")
FAULTS = ("buck-passing", "delay", "refusal", "untrue")


class Supervision(db.Model):
    """督办单: a unit is put under supervision for one ticket, with a time of its own, until a supervisor writes it off on evidence.

    At most one is live per ticket (R50): a unique index holds that. `clock_id` is the clock it runs by, `standing` where the matter
    stands by the last inspection or answer; `listed_until` keeps it on the public list (挂牌) to the end of that day.
    """

    __tablename__ = "supervisions"
    __table_args__ = (
        sa.UniqueConstraint("year", "serial"),
        sa.CheckConstraint(one_of("reason", REASONS), name="reason"),
        sa.CheckConstraint(one_of("state", STATES), name="state"),
        sa.CheckConstraint(one_of("standing", STANDINGS), name="standing"),
        sa.CheckConstraint(one_of("written_off_as", CLASSES), name="class"),
        sa.CheckConstraint("words <> ''", name="words"),
        sa.CheckConstraint("(state = 'written-off') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint(
            "(closed_at IS NOT NULL) = (evidence <> '' AND written_off_as IS NOT NULL AND closed_by_name <> '')", name="evidence"
        ),
        sa.CheckConstraint("state <> 'acknowledged' OR (acknowledged_at IS NOT NULL AND plan <> '')", name="acknowledged"),
        sa.CheckConstraint("(listed_since IS NULL) = (listed_until IS NULL)", name="listed"),
        sa.Index("uq_supervisions_live", "ticket_id", unique=True, postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("ix_supervisions_ticket", "ticket_id"),
        sa.Index("ix_supervisions_issued", "issued_at", "id"),
        sa.Index("ix_supervisions_open", "standing", "issued_at", postgresql_where=sa.text("closed_at IS NULL")),
        sa.Index("ix_supervisions_unit", "unit_id", "issued_at", "id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    year: Mapped[int]
    serial: Mapped[int]
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    clock_id: Mapped[int | None] = mapped_column(sa.ForeignKey("clocks.id"))
    reason: Mapped[str]
    words: Mapped[str]
    state: Mapped[str]
    standing: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    issued_by_name: Mapped[str]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    acknowledged_by_name: Mapped[str] = mapped_column(server_default="")
    plan: Mapped[str] = mapped_column(server_default="")
    listed_since: Mapped[datetime | None]
    listed_until: Mapped[date | None]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    closed_by_name: Mapped[str] = mapped_column(server_default="")
    written_off_as: Mapped[str | None]
    evidence: Mapped[str] = mapped_column(server_default="")
    evidence_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachments.id"))

    @property
    def number(self) -> str:
        """As people write it: DB2026-118."""
        return f"DB{self.year}-{self.serial:03d}"


class Inspection(db.Model):
    """督查: somebody looked, in one of four modes (R48), at an order or at a ledger entry that has none."""

    __tablename__ = "inspections"
    __table_args__ = (
        sa.CheckConstraint(one_of("mode", MODES), name="mode"),
        sa.CheckConstraint("finding <> ''", name="finding"),
        sa.CheckConstraint("supervision_id IS NOT NULL OR entry_id IS NOT NULL", name="of_something"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    supervision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supervisions.id"), index=True)
    entry_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ledger_entries.id"), index=True)
    mode: Mapped[str]
    finding: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]


class Coordination(db.Model):
    """顶格协调: a leader names the person, the post and the limit (R47); none of the three may be missing."""

    __tablename__ = "coordinations"
    __table_args__ = (sa.CheckConstraint("person <> '' AND post <> ''", name="named"), sa.CheckConstraint("at < due_at", name="order"))

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    supervision_id: Mapped[int] = mapped_column(sa.ForeignKey("supervisions.id"), index=True)
    person: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    post: Mapped[str]
    due_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]


class Meeting(db.Model):
    """现场办公 (R50b) or 约谈: where, when, who sat there, what was settled. An interview may be called before it is held."""

    __tablename__ = "meetings"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", MEETINGS), name="kind"),
        sa.CheckConstraint("place <> '' AND people <> '' AND words <> ''", name="whole"),
        sa.CheckConstraint("kind = 'interview' OR held_at <= at", name="held"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    supervision_id: Mapped[int | None] = mapped_column(sa.ForeignKey("supervisions.id"), index=True)
    kind: Mapped[str]
    held_at: Mapped[datetime]
    place: Mapped[str]
    people: Mapped[str]
    words: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]


class Accountability(db.Model):
    """追责记录 (R53): who is held to account for what, with the returns and overdue limits of the ticket as they stood that day."""

    __tablename__ = "accountabilities"
    __table_args__ = (
        sa.CheckConstraint(one_of("fault", FAULTS), name="fault"),
        sa.CheckConstraint("words <> ''", name="words"),
        sa.Index("ix_accountabilities_unit", "unit_id", "at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    person: Mapped[str] = mapped_column(server_default="")
    fault: Mapped[str]
    words: Mapped[str]
    facts: Mapped[dict] = mapped_column(JSONB)
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
