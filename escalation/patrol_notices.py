"""Who is told of missed rounds (R31): the street's liaison and handlers of every miss, its head too from the second in a row. One notice a person a sweep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.patrol_models import MISSED, RUNNING, PatrolCell, PatrolInterval
from escalation.recipients import People

POSTS, HEAD = ("liaison", "handler-a", "handler-b"), ("head",)


@dataclass(frozen=True, slots=True)
class Missed:
    """What there is to say of one cell: how many rounds were missed since it was last spoken of, when the last was due, `again`: two or more in a row."""

    cell: PatrolCell
    times: int
    due_at: datetime
    again: bool


@dataclass(frozen=True, slots=True)
class PatrolNotice:
    """What one person hears, of all their cells at once. `key` is the same however often the same notice is made."""

    account_id: int
    cells: tuple[Missed, ...]
    key: str


def untold(session: Session, now: datetime) -> list[PatrolNotice]:
    """One notice a person for every miss nobody was told of yet; the misses are marked told. Nothing while rounds due before `now` still wait to be counted."""
    tests = (PatrolInterval.outcome == MISSED, PatrolInterval.told_at.is_(None), PatrolInterval.due_at < now)
    waiting = sa.exists().where(*tests)
    behind = sa.exists().where(PatrolInterval.outcome == RUNNING, PatrolInterval.due_at < now)
    if not session.scalar(sa.select(sa.and_(waiting, sa.not_(behind)))):
        return []
    told = (
        sa.update(PatrolInterval)
        .where(*tests)
        .values(told_at=now)
        .returning(PatrolInterval.id, PatrolInterval.cell_id, PatrolInterval.due_at, PatrolInterval.misses)
    )
    rows = session.execute(told, execution_options={"synchronize_session": False}).all()
    by_cell: dict[int, list] = {}
    for row in sorted(rows, key=lambda row: (row.due_at, row.id)):
        by_cell.setdefault(row.cell_id, []).append(row)
    cells = {cell.id: cell for cell in session.scalars(sa.select(PatrolCell).where(PatrolCell.id.in_(by_cell)))}
    found = [Missed(cells[number], len(misses), misses[-1].due_at, any(row.misses for row in misses)) for number, misses in by_cell.items()]
    return _to_people(session, found, max((row.id for row in rows), default=0), now)


def _to_people(session: Session, found: Sequence[Missed], last: int, now: datetime) -> list[PatrolNotice]:
    units = {one.cell.unit_id for one in found}
    people = People(session, set(), units, now)
    heard: dict[int, dict[int, Missed]] = {}
    for unit in units:
        for posts, wanted in (
            (POSTS, [one for one in found if one.cell.unit_id == unit]),
            (HEAD, [one for one in found if one.cell.unit_id == unit and one.again]),
        ):
            for account in people.of(posts, None, unit, "unit") if wanted else []:
                heard.setdefault(account, {}).update({one.cell.id: one for one in wanted})
    return [PatrolNotice(account, tuple(cells.values()), f"patrol:{account}:{last}") for account, cells in sorted(heard.items())]
