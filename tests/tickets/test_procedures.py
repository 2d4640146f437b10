"""What statutes ask for: acceptance with its checklist, the interim reply, the case a mediation brings to light, who is owed a notice."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, WrongState
from tests import factories
from tests.factories import person
from tests.tickets.drive import attach_proof
from tickets import answering, codes, handling, intake, procedures
from tickets.dispatch_models import Dispatch
from tickets.history import events_of
from tickets.identity import Appellant
from tickets.models import Identity, Ticket
from tickets.procedures import Told

LATER = timedelta(hours=2)
FACTS = "电子秤没有检定标志，少称一两"


@pytest.fixture
def who(session, now):
    return lambda username: person(session, username, now)


@pytest.fixture
def handled(session, now):
    return lambda track, **matter: factories.a_ticket(
        session, now, "handling", track=track, appeal_type=matter.pop("appeal_type", "complaint"), **matter
    )


@pytest.fixture
def case(session, now, who, handled):
    """A violation found in a consumer mediation, and the mediation."""

    def made(**matter):
        mediation = handled("consumer", **matter)
        found = procedures.find_violation(session, mediation, FACTS, who("urban.handler"), now + LATER, "大新海鲜")
        session.flush()
        return found, mediation

    return made


def last(session, ticket):
    return events_of(session, ticket.id)[-1]


@pytest.mark.parametrize(
    ("track", "checks", "instant", "procedure", "after"),
    [
        ("consumer", (), False, "consumer", "consumer"),
        ("petition-ordinary", (), False, "ordinary", "petition-ordinary"),
        ("petition-simple", codes.ELIGIBILITY, False, "simple", "petition-simple"),
        ("petition-simple", codes.ELIGIBILITY, True, "instant", "petition-simple"),
        ("petition-simple", codes.ELIGIBILITY[:3], False, "ordinary", "petition-ordinary"),
    ],
)
def test_acceptance_decides_the_procedure(session, now, who, handled, track, checks, instant, procedure, after):
    ticket = handled(track)
    assert procedures.accept(session, ticket, who("urban.liaison"), now + LATER, checks, instant) == procedure
    assert (ticket.track, ticket.accepted_at) == (after, now + LATER)
    assert last(session, ticket).data["procedure"] == procedure
    with pytest.raises(WrongState):
        procedures.accept(session, ticket, who("urban.liaison"), now + LATER, checks)


def test_what_is_accepted_and_what_not(session, now, who, handled):
    with pytest.raises(WrongState):
        procedures.accept(session, handled("general"), who("urban.handler"), now + LATER)
    for checks, field in (((*codes.ELIGIBILITY, "nice"), "checks"), (codes.ELIGIBILITY[:2], "instant")):
        with pytest.raises(Invalid) as no:
            procedures.accept(session, handled("petition-simple"), who("urban.handler"), now + LATER, checks, instant=True)
        assert set(no.value.fields) == {field}
    answered = handled("consumer")
    answered.replied_at = now
    with pytest.raises(WrongState):
        procedures.accept(session, answered, who("urban.handler"), now + LATER)


def test_an_interim_reply_says_something(session, now, who, handled):
    ticket = handled("consumer")
    with pytest.raises(Invalid):
        procedures.interim_reply(session, ticket, "在办", who("urban.head"), now + LATER)
    procedures.interim_reply(session, ticket, "已约双方下周一调解，法定期限内给您结果", who("urban.head"), now + LATER)
    assert ticket.status == "handling"
    assert last(session, ticket).data["content"].startswith("已约双方")


def test_a_violation_becomes_a_case_of_the_same_unit_without_anybodys_name(session, case):
    found, mediation = case()
    assert (found.status, found.found_in_id, found.lead_unit_id, found.accused) == (
        "handling",
        mediation.id,
        mediation.lead_unit_id,
        "大新海鲜",
    )
    assert (found.handler_a_id, found.category_id, found.region_code) == (
        mediation.handler_a_id,
        mediation.category_id,
        mediation.region_code,
    )
    assert session.get(Identity, found.id).contactable is False
    assert session.scalars(sa.select(Dispatch.unit_id).where(Dispatch.ticket_id == found.id, Dispatch.ended_at.is_(None))).all() == [
        mediation.lead_unit_id
    ]
    assert [event.kind for event in events_of(session, found.id)] == ["register", "open-case"]
    assert last(session, mediation).data == {"case": found.number, "facts": FACTS}
    assert mediation.status == "handling", "the mediation goes on by itself"


def test_only_a_mediation_brings_a_case_and_it_has_no_citizen_to_answer(session, now, who, handled, case):
    for ticket in (handled("general"), case()[0]):
        with pytest.raises(WrongState):
            procedures.find_violation(session, ticket, FACTS, who("urban.handler"), now + LATER)
    found, _ = case()
    for refused in (
        lambda: handling.reply(session, found, who("urban.head"), now + LATER, **factories.a_reply()),
        lambda: handling.draft_reply(session, found, who("urban.handler"), now + LATER, **factories.a_reply()),
        lambda: procedures.interim_reply(session, found, "已去现场看过，正在查证", who("urban.head"), now + LATER),
    ):
        with pytest.raises(WrongState):
            refused()


def test_a_check_ends_the_case_and_owes_the_citizen_its_outcome(session, now, who, case):
    found, _mediation = case()
    procedures.conclude_check(session, found, "filed", "查实未经检定，按计量法立案", who("urban.head"), now + 2 * LATER)
    assert (found.status, found.notice, found.checked_at) == ("closed", "reporter", now + 2 * LATER)
    with pytest.raises(WrongState, match="没告知"):
        answering.archive(session, found, now + timedelta(days=90))
    with pytest.raises(Invalid) as no:
        procedures.tell_reporter(session, found, Told("phone", now), who("urban.handler"), now + 3 * LATER)
    assert set(no.value.fields) == {"reporter"}, "told before it was decided"
    procedures.tell_reporter(session, found, Told("phone", now + 3 * LATER), who("urban.handler"), now + 3 * LATER)
    assert found.notice == "told"
    with pytest.raises(WrongState):
        procedures.tell_reporter(session, found, Told("phone", now + 3 * LATER), who("urban.handler"), now + 3 * LATER)
    answering.archive(session, found, now + timedelta(days=90))


def test_nobody_is_owed_a_notice_who_left_no_number(session, now, who, case):
    found, _ = case(appellant=Appellant(kind="anonymous"))
    procedures.conclude_check(session, found, "not-filed", "未发现违法行为，依规不予立案", who("urban.liaison"), now + 2 * LATER)
    assert (found.status, found.notice) == ("closed", "")


def test_of_a_confidential_matter_only_the_centre_tells(session, now, who, case, handled):
    report = handled("general", appeal_type="report")
    procedures.conclude_check(session, report, "handed-over", "移送有权部门处理", who("urban.head"), now + 2 * LATER)
    secret, _ = case(confidential=True)
    procedures.conclude_check(session, secret, "filed", "查实未经检定，立案", who("urban.head"), now + 2 * LATER)
    assert (report.status, secret.status) == ("handling", "closed"), "a report goes on to its reply"
    for ticket in (report, secret):
        with pytest.raises(Forbidden):
            procedures.tell_reporter(session, ticket, Told("phone", now + 3 * LATER), who("urban.handler"), now + 3 * LATER)
        procedures.tell_reporter(session, ticket, Told("phone", now + 3 * LATER), who("followup1"), now + 3 * LATER)
        assert ticket.notice == "told"


def test_a_conclusion_is_for_reports_and_cases_and_written_once(session, now, who, handled, case):
    with pytest.raises(WrongState):
        procedures.conclude_check(session, handled("consumer"), "filed", "查实，立案", who("urban.head"), now + LATER)
    found, _ = case()
    for outcome, words, field in (("guilty", "查实，立案", "outcome"), ("filed", "查", "words")):
        with pytest.raises(Invalid) as no:
            procedures.conclude_check(session, found, outcome, words, who("urban.head"), now + LATER)
        assert set(no.value.fields) == {field}


def test_an_ended_mediation_owes_both_sides_a_notice_with_proof(session, now, who, handled):
    ticket = handled("consumer")
    handling.terminate(session, ticket, "no-agreement", who("dispatcher1"), now + LATER)
    assert ticket.notice == "parties"
    at = now + 2 * LATER
    good = Told("phone", at)
    for appellant, respondent, fields in (
        (good, good, {"proof"}),
        (Told("telepathy", at), Told("mail", now), {"appellant", "respondent"}),
        (good, Told("mail", at + LATER), {"respondent"}),
    ):
        with pytest.raises(Invalid) as no:
            procedures.tell_parties(session, ticket, appellant, respondent, who("urban.handler"), at)
        assert set(no.value.fields) == fields
    attach_proof(session, ticket, at)
    procedures.tell_parties(session, ticket, good, Told("mail", now + LATER), who("urban.handler"), at)
    assert (ticket.notice, ticket.status, len(last(session, ticket).data["proofs"])) == ("told", "terminated", 1)


def test_other_endings_owe_nobody(session, now, who, handled):
    ticket = handled("general")
    handling.terminate(session, ticket, "appellant-withdrew", who("dispatcher1"), now + LATER)
    assert ticket.notice == ""
    with pytest.raises(WrongState):
        procedures.tell_parties(session, ticket, Told("phone", now), Told("phone", now), who("urban.handler"), now + LATER)


def test_what_the_citizen_of_a_merged_ticket_adds_reaches_the_unit_without_their_name(session, now, who):
    master, child = factories.a_ticket(session, now, "handling"), factories.a_ticket(session, now)
    intake.merge(session, child, master, who("agent1"), now + LATER)
    intake.supplement(session, child, "我家也淹了，打 13812345678 找我", who("agent1"), now + 2 * LATER)
    assert last(session, child).data == {"content": "我家也淹了，打 13812345678 找我"}
    assert last(session, master).kind == "child-supplement"
    assert last(session, master).data == {"content": "我家也淹了，打 138****5678 找我", "child": child.number}
    session.execute(sa.update(Ticket).where(Ticket.id == master.id).values(status="closed"))
    session.expire(master)
    with pytest.raises(WrongState):
        intake.supplement(session, child, "又淹了", who("agent1"), now + 3 * LATER)
