"""The clocks follow the ticket through the real verbs: what starts, stops, pauses and moves, and what never does."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from app.errors import WrongState
from escalation.models import Clock, ClockChange
from escalation.queries import clocks_of
from tests import factories
from tickets import answering, dispatch, handling, intake, tasks
from tickets.models import Request, Task
from tickets.requests import waiting

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


def running(session, ticket) -> dict:
    return {view.code: view for view in clocks_of(session, ticket.id) if view.stopped_at is None}


def last(session, ticket, code):
    return [view for view in clocks_of(session, ticket.id) if view.code == code][-1]


def who(session, name, now):
    return factories.person(session, name, now)


@pytest.fixture
def make(timed, happen):
    """`make("handling", at=…, …)`: a ticket brought there, its clocks following."""
    def build(status: str, when: datetime, **how):
        ticket = factories.a_ticket(timed, when, status, **how)
        happen()
        return ticket
    return build


def test_registering_starts_the_centres_own_clock_and_nothing_else(timed, make, now):
    assert list(running(timed, make("registered", now))) == ["dispatch"]
    hurt = make("registered", now, content="电线掉下来了，有人触电，快来人", title="触电")
    assert (hurt.urgency != "ordinary", list(running(timed, hurt))) == (True, ["dispatch-urgent"])


def test_the_first_sending_starts_the_tickets_and_the_units_clocks(timed, make, now):
    ticket = make("dispatched", now)
    clocks = running(timed, ticket)
    assert sorted(clocks) == ["first-contact", "general-reply", "return-window", "sign", "unit-reply"]
    assert {code: view.owner for code, view in clocks.items()} == {
        "sign": "urban", "first-contact": "urban", "return-window": "urban", "unit-reply": "urban", "general-reply": "ticket"}
    assert last(timed, ticket, "dispatch").stop_reason == "met"
    assert (ticket.due_at, ticket.sign_due_at) == (clocks["general-reply"].due_at, clocks["sign"].due_at)
    assert clocks["sign"].due_at == now + MINUTE + 30 * MINUTE


@pytest.mark.parametrize(("matter", "promise", "more"), [
    ({"appeal_type": "consult"}, "consult-reply", set()),
    ({"appeal_type": "report"}, "general-reply", set()),
    ({"urgency": "urgent"}, "urgent-reply", {"urgent-response"}),
    ({"track": "enterprise"}, "enterprise-solve", {"urgent-response", "enterprise-contact", "enterprise-start", "enterprise-answer", "interim-reply"}),
    ({"track": "consumer"}, "mediation", {"consumer-accept", "interim-reply"}),
    ({"track": "petition-simple"}, "petition-simple", {"petition-accept", "interim-reply"}),
    ({"track": "petition-ordinary"}, "petition-ordinary", {"interim-reply"}),
])
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
    assert {view.code: view.stop_reason for view in old} == {"sign": "met", "first-contact": "released", "return-window": "met", "unit-reply": "released"}


def test_a_unit_that_was_late_before_it_returned_stays_late_for_its_segment(timed, make, happen, now):
    ticket = make("dispatched", now)
    sign_due = running(timed, ticket)["sign"].due_at
    returned(timed, ticket, happen, now + 2 * HOUR)
    assert [(view.stop_reason, view.breached_at) for view in clocks_of(timed, ticket.id) if view.owner == "urban" and view.code == "sign"] == [("released", sign_due)]


def test_a_denied_return_restarts_nothing(timed, make, happen, now):
    ticket = make("dispatched", now)
    before = running(timed, ticket)
    request = dispatch.request_return(timed, ticket, "not-our-duty", "三定方案没有此项职责", who(timed, "urban.liaison", now), now + 5 * MINUTE)
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


def test_an_extension_adds_working_days_and_keeps_both_dates(timed, make, happen, now):
    ticket = make("handling", now)
    before = ticket.due_at
    request = handling.request_extension(timed, ticket, 5, "要等雨停", "雨停后三天完工", who(timed, "urban.liaison", now), now + DAY)
    happen()
    handling.decide_extension(timed, ticket, request, True, "同意", who(timed, "dispatcher1", now), now + DAY + HOUR)
    happen()
    clocks = running(timed, ticket)
    assert (before, ticket.due_at) == (at("2026-09-21 00:00"), at("2026-09-26 00:00").replace(day=29))
    assert clocks["general-reply"].due_at == clocks["unit-reply"].due_at == ticket.due_at
    assert clocks["general-reply"].extended_by == 5
    changed = timed.scalars(sa.select(ClockChange).where(ClockChange.clock_id == clocks["general-reply"].id)).one()
    assert (changed.why, changed.old_due, changed.new_due, changed.by_name) == ("extension", before, ticket.due_at, "dispatcher1")
    timed.refresh(request)
    assert (request.due_before, request.due_after) == (before, ticket.due_at)


def test_an_extension_a_limit_does_not_know_is_refused_when_asked(timed, make, happen, now):
    ticket = make("handling", now, urgency="urgent")
    handling.request_extension(timed, ticket, 5, "要等雨停", "雨停后三天完工", who(timed, "urban.liaison", now), now + HOUR)
    with pytest.raises(WrongState, match="不能延期"):
        happen()


def paused(session, ticket, happen, code, since, until):
    request = handling.request_suspension(session, ticket, code, "补正通知书 12 号", who(session, "urban.handler", since), since)
    happen()
    handling.decide_suspension(session, ticket, request, True, "同意", who(session, "dispatcher1", since), since)
    happen()
    standing = {view.code for view in clocks_of(session, ticket.id) if view.paused_at}
    handling.resume(session, ticket, who(session, "urban.handler", until), until)
    happen()
    return standing


def test_a_pause_moves_only_the_clocks_that_know_its_code(timed, make, happen):
    ticket = make("handling", at("2024-11-04 09:00"), track="enterprise")
    before = running(timed, ticket)
    standing = paused(timed, ticket, happen, "applicant-supplement", at("2024-11-06 10:00"), at("2024-11-11 15:00"))
    after = running(timed, ticket)
    assert standing == {"enterprise-solve", "enterprise-answer", "unit-reply"}
    assert after["interim-reply"] == before["interim-reply"]
    assert after["enterprise-solve"].due_at == at("2024-11-29 00:00"), "11-25 and three working days"
    assert before["enterprise-solve"].due_at == at("2024-11-26 00:00")
    assert after["enterprise-solve"].pauses[0][2] == "applicant-supplement"


def test_a_pause_survives_a_later_extension(timed, make, happen):
    ticket = make("handling", at("2024-11-04 09:00"))
    paused(timed, ticket, happen, "applicant-supplement", at("2024-11-06 10:00"), at("2024-11-08 15:00"))
    assert ticket.due_at == at("2024-11-14 00:00")
    when = at("2024-11-11 09:00")
    request = handling.request_extension(timed, ticket, 5, "要等雨停", "雨停后三天完工", who(timed, "urban.liaison", when), when)
    happen()
    handling.decide_extension(timed, ticket, request, True, "同意", who(timed, "dispatcher1", when), when)
    happen()
    assert ticket.due_at == at("2024-11-21 00:00")


def test_a_pause_the_track_does_not_know_is_refused_when_asked(timed, make, happen, now):
    ticket = make("handling", now)
    handling.request_suspension(timed, ticket, "statutory-test", "检测委托书 7 号", who(timed, "urban.handler", now), now + HOUR)
    with pytest.raises(WrongState, match="不允许"):
        happen()


def test_a_reply_ends_everything_and_a_rework_is_a_promise_of_its_own(timed, make, happen, now):
    ticket = make("replied", now)
    assert running(timed, ticket) == {}
    assert ticket.due_at is not None  # answered, it still says its day
    assert last(timed, ticket, "general-reply").stop_reason == "met"
    assert last(timed, ticket, "return-window").stop_reason == "cancelled"
    answering.review(timed, ticket, False, who(timed, "auditor1", now), now + HOUR, "not-answered")
    happen()
    again = running(timed, ticket)["rework"]
    assert (again.owner, again.kind, ticket.due_at) == ("urban", "promise", again.due_at)
    assert again.due_at == at("2026-09-18 00:00")


def test_late_is_late_for_ever_whatever_follows(timed, make, happen, now):
    ticket = make("handling", now)
    due = ticket.due_at
    handling.reply(timed, ticket, who(timed, "urban.head", now), due + DAY, **factories.a_reply())
    happen()
    answering.review(timed, ticket, False, who(timed, "auditor1", now), due + DAY + HOUR, "not-answered")
    happen()
    handling.reply(timed, ticket, who(timed, "urban.head", now), due + DAY + 2 * HOUR, **factories.a_reply())
    happen()
    first = last(timed, ticket, "general-reply")
    assert (first.stop_reason, first.breached_at) == ("late", due)
    assert last(timed, ticket, "rework").stop_reason == "met"


def test_assistants_have_their_own_clocks_and_end_no_later_than_the_lead(timed, make, happen, now):
    ticket = make("handling", now, assisting=("power",))
    mine = [view for view in clocks_of(timed, ticket.id) if view.task_id]
    assert {view.code: view.owner for view in mine} == {"task-sign": "power", "task-reply": "power"}
    assert {view.code: view.due_at for view in mine}["task-reply"] == ticket.due_at
    tasks.add_task(timed, ticket, "water", "抽水", who(timed, "urban.liaison", now), now + HOUR, 2)
    tasks.add_task(timed, ticket, "housing", "查漏", who(timed, "urban.liaison", now), now + HOUR, 30)
    happen()
    due = {task.days: task.due_at for task in timed.scalars(sa.select(Task).where(Task.ticket_id == ticket.id))}
    assert due == {None: ticket.due_at, 2: at("2026-09-17 00:00"), 30: ticket.due_at}


def test_a_released_assistant_is_released_and_a_replying_one_is_met(timed, make, happen, now):
    ticket = make("handling", now, assisting=("power", "water"))
    first, second = timed.scalars(sa.select(Task).where(Task.ticket_id == ticket.id).order_by(Task.id))
    tasks.sign_task(timed, ticket, first, who(timed, "power.liaison", now), now + 10 * MINUTE)
    tasks.reply_task(timed, ticket, first, "已断电", who(timed, "power.handler", now), now + HOUR)
    tasks.release_task(timed, ticket, second, "不需要了", who(timed, "urban.liaison", now), now + HOUR)
    happen()
    ends = {(view.code, view.owner): view.stop_reason for view in clocks_of(timed, ticket.id) if view.task_id}
    assert ends == {("task-sign", "power"): "met", ("task-reply", "power"): "met", ("task-sign", "water"): "released", ("task-reply", "water"): "released"}


def test_the_ledger_runs_to_the_promised_date(timed, make, happen, now):
    ticket = make("replied", now)
    promised = now + 90 * DAY
    handling.ledger(timed, ticket, who(timed, "urban.liaison", now), now + HOUR, "列入改造计划", promised)
    handling.ledger(timed, ticket, who(timed, "dispatcher1", now), now + HOUR)
    happen()
    assert running(timed, ticket)["ledger-promise"].due_at == promised == ticket.due_at


def test_an_upper_level_ticket_keeps_the_upper_limit(timed, make, happen, now):
    upper = now + 4 * DAY
    ticket = make("dispatched", now, upper_due_at=upper)
    assert (ticket.due_at, running(timed, ticket)["unit-reply"].due_at) == (upper, upper)


def test_a_terminated_mediation_owes_both_parties_a_notice(timed, make, happen, now):
    ticket = make("handling", now, track="consumer")
    handling.terminate(timed, ticket, "appellant-uncooperative", who(timed, "dispatcher1", now), now + DAY)
    happen()
    assert list(running(timed, ticket)) == ["termination-notice"]
    assert last(timed, ticket, "mediation").stop_reason == "cancelled"


def test_raising_the_urgency_starts_the_urgent_clocks_now(timed, make, happen, now):
    ticket = make("dispatched", now)
    intake.set_urgency(timed, ticket, "urgent", "", who(timed, "dispatcher1", now), now + HOUR)
    happen()
    clocks = running(timed, ticket)
    assert clocks["urgent-response"].due_at == now + HOUR + 30 * MINUTE
    assert ticket.due_at == clocks["urgent-reply"].due_at == clocks["unit-reply"].due_at == now + 25 * HOUR
    assert "general-reply" in clocks


def test_lowering_it_counts_the_ordinary_limits_from_the_start(timed, make, happen, now):
    ticket = make("dispatched", now, urgency="urgent")
    intake.set_urgency(timed, ticket, "ordinary", "核实后没有危险", who(timed, "dispatcher1", now), now + 10 * MINUTE)
    happen()
    clocks = running(timed, ticket)
    assert not {"urgent-response", "urgent-reply"} & set(clocks)
    assert clocks["general-reply"].started_at == now + MINUTE
    assert ticket.due_at == clocks["general-reply"].due_at


def test_merging_and_splitting(timed, make, happen, now):
    master, child = make("dispatched", now), make("registered", now)
    intake.merge(timed, child, master, who(timed, "agent1", now), now + MINUTE)
    happen()
    assert running(timed, child) == {}
    intake.split(timed, child, who(timed, "agent1", now), now + HOUR)
    happen()
    assert running(timed, child)["dispatch"].started_at == now + HOUR


def test_every_clock_stops_by_the_end(timed, make, now):
    ticket = make("closed", now, assisting=())
    assert timed.scalar(sa.select(sa.func.count()).where(Clock.ticket_id == ticket.id, Clock.stopped_at.is_(None))) == 0


def test_a_sending_costs_a_read_an_update_and_one_insert(timed, make, happen, now, statements):
    ticket = make("registered", now)
    dispatch.dispatch(timed, ticket, "urban", who(timed, "dispatcher1", now), now + MINUTE)
    timed.flush()
    with statements() as seen:
        happen()
    assert sorted(words.split()[0] for words in seen) == ["INSERT", "SELECT", "UPDATE", "UPDATE"], "one UPDATE is the ticket's own row"


def test_registering_costs_one_insert(timed, happen, now, statements):
    intake.register(timed, factories.a_matter(), who(timed, "agent1", now), now)
    timed.flush()
    with statements() as seen:
        happen()
    assert [words.split()[:3] for words in seen] == [["INSERT", "INTO", "clocks"]]


def test_waiting_requests_are_not_ours_to_touch(timed, make, happen, now):
    ticket = make("handling", now)
    handling.request_extension(timed, ticket, 3, "要等雨停", "雨停后三天完工", who(timed, "urban.liaison", now), now + HOUR)
    happen()
    request = waiting(timed, ticket, "extension")
    assert isinstance(request, Request)
    assert request.due_after is None
