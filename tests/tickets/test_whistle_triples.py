"""Every (status, state of the department, action, role) of the whistle table: allowed edges work through their real verb, all others are
refused with Forbidden or WrongState, and nothing is written."""

from datetime import timedelta

import pytest

from app.errors import Forbidden, WrongState
from tests.statements import Tried
from tests.tickets import drive as people
from tests.tickets import whistle_drive as drive
from tickets import grading
from tickets.actors import UNIT_ROLES
from tickets.whistle_codes import AWAITED, EMERGENCY, LIVE, STATES
from tickets.whistle_models import PlanStep
from tickets.whistle_workflow import EDGES, LEAD, STAYS, STREET, allowed_actions

pytestmark = pytest.mark.matrix
LATER = timedelta(minutes=20)
PAIRS = [
    *((status, state) for status in sorted(LIVE) for state in STATES),
    *((status, "called") for status in ("draft", "approved", "withdrawn")),
    *((status, state) for status in ("released", "evaluated", "closed") for state in ("released", "no-show", "excused")),
]


def meant(action: str, state: str) -> str:
    """The edge a verb takes on a department in this state: some verbs have two."""
    if action == "uphold-objection" and state not in AWAITED | {"no-show"}:
        return "decide-objection"
    if action in ("outcome", "outcome-after"):
        return "outcome-after" if state == "released" else "outcome"
    return "let-go" if action == "release" and state == "no-show" else "release" if action == "let-go" and state != "no-show" else action


def stand(session, whistle, row, state, now):
    """The department as it would be in this state."""
    came = state in ("checked-in", "result-submitted", "released")
    row.checked_in_at = now if came else None
    row.released_at = now if state == "released" else None
    row.no_show_at = now if state == "no-show" else None
    row.objection, row.objected_at, row.objection_decision = "", None, None
    drive.put(row, state)
    session.flush()


def prepare(session, whistle, row, action, now):
    """What an allowed action needs beside the right states."""
    if action in ("decide-objection", "uphold-objection"):
        row.objection, row.objected_at = "不归我们管", now
    if action in ("plan-done", "hand-over-step"):
        session.add(whistle_plan_step(whistle, row, now))
    if action in ("appeal", "decide-appeal"):
        score = next((one for one in grading.scores_of(session, whistle) if one.summons_id == row.id), None)
        score = score or grading.Score(summons_id=row.id, round=whistle.round, speed=3, handling=3, result=3, by_name="沈立", at=now)
        score.appeal, score.appealed_at = ("另一处抢险", now) if action == "decide-appeal" else ("", None)
        session.add(score)
    session.flush()


def whistle_plan_step(whistle, row, now):
    return PlanStep(whistle_id=whistle.id, summons_id=row.id, round=whistle.round, what="查清", due_on=now.date(), by_name="沈立", at=now)


def test_every_action_of_the_table_can_be_driven():
    assert set(drive.TAKE) | drive.INSIDE == set(EDGES)


@pytest.mark.parametrize(("status", "state"), PAIRS, ids=[" ".join(pair) for pair in PAIRS])
def test_every_triple(session, now, status, state):
    whistle = drive.in_status(session, status, now)
    row, at = drive.of(session, whistle, drive.HELPER), now + LATER
    stand(session, whistle, row, state, now)
    actors = {
        (role, unit): drive.actor_with(session, role, unit, now)
        for role in people.EVERY_ROLE
        for unit in (drive.STREET, drive.LEAD, drive.HELPER)
    }
    tried = Tried(session)
    for action in drive.TAKE:
        edge = EDGES[meant(action, state)]
        unit = {STREET: drive.STREET, LEAD: drive.LEAD}.get(edge.party, drive.HELPER)
        for role in people.EVERY_ROLE:
            if action == "no-show" and role != "system":
                continue
            actor = actors[role, unit]
            allowed = role in edge.roles and status in edge.sources and (not edge.states or state in edge.states)
            if allowed:
                prepare(session, whistle, row, edge.action, now)
            before = whistle.version
            said = _take(session, whistle, row, action, actor, at)
            if allowed:
                assert said is None, f"{status} {state} {action} {role}: {said}"
                assert whistle.version > before
                assert edge.to in (STAYS, whistle.status)
            else:
                expected = WrongState if role in edge.roles or _may_ratify(action, role, status) else Forbidden
                assert isinstance(said, expected), f"{status} {state} {action} {role}: {said!r}"
                assert whistle.version == before
            tried.taken_back()
            session.info["events"].clear()


def _may_ratify(action, role, status):
    """On a whistle that sounds the head's signature is meant as ratifying, which only an emergency takes."""
    return action in ("approve", "reject") and role == "head" and status not in ("draft", "approved", "withdrawn")


def _take(session, whistle, row, action, actor, at):
    try:
        drive.TAKE[action](session, whistle, row, actor, at)
        session.flush()
    except (Forbidden, WrongState) as refused:
        return refused
    return None


@pytest.mark.parametrize("unit", ["nanhu", "market"])
def test_no_other_street_and_no_department_that_was_not_called(session, now, unit):
    for status, state in dict(PAIRS).items():
        savepoint = session.begin_nested()
        whistle = drive.in_status(session, status, now)
        row = drive.of(session, whistle, drive.HELPER)
        stand(session, whistle, row, state, now)
        for role in UNIT_ROLES:
            actor = drive.actor_with(session, role, unit, now)
            assert allowed_actions(whistle, actor, row) == []
            for action, take in drive.TAKE.items():
                if action != "no-show":
                    with pytest.raises((Forbidden, WrongState)):
                        take(session, whistle, row, actor, now + LATER)
        savepoint.rollback()
        session.expire_all()


def test_only_an_emergency_is_ratified(session, now):
    for kind in ("emergency", "routine"):
        whistle = drive.sounded(session, now, kind)
        head = drive.actor_with(session, "head", drive.STREET, now)
        if kind == EMERGENCY:
            drive.TAKE["approve"](session, whistle, None, head, now)
        else:
            with pytest.raises(WrongState):
                drive.TAKE["approve"](session, whistle, None, head, now)
