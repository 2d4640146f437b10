"""Calls, what providers told us of each, and the seats that answer. No rule lives here; the number is sealed as an identity is (domain §11)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

INBOUND, OUTBOUND = "inbound", "outbound"
QUEUED, OFFERED, RINGING, TALKING, ENDED = "queued", "offered", "ringing", "talking", "ended"
STATES = (QUEUED, OFFERED, RINGING, TALKING, ENDED)
WAITING = (QUEUED, OFFERED, RINGING)  # nobody has spoken to them yet
ANSWERED, ABANDONED, CALL_BACK, UNREACHED = "answered", "abandoned", "call-back", "unreached"
OUTCOMES = ("", ANSWERED, ABANDONED, CALL_BACK, UNREACHED)
MISSED = (ABANDONED, CALL_BACK)
PURPOSES = ("", "call-back", "follow-up", "contact")
READY, BUSY, AWAY = "ready", "busy", "away"
SEAT_STATES = (READY, BUSY, AWAY)


class Call(db.Model):
    """One call, in or out. Inbound: queued → offered (on an operator's screen) → ringing (they took it, their telephone rings) → talking →
    ended; outbound: ringing → talking → ended. Seconds are whole; instants are UTC."""

    __tablename__ = "calls"
    __table_args__ = (
        sa.CheckConstraint(one_of("direction", (INBOUND, OUTBOUND)), name="direction"),
        sa.CheckConstraint(one_of("state", STATES), name="state"),
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        sa.CheckConstraint(one_of("purpose", PURPOSES), name="purpose"),
        sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended"),
        sa.Index("ix_calls_waiting", "arrived_at", postgresql_where=sa.text("state = 'queued'")),
        sa.Index("ix_calls_special", "special_id", "arrived_at", postgresql_where=sa.text("special_id IS NOT NULL")),
        sa.Index("ix_calls_live", "agent_id", postgresql_where=sa.text("state <> 'ended'")),
        sa.Index("ix_calls_missed", "arrived_at", postgresql_where=sa.text("outcome IN ('abandoned', 'call-back') AND settled_at IS NULL")),
        sa.Index(
            "ix_calls_unfetched",
            "recorded_at",
            postgresql_where=sa.text("recording_id IS NOT NULL AND attachment_id IS NULL AND fetch_failed = ''"),
        ),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    provider_id: Mapped[str | None] = mapped_column(unique=True)
    direction: Mapped[str]
    state: Mapped[str]
    outcome: Mapped[str] = mapped_column(server_default="")
    purpose: Mapped[str] = mapped_column(server_default="")
    number_sealed: Mapped[bytes | None]
    number_trace: Mapped[str | None] = mapped_column(index=True)
    masked_number: Mapped[str] = mapped_column(server_default="")
    arrived_at: Mapped[datetime] = mapped_column(index=True)
    noticed_at: Mapped[datetime | None]  # when the recording notice was given
    told_position: Mapped[int | None]
    offered_at: Mapped[datetime | None]
    taken_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    answer_seconds: Mapped[int | None]
    wait_seconds: Mapped[int | None]
    agent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    seat_leg: Mapped[str | None] = mapped_column(unique=True)
    room: Mapped[str] = mapped_column(server_default="")  # the provider's conference
    line: Mapped[str] = mapped_column(server_default="")  # who was brought in: 110 119 120 122, a unit's name, a masked number
    held_at: Mapped[datetime | None]  # since when the citizen waits in the middle of the talk
    recording_id: Mapped[str | None] = mapped_column(unique=True)
    recording_seconds: Mapped[int | None]
    recorded_at: Mapped[datetime | None]
    attachment_id: Mapped[int | None] = mapped_column(sa.ForeignKey("attachments.id"))
    fetch_failed: Mapped[str] = mapped_column(server_default="")
    settled_at: Mapped[datetime | None]  # a missed call: when somebody dealt with it
    settled_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    back_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("calls.id"))  # a missed one called back; inbound: a talk handed to a topic
    special_id: Mapped[int | None] = mapped_column(sa.ForeignKey("special_topics.id"))  # the topic whose experts it waits for


class CallEvent(db.Model):
    """What a provider told us of one leg, once: (leg, sequence, kind) is theirs. Holds no number."""

    __tablename__ = "call_events"
    __table_args__ = (sa.UniqueConstraint("leg", "sequence", "kind"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    call_id: Mapped[int] = mapped_column(sa.ForeignKey("calls.id"), index=True)
    leg: Mapped[str]
    sequence: Mapped[int]
    kind: Mapped[str]
    at: Mapped[datetime]
    data: Mapped[dict] = mapped_column(JSONB, server_default="{}")


class Seat(db.Model):
    """One operator's place: ready for the next call, busy with one, or away; `address`: the telephone on the desk (+86…, sip:…, client:…)."""

    __tablename__ = "seats"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", SEAT_STATES), name="state"),
        sa.Index("ix_seats_ready", "since", postgresql_where=sa.text("state = 'ready'")),
    )

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False)
    state: Mapped[str]
    since: Mapped[datetime]
    address: Mapped[str]
    call_id: Mapped[int | None] = mapped_column(sa.ForeignKey("calls.id"))  # the latest call that stood on it
