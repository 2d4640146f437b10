"""What happened to a whistle, as a value, and its row in the whistle's chain. `record` is the only writer of whistle_events."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db
from tickets.actors import Actor
from tickets.chains import Chained, Fault, link, prove
from tickets.whistle_models import Whistle


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


class WhistleEvent(Chained, db.Model):
    """One step of a whistle's way."""

    __tablename__ = "whistle_events"
    __table_args__ = (sa.UniqueConstraint("whistle_id", "seq"),)
    OF = "whistle_id"

    whistle_id: Mapped[int] = mapped_column(sa.ForeignKey("whistles.id"))


def record(session: Session, event: WhistleHappened) -> None:
    """Append the event to the whistle's chain and hand it to the reactions of this unit of work. The whistle row is locked, or new."""
    session.add(WhistleEvent(**link(WhistleEvent.OF, event.whistle, event)))
    session.info.setdefault("events", []).append(event)


def events_of(session: Session, whistle_id: int) -> list[WhistleEvent]:
    """All events of a whistle, oldest first; one statement."""
    return list(session.scalars(sa.select(WhistleEvent).where(WhistleEvent.whistle_id == whistle_id).order_by(WhistleEvent.seq)))


def count_events(session: Session) -> int:
    """How many rows of history all whistles have."""
    return session.scalar(sa.select(sa.func.count()).select_from(WhistleEvent)) or 0


def verify(session: Session) -> Iterator[tuple[int, Fault | None]]:
    """Walk every whistle's chain: gives (events checked, fault or None) per whistle."""
    return prove(session, Whistle, WhistleEvent)
