"""E8: a sealed package to discipline. Nothing of it reaches the unit, nobody is referred on a feeling, the citizen is not in it."""

import json
from datetime import datetime, timedelta

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError

from app import wiring
from app.clock import CITY_ZONE
from app.errors import Forbidden, Invalid, WrongState
from escalation import referrals
from escalation.models import LedgerEntry
from tests import factories
from tickets import identity
from tickets.events import TicketEvent
from tickets.models import Attachment

DAY = timedelta(days=1)
NOW = datetime(2026, 9, 15, 9, tzinfo=CITY_ZONE)
WORDS = "九月三日承办人在电话里辱骂市民陈小芳（13800002716），有录音"


@pytest.fixture
def who(timed):
    return lambda username: factories.person(timed, username, NOW)


@pytest.fixture
def ticket(timed):
    """A ticket whose content names the citizen and the telephone, in the unit's hands since a day."""
    made = factories.a_ticket(timed, NOW - DAY, "handling", content="我叫陈小芳，电话13800002716，地下室返水三天没人来")
    wiring.react(timed)
    timed.flush()
    return made


@pytest.fixture
def evidence(timed, ticket):
    def attach(purpose="evidence", name="录音.mp3"):
        row = Attachment(ticket_id=ticket.id, kind="audio", purpose=purpose, name=name, mime="audio/mpeg", size=3, sha256="ab" * 32, at=NOW)
        timed.add(row)
        timed.flush()
        return row

    return attach


def refer(session, ticket, actor, misconduct="attitude", words=WORDS, now=NOW, **more):
    return referrals.refer(session, ticket, misconduct, words, actor, now, **more)


def test_the_package_is_sealed_with_everything_that_was_there(timed, ticket, evidence, who):
    file = evidence()
    row = refer(timed, ticket, who("supervisor1"), person="李某")
    held = row.package
    assert (row.number, row.misconduct, row.unit_id) == ("YS2026-001", "attitude", ticket.lead_unit_id)
    assert [one["sha256"] for one in held["evidence"]] == [file.sha256]
    assert held["chain"] == {"steps": ticket.version, "head": ticket.head_hash, "whole": True, "fault": ""}
    assert [one["seq"] for one in held["events"]] == list(range(1, ticket.version + 1))
    assert (held["by"], held["at"]) == ("supervisor1", NOW.isoformat())
    timed.flush()
    timed.expire(row)
    assert referrals.seal_holds(row), "the seal holds after a journey through the database"


def test_the_citizen_is_nowhere_in_it(timed, ticket, evidence, who):
    evidence(name="陈小芳的录音.mp3")
    row = refer(timed, ticket, who("supervisor1"))
    whole = orjson.dumps(row.package).decode() + row.words
    assert "陈小芳" not in whole
    assert "13800002716" not in whole
    assert "陈**" in whole or "陈*" in whole, "masked, not dropped"


def test_the_database_refuses_to_change_a_sealed_package(timed, ticket, evidence, who):
    evidence()
    row = refer(timed, ticket, who("supervisor1"))
    for change in (
        "UPDATE referrals SET package = '{}' WHERE id = :id",
        "UPDATE referrals SET words = 'x' WHERE id = :id",
        "DELETE FROM referrals WHERE id = :id",
    ):
        with pytest.raises(DatabaseError, match="append-only"), timed.begin_nested():
            timed.execute(sa.text(change), {"id": row.id})


def test_a_changed_package_does_not_fit_its_seal(timed, ticket, evidence, who):
    evidence()
    row = refer(timed, ticket, who("supervisor1"))
    assert referrals.seal_of(json.loads(json.dumps(row.package))) == row.seal
    assert referrals.seal_of(row.package | {"words": "没有这回事"}) != row.seal


def test_the_unit_learns_nothing(timed, ticket, evidence, who):
    evidence()
    version, events = (
        ticket.version,
        timed.scalar(sa.select(sa.func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id)),
    )
    refer(timed, ticket, who("supervisor1"))
    timed.flush()
    assert (
        ticket.version,
        timed.scalar(sa.select(sa.func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id)),
    ) == (version, events)
    assert timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id)).all() == []


def test_nobody_is_referred_on_a_feeling(timed, ticket, who):
    with pytest.raises(WrongState, match="没有证据"):
        refer(timed, ticket, who("supervisor1"))


