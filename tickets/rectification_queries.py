"""Questions to the bad-rating loops: the figures of a period, the list of a board. Reads only; lateness is the clocks' (escalation)."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.evaluation_codes import LOOP_OPEN, LOOP_TO_REVISIT
from tickets.evaluation_models import Rectification
from tickets.models import Rating, Ticket

GOOD = 3


@dataclass(frozen=True)
class Figures:
    """Bad ratings opened in a period, by how far they came; each is a numerator over `named` (实名差评整改率, 回访率), `second_good` over `second`.

    `anonymous` are counted and cannot be contacted. `upheld`: the centre found the rating mistaken. `breaches`: a clear one was refused.
    """

    bad: int
    named: int
    contacted: int
    rectified: int
    revisited: int
    upheld: int
    breaches: int
    second: int
    second_good: int

    @property
    def anonymous(self) -> int:
        return self.bad - self.named


def figures(session: Session, since: datetime, until: datetime, unit_ids: set[int] | None = None) -> Figures:
    """Of [since, until), of some units only if named. One statement; the first turn of a loop counts, later turns are its own story."""
    row, second = Rectification, sa.orm.aliased(Rating)
    later = sa.orm.aliased(Rectification)
    score = (
        sa.select(second.score)
        .join(later, later.second_rating_id == second.id)
        .where(later.rating_id == row.rating_id)
        .order_by(second.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    counted = sa.select(
        row.named, row.contacted_at, row.rectified_at, row.revisited_at, row.ruling, row.refused_at, score.label("second")
    ).where(row.turn == 1, row.opened_at >= since, row.opened_at < until)
    if unit_ids is not None:
        counted = counted.where(row.unit_id.in_(unit_ids))
    one = counted.subquery().c
    n = sa.func.count
    return Figures(
        *session.execute(
            sa.select(
                n(),
                n().filter(one.named),
                n(one.contacted_at),
                n(one.rectified_at),
                n(one.revisited_at),
                n().filter(one.ruling == "uphold"),
                n(one.refused_at),
                n(one.second),
                n().filter(one.second >= GOOD),
            )
        ).one()
    )


def listed(scope, state: str = "", unit_ids: set[int] | None = None) -> sa.Select:
    """SELECT loop, ticket, first and second score, newest last turn only; `scope`: what the person may see. `state`: "unit", "centre", "closed", "counted" or ""."""
    first, second, newer = sa.orm.aliased(Rating), sa.orm.aliased(Rating), sa.orm.aliased(Rectification)
    query = (
        sa.select(Rectification, Ticket, first.score.label("first"), second.score.label("second"))
        .join(Ticket, Ticket.id == Rectification.ticket_id)
        .join(first, first.id == Rectification.rating_id)
        .outerjoin(second, second.id == Rectification.second_rating_id)
        .where(scope, ~sa.exists().where(newer.rating_id == Rectification.rating_id, newer.turn > Rectification.turn))
    )
    if unit_ids is not None:
        query = query.where(Rectification.unit_id.in_(unit_ids))
    states = {
        "unit": ("open", "contacted", "rectifying"),
        "centre": ("appealed", *LOOP_TO_REVISIT),
        "open": (*LOOP_OPEN, *LOOP_TO_REVISIT),
        "closed": ("closed",),
        "counted": ("counted",),
    }
    return query.where(Rectification.state.in_(states[state])) if state in states else query


def owed_by(unit_id: int | None) -> sa.Select:
    """SELECT the number of loops this unit has yet to act on."""
    return (
        sa.select(sa.func.count())
        .select_from(Rectification)
        .where(Rectification.unit_id == unit_id, Rectification.state.in_(("open", "contacted", "rectifying")))
    )
