"""What happened, as a value, and the append-only chained row that keeps it. `record` is the only writer of ticket_events."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.db import db
from tickets.actors import Actor

GENESIS = "0" * 64
LINKED = ("ticket_id", "seq", "kind", "actor_id", "actor_name", "unit_id", "from_status", "to_status", "data")


@dataclass(frozen=True)
class Event:
    """One thing that happened to one ticket; `kind` is the workflow action (or "register", "reveal", "attach")."""

    ticket: Any
    kind: str
    actor: Actor
    at: datetime
    data: dict = field(default_factory=dict)
    from_status: str = ""
    to_status: str = ""


class TicketEvent(db.Model):
    """Never updated, never deleted: the database refuses it. `hash` covers the row and `prev_hash`, per ticket."""

    __tablename__ = "ticket_events"
    __table_args__ = (sa.UniqueConstraint("ticket_id", "seq"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id"))
    seq: Mapped[int]
    kind: Mapped[str]
    actor_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    actor_name: Mapped[str]
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"))
    at: Mapped[datetime]
    from_status: Mapped[str]
    to_status: Mapped[str]
    data: Mapped[dict] = mapped_column(JSONB)
    prev_hash: Mapped[str]
    hash: Mapped[str]

    parent = relationship("Ticket", lazy="raise")  # never read: it makes a flush insert the ticket first


def chain_hash(prev_hash: str, row: dict, keys: tuple[str, ...] = LINKED) -> str:
    """SHA-256 over the previous hash and the row's canonical JSON (sorted keys, UTC microseconds). `keys`: what of the row is linked, beside "at"."""
    plain = {key: row[key] for key in keys}
    plain["at"] = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return hashlib.sha256(prev_hash.encode() + orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()


def record(session: Session, event: Event) -> None:
    """Append the event to the ticket's chain and hand it to the reactions of this unit of work.

    The ticket row must be locked by the caller (or new): `version` and `head_hash` on it are the chain's tail.
    """
    session.add(TicketEvent(**chained(event)))
    session.info.setdefault("events", []).append(event)


def chained(event: Event) -> dict:
    """The event's row, linked to the ticket's tail, which moves on to it."""
    ticket, actor = event.ticket, event.actor
    row = {
        "ticket_id": ticket.id,
        "seq": ticket.version + 1,
        "kind": event.kind,
        "actor_id": actor.account_id,
        "actor_name": actor.name,
        "unit_id": actor.unit_id,
        "at": event.at,
        "from_status": event.from_status,
        "to_status": event.to_status,
        "data": event.data,
        "prev_hash": ticket.head_hash,
    }
    row["hash"] = chain_hash(ticket.head_hash, row)
    ticket.version, ticket.head_hash, ticket.touched_at = row["seq"], row["hash"], event.at
    return row
