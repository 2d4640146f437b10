"""Supervision orders: who may do what when, one live per ticket, their own clock, write-off on evidence, and the ticket they follow."""

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from app import wiring
from app.errors import Forbidden, Invalid, WrongState
from escalation import meetings, supervision
from escalation.models import Clock, EscalationStep, LedgerEntry
from escalation.standing_orders import open_due
from escalation.supervision_models import CLASSES, MODES, REASONS, STANDING_OF, Coordination, Supervision
from escalation.sweep import sweep_batch
from tests import factories
from tests.escalation.at_clocks import DAY, MINUTE, at
from tickets import answering, dispatch, handling
from tickets.events import TicketEvent
from tickets.history import verify

ASK = "请主要负责人组织办理，三个工作日内书面答复市民。"


@pytest.fixture
def settle(timed):
    """Let all reactions of the house follow what was recorded."""

    def follow() -> None:
        wiring.react(timed)
        timed.flush()

    return follow


@pytest.fixture
def who(timed, now):
    return lambda username: factories.person(timed, username, now)


@pytest.fixture
def ticket(timed, now, settle):
    made = factories.a_ticket(timed, now, "handling")
    settle()
    return made


@pytest.fixture
def order(timed, ticket, who, now, settle):
    made = supervision.issue(timed, ticket, "overdue", ASK, who("supervisor1"), now + DAY)
    settle()
    timed.refresh(made)
    return made


def kinds(session, ticket) -> list[str]:
    session.flush()
    return list(session.scalars(sa.select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq)))


def clock_of(session, order) -> Clock:
    return session.get(Clock, order.clock_id, populate_existing=True)


def test_an_order_has_a_number_a_unit_and_three_working_days(timed, ticket, order, now):
    clock = clock_of(timed, order)
    assert order.number == "DB2026-001"
    assert (order.unit_id, order.state, order.standing) == (ticket.lead_unit_id, "issued", "not-begun")
    assert (clock.code, clock.owner_unit_id, clock.length, clock.due_at) == ("supervision", ticket.lead_unit_id, 3, at("2026-09-19 00:00"))
    assert kinds(timed, ticket)[-1] == "supervise"


def test_the_citizens_promise_stays_what_it_was(timed, now, settle, who):
    ticket = factories.a_ticket(timed, now, "handling")
    settle()
    promised = ticket.due_at
    order = supervision.issue(timed, ticket, "overdue", ASK, who("supervisor1"), now)
    supervision.coordinate(timed, ticket, order, "孙明", "局长", now + 2 * DAY, who("leader1"), now)
    settle()
    assert ticket.due_at == promised


def test_numbers_of_a_year_run_on(timed, now, who, settle):
    first, second = (factories.a_ticket(timed, now, "signed") for _ in range(2))
    orders = [supervision.issue(timed, one, "repeated", ASK, who("leader1"), now) for one in (first, second)]
    next_year = factories.a_ticket(timed, at("2027-01-04 10:00"), "signed")
    orders.append(supervision.issue(timed, next_year, "repeated", ASK, who("leader1"), at("2027-01-04 12:00")))
    assert [one.number for one in orders] == ["DB2026-001", "DB2026-002", "DB2027-001"]


def test_a_second_one_is_refused_while_the_first_is_live(timed, ticket, order, who, now):
    with pytest.raises(WrongState, match="DB2026-001"):
        supervision.issue(timed, ticket, "bad-influence", ASK, who("leader1"), now + DAY)
    said = {"reason": "overdue", "words": "x", "state": "issued", "standing": "not-begun", "issued_at": now, "issued_by_name": "x"}
    second = Supervision(year=2026, serial=99, ticket_id=ticket.id, unit_id=order.unit_id, **said)
    with pytest.raises(IntegrityError, match="uq_supervisions_live"), timed.begin_nested():
        timed.add(second)


def test_another_may_follow_when_the_first_is_written_off(timed, ticket, order, who, now):
    supervision.write_off(timed, ticket, order, "implemented", "现场看过，已修好", who("supervisor1"), now + DAY)
    again = supervision.issue(timed, ticket, "repeated", ASK, who("supervisor1"), now + 2 * DAY)
    assert again.number == "DB2026-002"


