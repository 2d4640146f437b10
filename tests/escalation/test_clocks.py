"""The clocks follow the ticket through the real verbs: what starts them, what stops them, and what a return leaves alone."""

from datetime import timedelta

import pytest

from app.errors import WrongState
from escalation.queries import clocks_of
from tests.escalation.at_clocks import DAY, HOUR, MINUTE, at, last, running, who
from tickets import dispatch, handling


def test_registering_starts_the_centres_own_clock_and_nothing_else(timed, make, now):
    assert list(running(timed, make("registered", now))) == ["dispatch"]
    hurt = make("registered", now, content="电线掉下来了，有人触电，快来人", title="触电")
    assert (hurt.urgency != "ordinary", list(running(timed, hurt))) == (True, ["dispatch-urgent"])


def test_the_first_sending_starts_the_tickets_and_the_units_clocks(timed, make, now):
    ticket = make("dispatched", now)
    clocks = running(timed, ticket)
    assert sorted(clocks) == ["first-contact", "general-reply", "return-window", "sign", "unit-reply"]
    assert {code: view.owner for code, view in clocks.items()} == {
        "sign": "urban",
        "first-contact": "urban",
        "return-window": "urban",
        "unit-reply": "urban",
        "general-reply": "ticket",
    }
    assert last(timed, ticket, "dispatch").stop_reason == "met"
    assert (ticket.due_at, ticket.sign_due_at) == (clocks["general-reply"].due_at, clocks["sign"].due_at)
    assert clocks["sign"].due_at == now + MINUTE + 30 * MINUTE


@pytest.mark.parametrize(
    ("matter", "promise", "more"),
    [
        ({"appeal_type": "consult"}, "consult-reply", set()),
        ({"appeal_type": "report"}, "general-reply", set()),
        ({"urgency": "urgent"}, "urgent-reply", {"urgent-response"}),
        (
            {"track": "enterprise"},
            "enterprise-solve",
            {"urgent-response", "enterprise-contact", "enterprise-start", "enterprise-answer", "interim-reply"},
        ),
        ({"track": "consumer"}, "mediation", {"consumer-accept", "interim-reply"}),
        ({"track": "petition-simple"}, "petition-simple", {"petition-accept", "interim-reply"}),
        ({"track": "petition-ordinary"}, "petition-ordinary", {"interim-reply"}),
    ],
)
def test_the_track_decides_which_limits_apply(timed, make, now, matter, promise, more):
    clocks = running(timed, make("dispatched", now, **matter))
    assert {view.code for view in clocks.values() if view.kind == "promise"} == {promise}
    assert more <= set(clocks)


def test_dispatched_at_ten_to_midnight_on_a_holiday(timed, make):
    ticket = make("dispatched", at("2026-10-01 23:49"), urgency="urgent")
    clocks = running(timed, ticket)
    assert clocks["sign"].due_at == clocks["urgent-response"].due_at == at("2026-10-02 00:20")


def test_sign_and_contact_stop_their_clocks_and_no_other(timed, make, happen, now):
    ticket = make("signed", now)
    assert last(timed, ticket, "sign").stop_reason == "met"
    assert ticket.sign_due_at is None
    assert "first-contact" in running(timed, ticket)
    handling.contact(timed, ticket, "phone", "reached", who(timed, "urban.handler", now), now + HOUR)
    happen()
    assert sorted(running(timed, ticket)) == ["general-reply", "return-window", "unit-reply"]


def test_a_late_signature_stays_late_and_the_breach_is_the_due_instant(timed, make, happen, now):
    ticket = make("dispatched", now)
    due = running(timed, ticket)["sign"].due_at
    handling.sign(timed, ticket, who(timed, "urban.liaison", now), due + HOUR)
    happen()
    assert (last(timed, ticket, "sign").stop_reason, last(timed, ticket, "sign").breached_at) == ("late", due)


def test_signing_at_the_very_last_instant_is_in_time(timed, make, happen, now):
    ticket = make("dispatched", now)
    handling.sign(timed, ticket, who(timed, "urban.liaison", now), running(timed, ticket)["sign"].due_at)
    happen()
    assert last(timed, ticket, "sign").stop_reason == "met"


def test_an_attempt_that_reached_nobody_does_not_answer_an_urgent_matter(timed, make, happen, now):
    ticket = make("signed", now, urgency="urgent")
    handling.contact(timed, ticket, "phone", "unreachable", who(timed, "urban.handler", now), now + 5 * MINUTE)
    happen()
    assert "urgent-response" in running(timed, ticket)
    handling.contact(timed, ticket, "visit", "arrived", who(timed, "urban.handler", now), now + 20 * MINUTE)
    happen()
    assert "urgent-response" not in running(timed, ticket)


