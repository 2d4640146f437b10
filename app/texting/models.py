"""What came in by text message and waits for its turn or its question, and the pictures still to be fetched. Columns only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

ANSWERED, ASKED, SILENT, GIVEN_UP = "answered", "asked", "silent", "given-up"
OUTCOMES = (ANSWERED, ASKED, SILENT, GIVEN_UP)
WANTED, KEPT, LOST = "wanted", "kept", "lost"


class TextMessage(db.Model):
    """One message, once per provider's `sid`. The number and the words are sealed; the words are gone once nothing waits for them.

    `trace` finds the number again, as identities do. asked: we asked which matter is meant, and the next message says; silent: no answer,
    over the limit of an hour or to a word of thanks; given-up: it broke us three times. `meaning`: what we took it for.
    """

    __tablename__ = "text_messages"
    __table_args__ = (
        sa.CheckConstraint(one_of("outcome", OUTCOMES), name="outcome"),
        sa.CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done_has_its_outcome"),
        sa.Index("ix_text_messages_waiting", "id", postgresql_where=sa.text("done_at IS NULL")),
        sa.Index("ix_text_messages_trace", "trace", "arrived_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    sid: Mapped[str] = mapped_column(unique=True)
    trace: Mapped[str]
    number: Mapped[bytes]
    body: Mapped[bytes | None]
    meaning: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str | None]
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    arrived_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(index=True)


class TextPicture(db.Model):
    """A picture that came with a message and is fetched when it is known which matter it belongs to. `address`: where the provider keeps it, sealed."""

    __tablename__ = "text_pictures"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", (WANTED, KEPT, LOST)), name="state"),
        sa.Index("ix_text_pictures_wanted", "next_try_at", postgresql_where=sa.text("state = 'wanted' AND ticket_id IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    message_id: Mapped[int] = mapped_column(sa.ForeignKey("text_messages.id", ondelete="CASCADE"), index=True)
    place: Mapped[int]
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    address: Mapped[bytes]
    state: Mapped[str] = mapped_column(server_default=WANTED)
    reason: Mapped[str] = mapped_column(server_default="")
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[datetime]
