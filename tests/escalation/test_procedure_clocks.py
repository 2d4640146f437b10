"""The clocks of statutory procedures: 45 working days from acceptance, 15 and once 15 more for a check, 7 and 5 to tell people; and what a
changed urgency does to a ticket that was sent."""

from datetime import datetime, timedelta

import pytest

from app.errors import Invalid, WrongState
from escalation.calendar import city_day
from escalation.queries import clocks_of
from tests import factories
from tests.factories import person
from tests.tickets.drive import attach_proof
from tickets import answering, codes, dispatch, handling, procedures, sorting
from tickets.procedures import Told

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


def running(session, ticket) -> dict:
    return {view.code: view for view in clocks_of(session, ticket.id) if view.stopped_at is None}


def last(session, ticket, code):
    return [view for view in clocks_of(session, ticket.id) if view.code == code][-1]


@pytest.fixture
def make(timed, happen):
    """`make("handling", at(…), track=…)`: a ticket brought there, its clocks following."""

    def build(status: str, when: datetime, **how):
        ticket = factories.a_ticket(timed, when, status, **how)
        happen()
        return ticket

    return build


@pytest.fixture
def accepted(timed, make, happen):
    """`accepted("consumer", day)`: dispatched on Monday 2024-09-02 and accepted on that day."""

    def build(track: str, when: datetime, **said):
        ticket = make("handling", at("2024-09-02 09:00"), track=track)
        before = running(timed, ticket)
        procedures.accept(timed, ticket, person(timed, "urban.liaison", when), when, **said)
        happen()
        return ticket, before

    return build


def test_until_acceptance_the_sending_is_taken_for_it(timed, make):
    ticket = make("dispatched", at("2024-09-02 09:00"), track="consumer")
    clocks = running(timed, ticket)
    assert clocks["mediation"].due_at == ticket.due_at
    assert (clocks["consumer-accept"].due_at, clocks["interim-reply"].due_at) == (at("2024-09-12 00:00"), at("2024-09-10 00:00"))


def test_mediation_runs_45_working_days_from_the_day_of_acceptance(timed, accepted):
    ticket, before = accepted("consumer", at("2024-09-05 16:00"))
    clocks = running(timed, ticket)
    assert last(timed, ticket, "consumer-accept").stop_reason == "met"
    assert (clocks["mediation"].started_at, clocks["mediation"].length) == (at("2024-09-05 16:00"), 45)
    assert clocks["mediation"].due_at == clocks["unit-reply"].due_at == ticket.due_at > before["mediation"].due_at
    laid_aside = [view for view in clocks_of(timed, ticket.id) if view.code == "mediation" and view.stopped_at]
    assert [view.stop_reason for view in laid_aside] == ["cancelled"], "not late, not met: it was never the real count"
    assert clocks["interim-reply"] == before["interim-reply"], "acceptance is no interim reply"


def test_accepting_on_the_day_of_the_sending_changes_nothing(timed, accepted):
    ticket, before = accepted("consumer", at("2024-09-02 17:00"))
    assert running(timed, ticket)["mediation"] == before["mediation"]
    assert "consumer-accept" not in running(timed, ticket)


def test_accepting_late_gains_nothing(timed, accepted):
    ticket, _before = accepted("consumer", at("2024-10-20 09:00"))
    assert last(timed, ticket, "consumer-accept").stop_reason == "late"
    assert city_day(running(timed, ticket)["mediation"].started_at).isoformat() == "2024-09-11", "the last day it had to be accepted"


def test_a_mediation_is_not_extended(timed, accepted, happen):
    ticket, _before = accepted("consumer", at("2024-09-05 16:00"))
    handling.request_extension(
        timed, ticket, 5, "对方出差", "回来就调", person(timed, "urban.liaison", at("2024-09-06 09:00")), at("2024-09-06 09:00")
    )
    with pytest.raises(WrongState, match="不能延期"):
        happen()


