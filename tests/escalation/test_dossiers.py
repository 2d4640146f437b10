"""E7: what top coordination did not solve goes to the standing meeting; who may, when it is refused, what it leaves behind."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.clock import CITY_ZONE
from app.errors import Forbidden, Invalid, WrongState
from escalation import dossiers, supervision
from escalation.models import Clock, EscalationStep, LedgerEntry
from tests import factories
from tests.escalation.highest import HOUR, OBSTACLE, QUESTION, a_dossier, stuck
from tickets.chains import fault_in
from tickets.events import TicketEvent
from tickets.history import events_of

DAY = timedelta(days=1)
NOW = datetime(2026, 9, 15, 9, tzinfo=CITY_ZONE)
DECISION = ("市政府第 12 次常务会议", "由住建局先行出资，月底前换管", "孙明", "局长")


@pytest.fixture
def who(timed):
    return lambda username: factories.person(timed, username, NOW)


@pytest.fixture
def settle(timed):
    def follow() -> None:
        wiring.react(timed)
        timed.flush()

    return follow


@pytest.fixture
def ticket(timed, settle):
    made = factories.a_ticket(timed, NOW - DAY, "handling")
    settle()
    return made


def decide(session, ticket, row, actor, now, held_on=None, due=None):
    meeting, decision, person, post = DECISION
    return dossiers.decide(
        session, ticket, row, meeting, held_on or now.astimezone(CITY_ZONE).date(), decision, person, post, due or now + 3 * DAY, actor, now
    )


def test_it_goes_up_is_signed_is_decided_and_the_order_runs_by_the_decision(timed, ticket, who, settle):
    row = a_dossier(timed, ticket, NOW)
    assert (row.number, row.state) == ("HY2026-001", "raised")
    dossiers.submit(timed, ticket, row, "同意，报政府办公厅", who("leader1"), NOW + 3 * HOUR)
    decide(timed, ticket, row, who("supervisor1"), NOW + DAY)
    settle()
    order = supervision.live_of(timed, ticket)
    timed.refresh(order)
    assert row.state == "decided"
    assert timed.get(Clock, order.clock_id).due_at == NOW + 4 * DAY
    assert [event.kind for event in events_of(timed, ticket.id)][-4:] == ["raise-dossier", "submit-dossier", "coordinate", "decide-dossier"]
    assert fault_in(ticket, events_of(timed, ticket.id)) is None


def test_the_ledger_has_one_e7_that_ends_with_the_order(timed, ticket, who, settle):
    first = a_dossier(timed, ticket, NOW)
    dossiers.withdraw(timed, ticket, first, "材料写错了", who("supervisor1"), NOW + 3 * HOUR)
    again = dossiers.raise_dossier(timed, ticket, QUESTION, OBSTACLE, who("supervisor1"), NOW + 4 * HOUR)
    assert again.number == "HY2026-002"
    entry = timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.level == "E7")).one()
    step = timed.get(EscalationStep, entry.step_id)
    assert (entry.status, entry.card, step.step, step.level) == ("ordered", "red", "dossier", "E7")
    supervision.write_off(
        timed, ticket, supervision.live_of(timed, ticket), "implemented", "现场看过，已换管", who("supervisor1"), NOW + 2 * DAY
    )
    timed.refresh(entry)
    assert entry.status == "written-off"


def test_the_citizens_promise_does_not_move(timed, ticket, who, settle):
    promised = ticket.due_at
    row = a_dossier(timed, ticket, NOW)
    dossiers.submit(timed, ticket, row, "同意", who("leader1"), NOW + 3 * HOUR)
    decide(timed, ticket, row, who("leader1"), NOW + DAY)
    settle()
    assert ticket.due_at == promised


class TestWhenItIsTooEarly:
    @pytest.fixture
    def refused(self, timed, ticket, who):
        def raise_it(at, match):
            with pytest.raises(WrongState, match=match):
                dossiers.raise_dossier(timed, ticket, QUESTION, OBSTACLE, who("supervisor1"), at)
            assert (
                timed.scalar(
                    sa.select(sa.func.count()).select_from(LedgerEntry).where(LedgerEntry.level == "E7", LedgerEntry.ticket_id == ticket.id)
                )
                == 0
            )

        return raise_it

    def test_without_an_order(self, refused):
        refused(NOW, "先开督办")

    def test_without_a_coordination(self, timed, ticket, who, refused):
        supervision.issue(timed, ticket, "overdue", "请组织办理", who("supervisor1"), NOW)
        refused(NOW + DAY, "顶格协调")

    def test_while_the_coordinations_limit_runs(self, timed, ticket, refused):
        stuck(timed, ticket, NOW)
        assert not dossiers.may_be_raised(timed, ticket, NOW + HOUR / 2)
        refused(NOW + HOUR / 2, "时限还没到")
        assert dossiers.may_be_raised(timed, ticket, NOW + 2 * HOUR)

    def test_when_the_unit_has_answered(self, timed, ticket, refused):
        order = stuck(timed, ticket, NOW)
        order.standing = "done"
        timed.flush()
        refused(NOW + 2 * HOUR, "先查效果")


def test_there_is_one_live_dossier_a_ticket(timed, ticket, who):
    row = a_dossier(timed, ticket, NOW)
    with pytest.raises(WrongState, match=row.number):
        dossiers.raise_dossier(timed, ticket, QUESTION, OBSTACLE, who("leader1"), NOW + 3 * HOUR)


@pytest.mark.parametrize(
    ("question", "obstacle", "field"), [("", OBSTACLE, "question"), (QUESTION, " ", "obstacle"), ("请" * 2001, OBSTACLE, "question")]
)
def test_it_says_what_is_asked_and_what_stands_in_the_way(timed, ticket, who, question, obstacle, field):
    stuck(timed, ticket, NOW)
    with pytest.raises(Invalid) as no:
        dossiers.raise_dossier(timed, ticket, question, obstacle, who("supervisor1"), NOW + 2 * HOUR)
    assert set(no.value.fields) == {field}


def test_steps_come_in_order_and_each_once(timed, ticket, who):
    row = a_dossier(timed, ticket, NOW)
    with pytest.raises(WrongState):
        decide(timed, ticket, row, who("leader1"), NOW + DAY)
    dossiers.submit(timed, ticket, row, "同意", who("leader1"), NOW + 3 * HOUR)
    with pytest.raises(WrongState):
        dossiers.submit(timed, ticket, row, "同意", who("leader1"), NOW + 4 * HOUR)
    for held_on in (date(2026, 9, 14), date(2026, 9, 17)):  # before it was submitted, and not yet
        with pytest.raises(Invalid):
            decide(timed, ticket, row, who("leader1"), NOW + DAY, held_on)
    decide(timed, ticket, row, who("leader1"), NOW + DAY)
    with pytest.raises(WrongState):
        dossiers.withdraw(timed, ticket, row, "不要了", who("leader1"), NOW + 2 * DAY)


def test_when_the_order_is_written_off_it_can_only_be_withdrawn(timed, ticket, who):
    row = a_dossier(timed, ticket, NOW)
    dossiers.submit(timed, ticket, row, "同意", who("leader1"), NOW + 3 * HOUR)
    supervision.write_off(
        timed, ticket, supervision.live_of(timed, ticket), "implemented", "现场看过，已换管", who("supervisor1"), NOW + 4 * HOUR
    )
    with pytest.raises(WrongState, match="撤回"):
        decide(timed, ticket, row, who("leader1"), NOW + DAY)
    dossiers.withdraw(timed, ticket, row, "已经解决", who("supervisor1"), NOW + DAY)
    assert row.state == "withdrawn"


@pytest.mark.parametrize(
    "username",
    ["agent1", "dispatcher1", "auditor1", "followup1", "publisher1", "admin1", "discipline1", "urban.liaison", "urban.head", "water.head"],
)
def test_nobody_but_supervisor_and_leader_raises_and_only_the_leader_submits(timed, ticket, who, username):
    stuck(timed, ticket, NOW)
    with pytest.raises(Forbidden):
        dossiers.raise_dossier(timed, ticket, QUESTION, OBSTACLE, who(username), NOW + 2 * HOUR)
    row = dossiers.raise_dossier(timed, ticket, QUESTION, OBSTACLE, who("supervisor1"), NOW + 2 * HOUR)
    for one in (username, "supervisor1"):
        with pytest.raises(Forbidden):
            dossiers.submit(timed, ticket, row, "同意", who(one), NOW + 3 * HOUR)
    with pytest.raises(Forbidden):
        dossiers.withdraw(timed, ticket, row, "不要了", who(username), NOW + 3 * HOUR)


def test_every_act_is_one_event(timed, ticket, who):
    before = timed.scalar(sa.select(sa.func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id))
    row = a_dossier(timed, ticket, NOW)
    dossiers.withdraw(timed, ticket, row, "已经解决", who("supervisor1"), NOW + DAY)
    timed.flush()
    assert (
        timed.scalar(sa.select(sa.func.count()).select_from(TicketEvent).where(TicketEvent.ticket_id == ticket.id)) == before + 4
    )  # order, coordination, raised, withdrawn
