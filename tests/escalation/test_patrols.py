"""The grid patrol (R31, T28): intervals by table, nights, long downtime, two at once, who may; each miss counted once and told once."""

import threading
from datetime import datetime, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from app import patrolling
from app.clock import CITY_ZONE, local
from app.db import db
from app.demo import patrols as demo_patrols
from app.errors import Forbidden, Invalid, NotFound, WrongState
from app.reports.others import others
from app.work import session_now, work
from escalation import business_hours, patrol_queries, patrols, rules
from escalation.models import LimitRow
from escalation.patrol_models import PatrolCell, PatrolInterval, PatrolVisit
from escalation.patrol_rounds import Rule
from notifiers.models import OutboxMessage
from tests import factories
from tests.escalation.slow_others import patrols_slowly

ALWAYS, BY_DAY = "", "07:00-19:00"
# hours, grade, what happens (hh:mm of 14 September on, "+1" the next day; v = visit, s = sweep, c = closed), the intervals: began due ended outcome misses
STORIES = {
    "kept, kept": (ALWAYS, 1, "v 09:30, v 11:00, s 13:00", "08:00 10:00 09:30 kept 0 | 09:30 11:30 11:00 kept 0 | 11:00 13:00 - running 0"),
    "the due instant itself is in time": (ALWAYS, 1, "s 10:00, v 10:00", "08:00 10:00 10:00 kept 0 | 10:00 12:00 - running 0"),
    "missed at the due instant, not when noticed": (ALWAYS, 1, "s 11:17", "08:00 10:00 10:00 missed 0 | 10:00 12:00 - running 1"),
    "who comes after a miss begins anew, the gap is counted once": (
        ALWAYS,
        1,
        "s 10:01, v 11:30, v 13:00",
        "08:00 10:00 10:00 missed 0 | 10:00 12:00 11:30 void 1 | 11:30 13:30 13:00 kept 0 | 13:00 15:00 - running 0",
    ),
    "a visit that comes before the sweep is late all the same": (
        ALWAYS,
        1,
        "v 10:20, s 10:30",
        "08:00 10:00 10:00 missed 0 | 10:00 12:00 10:20 void 1 | 10:20 12:20 - running 0",
    ),
    "an unvisited day counts every round": (
        ALWAYS,
        3,
        "s +1 08:01",
        "08:00 14:00 14:00 missed 0 | 14:00 20:00 20:00 missed 1 | 20:00 +1 02:00 +1 02:00 missed 2 | +1 02:00 +1 08:00 +1 08:00 missed 3 | +1 08:00 +1 14:00 - running 4",
    ),
    "night does not count": (
        BY_DAY,
        1,
        "v 10:00, v 12:00, v 14:00, v 16:00, v 18:00, s 20:00, v +1 08:00",
        "08:00 10:00 10:00 kept 0 | 10:00 12:00 12:00 kept 0 | 12:00 14:00 14:00 kept 0 | 14:00 16:00 16:00 kept 0 | 16:00 18:00 18:00 kept 0 | 18:00 +1 08:00 +1 08:00 kept 0 | +1 08:00 +1 10:00 - running 0",
    ),
    "missed over night": (
        BY_DAY,
        2,
        "v 17:00, s +1 12:00",
        "08:00 12:00 12:00 missed 0 | 12:00 16:00 16:00 missed 1 | 16:00 +1 08:00 17:00 void 2 | 17:00 +1 09:00 +1 09:00 missed 0 | +1 09:00 +1 13:00 - running 1",
    ),
    "a closed cell is neither": (ALWAYS, 1, "v 09:00, c 10:30", "08:00 10:00 09:00 kept 0 | 09:00 11:00 10:30 void 0"),
    "what was missed before it closed counts": (
        ALWAYS,
        1,
        "c 12:30",
        "08:00 10:00 10:00 missed 0 | 10:00 12:00 12:00 missed 1 | 12:00 14:00 12:30 void 2",
    ),
}
DAY = datetime(2026, 9, 14, 8, 0, tzinfo=CITY_ZONE)


def at(words: str) -> datetime:
    """From "+1 08:00" to that instant."""
    ahead, _, clock = words.rpartition(" ")
    hour, minute = clock.split(":")
    return DAY.replace(hour=int(hour), minute=int(minute)) + timedelta(days=int(ahead or 0))