@pytest.mark.parametrize(
    ("track", "said", "code", "due"),
    [
        ("petition-simple", {"checks": codes.ELIGIBILITY}, "petition-simple", "2024-09-20 00:00"),
        ("petition-simple", {"checks": codes.ELIGIBILITY, "instant": True}, "petition-instant", "2024-09-05 00:00"),
        ("petition-simple", {"checks": ()}, "petition-ordinary", "2024-11-05 00:00"),
        ("petition-ordinary", {}, "petition-ordinary", "2024-11-05 00:00"),
    ],
)
def test_a_petition_counts_by_what_the_checklist_found(timed, accepted, track, said, code, due):
    ticket, _before = accepted(track, at("2024-09-04 10:00"), **said)
    promises = {view.code for view in running(timed, ticket).values() if view.kind == "promise"}
    assert (promises, ticket.due_at) == ({code}, at(due))
    assert last(timed, ticket, "unit-reply").due_at == at(due)
    if track == "petition-simple":
        assert last(timed, ticket, "petition-accept").stop_reason == "met"


def test_an_ordinary_petition_is_taken_as_accepted_when_no_objection_came(timed, accepted):
    ticket, _before = accepted("petition-ordinary", at("2024-10-20 09:00"))
    assert city_day(running(timed, ticket)["petition-ordinary"].started_at).isoformat() == "2024-09-09", (
        "the window for objecting had closed"
    )


def test_an_interim_reply_stops_its_clock_and_no_promise(timed, make, happen):
    ticket = make("handling", at("2024-09-02 09:00"), track="consumer")
    due = ticket.due_at
    procedures.interim_reply(
        timed, ticket, "已约双方下周一调解，到时告诉您结果", person(timed, "urban.head", at("2024-09-03 09:00")), at("2024-09-03 09:00")
    )
    happen()
    assert last(timed, ticket, "interim-reply").stop_reason == "met"
    assert (ticket.due_at, "mediation" in running(timed, ticket)) == (due, True)


@pytest.fixture
def case(timed, make, happen):
    """A violation found on Thursday 2024-09-05 in a mediation."""
    mediation = make("handling", at("2024-09-02 09:00"), track="consumer")
    found = procedures.find_violation(
        timed, mediation, "电子秤没有检定标志", person(timed, "urban.handler", at("2024-09-05 10:00")), at("2024-09-05 10:00")
    )
    happen()
    return found


def test_a_check_has_15_working_days_and_once_15_more(timed, case, happen):
    clocks = running(timed, case)
    assert list(clocks) == ["violation-check"]
    assert (clocks["violation-check"].owner, case.due_at) == ("urban", at("2024-09-28 00:00"))
    when = at("2024-09-20 09:00")
    request = handling.request_extension(timed, case, 15, "送检未回", "报告一到就定", person(timed, "urban.liaison", when), when)
    happen()
    handling.decide_extension(timed, case, request, True, "情况特殊", person(timed, "dispatcher1", when), when)
    happen()
    assert case.due_at == at("2024-10-24 00:00")
    with pytest.raises(WrongState):
        handling.request_extension(timed, case, 1, "还没回", "再等等", person(timed, "urban.liaison", when), when + DAY)


def test_after_the_check_somebody_is_told_within_5_working_days_though_the_case_is_closed(timed, case, happen):
    when = at("2024-09-20 09:00")
    procedures.conclude_check(timed, case, "filed", "查实未经检定，立案", person(timed, "urban.head", when), when)
    happen()
    assert last(timed, case, "violation-check").stop_reason == "met"
    clocks = running(timed, case)
    assert (list(clocks), clocks["reporter-told"].due_at) == (["reporter-told"], at("2024-09-28 00:00"))
    procedures.tell_reporter(timed, case, Told("phone", when + DAY), person(timed, "urban.handler", when + DAY), when + DAY)
    happen()
    assert (running(timed, case), last(timed, case, "reporter-told").stop_reason) == ({}, "met")


