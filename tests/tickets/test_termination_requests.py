"""A mediation is ended on the unit's written request: on which grounds, with whose writing, decided by whom (R22, SAMR §21)."""

from datetime import timedelta

import pytest

from app.errors import Forbidden, Invalid, WrongState
from tests import factories
from tests.tickets.drive import attach_proof
from tickets import handling, procedures
from tickets.history import events_of

LATER = timedelta(hours=2)
WORDS = "调解三次，双方差距太大"


@pytest.fixture
def who(session, now):
    return lambda username: factories.person(session, username, now)


@pytest.fixture
def mediation(session, now):
    return factories.a_ticket(session, now, "handling", track="consumer", appeal_type="complaint")


@pytest.fixture
def asked(session, mediation, who, now):
    return procedures.request_termination(session, mediation, "no-agreement", WORDS, who("urban.liaison"), now + LATER)


def test_granted_it_ends_on_the_ground_that_was_asked_and_both_are_owed_a_notice(session, mediation, asked, who, now):
    procedures.decide_termination(session, mediation, asked, True, "属实，同意终止", who("dispatcher1"), now + 2 * LATER)
    session.flush()
    assert (mediation.status, mediation.notice, asked.decision, asked.decision_words) == (
        "terminated",
        "parties",
        "accept",
        "属实，同意终止",
    )
    kinds = [(event.kind, event.data.get("ground")) for event in events_of(session, mediation.id)][-2:]
    assert kinds == [("request-termination", "no-agreement"), ("terminate", "no-agreement")]


def test_denied_the_mediation_goes_on_and_may_be_asked_again(session, mediation, asked, who, now):
    procedures.decide_termination(session, mediation, asked, False, "再调一次", who("dispatcher1"), now + 2 * LATER)
    assert (mediation.status, asked.decision) == ("handling", "deny")
    assert (
        procedures.request_termination(session, mediation, "no-agreement", "又调两次仍不成", who("urban.head"), now + 3 * LATER).id
        != asked.id
    )


def test_asked_once_decided_once_with_a_reason(session, mediation, asked, who, now):
    with pytest.raises(WrongState, match="等答复"):
        procedures.request_termination(session, mediation, "no-agreement", WORDS, who("urban.liaison"), now + LATER)
    with pytest.raises(Invalid):
        procedures.decide_termination(session, mediation, asked, False, " ", who("dispatcher1"), now + LATER)
    procedures.decide_termination(session, mediation, asked, False, "再调一次", who("dispatcher1"), now + LATER)
    with pytest.raises(WrongState):
        procedures.decide_termination(session, mediation, asked, True, "同意", who("dispatcher1"), now + LATER)


@pytest.mark.parametrize("ground", ["appellant-withdrew", "settled-between-parties"])
def test_a_partys_own_will_needs_its_writing(session, mediation, who, now, ground):
    with pytest.raises(Invalid) as no:
        procedures.request_termination(session, mediation, ground, WORDS, who("urban.liaison"), now + LATER)
    assert set(no.value.fields) == {"proof"}
    attach_proof(session, mediation, now + LATER)
    procedures.request_termination(session, mediation, ground, WORDS, who("urban.liaison"), now + LATER)
    session.flush()
    assert events_of(session, mediation.id)[-1].data["proofs"]


@pytest.mark.parametrize(("ground", "words", "field"), [("nonsense", WORDS, "ground"), ("no-agreement", "不成", "words")])
def test_it_names_what_is_missing(session, mediation, who, now, ground, words, field):
    with pytest.raises(Invalid) as no:
        procedures.request_termination(session, mediation, ground, words, who("urban.liaison"), now + LATER)
    assert set(no.value.fields) == {field}


def test_only_mediations_are_asked_about(session, who, now):
    with pytest.raises(WrongState, match="消费纠纷"):
        procedures.request_termination(
            session, factories.a_ticket(session, now, "handling"), "no-agreement", WORDS, who("urban.liaison"), now + LATER
        )


@pytest.mark.parametrize("username", ["urban.handler", "water.liaison", "dispatcher1", "supervisor1", "agent1"])
def test_only_the_lead_units_liaison_and_head_ask(session, mediation, who, now, username):
    with pytest.raises(Forbidden):
        procedures.request_termination(session, mediation, "no-agreement", WORDS, who(username), now + LATER)


@pytest.mark.parametrize("username", ["urban.liaison", "urban.head", "auditor1", "leader1"])
@pytest.mark.parametrize("grant", [True, False])
def test_only_the_dispatcher_decides(session, mediation, asked, who, now, username, grant):
    with pytest.raises(Forbidden):
        procedures.decide_termination(session, mediation, asked, grant, "同意", who(username), now + LATER)


def test_the_centres_own_end_takes_the_request_with_it(session, mediation, asked, who, now):
    handling.terminate(session, mediation, "matter-vanished", who("dispatcher1"), now + LATER)
    session.flush()
    session.refresh(asked)
    assert asked.decision == "lapsed"