def test_a_contact_written_down_later_cannot_undo_a_breach(timed, make, happen, now):
    ticket = make("signed", now, urgency="urgent")
    due = running(timed, ticket)["urgent-response"].due_at
    handling.contact(timed, ticket, "phone", "reached", who(timed, "urban.handler", now), due + HOUR, at=due - MINUTE)
    happen()
    assert last(timed, ticket, "urgent-response").stop_reason == "late"


def returned(session, ticket, happen, when, to="market"):
    request = dispatch.request_return(session, ticket, "not-our-duty", "三定方案没有此项职责", who(session, "urban.liaison", when), when)
    happen()
    dispatch.decide_return(session, ticket, request, True, "理由成立", who(session, "dispatcher1", when), when + HOUR, to)
    happen()


def test_a_return_leaves_the_citizens_date_and_starts_the_next_unit_fresh_and_short(timed, make, happen, now):
    ticket = make("signed", now)
    promised = running(timed, ticket)["general-reply"]
    returned(timed, ticket, happen, now + 2 * DAY)
    clocks = running(timed, ticket)
    assert clocks["general-reply"] == promised
    assert ticket.due_at == promised.due_at
    fresh = clocks["unit-reply"]
    assert (fresh.owner, fresh.short, fresh.started_at) == ("market", True, now + 2 * DAY + HOUR)
    assert fresh.due_at > promised.due_at
    assert clocks["sign"].owner == "market"
    old = [view for view in clocks_of(timed, ticket.id) if view.owner == "urban"]
    assert {view.code: view.stop_reason for view in old} == {
        "sign": "met",
        "first-contact": "released",
        "return-window": "met",
        "unit-reply": "released",
    }


def test_a_unit_that_was_late_before_it_returned_stays_late_for_its_segment(timed, make, happen, now):
    ticket = make("dispatched", now)
    sign_due = running(timed, ticket)["sign"].due_at
    returned(timed, ticket, happen, now + 2 * HOUR)
    assert [
        (view.stop_reason, view.breached_at) for view in clocks_of(timed, ticket.id) if view.owner == "urban" and view.code == "sign"
    ] == [("released", sign_due)]


def test_a_denied_return_restarts_nothing(timed, make, happen, now):
    ticket = make("dispatched", now)
    before = running(timed, ticket)
    request = dispatch.request_return(
        timed, ticket, "not-our-duty", "三定方案没有此项职责", who(timed, "urban.liaison", now), now + 5 * MINUTE
    )
    happen()
    assert running(timed, ticket)["return-decision"].owner == "centre"
    dispatch.decide_return(timed, ticket, request, False, "属你单位职责", who(timed, "dispatcher1", now), now + 9 * MINUTE)
    happen()
    after = running(timed, ticket)
    assert {code: before[code] for code in after} == after
    assert set(before) - set(after) == {"return-window"}
    assert last(timed, ticket, "return-decision").stop_reason == "met"


def test_a_return_after_its_window_is_refused(timed, make, happen, now):
    ticket = make("signed", now)
    dispatch.request_return(timed, ticket, "not-our-duty", "三定方案没有此项职责", who(timed, "urban.liaison", now), now + 3 * DAY)
    with pytest.raises(WrongState, match="2026-09-16"):
        happen()


def test_a_ruling_for_the_same_unit_asks_it_to_sign_and_leaves_the_rest(timed, make, happen, now):
    ticket = make("signed", now)
    before = running(timed, ticket)
    dispatch.dispute(timed, ticket, "该路段已移交管养单位", who(timed, "urban.liaison", now), now + HOUR)
    happen()
    assert running(timed, ticket)["dispute-decision"].owner == "centre"
    dispatch.rule(timed, ticket, "urban", "按边界清单裁定", who(timed, "auditor1", now), now + DAY)
    happen()
    after = running(timed, ticket)
    assert after["unit-reply"] == before["unit-reply"]
    assert after["sign"].started_at == now + DAY


def test_a_recall_takes_everything_back(timed, make, happen, now):
    ticket = make("dispatched", now)
    dispatch.recall(timed, ticket, who(timed, "dispatcher1", now), now + MINUTE + timedelta(seconds=30))
    happen()
    clocks = running(timed, ticket)
    assert list(clocks) == ["dispatch"]
    assert clocks["dispatch"].started_at == now
    assert (ticket.due_at, ticket.sign_due_at) == (None, None)
    dispatch.dispatch(timed, ticket, "urban", who(timed, "dispatcher1", now), now + HOUR)
    happen()
    assert running(timed, ticket)["general-reply"].started_at == now + HOUR
