"""A change of the dispatch catalogue tried on what really came in: which tickets would have gone elsewhere. Reads only."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.catalogue import in_force
from tickets.duties import CatalogueEntry
from tickets.models import Ticket
from tickets.reference import Reference, reference

BACK = timedelta(days=30)
SHOWN = 50
Book = dict[tuple[int, str | None], int]


@dataclass(frozen=True)
class Trial:
    """What the change would have done: `moved` (from unit id or None, to unit id) → how many, and the numbers of some."""

    seen: int
    moved: Counter
    numbers: tuple[str, ...]
    differently: int  # of those moved, how many a person had sent to the new unit anyway


def try_entry(session: Session, category_id: int, region_code: str | None, unit_id: int | None, now: datetime) -> Trial:
    """Put one entry (`unit_id` None: take it out) into the catalogue in force and send last month's tickets again, on paper."""
    names, old = reference(session), _book(session, now)
    new = dict(old)
    if unit_id is None:
        new.pop((category_id, region_code), None)
    else:
        new[category_id, region_code] = unit_id
    below = [row.id for row in names.categories.values() if category_id in _line(names, row.id)]
    rows = session.execute(
        sa.select(Ticket.number, Ticket.category_id, Ticket.region_code, Ticket.lead_unit_id)
        .where(Ticket.received_at > now - BACK, Ticket.received_at <= now, Ticket.category_id.in_(below))
        .order_by(Ticket.received_at.desc())
    )
    moved: Counter = Counter()
    seen, numbers, already = 0, [], 0
    for number, category, region, lead in rows:
        seen += 1
        before, after = answer(names, old, category, region), answer(names, new, category, region)
        if before == after:
            continue
        moved[before, after] += 1
        already += lead is not None and lead == after
        numbers.append(number)
    return Trial(seen, moved, tuple(numbers[:SHOWN]), already)


def answer(names: Reference, book: Book, category_id: int, region_code: str | None) -> int | None:
    """The unit the book names, nearest category first, then nearest region: the same order as catalogue.entries_for."""
    region = names.regions.get(region_code) if region_code else None
    places = [region_code, region.parent_code if region else None, None]
    for category in _line(names, category_id):
        for place in dict.fromkeys(places):
            if (category, place) in book:
                return book[category, place]
    return None


def _book(session: Session, now: datetime) -> Book:
    return {
        (row.category_id, row.region_code): row.unit_id
        for row in session.scalars(sa.select(CatalogueEntry).where(in_force(CatalogueEntry, now)))
    }


def _line(names: Reference, category_id: int) -> list[int]:
    """The category and its ancestors, nearest first."""
    found, row = [], names.categories.get(category_id)
    while row is not None:
        found.append(row.id)
        row = names.categories.get(row.parent_id) if row.parent_id else None
    return found
