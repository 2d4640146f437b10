"""The outbox, the tries of each message, words edited for it, how channels fare. Columns and constraints only; the verbs are outbox.py's and inbox.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from notifiers.message import CHANNELS, LANGUAGES, TO_PEOPLE, URGENCIES

PENDING, SENDING, SENT, DELIVERED, READ = "pending", "sending", "sent", "delivered", "read"
FAILED, DEAD, SUPPRESSED = "failed", "dead", "suppressed"
STATUSES = (PENDING, SENDING, SENT, DELIVERED, READ, FAILED, DEAD, SUPPRESSED)
OUTCOMES = ("accepted", "retry", "refused", "unknown", "withheld")
IN_DIGEST = "in-digest"


class OutboxMessage(db.Model):
    """One message, once per `key`, from the transaction that wanted it to its one final state.

    failed: the provider will not have it; dead: our tries ran out; suppressed: on record only, `reason` says why. `attempts` counts
    every claim and fences it: who settles must name it. `attempts_before`: those before an administrator sent it again. `in_doubt`:
    the last try may have reached the provider. `address` is sealed, `shown_to` is what may be read of it. `otherwise`: sealed ways still
    open (fallback.py); `instead_of_id`: the message that did not get there by another way; `words_id`: the edited words it left in
    (wordings.py); `blanked_at`: since when its words and address are gone (retention.py).
    """

    __tablename__ = "outbox_messages"
    __table_args__ = (
        sa.CheckConstraint(one_of("channel", CHANNELS), name="channel"),
        sa.CheckConstraint(one_of("urgency", URGENCIES), name="urgency"),
        sa.CheckConstraint(one_of("language", LANGUAGES), name="language"),
        sa.CheckConstraint(one_of("status", STATUSES), name="status"),
        sa.CheckConstraint("account_id IS NOT NULL OR address IS NOT NULL", name="to_somebody"),
        sa.CheckConstraint("(status = 'pending') = (next_try_at IS NOT NULL)", name="pending_has_its_time"),
        sa.CheckConstraint("status <> 'sending' OR claimed_at IS NOT NULL", name="sending_was_claimed"),
        sa.Index("ix_outbox_messages_pending", "channel", "urgency", "next_try_at", "id", postgresql_where=sa.text("status = 'pending'")),
        sa.Index("ix_outbox_messages_sending", "claimed_at", postgresql_where=sa.text("status = 'sending'")),
        sa.Index(
            "ix_outbox_messages_inbox",
            "account_id",
            "sent_at",
            "id",
            postgresql_where=sa.text("channel = 'inbox' AND status IN ('delivered', 'read')"),
        ),
        sa.Index("ix_outbox_messages_unread", "account_id", postgresql_where=sa.text("channel = 'inbox' AND status = 'delivered'")),
        sa.Index("ix_outbox_messages_given_up", "settled_at", "id", postgresql_where=sa.text("status IN ('failed', 'dead')")),
        sa.Index(
            "ix_outbox_messages_template", "provider_id", postgresql_where=sa.text("status = 'sent' AND channel = 'wechat'")
        ),  # receipts name it
        sa.Index(
            "ix_outbox_messages_receipt", "provider_id", postgresql_where=sa.text("channel = 'sms' AND provider_id <> ''")
        ),  # whose it is
        sa.Index("ix_outbox_messages_instead_of", "instead_of_id", postgresql_where=sa.text("instead_of_id IS NOT NULL")),
        sa.Index("ix_outbox_messages_blanked", "id", postgresql_where=sa.text("blanked_at IS NOT NULL")),
        # fastupdate would let readers of one ticket wade through everybody's newest messages
        sa.Index("ix_outbox_messages_subjects", "subjects", postgresql_using="gin", postgresql_with={"fastupdate": "off"}),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    address: Mapped[bytes | None]
    shown_to: Mapped[str] = mapped_column(server_default="")
    channel: Mapped[str]
    template: Mapped[str]
    values: Mapped[dict] = mapped_column(JSONB)
    language: Mapped[str]
    urgency: Mapped[str]
    subjects: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    status: Mapped[str]
    reason: Mapped[str] = mapped_column(server_default="")
    attempts: Mapped[int] = mapped_column(server_default="0")
    attempts_before: Mapped[int] = mapped_column(server_default="0")
    in_doubt: Mapped[bool] = mapped_column(server_default=sa.false())
    provider_id: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    otherwise: Mapped[list] = mapped_column(JSONB, server_default=sa.text("'[]'"))
    instead_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("outbox_messages.id"))
    words_id: Mapped[int | None] = mapped_column(sa.ForeignKey("message_wordings.id"))
    blanked_at: Mapped[datetime | None]


class DeliveryAttempt(db.Model):
    """One try of one message. `outcome` is empty while it runs; "unknown" says that nobody heard the provider's answer."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        sa.UniqueConstraint("message_id", "number"),
        sa.Index("ix_delivery_attempts_trouble", "at", postgresql_where=sa.text("outcome IN ('retry', 'refused', 'unknown')")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("outbox_messages.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    code: Mapped[str] = mapped_column(server_default="")
    words: Mapped[str] = mapped_column(server_default="")


class MessageWording(db.Model):
    """One version of one text. The highest counts; an empty `line` is the house's own again."""

    __tablename__ = "message_wordings"
    __table_args__ = (
        sa.CheckConstraint(one_of("channel", TO_PEOPLE), name="channel"),
        sa.CheckConstraint(one_of("language", LANGUAGES), name="language"),
        sa.UniqueConstraint("template", "channel", "language", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    template: Mapped[str]
    channel: Mapped[str]
    language: Mapped[str]
    version: Mapped[int]
    line: Mapped[str]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    made_at: Mapped[datetime]


class ChannelPulse(db.Model):
    """How a channel fares, a row each: when a provider last took something, when it last did not and with which code."""

    __tablename__ = "channel_pulses"
    __table_args__ = (sa.CheckConstraint(one_of("channel", CHANNELS), name="channel"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    last_ok_at: Mapped[datetime | None]
    last_bad_at: Mapped[datetime | None]
    last_code: Mapped[str] = mapped_column(server_default="")
