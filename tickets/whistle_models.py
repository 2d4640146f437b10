"""The whistle and the rows that hang on it: columns and constraints only. Verbs are whistles.py, summons.py, arrivals.py, grading.py."""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from tickets import whistle_codes as codes


class Whistle(db.Model):
    """One call of a street for departments. `version` counts its events and is the ETag; `head_hash` is the tail of their chain.

    `round` counts the soundings: a 找茬 opens the next. `meet_at`: when the street wants them there, none = at once or within the limit.
    """

    __tablename__ = "whistles"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", codes.KINDS), name="kind"),
        sa.CheckConstraint(one_of("status", codes.STATUSES), name="status"),
        sa.CheckConstraint(one_of("source", codes.SOURCES), name="source"),
        sa.CheckConstraint("own_measures <> '' AND problem <> ''", name="said"),
        sa.CheckConstraint("kind <> 'emergency' OR NOT remote_allowed", name="emergency_on_site"),
        sa.CheckConstraint("(status IN ('draft', 'approved')) <= (sounded_at IS NULL)", name="unsounded"),
        sa.CheckConstraint("(status = 'withdrawn') = (withdrawn_at IS NOT NULL)", name="withdrawn"),
        sa.CheckConstraint("(lng IS NULL) = (lat IS NULL)", name="pin"),
        sa.Index("ix_whistles_street", "street_id", "created_at", "id"),
        sa.Index("ix_whistles_created", "created_at", "id"),
        sa.Index("ix_whistles_open", "status", "created_at", postgresql_where=sa.text("status NOT IN ('closed', 'withdrawn')")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="0")
    head_hash: Mapped[str]
    touched_at: Mapped[datetime]
    round: Mapped[int] = mapped_column(server_default="1")

    street_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))
    address: Mapped[str]
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    meet_at: Mapped[datetime | None]
    problem: Mapped[str]
    own_measures: Mapped[str]
    source: Mapped[str]
    remote_allowed: Mapped[bool] = mapped_column(server_default=sa.false())
    started_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    started_by_name: Mapped[str]

    created_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    triaged_at: Mapped[datetime | None]
    sounded_at: Mapped[datetime | None]
    ratified_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    evaluated_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    sent_back: Mapped[int] = mapped_column(server_default="0")


class WhistleTicket(db.Model):
    """A citizen's matter the whistle is about; its own clocks are untouched (domain §6)."""

    __tablename__ = "whistle_tickets"

    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), primary_key=True, index=True)


class Approval(db.Model):
    """A leader of the street, or the whistle office, said yes or no. `stage` counts the drafts: sent back, it is signed anew."""

    __tablename__ = "whistle_approvals"
    __table_args__ = (
        sa.UniqueConstraint("whistle_id", "stage", "by_id", "kind"),
        sa.CheckConstraint(one_of("kind", ("approve", "reject", "ratify", "triage", "send-back")), name="kind"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))
    stage: Mapped[int]
    kind: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
    words: Mapped[str] = mapped_column(server_default="")


class Summons(db.Model):
    """One department called: what is asked of it and how far it has come in this round. `no_show_at` is the limit it missed, for ever.

    `sign_due_at`, `contact_due_at`, `check_in_due_at`: kept true by the time engine. `arriving_at`: when who has set out thinks to be there.
    """

    __tablename__ = "summonses"
    __table_args__ = (
        sa.UniqueConstraint("whistle_id", "unit_id"),
        sa.CheckConstraint(one_of("state", codes.STATES), name="state"),
        sa.CheckConstraint("ask <> ''", name="ask"),
        sa.CheckConstraint("state NOT IN ('checked-in', 'result-submitted') OR checked_in_at IS NOT NULL", name="there"),
        sa.CheckConstraint("state <> 'released' OR released_at IS NOT NULL", name="released"),
        sa.CheckConstraint("state <> 'no-show' OR no_show_at IS NOT NULL", name="no_show"),
        sa.CheckConstraint(one_of("objection_decision", ("accept", "deny")), name="decision"),
        sa.Index("uq_summonses_lead", "whistle_id", unique=True, postgresql_where=sa.text("lead")),
        sa.Index("ix_summonses_unit", "unit_id", "state", "whistle_id"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    ask: Mapped[str]
    lead: Mapped[bool] = mapped_column(server_default=sa.false())
    state: Mapped[str]
    called_at: Mapped[datetime | None]
    sign_due_at: Mapped[datetime | None]
    contact_due_at: Mapped[datetime | None]
    check_in_due_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    signed_by_name: Mapped[str] = mapped_column(server_default="")
    contacted_at: Mapped[datetime | None]
    contact_method: Mapped[str | None]
    set_out_at: Mapped[datetime | None]
    arriving_at: Mapped[datetime | None]
    checked_in_at: Mapped[datetime | None]
    no_show_at: Mapped[datetime | None]
    result: Mapped[str] = mapped_column(server_default="")
    result_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    objection: Mapped[str] = mapped_column(server_default="")
    objected_at: Mapped[datetime | None]
    objection_decision: Mapped[str | None]
    objection_words: Mapped[str] = mapped_column(server_default="")
    objection_decided_at: Mapped[datetime | None]
    lead_score: Mapped[int | None]
    lead_score_reason: Mapped[str] = mapped_column(server_default="")


class CheckIn(db.Model):
    """Who came, from which post, when, and how the place was proven. `proxy`: the B post for the A post (R71)."""

    __tablename__ = "check_ins"
    __table_args__ = (sa.UniqueConstraint("summons_id", "round"), sa.CheckConstraint(one_of("how", codes.HOW), name="how"))

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    summons_id: Mapped[int] = mapped_column(sa.ForeignKey("summonses.id"))
    round: Mapped[int]
    person: Mapped[str]
    post: Mapped[str]
    at: Mapped[datetime]
    how: Mapped[str]
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    metres: Mapped[int | None]
    proxy: Mapped[bool] = mapped_column(server_default=sa.false())
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))


