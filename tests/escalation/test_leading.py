"""Several schedulers at once: a killed leader is replaced within two seconds, nothing is lost or doubled, three copies take the steps of one."""

import os
import signal
import time
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pytest
import sqlalchemy as sa

from app import clock, create_app
from app.clock import CITY_ZONE
from app.db import db
from app.sweeping import sweep
from app.work import session_now, work
from escalation.models import Heartbeat
from escalation.scheduler import LEADER_KEY, Job, Leader, beat, run
from tests import factories
from tests.escalation import crashing

FIRST = datetime(2026, 9, 14, 10, tzinfo=CITY_ZONE)
CLOCKS, MINUTES = 60, 10


@pytest.fixture
def own(settings, city, new_database):
    """Settings of an application with a copy of the small city of its own."""
    return replace(settings, database_url=new_database(like=city))


@pytest.fixture
def town(own):
    """That application, with clocks of which every rung falls into the ten minutes from FIRST."""
    app = create_app(own)
    with app.app_context():
        with work() as session:
            ticket = factories.a_ticket(session, FIRST - timedelta(hours=2), "dispatched", urgency="urgent")
        with work() as session:
            crashing.many(session, ticket, CLOCKS, FIRST - timedelta(minutes=32), timedelta(seconds=4))
        yield app
        db.session.remove()
        db.engine.dispose()


def lead(settings, seconds: float) -> None:
    """A scheduler process as `manage.py scheduler` runs it, with one job that says who it is and when."""
    app = create_app(settings)

    def tick() -> None:
        with app.app_context(), work() as session:
            beat(session, f"leader {os.getpid()}", clock.now())

    run(Leader(app.config["SQLALCHEMY_DATABASE_URI"]), [Job("tick", seconds, tick)], Event())


def leaders(session) -> dict[int, datetime]:
    """Process → when it last did a job."""
    session.rollback()
    return {
        int(name.split()[1]): at
        for name, at in session.execute(sa.select(Heartbeat.name, Heartbeat.at).where(Heartbeat.name.like("leader %")))
    }


def await_leader(session, besides: set[int], seconds: float = 20) -> int:
    """The process that leads now and is none of `besides`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        fresh = set(leaders(session)) - besides
        if fresh:
            return fresh.pop()
        time.sleep(0.02)
    raise TimeoutError("nobody leads")


def await_waiting(session, copies: int, seconds: float = 20) -> None:
    """Until so many others have asked for the lock in vain and sit waiting. Raises TimeoutError."""
    asked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_try_advisory_lock%' AND pid NOT IN "
        "(SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted)"
    )
    until = time.monotonic() + seconds
    while session.scalar(asked) < copies:
        session.rollback()
        if time.monotonic() > until:
            raise TimeoutError("the others never asked to lead")
        time.sleep(0.02)


def test_a_killed_leader_is_replaced_within_two_seconds(town, own):
    """Trap: rerun after a crash (no peer has a takeover). Must show 5."""
    session = session_now()
    copies = [crashing.FORK.Process(target=lead, args=(own, 0.1), daemon=True) for _ in range(3)]
    for copy in copies:
        copy.start()
    try:
        first = await_leader(session, set())
        assert set(leaders(session)) == {first}, "one leads, two wait"
        await_waiting(session, 2)
        os.kill(first, signal.SIGKILL)
        died = time.monotonic()
        second = await_leader(session, {first})
        assert time.monotonic() - died < 2
        assert (
            session.scalar(
                sa.text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND granted"), {"key": LEADER_KEY}
            )
            == 1
        )
        assert second in {copy.pid for copy in copies}
    finally:
        for copy in copies:
            copy.kill()
            copy.join()


def test_three_copies_for_ten_minutes_take_the_steps_of_one(town, own, city, new_database):
    """Every simulated half minute all three sweep at once, as if each believed it led; a fourth on another database sweeps alone."""

    def steps(session) -> list:
        session.rollback()
        return list(
            session.execute(
                sa.text(
                    "SELECT t.number, s.code, s.step, s.level, s.planned_at, s.fired_at, s.late, s.recipients FROM escalation_steps s "
                    "JOIN tickets t ON t.id = s.ticket_id ORDER BY t.number, s.code, s.planned_at"
                )
            )
        )

    instants = [FIRST + timedelta(seconds=30) * n for n in range(2 * MINUTES + 1)]
    alone = create_app(replace(own, database_url=new_database(like=city)))
    with alone.app_context():
        with work() as session:
            ticket = factories.a_ticket(session, FIRST - timedelta(hours=2), "dispatched", urgency="urgent")
        with work() as session:
            crashing.many(session, ticket, CLOCKS, FIRST - timedelta(minutes=32), timedelta(seconds=4))
        for at in instants:
            sweep(at)
        expected = steps(session_now())
        db.session.remove()
        db.engine.dispose()

    with crashing.sweepers(lambda: create_app(own), batch=7) as group:
        for at in instants:
            group.at.value = at.timestamp()
            crashing.await_drained(session_now(), at, 20)
    found = steps(session_now())
    assert found == expected
    assert len(found) > CLOCKS
    assert crashing.untold(session_now()) == {"told too little": 0, "told twice": 0}