def test_a_reports_own_clock_outlives_its_closing(timed, make, happen):
    ticket = make("handling", at("2024-09-02 09:00"), appeal_type="report")
    when = at("2024-09-03 09:00")
    procedures.conclude_check(timed, ticket, "filed", "查实，立案", person(timed, "urban.head", when), when)
    handling.reply(timed, ticket, person(timed, "urban.head", when), when + HOUR, **factories.a_reply())
    answering.review(timed, ticket, True, person(timed, "auditor1", when), when + 2 * HOUR)
    answering.follow_up(
        timed, ticket, person(timed, "followup1", when), when + 3 * HOUR, reached=True, outcome="close", solved=True, satisfied=5
    )
    happen()
    assert (ticket.status, list(running(timed, ticket))) == ("closed", ["reporter-told"])


def test_both_sides_are_told_in_time_or_late(timed, make, happen):
    for days, outcome in ((3, "met"), (20, "late")):
        ticket = make("handling", at("2024-09-02 09:00"), track="consumer")
        ended, when = at("2024-09-03 09:00"), at("2024-09-03 09:00") + days * DAY
        handling.terminate(timed, ticket, "no-agreement", person(timed, "dispatcher1", ended), ended)
        happen()
        assert running(timed, ticket)["termination-notice"].due_at == at("2024-09-13 00:00")
        attach_proof(timed, ticket, when)
        procedures.tell_parties(timed, ticket, Told("phone", when), Told("mail", when), person(timed, "urban.handler", when), when)
        happen()
        assert (running(timed, ticket), last(timed, ticket, "termination-notice").stop_reason) == ({}, outcome)


def test_raised_after_the_sending_the_next_unit_is_asked_under_the_urgent_limits(timed, make, happen, now):
    ticket = make("signed", now)
    sorting.set_urgency(timed, ticket, "urgent", "", person(timed, "dispatcher1", now), now + HOUR)
    happen()
    assert ticket.track == "urgent"
    clocks = running(timed, ticket)
    assert {"urgent-response", "urgent-reply"} <= set(clocks)
    assert clocks["urgent-response"].due_at == now + HOUR + timedelta(minutes=30)
    assert ticket.due_at == clocks["urgent-reply"].due_at
    request = dispatch.request_return(
        timed, ticket, "not-our-duty", "三定方案没有此项职责", person(timed, "urban.liaison", now), now + HOUR
    )
    dispatch.decide_return(timed, ticket, request, True, "归市场监管", person(timed, "dispatcher1", now), now + 2 * HOUR, "market")
    happen()
    theirs = {view.code for view in clocks_of(timed, ticket.id) if view.owner == "market"}
    assert theirs == {"sign", "urgent-response", "urgent-return-window", "unit-reply"}


def test_lowered_after_the_sending_the_ordinary_limits_count_from_the_start_and_stay(timed, make, happen, now):
    ticket = make("signed", now, urgency="urgent")
    sent = running(timed, ticket)["urgent-reply"].started_at
    sorting.set_urgency(timed, ticket, "ordinary", "核实没有危险", person(timed, "dispatcher1", now), now + HOUR)
    happen()
    clocks = running(timed, ticket)
    assert (ticket.track, clocks["general-reply"].started_at) == ("general", sent)
    assert "urgent-reply" not in clocks
    request = dispatch.request_return(timed, ticket, "not-our-duty", "三定方案没有此项职责", person(timed, "urban.liaison", now), now + DAY)
    happen()
    dispatch.decide_return(timed, ticket, request, True, "归市场监管", person(timed, "dispatcher1", now), now + DAY + HOUR, "market")
    happen()
    assert "urgent-reply" not in running(timed, ticket), "sent on as what it is now"
    assert running(timed, ticket)["general-reply"].started_at == sent


def test_a_dispatch_that_lowers_the_urgency_says_why(timed, make, happen, now):
    ticket = make("registered", now, urgency="urgent")
    dispatcher = person(timed, "dispatcher1", now)
    with pytest.raises(Invalid) as no:
        dispatch.dispatch(timed, ticket, "urban", dispatcher, now, urgency="ordinary")
    assert list(no.value.fields) == ["note"]
    dispatch.dispatch(timed, ticket, "urban", dispatcher, now, urgency="ordinary", note="电话核实没有危险")
    happen()
    assert (ticket.urgency, ticket.track, "general-reply" in running(timed, ticket)) == ("ordinary", "general", True)