@pytest.mark.parametrize(("reason", "words"), [("nonsense", ASK), ("overdue", ""), ("overdue", " x ")])
def test_an_order_says_why_and_what(timed, ticket, who, now, reason, words):
    with pytest.raises(Invalid) as no:
        supervision.issue(timed, ticket, reason, words, who("supervisor1"), now)
    assert set(no.value.fields) <= {"reason", "words"}


@pytest.mark.parametrize("status", ["registered", "closed"])
def test_nobody_is_supervised_where_no_unit_has_it(timed, who, now, status):
    ticket = factories.a_ticket(timed, now, status)
    with pytest.raises(WrongState):
        supervision.issue(timed, ticket, "overdue", ASK, who("supervisor1"), now + DAY)


SUPERVISORS = {"supervisor1", "leader1"}
PEOPLE = (
    "agent1",
    "dispatcher1",
    "auditor1",
    "followup1",
    "supervisor1",
    "leader1",
    "publisher1",
    "admin1",
    "discipline1",
    "urban.liaison",
    "urban.handler",
    "urban.head",
    "water.head",
)


def acts(timed, ticket, order, now):
    """Every verb with good words → who may."""
    later = now + DAY
    overseen = {
        "inspect": lambda who: supervision.inspect(timed, ticket, order, "check-progress", "正在施工", who, later),
        "coordinate": lambda who: supervision.coordinate(timed, ticket, order, "孙明", "局长", later + DAY, who, later),
        "list": lambda who: supervision.list_publicly(timed, ticket, order, date(2026, 12, 1), "影响面大", who, later),
        "meet": lambda who: meetings.record_meeting(timed, ticket, "on-site", now, "海晏小区", "孙明", "现场定了抽水方案", who, later),
        "write-off": lambda who: supervision.write_off(timed, ticket, order, "implemented", "现场看过，已修好", who, later),
    }
    acknowledged = lambda who: supervision.acknowledge(timed, ticket, order, "明天抽水，周五前修好", who, later)  # noqa: E731
    return {name: (verb, SUPERVISORS) for name, verb in overseen.items()} | {"acknowledge": (acknowledged, {"urban.liaison", "urban.head"})}


@pytest.mark.parametrize("username", PEOPLE)
@pytest.mark.parametrize("act", ["inspect", "coordinate", "list", "meet", "write-off", "acknowledge"])
def test_each_verb_is_its_own_peoples(timed, ticket, order, who, now, act, username):
    verb, allowed = acts(timed, ticket, order, now)[act]
    before = len(kinds(timed, ticket))
    if username in allowed:
        verb(who(username))
        assert len(kinds(timed, ticket)) == before + 1, "one event"
    else:
        with pytest.raises(Forbidden):
            verb(who(username))
        assert len(kinds(timed, ticket)) == before


def test_nobody_oversees_their_own_unit(timed, ticket, order, who, now):
    own = replace(who("supervisor1"), unit_id=order.unit_id)
    with pytest.raises(Forbidden, match="您自己的单位"):
        supervision.write_off(timed, ticket, order, "implemented", "现场看过，已修好", own, now + DAY)


@pytest.mark.parametrize("act", ["inspect", "coordinate", "list", "write-off", "acknowledge"])
def test_what_is_written_off_is_over(timed, ticket, order, who, now, act):
    supervision.write_off(timed, ticket, order, "deferred", "列入明年改造计划，有立项批复", who("leader1"), now + DAY)
    verb, allowed = acts(timed, ticket, order, now)[act]
    with pytest.raises(WrongState, match="已经销号"):
        verb(who(min(allowed)))


def test_the_unit_answers_for_it_once_with_a_plan(timed, ticket, order, who, now):
    with pytest.raises(Invalid):
        supervision.acknowledge(timed, ticket, order, " ", who("urban.head"), now + DAY)
    supervision.acknowledge(timed, ticket, order, "明天抽水，周五前修好", who("urban.head"), now + DAY)
    assert (order.state, order.standing, order.acknowledged_by_name) == ("acknowledged", "under-way", "urban.head")
    with pytest.raises(WrongState):
        supervision.acknowledge(timed, ticket, order, "再说一遍计划", who("urban.liaison"), now + DAY)


