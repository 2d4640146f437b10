"""The grid patrol of the demo city: three cells a street, ten days of rounds, a few missed, two cells nobody has been to lately. Rows as the verbs write them."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import patrolling
from app.clock import CITY_ZONE, local
from app.demo.cast import cast_of
from escalation import patrol_rounds as rounds
from escalation import patrols, rules
from escalation.business_hours import make_hours
from escalation.editing import Edit, change_limit, limit_in_force
from escalation.patrol_models import MISSED, PatrolCell, PatrolInterval, PatrolVisit
from escalation.patrol_rounds import Round, Rule
from tickets.actors import Actor

CELLS = {  # street → its cells by grade
    "dongmen": ("东门菜场周边", "古城墙东段", "东湖里小区"),
    "nanhu": ("南湖夜市", "学府路小学门口", "南湖公园北岸"),
    "xishan": ("西山农贸城", "西山工地群", "山脚老小区"),
    "beihe": ("北河码头", "北河排口沿线", "物流园东区"),
}
NEGLECTED = {("dongmen", 1): 2, ("xishan", 2): 1}  # (street, grade) → rounds missed up to the present
DAYS, SEED = 10, 28
TOLD_LATELY = timedelta(days=1)


def load(session: Session, now: datetime) -> None:
    """Once: hours for the patrol, cells, visits, rounds, and the messages of the last day's misses."""
    if session.scalar(sa.select(sa.exists().select_from(PatrolCell))):
        return
    cast, opened = cast_of(session), datetime.combine(local(now).date() - timedelta(days=DAYS), time(7), CITY_ZONE)
    _by_day(session, cast["admin1"], opened)
    known, rng, made = rules.load(session), Random(SEED), []  # noqa: S311 the same rounds every time are wanted
    for street, names in CELLS.items():
        for grade, name in enumerate(names, 1):
            cell = patrols.open_cell(session, f"{street[:2].upper()}-{grade:02}", name, street, grade, cast["admin1"], opened)
            limit = known.book.of_profile(session.info.get("profile", "default"), now)[rounds.CODES[grade]]
            made.append(
                (
                    cell,
                    walked(Rule(limit, known.book.hours_for(limit), known.calendar), opened, now, rng, NEGLECTED.get((street, grade), 0)),
                    street,
                )
            )
    session.execute(sa.delete(PatrolInterval))  # the first round of each, as opening made it: walked anew below
    for cell, (visits, done), street in made:
        _write(session, cell, visits, done, [cast[f"{street}.handler"], cast[f"{street}.backup"]], now)
    for due in sorted(
        set(session.scalars(sa.select(PatrolInterval.due_at).where(PatrolInterval.outcome == MISSED, PatrolInterval.told_at.is_(None))))
    ):
        patrolling.tell(session, due + timedelta(seconds=1))


def walk(rule: Rule, opened: datetime, visits: Sequence[datetime], now: datetime) -> list[tuple[Round, int | None]]:
    """The rounds such visits make up to `now`, each with the visit that ended it (its place in `visits`); the last one runs."""
    running: Round | None = rounds.begun(rule, opened)
    found: list[tuple[Round, int | None]] = []
    for number, at in enumerate([*visits, now]):
        while running is not None and running.due_at < at:
            over, running = rounds.missed(running, rule, at, 100)
            found += [(one, None) for one in over]
        if running is not None and number < len(visits):
            found.append((rounds.visited(running, at), number))
            running = rounds.begun(rule, at)
    return [*found, (running, None)] if running is not None else found


def walked(
    rule: Rule, opened: datetime, now: datetime, rng: Random, neglected: int
) -> tuple[list[datetime], list[tuple[Round, int | None]]]:
    """Somebody comes shortly before a round is due, now and then too late; where the cell is neglected, not any more in the end."""
    visits: list[datetime] = []
    due = rule.due(opened)
    while True:
        late = rng.random() < 0.07
        at = due + timedelta(minutes=rng.uniform(15, 70) if late else -rng.uniform(4, 40))
        if at >= now - timedelta(minutes=12):
            break
        visits.append(at)
        due = rule.due(at)
    done = walk(rule, opened, visits, now)
    while visits and done[-1][0].misses < neglected:
        visits.pop()
        done = walk(rule, opened, visits, now)
    return visits, done


def _write(
    session: Session,
    cell: PatrolCell,
    visits: Sequence[datetime],
    done: Sequence[tuple[Round, int | None]],
    people: Sequence[Actor],
    now: datetime,
) -> None:
    rows = [
        {
            "cell_id": cell.id,
            "at": at,
            "by_id": people[number % 5 == 4].account_id,
            "note": NOTES.get(number % 17, ""),
            "request_key": f"demo:{cell.id}:{number}",
        }
        for number, at in enumerate(visits)
    ]
    ids = list(session.scalars(sa.insert(PatrolVisit).returning(PatrolVisit.id, sort_by_parameter_order=True), rows)) if rows else []
    session.execute(
        sa.insert(PatrolInterval),
        [
            patrols.as_columns(cell.id, one)
            | {
                "visit_id": None if number is None else ids[number],
                "told_at": one.due_at if one.outcome == MISSED and one.due_at < now - TOLD_LATELY else None,
            }
            for one, number in done
        ],
    )


NOTES = {3: "占道的水果摊劝进去了", 8: "井盖完好，路灯都亮", 13: "垃圾桶满了，已叫保洁"}


def _by_day(session: Session, admin: Actor, at: datetime) -> None:
    """The patrol limits run from seven to seven, every day."""
    hours = make_hours(session, "巡查时间", "Patrol hours", "07:00-19:00", True, admin, at)
    for code in rounds.CODES.values():
        limit = limit_in_force(session, code, at)
        change_limit(
            session,
            code,
            Edit(limit.length, limit.unit, None, limit.pauses, limit.article, "巡查队早 7 点到晚 7 点在岗", hours.id),
            limit.id,
            False,
            admin,
            at,
        )
    rules.forget(session)
