"""Tables of evaluation (domain §7): draws, call-backs owed, the bad-rating loop, exclusions, reply quality, surveys. Columns and constraints only."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from tickets import evaluation_codes as codes


class EvaluationRule(db.Model):
    """How a profile evaluates, from an instant on; shares in percent, days in calendar days. The newest row of a profile holds."""

    __tablename__ = "evaluation_rules"
    __table_args__ = (
        sa.CheckConstraint("on_reply OR on_due", name="some_trigger"),
        sa.CheckConstraint(
            "call_share BETWEEN 0 AND 100 AND look_back_share BETWEEN 0 AND 100 AND quality_share BETWEEN 0 AND 100 AND double_share BETWEEN 0 AND 100",
            name="shares",
        ),
        sa.CheckConstraint("look_back_days BETWEEN 1 AND 365", name="days"),
        sa.Index("ix_evaluation_rules_profile", "profile", "effective_from"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    profile: Mapped[str]
    on_reply: Mapped[bool]
    on_due: Mapped[bool]
    call_share: Mapped[int]
    look_back_days: Mapped[int]
    look_back_share: Mapped[int]
    quality_share: Mapped[int]
    double_share: Mapped[int]
    effective_from: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    reason: Mapped[str]


class Sample(db.Model):
    """One draw, kept so that anybody can draw it again: the seed, the share, and everyone it was drawn from.

    `population`: [[id, unit id, category id], …] as it stood; ids, those `chosen` too, are of tickets, of replies ("quality") or of the events
    of direct answers ("direct"). tickets/sampling.py is the arithmetic.
    """

    __tablename__ = "samples"
    __table_args__ = (sa.CheckConstraint(one_of("kind", codes.SAMPLE_KINDS), name="kind"), sa.Index("ix_samples_kind", "kind", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    seed: Mapped[str]
    share: Mapped[int]
    until: Mapped[datetime]
    population: Mapped[list] = mapped_column(JSONB)
    chosen: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger))
    at: Mapped[datetime]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]


class Rectification(db.Model):
    """整改: one bad rating on its way back to the citizen. An anonymous one is only counted.

    `unit_id` is who handled and rectifies (null: the centre itself). `by_centre`: a confidential matter, only the centre may speak to
    the citizen. `turn`: 2 and more when the centre sent it back. `refused_at`: a clear one was refused, a breach (SHB §96).
    """

    __tablename__ = "rectifications"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", codes.LOOP_STATES), name="state"),
        sa.CheckConstraint(one_of("class_code", codes.CLASSES), name="class_code"),
        sa.CheckConstraint(one_of("outcome", codes.LOOP_OUTCOMES), name="outcome"),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
        sa.CheckConstraint("(state = 'counted') <> named", name="counted"),
        sa.Index("uq_rectifications_rating", "rating_id", "turn", unique=True),
        sa.Index("uq_rectifications_live", "ticket_id", unique=True, postgresql_where=sa.text("state NOT IN ('counted', 'closed')")),
        sa.Index("ix_rectifications_unit", "unit_id", "opened_at"),
        sa.Index("ix_rectifications_opened", "opened_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    rating_id: Mapped[int] = mapped_column(sa.ForeignKey("ratings.id"))
    turn: Mapped[int] = mapped_column(server_default="1")
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    handler_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    named: Mapped[bool]
    by_centre: Mapped[bool] = mapped_column(server_default=sa.false())
    state: Mapped[str]
    opened_at: Mapped[datetime]

    attempts: Mapped[int] = mapped_column(server_default="0")
    contacted_at: Mapped[datetime | None]
    contacted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    class_code: Mapped[str | None]
    class_words: Mapped[str] = mapped_column(server_default="")
    classified_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    refused_words: Mapped[str] = mapped_column(server_default="")
    appeal_words: Mapped[str] = mapped_column(server_default="")
    appealed_at: Mapped[datetime | None]
    ruling: Mapped[str | None]
    ruling_words: Mapped[str] = mapped_column(server_default="")
    ruled_at: Mapped[datetime | None]
    ruled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    measures: Mapped[str] = mapped_column(server_default="")
    rectified_at: Mapped[datetime | None]
    rectified_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    told_by: Mapped[str] = mapped_column(server_default="")
    told_at: Mapped[datetime | None]
    revisited_at: Mapped[datetime | None]
    revisited_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    outcome: Mapped[str | None]
    outcome_words: Mapped[str] = mapped_column(server_default="")
    second_rating_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ratings.id"))
    closed_at: Mapped[datetime | None]


class Callback(db.Model):
    """回访: one call owed to the citizen, from the instant it may be made (`from_at`) to its result. 有效回访率 counts these.

    `attempts` and `last_at` are those that reached nobody; `texted_at`: after the third, by text message.
    """

    __tablename__ = "callbacks"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", codes.CALL_KINDS), name="kind"),
        sa.CheckConstraint(one_of("state", codes.CALL_STATES), name="state"),
        sa.CheckConstraint(one_of("reason", codes.CALL_REASONS), name="reason"),
        sa.CheckConstraint(one_of("result", codes.CALL_RESULTS), name="result"),
        sa.CheckConstraint(one_of("finding", codes.LOOK_BACKS), name="finding"),
        sa.CheckConstraint("(state IN ('done', 'skipped')) = (done_at IS NOT NULL)", name="done"),
        sa.Index("uq_callbacks_live", "ticket_id", "kind", unique=True, postgresql_where=sa.text("state IN ('drawing', 'waiting')")),
        sa.Index("ix_callbacks_waiting", "from_at", "id", postgresql_where=sa.text("state IN ('drawing', 'waiting')")),
        sa.Index("ix_callbacks_from", "from_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]
    round: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    reason: Mapped[str]
    sample_id: Mapped[int | None] = mapped_column(sa.ForeignKey("samples.id"))
    rectification_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rectifications.id"))
    state: Mapped[str]
    from_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_at: Mapped[datetime | None]
    texted_at: Mapped[datetime | None]
    result: Mapped[str | None]
    finding: Mapped[str | None]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))


class Exclusion(db.Model):
    """剔除: a unit asks that a ticket not count in its assessment; two people of the centre agree, or it counts. Never dropped, shown apart."""

    __tablename__ = "exclusions"
    __table_args__ = (
        sa.CheckConstraint(one_of("ground", codes.EXCLUSION_GROUNDS), name="ground"),
        sa.CheckConstraint(one_of("state", codes.EXCLUSION_STATES), name="state"),
        sa.CheckConstraint("first_by_id <> second_by_id", name="two_people"),
        sa.CheckConstraint("state <> 'approved' OR (first_by_id IS NOT NULL AND second_by_id IS NOT NULL)", name="approved_by_two"),
        sa.CheckConstraint("basis <> '' AND evidence <> ''", name="grounds"),
        sa.Index(
            "uq_exclusions_standing",
            "ticket_id",
            "unit_id",
            unique=True,
            postgresql_where=sa.text("state IN ('asked', 'seconded', 'approved')"),
        ),
        sa.Index("ix_exclusions_open", "asked_at", postgresql_where=sa.text("state IN ('asked', 'seconded')")),
        sa.Index("ix_exclusions_decided", "decided_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"), index=True)
    ground: Mapped[str]
    basis: Mapped[str]
    evidence: Mapped[str]
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachments.id"))
    state: Mapped[str]
    asked_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    asked_at: Mapped[datetime]
    first_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    first_words: Mapped[str] = mapped_column(server_default="")
    first_at: Mapped[datetime | None]
    second_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    second_words: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]


class QualityCheck(db.Model):
    """质检: one reply, or one direct answer (`answer_id`: its event; no unit, the centre gave it), drawn to be marked by one person or, for a
    share, by two; `accurate` is what came out of it."""

    __tablename__ = "quality_checks"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", codes.CHECK_STATES), name="state"),
        sa.CheckConstraint("(state = 'settled') = (accurate IS NOT NULL)", name="settled"),
        sa.CheckConstraint("(reply_id IS NULL) <> (answer_id IS NULL)", name="subject"),
        sa.UniqueConstraint("reply_id"),
        sa.UniqueConstraint("answer_id"),
        sa.Index("ix_quality_checks_open", "id", postgresql_where=sa.text("state <> 'settled'")),
        sa.Index("ix_quality_checks_drawn", "drawn_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    sample_id: Mapped[int] = mapped_column(sa.ForeignKey("samples.id"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    reply_id: Mapped[int | None] = mapped_column(sa.ForeignKey("replies.id"))
    answer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ticket_events.id"))
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    double: Mapped[bool]
    state: Mapped[str]
    accurate: Mapped[bool | None]
    drawn_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class QualityMark(db.Model):
    """One person's score sheet of a reply: accuracy, the four elements, tone 1–5. A third person's settles two that differ."""

    __tablename__ = "quality_marks"
    __table_args__ = (
        sa.UniqueConstraint("check_id", "by_id"),
        sa.CheckConstraint("tone BETWEEN 1 AND 5", name="tone"),
        sa.CheckConstraint("accurate OR words <> ''", name="why_wrong"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    check_id: Mapped[int] = mapped_column(sa.ForeignKey("quality_checks.id"))
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    accurate: Mapped[bool]
    elements: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    tone: Mapped[int]
    words: Mapped[str] = mapped_column(server_default="")


class Awareness(db.Model):
    """社会知晓度 (R76): one survey, of `asked` people `aware` knew the line. Never edited: a correction is a new row that names the one it
    replaces and says why; days are the city's, both included."""

    __tablename__ = "awareness"
    __table_args__ = (
        sa.CheckConstraint("asked > 0 AND aware BETWEEN 0 AND asked", name="counts"),
        sa.CheckConstraint("first_on <= last_on", name="period"),
        sa.CheckConstraint("source <> ''", name="source"),
        sa.CheckConstraint("(corrects_id IS NULL) = (reason = '')", name="correction"),
        sa.UniqueConstraint("corrects_id"),
        sa.Index("ix_awareness_last", "last_on"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    asked: Mapped[int]
    aware: Mapped[int]
    source: Mapped[str]
    corrects_id: Mapped[int | None] = mapped_column(sa.ForeignKey("awareness.id"))
    reason: Mapped[str] = mapped_column(server_default="")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