@pytest.mark.parametrize("mode", MODES)
def test_the_four_inspections_say_where_it_stands(timed, ticket, order, who, now, mode):
    supervision.inspect(timed, ticket, order, mode, "去现场看过", who("supervisor1"), now + DAY)
    assert order.standing == STANDING_OF[mode]


@pytest.mark.parametrize(("person", "post", "due"), [("", "局长", 1), ("孙明", "", 1), ("孙明", "局长", None), ("孙明", "局长", -1)])
def test_top_coordination_without_person_post_or_limit_is_none(timed, ticket, order, who, now, person, post, due):
    until = None if due is None else now + DAY + due * DAY
    with pytest.raises(Invalid):
        supervision.coordinate(timed, ticket, order, person, post, until, who("leader1"), now + DAY)


def test_the_leaders_limit_takes_the_place_of_the_orders_own(timed, ticket, order, who, now, settle):
    first, later = clock_of(timed, order), now + DAY + 5 * MINUTE
    supervision.coordinate(timed, ticket, order, "孙明", "局长", at("2026-09-16 18:00"), who("leader1"), later, "先排水后修")
    settle()
    timed.refresh(order)
    second = clock_of(timed, order)
    assert (first.stop_reason, first.stopped_at) == ("released", later)
    assert (second.due_at, second.owner_unit_id, second.stopped_at) == (at("2026-09-16 18:00"), order.unit_id, None)
    assert timed.scalars(sa.select(Coordination.person).where(Coordination.supervision_id == order.id)).all() == ["孙明"]


def test_a_new_limit_clears_no_card(timed, ticket, order, who, settle):
    sweep_batch(timed, at("2026-09-20 09:00"))
    supervision.coordinate(timed, ticket, order, "孙明", "局长", at("2026-09-30 18:00"), who("leader1"), at("2026-09-20 10:00"))
    settle()
    mine = (
        sa.select(LedgerEntry.status)
        .join(Clock, Clock.id == LedgerEntry.clock_id)
        .where(Clock.ticket_id == ticket.id, Clock.code == "supervision")
    )
    assert set(timed.scalars(mine)) == {"open"}


@pytest.mark.parametrize("until", [None, date(2026, 9, 14)])
def test_a_listing_has_an_end_ahead(timed, ticket, order, who, now, until):
    with pytest.raises(Invalid):
        supervision.list_publicly(timed, ticket, order, until, "影响面大", who("leader1"), now + DAY)


@pytest.mark.parametrize(("kind", "ahead"), [("on-site", 1), ("interview", 100), ("tea", -1)])
def test_a_meeting_is_recorded_after_it_was_held(timed, ticket, who, now, kind, ahead):
    with pytest.raises(Invalid):
        meetings.record_meeting(timed, ticket, kind, now + ahead * DAY, "海晏小区", "孙明", "定了方案", who("leader1"), now)


@pytest.mark.parametrize("how", CLASSES)
def test_it_is_written_off_by_class_on_evidence(timed, ticket, order, who, now, settle, how):
    for words in ("", "  "):
        with pytest.raises(Invalid):
            supervision.write_off(timed, ticket, order, how, words, who("supervisor1"), now + DAY)
    supervision.write_off(timed, ticket, order, how, "现场照片三张，市民电话里说满意", who("supervisor1"), now + 2 * DAY)
    settle()
    assert (order.state, order.written_off_as, order.closed_by_name) == ("written-off", how, "supervisor1")
    assert clock_of(timed, order).stop_reason == "met"


def test_evidence_must_hang_on_the_ticket(timed, ticket, order, who, now):
    with pytest.raises(Invalid) as no:
        supervision.write_off(timed, ticket, order, "implemented", "见照片，已修好", who("supervisor1"), now + DAY, attachment_id=10**9)
    assert set(no.value.fields) == {"attachment"}


def test_the_database_refuses_a_write_off_without_evidence(timed, order, now):
    with pytest.raises(IntegrityError, match="ck_supervisions_evidence"), timed.begin_nested():
        timed.execute(
            sa.update(Supervision)
            .where(Supervision.id == order.id)
            .values(state="written-off", closed_at=now, closed_by_name="x", written_off_as="judged")
        )


