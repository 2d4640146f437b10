"""Likely copies of what is being typed: open tickets of the last month with the same words, of the same kind near by, of the same caller.

One statement over bounded branches; how alike two matters are is counted here, in memory. Kinds, units and articles are suggest.py's.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets import codes
from tickets.hearing import Word
from tickets.identity import tickets_of_phone
from tickets.models import Identity, Ticket
from tickets.reference import Reference
from tickets.text import bigrams, likeness, normal, query_of, sketch

MOST = 5
SINCE = timedelta(days=30)
SAMPLE = 200  # tickets of one branch looked at
MANY = 1000  # near copies of all times, of which the open ones are kept
NEAR, FAR = 150, 1500  # metres
LEAST_ALIKE = 40
EARTH = 6_371_000  # metres


@dataclass(frozen=True)
class Matter:
    """What has been typed so far. `category`: chosen by a person, "" while nobody has."""

    text: str
    region: str = ""
    address: str = ""
    phone: str = ""
    category: str = ""
    lng: float | None = None
    lat: float | None = None


def likely_copies(
    session: Session, names: Reference, matter: Matter, heard: list[Word], kinds: set[int], now: datetime, scope
) -> list[dict]:
    """Open tickets of the last month that look like the same matter, and those of the same telephone number, the likest first.

    `heard`, `kinds`: the words and categories already heard in it; `scope`: the SQL test for what the asker may read, None = none sealed.
    """
    if len(matter.text.strip()) < 4:
        return []
    own, caller = sketch(matter.text), _ids_of_caller(session, matter.phone)
    shown = sa.not_(Ticket.sealed) if scope is None else scope
    rows = session.execute(
        sa.select(
            Ticket.number,
            Ticket.title,
            Ticket.content,
            Ticket.address,
            Ticket.status,
            Ticket.lead_unit_id,
            Ticket.category_id,
            Ticket.received_at,
            Ticket.lng,
            Ticket.lat,
            Ticket.sketch,
            (sa.false() if caller is None else Ticket.id.in_(caller)).label("own_caller"),
        )
        .where(  # written so that no index is tempted: the ids are few
            Ticket.id.in_(_candidates(matter, own, caller, heard, kinds, now)),
            Ticket.status.concat("").in_(sorted(codes.OPEN)),
            sa.func.coalesce(Ticket.received_at, now) > now - SINCE,
            shown,
        )
        .order_by(Ticket.received_at.desc())
        .limit(40)
    ).all()
    pairs = bigrams(matter.text)
    found = [_told_copy(names, matter, row, _alike(row, matter, pairs, own, kinds)) for row in rows]
    return sorted((copy for copy in found if copy["score"] >= LEAST_ALIKE), key=lambda copy: (-copy["score"], copy["distance"] or 0))[:MOST]


def _candidates(matter: Matter, own: list[int], caller, heard: list[Word], kinds: set[int], now: datetime):
    """The ids worth a look, each branch by an index of its own and bounded: near copies of the words; the same kind in the same region,
    or the same words where nobody has said the kind; the caller's."""
    branches = [sa.select(Ticket.id).where(Ticket.sketch.op("&&")(sa.cast(own, ARRAY(sa.BigInteger)))).limit(MANY)] if own else []
    spelt_out: list = [sa.literal_column(f"'{status}'") for status in sorted(codes.OPEN)]  # as ix_tickets_open_places has them
    still_open = Ticket.status.in_(spelt_out)
    here = sa.and_(Ticket.region_code == matter.region, still_open, Ticket.received_at > now - SINCE)
    if matter.region and kinds:
        branches.append(sa.select(Ticket.id).where(here, Ticket.category_id.in_(kinds)).order_by(Ticket.received_at.desc()).limit(SAMPLE))
    if matter.region and heard:
        branches.append(
            sa.select(Ticket.id)
            .where(here, Ticket.category_id.is_(None), Ticket.search.op("@@")(sa.cast(query_of(heard[0].text), TSQUERY)))
            .limit(SAMPLE)
        )
    if caller is not None:
        branches.append(caller)
    return sa.union_all(*(sa.select(branch.subquery()) for branch in branches)) if branches else sa.select(sa.literal(0))


def _ids_of_caller(session: Session, phone: str):
    """The newest tickets of this number; None while it is not yet a whole one."""
    try:
        return tickets_of_phone(session, phone).order_by(Identity.ticket_id.desc()).limit(SAMPLE) if phone else None
    except Invalid:
        return None


def _alike(row, matter: Matter, pairs: list[str], own: list[int], kinds: set[int]) -> int:
    """0–100: shared words or a near copy, raised by the same kind, caller and place, lowered by a far one."""
    plain = normal(f"{row.title}{row.content[:400]}")
    shared = sum(pair in plain for pair in pairs) / max(12, len(pairs))
    score = 75 * max(shared, likeness(own, row.sketch or []))
    score += (15 if row.category_id in kinds else 0) + (20 if row.own_caller else 0)
    if matter.address and _bare(matter.address) and normal(_bare(matter.address)) in normal(row.address):
        score += 20
    metres = _metres(matter, row)
    if metres is not None:
        score += 15 if metres <= NEAR else -25 if metres > FAR else 0
    return max(0, min(99, round(score)))


def _told_copy(names: Reference, matter: Matter, row, score: int) -> dict:
    return {
        "number": row.number,
        "title": row.title,
        "score": score,
        "distance": _metres(matter, row),
        "status": row.status,
        "unit": names.unit_name(row.lead_unit_id),
        "received_at": row.received_at,
    }


def _metres(matter: Matter, row) -> int | None:
    """Along the earth, by haversine; None when a place is not known."""
    if matter.lng is None or matter.lat is None or row.lng is None or row.lat is None:
        return None
    one, other = math.radians(matter.lat), math.radians(row.lat)
    half = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(math.radians(row.lng - matter.lng) / 2) ** 2
    return round(2 * EARTH * math.asin(min(1.0, math.sqrt(half))))


def _bare(address: str) -> str:
    """The address without house numbers: "海晏小区 3 幢" and "海晏小区 5 幢" are one place."""
    return "".join(part for part in address.replace("号", " ").replace("幢", " ").replace("楼", " ").split() if not part.isdigit())
