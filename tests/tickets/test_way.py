"""The plain way of a matter from call to closed, and its history."""

import pytest

from app.errors import Forbidden, WrongState
from tests import factories
from tickets import handling
from tickets.history import events_of, verify


def test_a_matter_goes_all_the_way(session, now):
    ticket = factories.a_ticket(session, now, "closed")
    assert ticket.status == "closed"
    assert [event.kind for event in events_of(session, ticket.id)] == ["register", "dispatch", "sign", "contact", "reply", "approve-reply", "close"]
    assert [fault for _, fault in verify(session) if fault] == []


def test_another_unit_cannot_sign(session, now):
    ticket = factories.a_ticket(session, now, "dispatched")
    with pytest.raises(Forbidden):
        handling.sign(session, ticket, factories.person(session, "water.liaison", now), now)


def test_a_signed_ticket_is_not_signed_again(session, now):
    ticket = factories.a_ticket(session, now, "signed")
    with pytest.raises(WrongState):
        handling.sign(session, ticket, factories.person(session, "urban.liaison", now), now)
