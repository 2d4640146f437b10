"""Who writes to us on WeChat, what came in and waits for its turn, whose ticket it became, and the pictures still to be fetched. Columns only."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from notifiers.message import LANGUAGES

PHOTO, AUDIO = "photo", "audio"
WANTED, KEPT, LOST = "wanted", "kept", "lost"


class WechatPerson(db.Model):
    """One openid. The openid itself, a proven telephone number and the half-told matter (`draft`) are sealed; `trace` finds the openid again,
    `phone_trace` is the one of identities, so that matters told by telephone are theirs too. `wrote_at`: their last word, which opens the
    platform's 48 hours. `step` names the conversation they are in, "" for none; `turned_at`: its last turn; `reminded_at`: of an unfinished one.
    """

    __tablename__ = "wechat_people"
    __table_args__ = (
        sa.CheckConstraint(one_of("language", LANGUAGES), name="language"),
        sa.CheckConstraint("(phone IS NULL) = (phone_trace IS NULL)", name="phone_is_found_again"),
        sa.CheckConstraint("step = '' OR (draft IS NOT NULL AND turned_at IS NOT NULL)", name="step_has_its_draft"),
        sa.Index("ix_wechat_people_talking", "turned_at", postgresql_where=sa.text("step <> ''")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    trace: Mapped[str] = mapped_column(unique=True)
    openid: Mapped[bytes]
    language: Mapped[str] = mapped_column(server_default="zh")
    follows: Mapped[bool] = mapped_column(server_default=sa.true())
    wrote_at: Mapped[datetime | None]
    consented_at: Mapped[datetime | None]
    phone: Mapped[bytes | None]
    phone_trace: Mapped[str | None] = mapped_column(index=True)
    bound_at: Mapped[datetime | None]
    proof: Mapped[bytes | None]
    step: Mapped[str] = mapped_column(server_default="")
    draft: Mapped[bytes | None]
    turned_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    misses: Mapped[int] = mapped_column(server_default="0")
    missed_at: Mapped[datetime | None]
    made_at: Mapped[datetime]


class WechatMessage(db.Model):
    """One message or event of the platform's, once per `key` however often it is sent. Its turn comes by `sent_at` and `serial` (the MsgId).

    `body` is sealed and gone once its turn is over; `tries` counts turns that were begun, so that one that breaks us does not come for ever.
    """

    __tablename__ = "wechat_messages"
    __table_args__ = (
        sa.Index("ix_wechat_messages_waiting", "person_id", "sent_at", "serial", "id", postgresql_where=sa.text("done_at IS NULL")),
        sa.Index("ix_wechat_messages_done_at", "done_at"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("wechat_people.id"))
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    body: Mapped[bytes | None]
    sent_at: Mapped[datetime]
    serial: Mapped[int] = mapped_column(sa.BigInteger)
    arrived_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default="0")
    done_at: Mapped[datetime | None]


class WechatMatter(db.Model):
    """The ticket somebody told us of on WeChat."""

    __tablename__ = "wechat_matters"

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("wechat_people.id"), index=True)


class WechatMedia(db.Model):
    """A picture or a recording of a ticket, to be fetched from the platform, which keeps it three days. `media_id` is sealed."""

    __tablename__ = "wechat_media"
    __table_args__ = (
        sa.CheckConstraint(one_of("kind", (PHOTO, AUDIO)), name="kind"),
        sa.CheckConstraint(one_of("state", (WANTED, KEPT, LOST)), name="state"),
        sa.CheckConstraint("(state = 'wanted') = (next_try_at IS NOT NULL)", name="wanted_has_its_time"),
        sa.Index("ix_wechat_media_wanted", "next_try_at", postgresql_where=sa.text("state = 'wanted'")),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("wechat_people.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    kind: Mapped[str]
    media_id: Mapped[bytes]
    state: Mapped[str] = mapped_column(server_default=WANTED)
    reason: Mapped[str] = mapped_column(server_default="")
    tries: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[datetime | None]
    asked_at: Mapped[datetime]
