"""Every (state, action, role) triple, from the table: allowed edges work through their real verb, all others are refused with a code."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.errors import Forbidden, NotFound, WrongState
from tests.statements import Tried
from tests.tickets import drive
from tickets.actors import UNIT_ROLES
from tickets.codes import STATUSES
from tickets.history import events_of
from tickets.workflow import EDGES, STAYS, allowed_actions

pytestmark = pytest.mark.matrix


def test_every_action_of_the_table_can_be_driven():
    assert set(drive.TAKE) | drive.INSIDE == set(EDGES)


@pytest.mark.parametrize("status", STATUSES)
def test_every_triple(session, now, status):
    ticket = drive.in_state(session, status, now)
    at = now + timedelta(minutes=10)
    units = (drive.LEAD, drive.HELPER)
    actors = {(role, unit): drive.actor_with(session, role, unit, now) for role in drive.EVERY_ROLE for unit in units}
    tried = Tried(session)
    for action in drive.TAKE:
        for role in drive.EVERY_ROLE:
            edge = drive.edge_meant(action, status, role)
            unit = drive.HELPER if edge.party == "task" and role in UNIT_ROLES else drive.LEAD
            actor = actors[role, unit]
            allowed = status in edge.sources and role in edge.roles
            if action == "archive":  # takes no actor: it is the system's own
                allowed = status in edge.sources
            before = ticket.version
            said = _take(session, ticket, edge.action, actor, at, allowed)
            if allowed:
                assert said is None, f"{status} {action} {role}: {said}"
                assert len(events_of(session, ticket.id)) > before
                assert ticket.status == (status if edge.to == STAYS else "signed" if edge.to == "back" else edge.to)
            else:
                expected = WrongState if action == "archive" or (role in edge.roles and _has_party(edge, ticket, role)) else Forbidden
                assert isinstance(said, expected), f"{status} {action} {role}: {said!r}"
            tried.taken_back()


def _has_party(edge, ticket, role):
    """Nobody is the lead unit of a ticket that was never sent."""
    return not (edge.party == "lead" and role in UNIT_ROLES and ticket.lead_unit_id is None)


def _take(session, ticket, action, actor, at, prepared):
    if prepared:
        drive.prepare(session, ticket, action, at - timedelta(minutes=9))
        if action == "recall":
            actor = replace(actor, account_id=None)
            at = drive.dispatch.live_dispatch(session, ticket).at + timedelta(seconds=30)
    try:
        drive.TAKE[action](session, ticket, actor, at)
        session.flush()
    except (Forbidden, WrongState, NotFound) as refused:
        return refused
    return None


@pytest.mark.parametrize("status", STATUSES)
def test_another_unit_may_do_nothing(session, now, status):
    ticket = drive.in_state(session, status, now)
    for role in sorted(UNIT_ROLES):
        stranger = drive.actor_with(session, role, drive.OTHER, now)
        assert allowed_actions(ticket, stranger) == []