class WhistlePhoto(db.Model):
    """A checked and re-encoded picture of a whistle, named by its own SHA-256 as a ticket's attachments are."""

    __tablename__ = "whistle_photos"
    __table_args__ = (sa.CheckConstraint(one_of("purpose", ("scene", "result", "evidence")), name="purpose"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"), index=True)
    summons_id: Mapped[int | None] = mapped_column(sa.ForeignKey("summonses.id"))
    purpose: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]


class Score(db.Model):
    """The street's one assessment of one department in one round, never edited: an appeal may put `revised` beside it, once."""

    __tablename__ = "whistle_scores"
    __table_args__ = (
        sa.UniqueConstraint("summons_id", "round"),
        *(sa.CheckConstraint(f"{name} BETWEEN 1 AND {codes.BEST}", name=name) for name in codes.GRADES),
        sa.CheckConstraint(f"bonus BETWEEN 0 AND {codes.MOST_BONUS}", name="bonus"),
        sa.CheckConstraint(f"least(speed, handling, result) > {codes.LOW} OR (reason <> '' AND evidence <> '')", name="low_says_why"),
        sa.CheckConstraint(one_of("appeal_decision", ("accept", "deny")), name="decision"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    summons_id: Mapped[int] = mapped_column(sa.ForeignKey("summonses.id"))
    round: Mapped[int]
    speed: Mapped[int]
    handling: Mapped[int]
    result: Mapped[int]
    bonus: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[str] = mapped_column(server_default="")
    evidence: Mapped[str] = mapped_column(server_default="")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
    appeal: Mapped[str] = mapped_column(server_default="")
    appealed_at: Mapped[datetime | None]
    appeal_decision: Mapped[str | None]
    appeal_words: Mapped[str] = mapped_column(server_default="")
    appeal_decided_at: Mapped[datetime | None]
    revised: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))


class Reopening(db.Model):
    """找茬: the street was not content with what was closed, and says why (R60)."""

    __tablename__ = "whistle_reopenings"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"), index=True)
    round: Mapped[int]
    reason: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
    closed_before: Mapped[datetime]


class PlanStep(db.Model):
    """What a department has to do by a day, as the lead planned it (R41, domain §6 TOUGH: plan with dates). Never edited: done, or still owed.

    `person_id`: who of the department is in charge of it, if the lead has named one (R79c); the department may hand it over."""

    __tablename__ = "whistle_plan_steps"
    __table_args__ = (sa.CheckConstraint("what <> ''", name="what"), sa.CheckConstraint("done_at IS NULL OR done_words <> ''", name="done"))

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"), index=True)
    summons_id: Mapped[int] = mapped_column(sa.ForeignKey("summonses.id"))
    round: Mapped[int]
    what: Mapped[str]
    due_on: Mapped[date]
    person_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_words: Mapped[str] = mapped_column(server_default="")
    done_by_name: Mapped[str] = mapped_column(server_default="")


class Look(db.Model):
    """回头看: the street went to see again after closing, once a round, and says whether what was done has held (R79b)."""

    __tablename__ = "whistle_looks"
    __table_args__ = (sa.UniqueConstraint("whistle_id", "round"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))
    round: Mapped[int]
    held: Mapped[bool]
    words: Mapped[str]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    by_name: Mapped[str]
    at: Mapped[datetime]


class WhistleRating(db.Model):
    """What the citizen of a linked matter thinks of the joint work, 1 to 5, once (BJS §44). Who it was stays with the matter."""

    __tablename__ = "whistle_ratings"
    __table_args__ = (sa.UniqueConstraint("whistle_id", "ticket_id"), sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"))

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    score: Mapped[int]
    at: Mapped[datetime]
