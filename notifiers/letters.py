"""E-mails that came in, each once: the hash of its Message-ID and what became of it. Reading them is app/letters.py's."""

import hmac
import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of
from app.vault import Vault

REGISTERED, SUPPLEMENTED, REFUSED = "registered", "supplemented", "refused"


class Letter(db.Model):
    """One e-mail, by the keyed hash of its Message-ID."""

    __tablename__ = "letters"
    __table_args__ = (sa.CheckConstraint(one_of("outcome", (REGISTERED, SUPPLEMENTED, REFUSED)), name="outcome"),)

    trace: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    outcome: Mapped[str]
    at: Mapped[datetime]


def reply_key(vault: Vault, message_id: int) -> str:
    """The part of a letter's Message-ID before the @: our message's id and a keyed hash of it, so that nobody makes one up."""
    return f"m{message_id}.{vault.trace(f'letter:{message_id}')[:24]}"


def message_of(vault: Vault, key: str) -> int | None:
    """The message a reply key is of; None for one that is none of ours."""
    found = re.fullmatch(r"m([0-9]{1,18})\.[0-9a-f]{24}", key)
    return int(found[1]) if found and hmac.compare_digest(reply_key(vault, int(found[1])), key) else None