def said(moment: datetime | None) -> str:
    if moment is None:
        return "-"
    there = local(moment)
    return (f"+{(there.date() - DAY.date()).days} " if there.date() != DAY.date() else "") + f"{there:%H:%M}"


def intervals(session) -> str:
    rows = session.scalars(sa.select(PatrolInterval).order_by(PatrolInterval.began_at, PatrolInterval.id))
    return " | ".join(f"{said(row.began_at)} {said(row.due_at)} {said(row.ended_at)} {row.outcome} {row.misses}" for row in rows)


def in_hours(session, spans: str) -> None:
    """Every patrol limit runs in these hours."""
    if spans:
        row = business_hours.make_hours(session, "白天", "Day", spans, True, factories.person(session, "admin1", DAY), DAY)
        session.execute(sa.update(LimitRow).where(LimitRow.code.startswith("patrol-")).values(hours_id=row.id))
    rules.forget(session)


def a_cell(session, code="DM-01", grade=1, unit="dongmen", when=DAY) -> PatrolCell:
    return patrols.open_cell(session, code, "东门菜场", unit, grade, factories.person(session, "admin1", when), when)


def live(session, code: str, happens: str) -> datetime:
    """Let a story happen. Returns when its last step was."""
    moment = DAY
    for step in happens.split(", "):
        kind, moment = step[0], at(step[2:])
        if kind == "v":
            patrols.visit(session, code, "", f"k{moment}", factories.person(session, "dongmen.handler", moment), moment)
        elif kind == "s":
            patrols.sweep_cells(session, moment)
        else:
            patrols.close_cell(session, code, factories.person(session, "admin1", moment), moment)
    return moment


@pytest.mark.parametrize("name", STORIES)
def test_intervals_by_table(own_rules, name):
    hours, grade, happens, expected = STORIES[name]
    in_hours(own_rules, hours)
    cell = a_cell(own_rules, grade=grade)
    last = live(own_rules, cell.code, happens)
    assert intervals(own_rules) == expected
    assert patrols.sweep_cells(own_rules, last).missed == 0, "a second sweep finds nothing"
    found, slowly = others(own_rules, DAY.date(), last.date(), last).get(str(cell.unit_id), {}), patrols_slowly(own_rules, last)
    assert (found.get("patrols_kept", 0), found.get("patrols_due", 0)) == (sum(kept for _at, _unit, kept in slowly), len(slowly))


def test_a_changed_grade_counts_from_the_next_round(own_rules):
    in_hours(own_rules, ALWAYS)
    cell, admin = a_cell(own_rules), factories.person(own_rules, "admin1", DAY)
    patrols.change_cell(own_rules, cell.code, "东门菜场北", 3, admin, at("08:30"))
    live(own_rules, cell.code, "v 09:00")
    assert intervals(own_rules) == "08:00 10:00 09:00 kept 0 | 09:00 15:00 - running 0"


OPENING = {"code": "DM-02", "name": "东门桥", "unit": "dongmen", "grade": 2}
REFUSED = [  # who, when, which verb with what; the error and what it names
    ("head", "08:30", "open", {}, Forbidden, ""),
    ("admin1", "08:30", "open", {"code": "DM-01"}, Invalid, "code"),
    ("admin1", "08:30", "open", {"code": "东门"}, Invalid, "code"),
    ("admin1", "08:30", "open", {"unit": "urban"}, Invalid, "unit"),
    ("admin1", "08:30", "open", {"grade": 4}, Invalid, "grade"),
    ("admin1", "08:30", "open", {"name": " "}, Invalid, "name"),
    ("dongmen.head", "08:30", "change", {}, Forbidden, ""),
    ("dongmen.head", "08:30", "close", {}, Forbidden, ""),
    ("admin1", "08:30", "visit", {}, Forbidden, ""),
    ("supervisor1", "08:30", "visit", {}, Forbidden, ""),
    ("nanhu.handler", "08:30", "visit", {}, Forbidden, ""),
    ("east.head", "08:30", "visit", {}, Forbidden, ""),
    ("dongmen.handler", "08:30", "visit", {"code": "DM-99"}, NotFound, ""),
    ("dongmen.handler", "08:30", "visit", {"note": "长" * 201}, Invalid, "note"),
    ("dongmen.handler", "08:30", "visit", {"key": ""}, Invalid, "key"),
    ("dongmen.handler", "09:09", "visit", {}, WrongState, "10 分钟"),
    ("dongmen.handler", "12:00", "visit", {"code": "DM-03"}, WrongState, "停巡"),
    ("admin1", "12:00", "change", {"code": "DM-03"}, WrongState, "停巡"),
    ("admin1", "12:00", "close", {"code": "DM-03"}, WrongState, "停巡"),
    ("admin1", "12:00", "close", {"code": "DM-99"}, NotFound, ""),
]