def test_a_broken_limit_or_who_looked_is_basis_enough(timed, ticket, who):
    assert refer(timed, ticket, who("supervisor1"), "refusal", now=NOW + 30 * DAY).package["facts"]["breaches"]
    identity.reveal(timed, ticket, "首次联系", who("urban.handler"), NOW)
    timed.flush()
    leak = refer(timed, ticket, who("leader1"), "leak")
    assert [one["reason"] for one in leak.package["reveals"]] == ["首次联系"]
    assert refer(timed, ticket, who("leader1"), "fraud", now=NOW + 30 * DAY).package["reveals"] == [], (
        "who looked goes along only where it is about a leak"
    )


def test_only_files_of_this_ticket_and_by_default_not_the_citizens(timed, ticket, evidence, who):
    own, citizens = evidence(), evidence("citizen", "照片.jpg")
    assert [one["id"] for one in refer(timed, ticket, who("supervisor1")).package["evidence"]] == [own.id]
    assert [
        one["id"] for one in refer(timed, ticket, who("supervisor1"), words="市民拍到的", evidence=[citizens.id]).package["evidence"]
    ] == [citizens.id]
    with pytest.raises(Invalid) as no:
        refer(timed, ticket, who("supervisor1"), words="还有一份", evidence=[own.id, 2**40])
    assert set(no.value.fields) == {"evidence"}


@pytest.mark.parametrize(
    ("misconduct", "words", "person", "field"),
    [("rudeness", WORDS, "", "misconduct"), ("fraud", "", "", "words"), ("fraud", WORDS, "某" * 51, "person")],
)
def test_it_says_what_and_names_what_is_wrong(timed, ticket, evidence, who, misconduct, words, person, field):
    evidence()
    with pytest.raises(Invalid) as no:
        refer(timed, ticket, who("supervisor1"), misconduct, words, person=person)
    assert set(no.value.fields) == {field}


def test_a_ticket_nobody_was_sent_refers_nobody(timed, who):
    with pytest.raises(WrongState):
        refer(timed, factories.a_ticket(timed, NOW), who("supervisor1"))


@pytest.mark.parametrize(
    "username",
    ["agent1", "dispatcher1", "auditor1", "followup1", "publisher1", "admin1", "discipline1", "urban.liaison", "urban.head", "water.head"],
)
def test_nobody_but_supervisor_and_leader_refers_or_enters_the_outcome(timed, ticket, evidence, who, username):
    evidence()
    with pytest.raises(Forbidden):
        refer(timed, ticket, who(username))
    row = refer(timed, ticket, who("supervisor1"))
    with pytest.raises(Forbidden):
        referrals.conclude(timed, row, "upheld", "已立案", who(username), NOW + DAY)


def test_the_outcome_is_entered_once_and_leaves_the_seal(timed, ticket, evidence, who):
    evidence()
    row = refer(timed, ticket, who("supervisor1"))
    with pytest.raises(Invalid):
        referrals.conclude(timed, row, "perhaps", "已立案", who("leader1"), NOW + DAY)
    referrals.conclude(timed, row, "upheld", "已立案，给予警告", who("leader1"), NOW + DAY)
    timed.flush()
    assert (row.conclusion, row.closed_by_name, referrals.seal_holds(row)) == ("upheld", "leader1", True)
    with pytest.raises(WrongState):
        referrals.conclude(timed, row, "unfounded", "不属实", who("leader1"), NOW + 2 * DAY)


def test_the_same_is_referred_once_while_discipline_has_it(timed, ticket, evidence, who):
    evidence()
    row = refer(timed, ticket, who("supervisor1"), person="李某")
    with pytest.raises(WrongState, match="已经移送了同一件事") as no:
        refer(timed, ticket, who("leader1"), person=" 李某 ")
    assert no.value.values == {"number": row.number}
    assert refer(timed, ticket, who("leader1"), person="王某").number != row.number, "somebody else, another fact"
    referrals.conclude(timed, row, "unfounded", "查无实据", who("leader1"), NOW + DAY)
    assert refer(timed, ticket, who("supervisor1"), person="李某", now=NOW + 2 * DAY).closed_at is None, "after the answer it may go again"
