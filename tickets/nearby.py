"""Open matters near a place that look like what a citizen is about to say, and whether one may join them. Reads only.

Only matters that concern a place and nobody's privacy: never sealed or confidential ones, consumer disputes, petitions, enterprises.
"""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from tickets import codes
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import bigrams, query_of

SINCE = timedelta(days=30)
METRES = 300
DEGREE = 111_320  # metres of latitude
TRACKS = ("general", "urgent", "city-event")
TYPES = ("help", "complaint", "suggestion", "other")
ALIKE, SAME_KIND = 0.30, 0.08  # enough by the words alone; enough when the words also name the same kind of matter
CANDIDATES = 200
_NUMBERS = re.compile(r"\d+\s*(号楼|单元|幢|栋|号|室|楼|弄|层)?")  # "3 幢" and "5 幢" are the same estate


@dataclass(frozen=True)
class Near:
    """A matter close by: `metres` from the pin, None when only the address tells; `alike` 0–1 by the words."""

    ticket: Ticket
    metres: int | None
    alike: float


def look(
    session: Session,
    content: str,
    now: datetime,
    *,
    address: str = "",
    region: str = "",
    lng: float | None = None,
    lat: float | None = None,
    limit: int = 3,
) -> list[Near]:
    """Likely the same matter, likeliest first; nothing without a place and some words."""
    where = _place(address, lng, lat)
    if where is None or len(content.strip()) < 4:
        return []
    tests = [joinable(now), where] + ([Ticket.region_code == region] if region else [])
    rows = session.scalars(sa.select(Ticket).where(*tests).order_by(Ticket.received_at.desc()).limit(CANDIDATES))
    kinds, found = kinds_of(session, content), []
    for ticket in rows:
        metres = _metres(ticket, lng, lat)
        if metres is not None and metres > METRES:
            continue
        alike = likeness(content, f"{ticket.title}{ticket.content}")
        if alike >= ALIKE or (alike >= SAME_KIND and ticket.category_id in kinds):
            found.append(Near(ticket, metres, alike))
    return sorted(found, key=lambda near: (-near.alike, near.metres or 0))[:limit]


def joinable(now: datetime):
    """The SQL test for matters another citizen's voice may be added to."""
    return sa.and_(
        Ticket.status.in_(sorted(codes.OPEN)),
        Ticket.received_at > now - SINCE,
        sa.not_(Ticket.sealed),
        sa.not_(Ticket.confidential),
        Ticket.track.in_(TRACKS),
        Ticket.appeal_type.in_(TYPES),
    )


def to_join(session: Session, ticket_id: int, now: datetime) -> Ticket | None:
    """The matter to join, locked; None when it has ended or closed itself to others meanwhile."""
    return session.scalar(
        sa.select(Ticket).where(Ticket.id == ticket_id, joinable(now)).with_for_update().execution_options(populate_existing=True)
    )


def kinds_of(session: Session, text: str, most: int = 3) -> list[int]:
    """The categories whose own words stand in the text, most words first."""
    scored = (
        (sum(len(word) for word in kind.keywords if word in text), kind.id)
        for kind in reference(session).categories.values()
        if kind.active
    )
    return [kind for score, kind in sorted(scored, reverse=True)[:most] if score]


def likeness(one: str, other: str) -> float:
    """0–1: the share of the shorter text's pairs of characters that the other holds too."""
    first, second = set(bigrams(one)), set(bigrams(other))
    return len(first & second) / max(1, min(len(first), len(second)))


def _place(address: str, lng: float | None, lat: float | None):
    """The SQL test of a place: a box around the pin, or an address that holds the same words."""
    if lng is not None and lat is not None and abs(lat) < 85:
        high, wide = METRES / DEGREE, METRES / DEGREE / math.cos(math.radians(lat))
        return sa.and_(Ticket.lat.between(lat - high, lat + high), Ticket.lng.between(lng - wide, lng + wide))
    words = query_of(_NUMBERS.sub(" ", address))
    return Ticket.search.op("@@")(sa.cast(words, TSQUERY)) if words and len(address.strip()) >= 3 else None


def _metres(ticket: Ticket, lng: float | None, lat: float | None) -> int | None:
    if None in (lng, lat, ticket.lng, ticket.lat):
        return None
    east = (ticket.lng - lng) * DEGREE * math.cos(math.radians(lat))
    return round(math.hypot(east, (ticket.lat - lat) * DEGREE))
