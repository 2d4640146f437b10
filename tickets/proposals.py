"""What the catalogue would answer for a whole page of tickets at once, with how sure that is: one statement whatever their number. Reads only.

The catalogue itself is catalogue.py's; what words suggest for one text being typed is suggest.py's.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.catalogue import in_force
from tickets.duties import Boundary, CatalogueEntry
from tickets.hearing import ear_of
from tickets.models import Ticket
from tickets.reference import CategoryName, Reference, UnitName, reference
from tickets.suggest import DOUBT, MOST, STEP_UP

SURE = 80  # per cent: what may be accepted in bulk


@dataclass(frozen=True)
class Proposal:
    """One ticket's answer. `sure` is 0–100; `lead` None when the catalogue is silent. `guessed`: the category comes from the words,
    which are `heard`; a person chose it otherwise. `parts` are the boundary list's assistants: (unit, what is asked of it)."""

    lead: UnitName | None = None
    parts: tuple[tuple[UnitName, str], ...] = ()
    sure: int = 0
    basis: str = ""
    version: int = 0
    category: CategoryName | None = None
    guessed: bool = False
    heard: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        return self.lead is not None and self.sure >= SURE


def propose(session: Session, tickets: Iterable, now: datetime) -> dict[int, Proposal]:
    """Ticket id → proposal, by the catalogue in force at `now`; whatever has a ticket's id, words, region and category will do."""
    names, tickets = reference(session), list(tickets)
    chosen = {ticket.id: _category(names, ticket) for ticket in tickets}
    lines = {ticket_id: names_up(names, category) for ticket_id, (category, *_) in chosen.items()}
    wanted = {category.id for line in lines.values() for category in line}
    entries, bounds = _duties(session, wanted, now)
    return {ticket.id: _proposal(names, ticket, chosen[ticket.id], lines[ticket.id], entries, bounds) for ticket in tickets}


def _duties(session: Session, wanted: set[int], now: datetime) -> tuple[list[CatalogueEntry], list[Boundary]]:
    """The catalogue's entries for these categories, and the boundary list's lines of the units they name."""
    if not wanted:
        return [], []
    ours = sa.and_(Boundary.lead_unit_id == CatalogueEntry.unit_id, Boundary.category_id.in_(wanted), in_force(Boundary, now))
    rows = session.execute(
        sa.select(CatalogueEntry, Boundary)
        .outerjoin(Boundary, ours)
        .where(CatalogueEntry.category_id.in_(wanted), in_force(CatalogueEntry, now))
    ).all()
    return list(dict.fromkeys(entry for entry, _ in rows)), list(dict.fromkeys(bound for _, bound in rows if bound is not None))


def names_up(names: Reference, category: CategoryName | None) -> list[CategoryName]:
    """The category and its ancestors, nearest first."""
    line: list[CategoryName] = []
    while category is not None:
        line.append(category)
        category = names.categories.get(category.parent_id) if category.parent_id else None
    return line


def _category(names: Reference, ticket: Ticket) -> tuple[CategoryName | None, int, tuple[str, ...]]:
    """The category, how sure it is, and the words it was heard by (none when a person chose it)."""
    if ticket.category_id in names.categories:
        return names.categories[ticket.category_id], MOST, ()
    weight: defaultdict[int, float] = defaultdict(float)
    heard: dict[int, list[str]] = {}
    for word in ear_of(names).words(f"{ticket.title} {ticket.content}"):
        for kind in word.kinds:
            weight[kind] += word.weight
            heard.setdefault(kind, []).append(word.text)
    if not weight:
        return None, 0, ()
    best, most = max(weight.items(), key=lambda pair: pair[1])
    return names.categories[best], min(MOST, round(100 * most / (sum(weight.values()) + DOUBT))), tuple(heard[best])


def _proposal(
    names: Reference, ticket: Ticket, chosen: tuple, line: list[CategoryName], entries: list[CatalogueEntry], bounds: list[Boundary]
) -> Proposal:
    category, sure, heard = chosen
    up = {one.id: steps for steps, one in enumerate(line)}
    region = names.regions.get(ticket.region_code or "")
    near = {ticket.region_code: 0, region.parent_code if region else None: 1, None: 2}
    fitting = [entry for entry in entries if entry.category_id in up and (entry.region_code is None or entry.region_code in near)]
    guessed = ticket.category_id is None
    if not fitting:
        return Proposal(category=category, guessed=guessed, heard=heard)
    entry = min(fitting, key=lambda one: (up[one.category_id], 2 if one.region_code is None else near[one.region_code]))
    lead = names.units.get(entry.unit_id)
    if lead is None or not lead.live:
        return Proposal(category=category, guessed=guessed, heard=heard, basis=entry.basis, version=entry.version)
    own = [bound for bound in bounds if bound.category_id in up and up[bound.category_id] <= 1 and bound.lead_unit_id == lead.id]
    bound = min(own, key=lambda one: up[one.category_id], default=None)
    parts = tuple((names.units[part["unit_id"]], part["ask"]) for part in bound.division if part["unit_id"] in names.units) if bound else ()
    return Proposal(lead, parts, max(0, sure - STEP_UP * up[entry.category_id]), entry.basis, entry.version, category, guessed, heard)
