"""Sweepers killed at any instant, a database that drops everybody, a clock that jumps, days of silence: every step once, every message once.

The long version (10,000 clocks, 50 kills, the database server itself killed) is bench/crash.py.
"""

import random
import time
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app import create_app
from app.clock import CITY_ZONE
from app.db import db
from app.sweeping import sweep
from app.work import session_now, work
from escalation.models import EscalationStep
from escalation.sweep import sweep_batch
from notifiers.models import OutboxMessage
from tests import factories
from tests.escalation import crashing

CLOCKS, KILLS = 240, 8
FIRST = datetime(2026, 9, 14, 10, tzinfo=CITY_ZONE)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def town(settings, city, new_database):
    """An application on its own copy of the small city with CLOCKS clocks, and how to build another one like it."""
    own = replace(settings, database_url=new_database(like=city))
    app = create_app(own)
    with app.app_context():
        with work() as session:
            ticket = factories.a_ticket(session, FIRST - 60 * MINUTE, "dispatched", urgency="urgent")
        with work() as session:
            crashing.many(session, ticket, CLOCKS, FIRST, timedelta(seconds=2))
        yield lambda: create_app(own)
        db.session.remove()
        db.engine.dispose()


@pytest.mark.timeout(110)
def test_sweepers_killed_at_any_instant_lose_nothing_and_double_nothing(town):
    rng, now = random.Random(3), FIRST
    end = FIRST + timedelta(seconds=2 * CLOCKS) + 61 * MINUTE
    with crashing.sweepers(town, batch=20) as group:
        every, kills = (end - FIRST) / 60, 0
        while now < end:
            now += every
            group.at.value = (now - 60 * MINUTE if rng.random() < 0.1 else now).timestamp()  # the clock jumps an hour back, and forth again
            time.sleep(rng.uniform(0.01, 0.12))
            if kills < KILLS and rng.random() < KILLS / 40:
                group.kill_one()
                kills += 1
            if now - every < FIRST + (end - FIRST) / 2 <= now:
                db.session.execute(
                    sa.text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
                db.session.rollback()
        group.at.value = end.timestamp()
        crashing.await_drained(session_now(), end, 40)
    assert group.kills >= KILLS // 2
    assert set(crashing.faults(session_now(), CLOCKS).values()) == {0}, crashing.faults(session_now(), CLOCKS)


def test_three_days_down_are_caught_up_in_order_with_one_message_a_person(town):
    """Trap: a backlog taken newest first starves the oldest (DIGIT); mail at midnight for every rung (Zammad)."""
    now = FIRST + timedelta(days=3)
    sweep(now, 50)
    session = session_now()
    assert set(crashing.faults(session, CLOCKS).values()) == {0}
    assert session.scalar(sa.select(sa.func.bool_and(EscalationStep.late)))
    planned = list(session.scalars(sa.select(EscalationStep.planned_at).order_by(EscalationStep.id).limit(100)))
    assert planned[0] == min(planned)
    told = Counter(session.scalars(sa.select(OutboxMessage.account_id).where(OutboxMessage.created_at == now)))
    assert set(told.values()) == {1}
    assert len(told) > 3


def test_killed_between_the_steps_and_the_message_both_come_again(town):
    """Trap: marker deleted before the action (GLPI). Steps, cards, markers and messages are one transaction or none."""
    session, now = session_now(), FIRST + 16 * MINUTE
    with pytest.raises(RuntimeError), work() as inside:
        sweep_and_fall(inside, now)
    assert session.scalar(sa.select(sa.func.count()).select_from(EscalationStep)) == 0
    assert sweep(now)["steps"] > 0
    assert crashing.untold(session_now()) == {"told too little": 0, "told twice": 0}


def sweep_and_fall(session, now) -> None:
    sweep_batch(session, now)
    raise RuntimeError("the power went")
