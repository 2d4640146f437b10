"""Words an administrator wrote in place of the house's own (wording.py): by template, channel and language, every version kept."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db, one_of
from notifiers.message import LANGUAGES, TO_PEOPLE


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


def current(session: Session, channel: str) -> dict[tuple[str, str], MessageWording]:
    """The texts of a channel that were edited and not put back: (template, language) → its newest version; one statement."""
    rows = session.scalars(sa.select(MessageWording).where(MessageWording.channel == channel).order_by(MessageWording.version))
    newest = {(row.template, row.language): row for row in rows}
    return {what: row for what, row in newest.items() if row.line}