def test_who_may_not_and_why(own_rules):
    in_hours(own_rules, ALWAYS)
    a_cell(own_rules)
    live(own_rules, "DM-01", "v 09:00")
    live(own_rules, a_cell(own_rules, "DM-03").code, "c 11:00")
    verbs = {
        "open": lambda who, when, **said: patrols.open_cell(own_rules, **OPENING | said, actor=who, now=when),
        "change": lambda who, when, code="DM-01": patrols.change_cell(own_rules, code, "名", 1, who, when),
        "close": lambda who, when, code="DM-01": patrols.close_cell(own_rules, code, who, when),
        "visit": lambda who, when, code="DM-01", note="", key="k": patrols.visit(own_rules, code, note, key, who, when),
    }
    before = intervals(own_rules)
    for username, when, verb, said, error, names in REFUSED:
        who = factories.person(own_rules, "dongmen.head" if username == "head" else username, at(when))
        with pytest.raises(error) as no:
            verbs[verb](who, at(when), **said)
        assert set(no.value.fields) == {names} if error is Invalid else names in no.value.text, (username, verb, said)
    assert intervals(own_rules) == before


def test_the_same_press_is_the_same_visit(own_rules):
    in_hours(own_rules, ALWAYS)
    a_cell(own_rules)
    handler = factories.person(own_rules, "dongmen.handler", at("09:00"))
    first = patrols.visit(own_rules, "DM-01", "井盖完好", "k", handler, at("09:00"))
    assert patrols.visit(own_rules, "DM-01", "井盖完好", "k", handler, at("09:00") + timedelta(seconds=1)).id == first.id
    assert intervals(own_rules) == "08:00 10:00 09:00 kept 0 | 09:00 11:00 - running 0"


def test_the_list_begins_with_what_is_due_first_and_goes_on_where_it_stopped(own_rules, statements):
    in_hours(own_rules, ALWAYS)
    for n in range(7):
        a_cell(own_rules, f"DM-{n}", 1 + n % 3, when=DAY + timedelta(minutes=n))
    a_cell(own_rules, "NH-1", 1, "nanhu")
    patrols.sweep_cells(own_rules, at("10:30"))
    head, district = factories.person(own_rules, "dongmen.head", DAY), factories.person(own_rules, "east.head", DAY)
    seen, after = [], None
    with statements() as sent:
        more = True
        while more:
            page, more = patrol_queries.cells(own_rules, patrol_queries.visible_cells(head), after=after, limit=3)
            seen, after = seen + page, page[-1].place
    assert len(sent) == 3, "one statement a page"
    assert [one.place for one in seen] == sorted(one.place for one in seen)
    assert {one.cell.code for one in seen} == {f"DM-{n}" for n in range(7)}
    missed, _more = patrol_queries.cells(own_rules, patrol_queries.visible_cells(district), missed=True)
    assert {(one.cell.code, one.misses) for one in missed} == {("DM-0", 1), ("DM-3", 1), ("DM-6", 1)}
    assert own_rules.scalar(patrol_queries.missed_now({head.unit_id})) == 3
    rates = patrol_queries.rates(own_rules, patrol_queries.visible_cells(factories.person(own_rules, "supervisor1", DAY)), DAY)
    assert {(found.kept, found.due) for found in rates.values()} == {(0, 3), (0, 1)}
    assert patrol_queries.cells(own_rules, patrol_queries.visible_cells(factories.person(own_rules, "agent1", DAY)))[0] == []


