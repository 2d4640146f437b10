"""E-mails that came in, each once: the hash of its Message-ID and what became of it. Reading them is app/letters.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.db import db, one_of

REGISTERED, SUPPLEMENTED, REFUSED = "registered", "supplemented", "refused"


class Letter(db.Model):
    """One e-mail, by the keyed hash of its Message-ID."""

    __tablename__ = "letters"
    __table_args__ = (sa.CheckConstraint(one_of("outcome", (REGISTERED, SUPPLEMENTED, REFUSED)), name="outcome"),)

    trace: Mapped[str] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(sa.ForeignKey("tickets.id"), index=True)
    outcome: Mapped[str]
    at: Mapped[datetime]