def test_an_answer_makes_it_done_a_rework_under_way_again(timed, ticket, order, who, now, settle):
    handling.reply(timed, ticket, who("urban.head"), now + 2 * DAY, **factories.a_reply())
    settle()
    timed.refresh(order)
    assert (order.standing, clock_of(timed, order).stop_reason, order.closed_at) == ("done", "met", None)
    answering.review(timed, ticket, False, who("auditor1"), now + 2 * DAY, "no-contact", "请先联系市民")
    settle()
    timed.refresh(order)
    assert order.standing == "under-way"


def test_it_goes_along_to_the_next_unit_which_owes_its_own_acknowledgement(timed, now, who, settle):
    ticket = factories.a_ticket(timed, now, "dispatched")
    settle()
    order = supervision.issue(timed, ticket, "refuses-to-receive", ASK, who("supervisor1"), now + 2 * MINUTE)
    settle()
    supervision.acknowledge(timed, ticket, order, "马上签收，今天联系", who("urban.liaison"), now + 3 * MINUTE)
    request = dispatch.request_return(timed, ticket, "not-our-duty", "三定规定不在我局", who("urban.liaison"), now + 4 * MINUTE)
    dispatch.decide_return(timed, ticket, request, True, "属水务集团", who("dispatcher1"), now + 5 * MINUTE, lead="water")
    settle()
    timed.refresh(order)
    assert (order.unit_id, order.state, order.plan, order.acknowledged_at) == (ticket.lead_unit_id, "issued", "", None)
    clock = clock_of(timed, order)
    assert (clock.owner_unit_id, clock.short, clock.stopped_at) == (ticket.lead_unit_id, True, None)


def test_the_ladder_opens_one_by_itself_and_once(timed, now, settle):
    ticket = factories.a_ticket(timed, at("2026-10-01 23:49"), "dispatched", urgency="urgent")
    settle()
    sweep_batch(timed, at("2026-10-02 00:49"))
    assert open_due(timed, at("2026-10-02 00:49")) == []
    sweep_batch(timed, at("2026-10-02 00:51"))
    made = open_due(timed, at("2026-10-02 00:51"))
    settle()
    assert [(one.ticket_id, one.reason, one.issued_by_name) for one in made] == [(ticket.id, "refuses-to-receive", "系统")]
    assert open_due(timed, at("2026-10-02 00:52")) == []
    level = (
        sa.select(LedgerEntry.status)
        .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
        .where(LedgerEntry.ticket_id == ticket.id, EscalationStep.step == "breach-30")
    )
    assert set(timed.scalars(level)) == {"ordered"}


def test_a_later_rung_joins_the_live_order(timed, ticket, order, settle):
    sweep_batch(timed, at("2026-10-20 09:00"))
    assert open_due(timed, at("2026-10-20 09:00")) == []
    joined = timed.scalars(
        sa.select(LedgerEntry.supervision_id).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.status == "ordered")
    ).all()
    assert set(joined) == {order.id}


def test_writing_off_settles_what_a_leader_had_taken_up(timed, ticket, order, who, settle):
    sweep_batch(timed, at("2026-10-20 09:00"))
    supervision.write_off(timed, ticket, order, "judged", "法院已受理，有裁定书", who("leader1"), at("2026-10-20 10:00"))
    settle()
    left = timed.execute(
        sa.select(LedgerEntry.level, LedgerEntry.status).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.closed_at.is_(None))
    ).all()
    assert "E5" not in {level for level, _ in left}
    assert {status for _, status in left} <= {"open"}, "the promise's own cards wait for the answer"


def test_everything_is_in_the_chain(timed, ticket, order, who, now, settle):
    for verb, allowed in list(acts(timed, ticket, order, now).values())[::-1]:
        if order.closed_at is None:
            verb(who(min(allowed)))
    settle()
    assert [fault for _, fault in verify(timed) if fault] == []


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_of_the_law_can_be_given(timed, ticket, who, now, reason):
    assert supervision.issue(timed, ticket, reason, ASK, who("supervisor1"), now).reason == reason
