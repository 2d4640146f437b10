"""The clocks follow the ticket through the real verbs: what pauses and moves them, what ends them, and what never does."""

import pytest
import sqlalchemy as sa

from app.errors import WrongState
from escalation.models import Clock, ClockChange
from escalation.queries import clocks_of
from tests import factories
from tests.escalation.at_clocks import DAY, HOUR, MINUTE, at, last, running, who
from tickets import answering, dispatch, handling, intake, sorting, tasks
from tickets.dispatch_models import Request, Task
from tickets.requests import waiting


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
    assert ends == {
        ("task-sign", "power"): "met",
        ("task-reply", "power"): "met",
        ("task-sign", "water"): "released",
        ("task-reply", "water"): "released",
    }


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
    sorting.set_urgency(timed, ticket, "urgent", "", who(timed, "dispatcher1", now), now + HOUR)
    happen()
    clocks = running(timed, ticket)
    assert clocks["urgent-response"].due_at == now + HOUR + 30 * MINUTE
    assert ticket.due_at == clocks["urgent-reply"].due_at == clocks["unit-reply"].due_at == now + 25 * HOUR
    assert "general-reply" in clocks


def test_lowering_it_counts_the_ordinary_limits_from_the_start(timed, make, happen, now):
    ticket = make("dispatched", now, urgency="urgent")
    sorting.set_urgency(timed, ticket, "ordinary", "核实后没有危险", who(timed, "dispatcher1", now), now + 10 * MINUTE)
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
