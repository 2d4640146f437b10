"""Verbs of the grid patrol (R31, T28): cells opened, changed and closed by the administrator, visits by the street's own people, misses by the clock.

The cell's row is locked by whoever changes its intervals, so a visit and the sweep never count the same one twice.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound, WrongState
from escalation import patrol_rounds as rounds
from escalation.patrol_models import GRADES, RUNNING, PatrolCell, PatrolInterval, PatrolVisit
from escalation.patrol_rounds import APART, CODES, Round, Rule
from escalation.rules import calendar_for, limits_of, rules_for
from tickets.actors import ADMIN, UNIT_ROLES, Actor
from tickets.identity import Appellant
from tickets.intake import Matter, register
from tickets.models import Ticket
from tickets.reference import reference

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,29}")
LONGEST_NAME, LONGEST_NOTE, LONGEST_KEY = 60, 200, 200
BATCH = 500  # cells a transaction
MOST_ROUNDS = 400  # of one cell a transaction: after a long silence the rest follows in the next


@dataclass(frozen=True, slots=True)
class Swept:
    """What one batch did: rounds ended as missed, and the units concerned. `drained`: nothing was left over."""

    missed: int
    drained: bool
    units: frozenset[int] = frozenset()


def open_cell(session: Session, code: str, name: str, unit: str, grade: int | None, actor: Actor, now: datetime) -> PatrolCell:
    """A new cell in the region of the street `unit` (code) that patrols it from `now` on; its first round begins now.

    Raises Forbidden unless an administrator asks, Invalid naming every bad field.
    """
    _administers(actor)
    names = reference(session)
    street = names.unit_codes.get(unit)
    bad = _wrong(name, grade)
    if not CODE.fullmatch(code.strip()):
        bad["code"] = "编号用字母、数字和短横，30 个以内"
    elif session.scalar(sa.select(PatrolCell.id).where(PatrolCell.code == code.strip())):
        bad["code"] = "这个编号用过了，换一个"
    if street is None or street.kind != "street":
        bad["unit"] = "请选巡这一格的街镇"
    if bad:
        raise Invalid(**bad)
    cell = PatrolCell(
        code=code.strip(), name=name.strip(), unit_id=street.id, region_code=street.region_code, grade=grade, active_since=now
    )
    session.add(cell)
    session.flush()
    _begin(session, cell.id, rounds.begun(_rules(session, now)[cell.grade], now))
    return cell


def change_cell(session: Session, code: str, name: str, grade: int | None, actor: Actor, now: datetime) -> PatrolCell:
    """Another name or grade; the round that runs keeps its limit, the next one has the new. Raises Forbidden, NotFound, WrongState, Invalid."""
    _administers(actor)
    cell = fetch_cell(session, code, lock=True)
    bad = _wrong(name, grade)
    if bad:
        raise Invalid(**bad)
    cell.name, cell.grade = name.strip(), grade
    return cell


def close_cell(session: Session, code: str, actor: Actor, now: datetime) -> PatrolCell:
    """Patrolled no more: what fell due before `now` counts, what runs is void. Raises Forbidden, NotFound, WrongState."""
    _administers(actor)
    cell = fetch_cell(session, code, lock=True)
    running = _after_misses(session, cell, now)
    if running is not None:
        _end(session, running, rounds.voided(_as_round(running), now))
    cell.active_until = max(now, cell.active_since)
    return cell


def visit(session: Session, code: str, note: str, key: str, actor: Actor, now: datetime) -> PatrolVisit:
    """Somebody of the cell's street was there: the round ends as kept, or as void after a miss, and the next begins.

    `key` names the press of the button: the same key again is the same visit. Raises Forbidden for another unit's people, NotFound,
    WrongState for a closed cell or within ten minutes of the last visit, Invalid for a note too long.
    """
    cell = fetch_cell(session, code, lock=True, closed=True)
    _of_its_street(cell, actor)
    if len(note) > LONGEST_NOTE or "\x00" in note:
        raise Invalid(note="备注 200 字以内")
    if not 0 < len(key) <= LONGEST_KEY:
        raise Invalid(key="缺少这一次的标记，请刷新页面再按")
    pressed = f"{actor.account_id}:{cell.id}:{key}"
    earlier = session.scalar(sa.select(PatrolVisit).where(PatrolVisit.request_key == pressed))
    if earlier is not None:
        return earlier
    if cell.active_until is not None:
        raise WrongState("这一格已经停巡，不用再记")
    last = session.scalar(sa.select(sa.func.max(PatrolVisit.at)).where(PatrolVisit.cell_id == cell.id))
    if last is not None and now - last < APART:
        raise WrongState("10 分钟内刚有人巡过这一格，不用再记")
    made = PatrolVisit(cell_id=cell.id, at=now, by_id=actor.account_id, note=note.strip(), request_key=pressed)
    session.add(made)
    running = _after_misses(session, cell, now)
    session.flush()
    at = now
    if running is not None:
        done = rounds.visited(_as_round(running), now)
        at = done.ended_at or now
        _end(session, running, done, made.id)
    _begin(session, cell.id, rounds.begun(_rules(session, now)[cell.grade], at))
    return made


def find(session: Session, code: str, content: str, actor: Actor, now: datetime, category: str = "", address: str = "") -> Ticket:
    """What was found on the round becomes a ticket of channel `patrol`, nobody's but the cell's; it waits for its dispatch like any other.

    Raises Forbidden for another unit's people, NotFound, Invalid.
    """
    cell = fetch_cell(session, code, closed=True)
    _of_its_street(cell, actor)
    return register(
        session,
        Matter(
            channel="patrol",
            appeal_type="other",
            content=content,
            category=category,
            region=cell.region_code or "",
            address=address or cell.name,
            grid_cell=cell.code,
            appellant=Appellant(kind="anonymous"),
            reply_wanted=False,
        ),
        actor,
        now,
    )


def fetch_cell(
    session: Session, code: str, *, lock: bool = False, closed: bool = False, scope: sa.ColumnElement[bool] | None = None
) -> PatrolCell:
    """The one road from a code to a cell; `scope`: patrol_queries.visible_cells, where somebody asks.

    Raises NotFound, WrongState for one that is patrolled no more unless `closed`.
    """
    query = sa.select(PatrolCell).where(PatrolCell.code == code, *([] if scope is None else [scope]))
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    cell = session.scalar(query)
    if cell is None:
        raise NotFound("没有这一格")
    if cell.active_until is not None and not closed:
        raise WrongState("这一格已经停巡了")
    return cell


def sweep_cells(session: Session, now: datetime, batch: int = BATCH) -> Swept:
    """End what fell due before `now` as missed, at the instant it was due; the next round begins there, so every round missed counts.

    Oldest first, up to `batch` cells; those somebody is visiting this moment wait for the next call. Running it again misses nothing twice.
    """
    due = sa.select(PatrolCell).join(PatrolInterval, PatrolInterval.cell_id == PatrolCell.id).where(_DUE, PatrolInterval.due_at < now)
    cells = list(
        session.scalars(
            due.order_by(PatrolInterval.due_at, PatrolInterval.id)
            .limit(batch)
            .with_for_update(of=PatrolCell, skip_locked=True)
            .execution_options(populate_existing=True)
        )
    )
    if not cells:
        return Swept(0, True)
    over, behind = _miss(session, cells, now)
    return Swept(over, len(cells) < batch and not behind, frozenset(cell.unit_id for cell in cells))


_DUE = PatrolInterval.outcome == RUNNING


def _miss(session: Session, cells: Iterable[PatrolCell], now: datetime) -> tuple[int, bool]:
    """The rounds of these locked cells that fell due: how many, and whether some cell has more than one transaction takes."""
    grades, rules = {cell.id: cell.grade for cell in cells}, _rules(session, now)
    late = sa.select(PatrolInterval).where(PatrolInterval.cell_id.in_(grades), _DUE, PatrolInterval.due_at < now)
    rows, made, behind = 0, [], False
    for row in session.scalars(late.execution_options(populate_existing=True)).all():
        over, running = rounds.missed(_as_round(row), rules[grades[row.cell_id]], now, MOST_ROUNDS)
        _end(session, row, over[0])
        made += [as_columns(row.cell_id, one) for one in (*over[1:], *([running] if running else []))]
        rows, behind = rows + len(over), behind or (running is not None and running.due_at < now)
    session.flush()  # the old ones have ended before new ones run: one at a time a cell
    if made:
        session.execute(sa.insert(PatrolInterval), made)
    return rows, behind


def _after_misses(session: Session, cell: PatrolCell, now: datetime) -> PatrolInterval | None:
    """The interval that runs once everything due before `now` is counted; the sweep may not have been here yet."""
    while _miss(session, [cell], now)[1]:
        continue
    return session.scalar(
        sa.select(PatrolInterval).where(PatrolInterval.cell_id == cell.id, _DUE).execution_options(populate_existing=True)
    )


def as_columns(cell_id: int, one: Round) -> dict:
    """A round as the columns of its row."""
    return {
        "cell_id": cell_id,
        "limit_id": one.limit_id,
        "began_at": one.began_at,
        "due_at": one.due_at,
        "misses": one.misses,
        "outcome": one.outcome,
        "ended_at": one.ended_at,
    }


def _as_round(row: PatrolInterval) -> Round:
    return Round(row.limit_id, row.began_at, row.due_at, row.misses, row.outcome, row.ended_at)


def _end(session: Session, row: PatrolInterval, done: Round, visit_id: int | None = None) -> None:
    row.outcome, row.ended_at, row.visit_id = done.outcome, done.ended_at, visit_id
    session.flush()


def _begin(session: Session, cell_id: int, one: Round | None) -> None:
    if one is not None:
        session.add(PatrolInterval(**as_columns(cell_id, one)))
        session.flush()


def _rules(session: Session, now: datetime) -> dict[int, Rule | None]:
    """Grade → what counts its rounds at `now`; None where this installation has switched the limit off."""
    limits, book, calendar = limits_of(session, now), rules_for(session).book, calendar_for(session)
    found = {grade: limits.get(CODES[grade]) for grade in GRADES}
    return {grade: Rule(limit, book.hours_for(limit), calendar) if limit else None for grade, limit in found.items()}


def _administers(actor: Actor) -> None:
    if not actor.has(ADMIN):
        raise Forbidden("网格由管理员设")


def _of_its_street(cell: PatrolCell, actor: Actor) -> None:
    if not actor.has(*UNIT_ROLES) or actor.unit_id != cell.unit_id:
        raise Forbidden("只有巡这一格的街镇自己的人能记")


def _wrong(name: str, grade: int | None) -> dict[str, str]:
    bad = {}
    if not 1 <= len(name.strip()) <= LONGEST_NAME or "\x00" in name:
        bad["name"] = "请写名称，60 字以内"
    if grade not in GRADES:
        bad["grade"] = "请选一级、二级或其他"
    return bad
