"""Drawing a sample that anybody can draw again: from the seed, the share and the people it was drawn from, nothing else. `draw` is pure."""

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from tickets.actors import Actor
from tickets.evaluation_models import Sample
from tickets.reference import Reference


class One(NamedTuple):
    """Something that may be drawn: its id, and the stratum it belongs to (unit, top-level category)."""

    id: int
    unit_id: int | None
    category_id: int | None


def draw(population: Iterable[One], seed: str, share: int) -> list[int]:
    """The ids drawn, ascending. Of every stratum the `share` (percent); what is left of a whole one falls to it by the lot of the stratum, so
    that small strata get their share over time and no more. Within it by the hash of seed and id, which nobody can steer and everybody can repeat.
    """
    strata: defaultdict[tuple, list[int]] = defaultdict(list)
    for one in population:
        strata[one.unit_id, one.category_id].append(one.id)
    chosen: list[int] = []
    for stratum, ids in strata.items():
        whole, rest = divmod(len(ids) * share, 100)
        quota = whole + (rest > int.from_bytes(_lot(seed, stratum)[:4]) % 100)
        chosen += sorted(ids, key=lambda id_: (_lot(seed, id_), id_))[:quota]
    return sorted(chosen)


def keep(
    session: Session, kind: str, population: Iterable[One], share: int, until: datetime, actor: Actor, now: datetime, seed: str = ""
) -> Sample:
    """Draw and keep the draw. `seed`: one's own, else a fresh one. The row has its id when this returns."""
    rows = sorted(set(population))
    seed = seed.strip() or secrets.token_hex(8)
    sample = Sample(
        kind=kind,
        seed=seed,
        share=share,
        until=until,
        population=[list(one) for one in rows],
        chosen=draw(rows, seed, share),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(sample)
    session.flush()
    return sample


def again(sample: Sample) -> list[int]:
    """Draw a kept sample once more from what it says of itself; equal to `sample.chosen`, or somebody touched it."""
    return draw((One(*row) for row in sample.population), sample.seed, sample.share)


def top_category(names: Reference, category_id: int | None) -> int | None:
    """The first-level category a category belongs to."""
    row = names.categories.get(category_id) if category_id else None
    while row is not None and row.parent_id:
        row = names.categories.get(row.parent_id)
    return row.id if row else None


def _lot(seed: str, what: int | tuple) -> bytes:
    return hashlib.sha256(f"{seed}:{what}".encode()).digest()
