"""Whom a whistle should call (R63, domain §6): the catalogue and the boundary list for its matters, what its words say, and whom past whistles of the street
called. Reads only; each proposal with its reasons."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.models import Ticket
from tickets.proposals import Proposal, propose
from tickets.reference import UnitName, reference
from tickets.whistle_models import Summons, Whistle, WhistleTicket

SINCE = timedelta(days=365)
MOST = 6
DUTY, PART, WORDS, PAST = "duty", "part", "words", "past"
WEIGHT = {DUTY: 3.0, PART: 2.0, WORDS: 1.5, PAST: 1.0}


@dataclass
class Advice:
    """One department. `why`: (DUTY basis), (PART what the boundary list asks of it), (WORDS what was heard), (PAST how many of how many whistles)."""

    unit: UnitName
    weight: float = 0.0
    lead: float = 0.0
    ask: str = ""
    why: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Words:
    """A problem told in words only, as proposals.py reads a ticket."""

    id: int
    title: str
    content: str
    region_code: str | None
    category_id: int | None = None


def advise(session: Session, street: UnitName, problem: str, tickets: Sequence[Ticket], now: datetime) -> list[Advice]:
    """The departments to call, the likeliest lead first, at most MOST; empty when nothing speaks for anybody. At most four statements."""
    told = _Words(0, problem[:60], problem, street.region_code)
    proposals = propose(session, [*tickets, told], now)
    found: dict[int, Advice] = {}
    for ticket in tickets:
        _take(found, proposals[ticket.id], DUTY)
    _take(found, proposals[0], WORDS)
    _past(session, found, street, now)
    rows = [one for one in found.values() if one.unit.live and one.unit.id != street.id and one.unit.kind != "street"]
    return sorted(rows, key=lambda one: (-one.lead, -one.weight, one.unit.path))[:MOST]


def tickets_of(session: Session, whistle: Whistle) -> list[Ticket]:
    """The linked matters of a whistle."""
    return list(
        session.scalars(
            sa.select(Ticket)
            .join(WhistleTicket, WhistleTicket.ticket_id == Ticket.id)
            .where(WhistleTicket.whistle_id == whistle.id)
            .order_by(Ticket.id)
        )
    )


def _take(found: dict[int, Advice], proposal: Proposal, how: str) -> None:
    if proposal.lead is None:
        return
    one = found.setdefault(proposal.lead.id, Advice(proposal.lead))
    one.weight += WEIGHT[how]
    one.lead += WEIGHT[how]
    reason = (how, "、".join(proposal.heard) if how == WORDS else proposal.basis)
    if reason not in one.why and reason[1]:
        one.why.append(reason)
    for unit, ask in proposal.parts:
        part = found.setdefault(unit.id, Advice(unit))
        part.weight += WEIGHT[PART] * WEIGHT[how] / WEIGHT[DUTY]
        part.ask = part.ask or ask
        if (PART, ask) not in part.why:
            part.why.append((PART, ask))


def _past(session: Session, found: dict[int, Advice], street: UnitName, now: datetime) -> None:
    """Whom the street's whistles of the last year called: a unit called in most of them is likely called again."""
    names = reference(session).units
    rows = session.execute(
        sa.select(Summons.unit_id, sa.func.count(), sa.func.count().filter(Summons.lead))
        .join(Whistle, Whistle.id == Summons.whistle_id)
        .where(Whistle.street_id == street.id, Whistle.created_at > now - SINCE, Whistle.sounded_at.is_not(None))
        .group_by(Summons.unit_id)
    ).all()
    counted = Counter({unit: n for unit, n, _leads in rows})
    most = max(counted.values(), default=0)
    for unit, n, leads in rows:
        if unit in names and 2 * n >= most:
            one = found.setdefault(unit, Advice(names[unit]))
            one.weight += WEIGHT[PAST] * n / most
            one.lead += WEIGHT[PAST] * leads / most / 2
            one.why.append((PAST, str(n)))
