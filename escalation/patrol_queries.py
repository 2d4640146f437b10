"""Reading the grid patrol: cells with what runs on them, and how many rounds were kept. Scope as the desk has it. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.patrol_models import KEPT, MISSED, RUNNING, PatrolCell, PatrolInterval, PatrolVisit
from tickets.actors import ADMIN, DISCIPLINE, LEADER, SUPERVISOR, UNIT_ROLES, Actor

PAGE, ROUNDS = 50, 40
OVERSEERS = (SUPERVISOR, LEADER, DISCIPLINE)
READERS = (*sorted(UNIT_ROLES), *OVERSEERS)
NEVER = datetime(2100, 12, 31, tzinfo=UTC)  # where a cell stands whose limit is switched off: after all others
_DUE = sa.func.coalesce(PatrolInterval.due_at, sa.literal(NEVER, PatrolInterval.due_at.type))


@dataclass(frozen=True, slots=True)
class Shown:
    """A cell that is patrolled: the round that runs (None: its limit is switched off), and the last visit, if there was one."""

    cell: PatrolCell
    running: PatrolInterval | None
    visit: PatrolVisit | None

    @property
    def misses(self) -> int:
        """How many rounds in a row were missed up to now."""
        return self.running.misses if self.running else 0

    @property
    def place(self) -> tuple[datetime, int]:
        """Where it stands in the list."""
        return (self.running.due_at if self.running else NEVER), self.cell.id


@dataclass(frozen=True, slots=True)
class Kept:
    """Rounds that were decided, and how many of them were kept."""

    kept: int
    due: int


def visible_cells(actor: Actor):
    """The SQL test for the cells this person may see: overseers and administrators all, a unit's people their own and those of units below."""
    if actor.has(*OVERSEERS, ADMIN):
        return sa.true()
    return PatrolCell.unit_id.in_(sorted(actor.unit_ids)) if actor.of_unit else sa.false()


def cells(
    session: Session, scope, unit_id: int | None = None, missed: bool = False, after: tuple[datetime, int] | None = None, limit: int = PAGE
) -> tuple[list[Shown], bool]:
    """Cells that are patrolled, what is due first on top, from `after` on; and whether more follow. One statement.

    `missed`: only those whose last round was missed and where nobody has been since.
    """
    page = (
        sa.select(PatrolCell.id.label("cell"), PatrolInterval.id.label("round"))
        .outerjoin(PatrolInterval, sa.and_(PatrolInterval.cell_id == PatrolCell.id, PatrolInterval.outcome == RUNNING))
        .where(PatrolCell.active_until.is_(None), scope)
    )
    if unit_id is not None:
        page = page.where(PatrolCell.unit_id == unit_id)
    if missed:
        page = page.where(PatrolInterval.misses > 0)
    if after is not None:
        page = page.where(
            sa.tuple_(_DUE, PatrolCell.id) > sa.tuple_(sa.literal(after[0], PatrolInterval.due_at.type), sa.literal(after[1]))
        )
    few = page.order_by(_DUE, PatrolCell.id).limit(limit + 1).cte("few")
    last = (
        sa.select(PatrolVisit.id)
        .where(PatrolVisit.cell_id == few.c.cell)
        .order_by(PatrolVisit.at.desc(), PatrolVisit.id.desc())
        .limit(1)
        .correlate(few)
        .scalar_subquery()
    )
    wanted = (
        sa.select(PatrolCell, PatrolInterval, PatrolVisit)
        .join(few, few.c.cell == PatrolCell.id)
        .outerjoin(PatrolInterval, PatrolInterval.id == few.c.round)
        .outerjoin(PatrolVisit, PatrolVisit.id == last)
    )
    rows = session.execute(wanted.order_by(_DUE, PatrolCell.id)).all()
    return [Shown(*row) for row in rows[:limit]], len(rows) > limit


def next_due(session: Session, cell_id: int) -> datetime | None:
    """When somebody has to be there next; None while its limit is switched off."""
    return session.scalar(sa.select(PatrolInterval.due_at).where(PatrolInterval.cell_id == cell_id, PatrolInterval.outcome == RUNNING))


def rounds_of(session: Session, cell_id: int, limit: int = ROUNDS) -> list[tuple[PatrolInterval, PatrolVisit | None]]:
    """The last rounds of a cell, newest first, each with the visit that ended it."""
    wanted = (
        sa.select(PatrolInterval, PatrolVisit)
        .outerjoin(PatrolVisit, PatrolVisit.id == PatrolInterval.visit_id)
        .where(PatrolInterval.cell_id == cell_id)
    )
    return [
        (row[0], row[1]) for row in session.execute(wanted.order_by(PatrolInterval.began_at.desc(), PatrolInterval.id.desc()).limit(limit))
    ]


def rates(session: Session, scope, since: datetime) -> dict[int, Kept]:
    """Unit → rounds decided since then and how many were kept. One statement."""
    decided = sa.select(PatrolCell.unit_id, sa.func.count().filter(PatrolInterval.outcome == KEPT), sa.func.count()).join(
        PatrolCell, PatrolCell.id == PatrolInterval.cell_id
    )
    wanted = decided.where(PatrolInterval.outcome.in_((KEPT, MISSED)), PatrolInterval.ended_at >= since, scope).group_by(PatrolCell.unit_id)
    return {unit: Kept(kept, due) for unit, kept, due in session.execute(wanted)}


def missed_now(unit_ids: Iterable[int]) -> sa.Select:
    """A scalar SELECT: cells of these units whose last round was missed and where nobody has been since."""
    return (
        sa.select(sa.func.count())
        .select_from(PatrolInterval)
        .join(PatrolCell, PatrolCell.id == PatrolInterval.cell_id)
        .where(PatrolInterval.outcome == RUNNING, PatrolInterval.misses > 0, PatrolCell.unit_id.in_(list(unit_ids)))
    )


def every_cell(session: Session, after: str = "", limit: int = PAGE) -> tuple[list[PatrolCell], bool]:
    """All cells by code from after that code on, those that are closed too, for the administrator; and whether more follow."""
    rows = list(session.scalars(sa.select(PatrolCell).where(PatrolCell.code > after).order_by(PatrolCell.code).limit(limit + 1)))
    return rows[:limit], len(rows) > limit
