"""Open clocks behind a changed limit: batch by batch, resumed after a kill, in the order the changes were saved, one worker at a time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from app.clock import CITY_ZONE
from app.db import db
from app.jobs import recount_clocks
from app.recounting import wake
from app.work import session_now, work
from escalation import recounting
from escalation.editing import Edit, change_limit, limit_in_force
from escalation.models import Clock, ClockChange
from escalation.recount_later import recount_some, waiting
from escalation.recount_models import Recounting
from escalation.rules import forget
from tests import factories
from tickets.actors import SYSTEM_ACTOR

CODE, LATER = "general-reply", timedelta(hours=2)
NOW = datetime(2026, 11, 6, 10, tzinfo=CITY_ZONE)
EDIT = Edit(4, "working-days", 10, ("applicant-supplement",), "市办〔2026〕1 号", "市里要求提速")


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(recounting, "BATCH", 2)


@pytest.fixture
def five(own_rules, happen, small_batches):
    """Five open tickets, and the limit changed for them too."""
    tickets = [factories.a_ticket(own_rules, NOW, "handling") for _ in range(5)]
    happen()
    save(own_rules, EDIT)
    return tickets


def save(session, edit: Edit, now=NOW + LATER) -> Recounting:
    done = change_limit(session, CODE, edit, limit_in_force(session, CODE, now).id, True, SYSTEM_ACTOR, now)
    session.flush()
    forget(session)
    return done.waiting


def lengths(session, tickets) -> list[int]:
    session.flush()
    return list(
        session.scalars(
            sa.select(Clock.length).where(Clock.code == CODE, Clock.ticket_id.in_([one.id for one in tickets])).order_by(Clock.ticket_id)
        )
    )


def test_it_goes_batch_by_batch_and_says_how_far(own_rules, five):
    assert waiting(own_rules).total == 10, "the promise and the unit's share in it"
    assert lengths(own_rules, five) == [5] * 5, "the request moves no clock"
    recount_some(own_rules, NOW + LATER)
    row = waiting(own_rules)
    assert (lengths(own_rules, five), row.looked_at, row.share) == ([4, 4, 5, 5, 5], 4, 40)
    while recount_some(own_rules, NOW + LATER):
        pass
    assert lengths(own_rules, five) == [4] * 5
    own_rules.refresh(row)
    assert (row.looked_at, row.moved, row.kept, row.share, waiting(own_rules)) == (10, 10, 0, 100, None)


def test_a_kill_in_the_middle_repeats_nothing_and_leaves_nothing(own_rules, five):
    recount_some(own_rules, NOW + LATER)
    batch = own_rules.begin_nested()
    recount_some(own_rules, NOW + LATER)
    batch.rollback()  # killed before the commit
    own_rules.expire_all()
    assert lengths(own_rules, five) == [4, 4, 5, 5, 5]
    while recount_some(own_rules, NOW + LATER):
        pass
    assert lengths(own_rules, five) == [4] * 5
    changes = (
        sa.select(sa.func.count())
        .select_from(ClockChange)
        .join(Clock, Clock.id == ClockChange.clock_id)
        .where(Clock.ticket_id.in_([one.id for one in five]))
    )
    assert own_rules.scalar(changes) == 10, "each clock moved once"


def test_two_changes_are_carried_out_in_the_order_they_were_saved(own_rules, five):
    recount_some(own_rules, NOW + LATER)
    save(own_rules, replace(EDIT, length=3), NOW + 2 * LATER)
    while recount_some(own_rules, NOW + 2 * LATER):
        pass
    assert lengths(own_rules, five) == [3] * 5


def test_a_clock_that_starts_meanwhile_has_the_new_limit_and_stays(own_rules, happen, five):
    recount_some(own_rules, NOW + LATER)
    late = factories.a_ticket(own_rules, NOW + 2 * LATER, "handling")
    happen()
    own_rules.flush()
    promised = late.due_at
    while recount_some(own_rules, NOW + 3 * LATER):
        pass
    assert (late.due_at, lengths(own_rules, [late])) == (promised, [4])


def test_a_second_worker_finds_nothing_to_do_while_the_first_is_at_it(app, small_batches):
    with app.app_context():
        with work() as session:
            for _ in range(3):
                factories.a_ticket(session, clock.now(), "handling")
        with work() as session:
            now = clock.now()
            change_limit(session, CODE, EDIT, limit_in_force(session, CODE, now).id, True, SYSTEM_ACTOR, now)
        forget(session_now())
        assert wake(clock.now())
        assert not wake(clock.now()), "one waiting job is enough"
        with work() as first:
            assert recount_some(first, clock.now())
            with Session(db.engine) as other:
                assert recount_some(other, clock.now()) is None
        assert recount_clocks() >= 1
        assert (waiting(session_now()), wake(clock.now())) == (None, False)
