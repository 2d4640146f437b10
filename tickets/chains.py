"""A chain of history: rows that are only ever added, each with the hash of the one before, and the proof that nobody touched them.

Tickets keep one (events.py), whistles keep one (whistle_events.py); what is told in it is theirs.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.errors import Filled, later
from tickets.actors import Actor

GENESIS = "0" * 64
TOLD = ("seq", "kind", "actor_id", "actor_name", "unit_id", "from_status", "to_status", "data")
BATCH = 1000  # chains in memory at once


class Chained:
    """The columns of a chain's rows; the table adds whose they are, a column named OF. Never updated, never deleted: the database
    refuses it. `hash` covers the row and `prev_hash`."""

    OF: str

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
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


@dataclass(frozen=True)
class Fault:
    """One row of history that does not fit. `number`: the ticket's or the whistle's."""

    number: str
    event_id: int
    seq: int
    what: str


def link(of: str, subject: Any, event: Any) -> dict:
    """The row of what happened, linked to the subject's tail (`version` and `head_hash`), which moves on to it. The subject is locked, or new."""
    actor: Actor = event.actor
    row = {
        of: subject.id,
        "seq": subject.version + 1,
        "kind": event.kind,
        "actor_id": actor.account_id,
        "actor_name": actor.name,
        "unit_id": actor.unit_id,
        "at": event.at,
        "from_status": event.from_status,
        "to_status": event.to_status,
        "data": event.data,
        "prev_hash": subject.head_hash,
    }
    row["hash"] = _hash(of, subject.head_hash, row)
    subject.version, subject.head_hash, subject.touched_at = row["seq"], row["hash"], event.at
    return row


def fault_in(subject: Any, chain: Sequence[Any]) -> Fault | None:
    """The first row of one chain (all its rows in order) that does not fit, or None; `subject` has number, version and head_hash."""
    previous = GENESIS
    for place, event in enumerate(chain, start=1):
        row = {name: getattr(event, name) for name in (event.OF, *TOLD, "at")}
        if event.seq != place:
            return Fault(subject.number, event.id, event.seq, Filled("少了第 %(n)s 步", n=place))
        if event.prev_hash != previous:
            return Fault(subject.number, event.id, event.seq, later("与上一步接不上"))
        if _hash(event.OF, previous, row) != event.hash:
            return Fault(subject.number, event.id, event.seq, later("内容被改过"))
        previous = event.hash
    if len(chain) != subject.version or previous != subject.head_hash:
        return Fault(subject.number, chain[-1].id if chain else 0, len(chain), later("末尾的事件不见了或链尾被改过"))
    return None


def prove(session: Session, subjects: Any, events: Any) -> Iterator[tuple[int, Fault | None]]:
    """Walk every chain of a model: gives (rows checked, fault or None) for each; memory stays flat."""
    last, of = 0, getattr(events, events.OF)
    while found := session.execute(
        sa.select(subjects.id, subjects.number, subjects.version, subjects.head_hash)
        .where(subjects.id > last)
        .order_by(subjects.id)
        .limit(BATCH)
    ).all():
        last = found[-1].id
        rows = session.scalars(sa.select(events).where(of.in_([one.id for one in found])).order_by(of, events.seq)).all()
        chains = {whose: list(chain) for whose, chain in groupby(rows, key=lambda row: getattr(row, events.OF))}
        for subject in found:
            chain = chains.get(subject.id, [])
            yield len(chain), fault_in(subject, chain)
        session.expire_all()


def _hash(of: str, prev_hash: str, row: dict) -> str:
    """SHA-256 over the previous hash and the row's canonical JSON (sorted keys, UTC microseconds)."""
    plain = {name: row[name] for name in (of, *TOLD)}
    plain["at"] = row["at"].astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return hashlib.sha256(prev_hash.encode() + orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)).hexdigest()