def told(session) -> dict[str, tuple[str, int]]:
    """Account → the template and the cells of its messages."""
    names = dict(session.execute(sa.text("SELECT id, username FROM accounts")).all())
    return {
        names[row.account_id]: (row.template, len(row.values["items"]))
        for row in session.scalars(sa.select(OutboxMessage).where(OutboxMessage.channel == "inbox"))
    }


def test_a_miss_is_told_to_the_street_and_the_second_to_its_head(app):
    """R31. Two sweeps at once, a long silence, a sweep that comes again: every round its row, one message a person."""
    with app.app_context():
        with work() as session:
            rules.forget(session)
            a_cell(session)
            a_cell(session, "DM-02", 2)
        assert patrolling.sweep(at("10:01")) == 1
        assert told(session_now()) == dict.fromkeys(("dongmen.liaison", "dongmen.handler", "dongmen.backup"), ("patrol-missed", 1))
        assert patrolling.sweep(at("10:01")) == 0
        with work() as session:
            session.execute(sa.delete(OutboxMessage))
        assert patrolling.sweep(at("+1 08:01"), batch=1) == 11 + 6, "a day nobody came: twelve rounds of two hours, six of four"
        assert told(session_now()) == dict.fromkeys(
            ("dongmen.liaison", "dongmen.handler", "dongmen.backup", "dongmen.head"), ("patrol-missed-again", 2)
        )
        assert (
            session_now().scalar(sa.select(sa.func.count()).where(PatrolInterval.outcome == "missed", PatrolInterval.told_at.is_(None)))
            == 0
        )


def test_of_two_at_once_one_wins_and_the_other_hears_why(app):
    """Two people at the button, and two sweeps, in transactions of their own: one visit, no round twice."""
    came, swept, ready = [], [], threading.Barrier(4)

    def in_a_transaction(do, said):
        with app.app_context():
            ready.wait(10)
            try:
                with work() as session:
                    said.append(do(session))
            except WrongState as no:
                said.append(no.text)
            db.session.remove()

    moment = at("+2 08:30")

    def comes(username):
        return lambda session: patrols.visit(session, "DM-01", "", username, factories.person(session, username, moment), moment).id

    runs = [
        (comes("dongmen.handler"), came),
        (comes("dongmen.liaison"), came),
        *[(lambda session: patrols.sweep_cells(session, moment).missed, swept)] * 2,
    ]
    threads = [threading.Thread(target=in_a_transaction, args=run) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    with app.app_context():
        session = session_now()
        assert sorted(str(said)[:5] for said in came) == sorted([str(session.scalar(sa.select(PatrolVisit.id))), "10 分钟"])
        patrolling.sweep(moment)
        rounds = session.execute(
            sa.select(PatrolInterval.began_at).join(PatrolCell, PatrolCell.id == PatrolInterval.cell_id).where(PatrolCell.code == "DM-01")
        ).all()
        assert len(rounds) == len(set(rounds)) == 12 + 12 + 1 + 1, "two days of missed rounds, the void piece, the one that runs"


def test_the_demo_citys_rounds_are_what_the_verbs_write(own_rules):
    """What is inserted in bulk is walked through the verbs, one visit after the other and a sweep at the end."""
    in_hours(own_rules, BY_DAY)
    known, end = rules.load(own_rules), DAY + timedelta(days=2, hours=5)
    limit = known.book.of_profile("default", DAY)["patrol-1"]
    visits, done = demo_patrols.walked(Rule(limit, known.book.hours_for(limit), known.calendar), DAY, end, Random(3), 2)
    cell = a_cell(own_rules)
    for at_ in visits:
        patrols.visit(own_rules, cell.code, "", str(at_), factories.person(own_rules, "dongmen.handler", at_), at_)
    patrols.sweep_cells(own_rules, end)
    rows = own_rules.scalars(sa.select(PatrolInterval).order_by(PatrolInterval.began_at, PatrolInterval.id)).all()
    assert [patrols.as_columns(cell.id, one) for one, _visit in done] == [
        {name: getattr(row, name) for name in patrols.as_columns(cell.id, done[0][0])} for row in rows
    ]
    assert {one.outcome for one, _visit in done} == {"kept", "missed", "void", "running"}
    assert done[-1][0].misses == 2
