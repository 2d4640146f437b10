"""The ticket and the rows that hang on it: columns and constraints, tiny questions only. Verbs live in their own files.

Its way through the units (sendings, requests, sub-tasks) is dispatch_models.py's.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.db import Lexemes, db, one_of
from tickets import codes, evaluation_codes


class Category(db.Model):
    """A node of the three-level tree; `code` is dotted ("urban.drainage.backflow"), `path_name` reads "城建 › 排水 › 污水倒灌".
    `keywords` are the citizens' own words for it, by which it is suggested; `standard`: its own closing standard (standards.py)."""

    __tablename__ = "categories"
    __table_args__ = (sa.CheckConstraint("level BETWEEN 1 AND 3", name="level"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str]
    level: Mapped[int]
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id"))
    path_name: Mapped[str]
    keywords: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), server_default="{}")
    active: Mapped[bool] = mapped_column(server_default=sa.true())
    standard: Mapped[dict | None] = mapped_column(JSONB(none_as_null=True))


class Ticket(db.Model):
    """The flow sheet of one matter. `version` counts its events and is the ETag; `head_hash` is the tail of their chain.

    `due_at`, `due_provisional`, `sign_due_at` are what the citizen was promised; the time engine keeps them true.
    `found_in_id`: the mediation in which this violation was found; `notice`: who is still owed one (procedures.py).
    """

    __tablename__ = "tickets"
    __table_args__ = (
        sa.CheckConstraint(one_of("status", codes.STATUSES), name="status"),
        sa.CheckConstraint(one_of("channel", codes.CHANNELS), name="channel"),
        sa.CheckConstraint(one_of("appeal_type", codes.APPEAL_TYPES), name="appeal_type"),
        sa.CheckConstraint(one_of("urgency", codes.URGENCIES), name="urgency"),
        sa.CheckConstraint(one_of("track", codes.TRACKS), name="track"),
        sa.CheckConstraint("(status = 'merged') = (master_id IS NOT NULL)", name="merged_has_master"),
        sa.CheckConstraint(
            "lead_unit_id IS NOT NULL OR status IN ('registered','direct-closed','emergency-transferred','refused','merged','archived')",
            name="one_lead",
        ),
        sa.CheckConstraint("master_id <> id", name="not_own_master"),
        sa.CheckConstraint(one_of("notice", codes.NOTICES), name="notice"),
        sa.UniqueConstraint("external_source", "external_id"),
        sa.Index("ix_tickets_status_received", "status", "received_at", "id"),
        sa.Index("ix_tickets_received", "received_at", "id"),
        sa.Index("ix_tickets_lead_status_due", "lead_unit_id", "status", "due_at", "id"),
        sa.Index("ix_tickets_lead_received", "lead_unit_id", "received_at", "id"),
        sa.Index("ix_tickets_registrar", "registered_by_id", "received_at", postgresql_where=sa.text("registered_by_id IS NOT NULL")),
        sa.Index("ix_tickets_tail", sa.text('"right"(number, 6)')),  # people say the last six digits
        sa.Index("ix_tickets_search", "search", postgresql_using="gin"),
        sa.Index("ix_tickets_sketch", "sketch", postgresql_using="gin"),
        sa.Index(
            "ix_tickets_open_places",
            "region_code",
            "category_id",
            "received_at",
            postgresql_where=sa.text(one_of("status", sorted(codes.OPEN))),
        ),
        sa.Index("ix_tickets_master", "master_id", postgresql_where=sa.text("master_id IS NOT NULL")),
        sa.Index("ix_tickets_previous", "previous_id", postgresql_where=sa.text("previous_id IS NOT NULL")),
        sa.Index("ix_tickets_found_in", "found_in_id", postgresql_where=sa.text("found_in_id IS NOT NULL")),
        sa.Index("ix_tickets_notice", "lead_unit_id", postgresql_where=sa.text("notice IN ('parties', 'reporter')")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    query_code: Mapped[str] = mapped_column(unique=True)
    status: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="0")
    head_hash: Mapped[str]
    touched_at: Mapped[datetime]

    appeal_type: Mapped[str]
    track: Mapped[str] = mapped_column(server_default="general")
    urgency: Mapped[str] = mapped_column(server_default="ordinary")
    title: Mapped[str]
    content: Mapped[str]
    channel: Mapped[str]
    category_id: Mapped[int | None] = mapped_column(sa.ForeignKey("categories.id"))
    region_code: Mapped[str | None] = mapped_column(sa.ForeignKey("regions.code"))
    address: Mapped[str] = mapped_column(server_default="")
    lng: Mapped[float | None]
    lat: Mapped[float | None]
    grid_cell: Mapped[str] = mapped_column(server_default="")
    accused: Mapped[str] = mapped_column(server_default="")
    confidential: Mapped[bool] = mapped_column(server_default=sa.false())
    sealed: Mapped[bool] = mapped_column(server_default=sa.false())
    reply_wanted: Mapped[bool] = mapped_column(server_default=sa.true())
    risk_flags: Mapped[list[str]] = mapped_column(ARRAY(sa.Text), server_default="{}")

    call_id: Mapped[str] = mapped_column(server_default="")
    external_source: Mapped[str | None]
    external_id: Mapped[str | None]
    upper_due_at: Mapped[datetime | None]
    master_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"))
    previous_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"))
    found_in_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"))
    registered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    recused: Mapped[list[int]] = mapped_column(ARRAY(sa.Integer), server_default="{}")

    lead_unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    handler_a_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    handler_b_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    locked: Mapped[bool] = mapped_column(server_default=sa.false())
    slip: Mapped[str] = mapped_column(server_default="")

    received_at: Mapped[datetime]
    dispatched_at: Mapped[datetime | None]
    signed_at: Mapped[datetime | None]
    first_contact_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    promised_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    due_provisional: Mapped[bool] = mapped_column(server_default=sa.false())
    sign_due_at: Mapped[datetime | None]

    returns: Mapped[int] = mapped_column(server_default="0")
    reworks: Mapped[int] = mapped_column(server_default="0")
    rectified: Mapped[int] = mapped_column(server_default="0")
    extensions: Mapped[int] = mapped_column(server_default="0")
    urges: Mapped[int] = mapped_column(server_default="0")
    result: Mapped[str | None]
    first_rating: Mapped[int | None]
    final_rating: Mapped[int | None]
    explained: Mapped[bool] = mapped_column(server_default=sa.false())
    notice: Mapped[str] = mapped_column(server_default="")
    search: Mapped[list[str]] = mapped_column(Lexemes, deferred=True)
    sketch: Mapped[list[int]] = mapped_column(ARRAY(sa.BigInteger), server_default="{}", deferred=True)

    identity: Mapped["Identity | None"] = relationship(
        primaryjoin=lambda: foreign(Ticket.id) == Identity.ticket_id, viewonly=True, lazy="raise"
    )  # there when the ticket was asked for with it; then session.get(Identity, …) costs no statement

    @property
    def round(self) -> int:
        """Which time round this is: 1 before any rework; replies and calls belong to a round."""
        return self.reworks + 1

    @property
    def rating_round(self) -> int:
        """Which rating is asked for now: a rework and a rectification each ask for another (domain §7)."""
        return self.reworks + (self.rectified or 0) + 1


class Reply(db.Model):
    """What the unit answers: the four elements (time, person, measures, limit), and what the audit said of it."""

    __tablename__ = "replies"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", ("draft", "sent", "approved", "rejected")), name="state"),
        sa.CheckConstraint(one_of("result", codes.RESULTS), name="result"),
        sa.Index("uq_replies_live", "ticket_id", unique=True, postgresql_where=sa.text("state IN ('draft', 'sent')")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    state: Mapped[str]
    result: Mapped[str]
    content: Mapped[str]
    measures: Mapped[str] = mapped_column(server_default="")
    time: Mapped[str] = mapped_column(server_default="")
    person: Mapped[str] = mapped_column(server_default="")
    promised_at: Mapped[datetime | None]
    drafted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    approved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    defect: Mapped[str] = mapped_column(server_default="")
    review_words: Mapped[str] = mapped_column(server_default="")
    reviewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    reviewed_at: Mapped[datetime | None]


class FollowUp(db.Model):
    """One call back to the citizen, as its row of `callbacks` owed it. Null is no answer, never "good". `kind`: evaluation_codes.CALL_KINDS."""

    __tablename__ = "follow_ups"
    __table_args__ = (
        sa.CheckConstraint("satisfied BETWEEN 1 AND 5", name="satisfied"),
        sa.CheckConstraint(one_of("kind", evaluation_codes.CALL_KINDS), name="kind"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    round: Mapped[int]
    kind: Mapped[str] = mapped_column(server_default="reply")
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    reached: Mapped[bool]
    contacted: Mapped[bool | None]
    solved: Mapped[bool | None]
    satisfied: Mapped[int | None]
    truthful: Mapped[bool | None]
    words: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str | None]


class Rating(db.Model):
    """One rating per ticket and rating round (Ticket.rating_round), by its one-time link. The first and the last are both kept on the ticket."""

    __tablename__ = "ratings"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "round"), sa.CheckConstraint("score BETWEEN 1 AND 5", name="score"))

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"))
    round: Mapped[int]
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    handler_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    score: Mapped[int]
    solved: Mapped[bool | None]
    words: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    at: Mapped[datetime]


class Attachment(db.Model):
    """A checked and re-encoded file in the uploads folder, named by its own SHA-256."""

    __tablename__ = "attachments"
    __table_args__ = (sa.CheckConstraint(one_of("kind", ("photo", "audio", "document")), name="kind"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]
    purpose: Mapped[str]
    name: Mapped[str]
    mime: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    width: Mapped[int | None]
    height: Mapped[int | None]
    by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]


class Identity(db.Model):
    """Who raised it: sealed bytes, keyed hashes to search by, and the masked form lists may show. One per ticket."""

    __tablename__ = "identities"
    __table_args__ = (sa.CheckConstraint(one_of("kind", codes.APPELLANT_KINDS), name="kind"),)

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    kind: Mapped[str]
    sealed: Mapped[bytes]
    masked_name: Mapped[str]
    masked_phone: Mapped[str]
    phone_trace: Mapped[str | None] = mapped_column(index=True)
    tail_trace: Mapped[str | None] = mapped_column(index=True)
    contactable: Mapped[bool]

    parent = relationship("Ticket", lazy="raise")  # never read: it makes a flush insert the ticket first


class Reveal(db.Model):
    """Somebody looked at an identity, and why. Append-only, held by a trigger."""

    __tablename__ = "reveals"

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    reason: Mapped[str]
    at: Mapped[datetime] = mapped_column(index=True)
