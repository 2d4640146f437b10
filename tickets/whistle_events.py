"""What happened to a whistle, as a value, and the append-only chained row that keeps it. `record` is the only writer of whistle_events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db
from tickets.actors import Actor
from tickets.events import GENESIS, chain_hash
from tickets.history import Fault
from tickets.whistle_models import Whistle

BATCH = 500
LINKED = ("whistle_id", "seq", "kind", "actor_id", "actor_name", "unit_id", "from_status", "to_status", "data")


@dataclass(frozen=True)
class WhistleHappened:
    """One thing that happened to one whistle; `kind` is the action of whistle_workflow. `summons`: the one it is about, if one."""

    whistle: Any
    kind: str
    actor: Actor
    at: datetime
    data: dict = field(default_factory=dict)
    from_status: str = ""
    to_status: str = ""
    summons: Any = None


class WhistleEvent(db.Model):
    """Never updated, never deleted: the database refuses it. `hash` covers the row and `prev_hash`, per whistle."""

    __tablename__ = "whistle_events"
    __table_args__ = (sa.UniqueConstraint("whistle_id", "seq"),)

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))
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


def record(session: Session, event: WhistleHappened) -> None:
    """Append the event to the whistle's chain and hand it to the reactions of this unit of work. The whistle row is locked, or new."""
    whistle, actor = event.whistle, event.actor
    row = {
        "whistle_id": whistle.id,
        "seq": whistle.version + 1,
        "kind": event.kind,
        "actor_id": actor.account_id,
        "actor_name": actor.name,
        "unit_id": actor.unit_id,
        "at": event.at,
        "from_status": event.from_status,
        "to_status": event.to_status,
        "data": event.data,
        "prev_hash": whistle.head_hash,
    }
    row["hash"] = chain_hash(whistle.head_hash, row, LINKED)
    whistle.version, whistle.head_hash, whistle.touched_at = row["seq"], row["hash"], event.at
    session.add(WhistleEvent(**row))
    session.info.setdefault("events", []).append(event)


def events_of(session: Session, whistle_id: int) -> list[WhistleEvent]:
    """All events of a whistle, oldest first; one statement."""
    return list(session.scalars(sa.select(WhistleEvent).where(WhistleEvent.whistle_id == whistle_id).order_by(WhistleEvent.seq)))


def count_events(session: Session) -> int:
    """How many rows of history all whistles have."""
    return session.scalar(sa.select(sa.func.count()).select_from(WhistleEvent)) or 0


def verify(session: Session) -> Iterator[tuple[int, Fault | None]]:
    """Walk every whistle's chain: gives (events checked, fault or None) per whistle; memory stays flat."""
    last = 0
    while whistles := session.execute(
        sa.select(Whistle.id, Whistle.number, Whistle.version, Whistle.head_hash).where(Whistle.id > last).order_by(Whistle.id).limit(BATCH)
    ).all():
        last = whistles[-1].id
        chains: dict[int, list[WhistleEvent]] = {}
        wanted = (
            sa.select(WhistleEvent)
            .where(WhistleEvent.whistle_id.in_([one.id for one in whistles]))
            .order_by(WhistleEvent.whistle_id, WhistleEvent.seq)
        )
        for event in session.scalars(wanted):
            chains.setdefault(event.whistle_id, []).append(event)
        for whistle in whistles:
            chain = chains.get(whistle.id, [])
            yield len(chain), _fault(whistle, chain)
        session.expire_all()


def _fault(whistle, chain: list[WhistleEvent]) -> Fault | None:
    previous = GENESIS
    for place, event in enumerate(chain, start=1):
        row = {key: getattr(event, key) for key in (*LINKED, "at")}
        if event.seq != place:
            return Fault(whistle.number, event.id, event.seq, f"少了第 {place} 步")
        if event.prev_hash != previous:
            return Fault(whistle.number, event.id, event.seq, "与上一步接不上")
        if chain_hash(previous, row, LINKED) != event.hash:
            return Fault(whistle.number, event.id, event.seq, "内容被改过")
        previous = event.hash
    if len(chain) != whistle.version or previous != whistle.head_hash:
        return Fault(whistle.number, chain[-1].id if chain else 0, len(chain), "末尾的事件不见了或哨单上的链尾被改过")
    return None
