"""Reads of draws: the newest, what waits for one, one draw by strata. The arithmetic is sampling.py's, drawing is draws.py's."""

from collections import Counter
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.evaluation_models import Callback, Sample
from tickets.events import TicketEvent
from tickets.models import Reply, Ticket

SHOWN = 60
LISTED = 300


class Drawn(NamedTuple):
    """A draw without its population: how many could be drawn, how many were."""

    id: int
    kind: str
    seed: str
    share: int
    at: object
    by_name: str
    population: int
    chosen: int


class Stratum(NamedTuple):
    """Of one unit and top-level category: how many there were, how many were drawn."""

    unit_id: int | None
    category_id: int | None
    population: int
    chosen: int


def samples(session: Session) -> list[Drawn]:
    """The newest draws."""
    rows = session.execute(
        sa.select(
            Sample.id,
            Sample.kind,
            Sample.seed,
            Sample.share,
            Sample.at,
            Sample.by_name,
            sa.func.jsonb_array_length(Sample.population),
            sa.func.cardinality(Sample.chosen),
        )
        .order_by(Sample.id.desc())
        .limit(SHOWN)
    )
    return [Drawn(*row) for row in rows]


def sample_of(session: Session, sample_id: int) -> Sample | None:
    """One draw, whole."""
    return session.get(Sample, sample_id) if 0 < sample_id < 2**31 else None


def strata_of(sample: Sample) -> list[Stratum]:
    """The draw by strata, the largest first. Pure."""
    chosen = set(sample.chosen)
    every = Counter((unit, category) for _id, unit, category in sample.population)
    taken = Counter((unit, category) for id_, unit, category in sample.population if id_ in chosen)
    return [
        Stratum(unit, category, n, taken[unit, category])
        for (unit, category), n in sorted(every.items(), key=lambda pair: (-pair[1], str(pair[0])))
    ]


def numbers_of(session: Session, sample: Sample) -> list[str]:
    """The ticket numbers drawn, at most LISTED."""
    ids = sample.chosen[:LISTED]
    query = sa.select(Ticket.number).where(Ticket.id.in_(ids))
    if sample.kind == "quality":
        query = sa.select(Ticket.number).join(Reply, Reply.ticket_id == Ticket.id).where(Reply.id.in_(ids))
    elif sample.kind == "direct":
        query = sa.select(Ticket.number).join(TicketEvent, TicketEvent.ticket_id == Ticket.id).where(TicketEvent.id.in_(ids))
    return list(session.scalars(query.order_by(Ticket.number)))


def waiting_for_draw(session: Session) -> int:
    """How many audited replies wait for the next draw."""
    return session.scalar(sa.select(sa.func.count()).select_from(Callback).where(Callback.state == "drawing")) or 0
