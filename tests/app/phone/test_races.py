"""Calls and seats that come at the same instant: each caller one operator, each operator one caller; and what the scheduler's tick mends."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.phone import calls, keeping, seats
from app.phone.models import AWAY, READY, Seat
from app.work import work
from tests.app.phone.conftest import sid_of

MANY = 6


@pytest.fixture
def people(app) -> list[int]:
    """Accounts with a telephone, away."""
    with app.app_context(), work() as session:
        session.execute(sa.text("TRUNCATE call_events, calls, seats CASCADE"))
        found = list(session.scalars(sa.text("SELECT id FROM accounts ORDER BY id LIMIT :n"), {"n": MANY}))
        session.add_all(Seat(account_id=one, state=AWAY, since=clock.now(), address="1001") for one in found)
    return found


def said(app, query: str) -> list:
    with app.app_context():
        rows = db.session.execute(sa.text(query)).all()
        db.session.remove()
    return rows


def at_once(app, *acts) -> None:
    """Each in a thread and unit of work of its own."""
    start, wrong = threading.Barrier(len(acts)), []

    def run(act) -> None:
        start.wait()
        try:
            with app.app_context(), work() as session:
                act(session)
        except Exception as bad:  # noqa: BLE001 - whatever it is, the test must fail
            wrong.append(bad)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def comes(n: int):
    return lambda session: calls.arrive(session, sid_of(n), f"+861390000{n:04d}", clock.now())


def sits(account: int):
    def act(session) -> None:
        seats.free(session, account, READY, clock.now())
        seats.match(session, clock.now())

    return act


def test_callers_and_operators_who_come_at_once_all_meet(app, people):
    at_once(app, *(comes(n) for n in range(1, MANY + 1)), *(sits(one) for one in people))
    with app.app_context():
        keeping.keep(clock.now())
    met = said(app, "SELECT state, agent_id FROM calls")
    assert {row.state for row in met} == {"offered"}
    assert sorted(row.agent_id for row in met) == people
    assert {row.state for row in said(app, "SELECT state FROM seats")} == {"busy"}


def test_the_same_question_asked_at_once_is_one_call(app, people):
    at_once(app, *(comes(50) for _ in range(4)))
    assert len(said(app, "SELECT id FROM calls")) == 1


def test_the_tick_takes_back_what_nobody_took(app, people):
    at_once(app, sits(people[0]))
    at_once(app, comes(1))
    with app.app_context():
        assert keeping.keep(clock.now() + seats.TAKE_WITHIN + timedelta(seconds=1)) == 1
        assert keeping.keep(clock.now()) == 0
    assert said(app, "SELECT state, agent_id FROM calls") == [("queued", None)]
    assert said(app, "SELECT state FROM seats WHERE state <> 'away'") == []
