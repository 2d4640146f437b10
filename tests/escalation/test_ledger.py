"""The verbs of a card: the unit explains, the supervisor rules, urges, looks again, writes off; and what never clears one."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app import wiring
from app.clock import CITY_ZONE
from app.errors import Forbidden, Invalid, NotFound, WrongState
from escalation import ledger, meetings, supervision
from escalation.ledger_queries import breaking, cards_now, counts, ledger_page
from escalation.models import Clock, LedgerEntry
from escalation.sweep import sweep_batch
from tests import factories
from tickets import handling

HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


LATE = at("2026-09-22 10:00")  # the promise ended with the 20th, a make-up day


@pytest.fixture
def settle(timed):
    def follow() -> None:
        wiring.react(timed)
        timed.flush()
        timed.expire_all()

    return follow


@pytest.fixture
def who(timed, now):
    return lambda username: factories.person(timed, username, now)


@pytest.fixture
def ticket(timed, now, settle):
    made = factories.a_ticket(timed, now, "handling")
    settle()
    sweep_batch(timed, LATE)
    timed.expire_all()
    return made


@pytest.fixture
def entry(timed, ticket) -> LedgerEntry:
    """The red card of the promise."""
    return timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.level == "E2")).one()


def statuses(session, ticket) -> dict[str, str]:
    session.flush()
    return dict(session.execute(sa.select(LedgerEntry.level, LedgerEntry.status).where(LedgerEntry.ticket_id == ticket.id)).all())


def test_the_unit_explains_the_supervisor_denies_and_it_explains_again(timed, ticket, entry, who):
    ledger.explain(timed, ticket, entry, "材料没到，周四补上", who("urban.liaison"), LATE)
    assert (entry.status, entry.explained_by_name, entry.closed_at) == ("acknowledged", "urban.liaison", None)
    with pytest.raises(WrongState, match="已经说明过"):
        ledger.explain(timed, ticket, entry, "再说明一次", who("urban.head"), LATE)
    ledger.rule(timed, ticket, entry, False, "等材料不是暂停情形", who("supervisor1"), LATE + HOUR)
    assert (entry.status, entry.ruling, entry.closed_at) == ("open", "denied", None)
    ledger.explain(timed, ticket, entry, "已改由抢修队先行处置", who("urban.head"), LATE + 2 * HOUR)
    ledger.rule(timed, ticket, entry, True, "采纳说明", who("leader1"), LATE + 3 * HOUR)
    assert (entry.status, entry.ruling, entry.closed_at) == ("acknowledged", "accepted", None), "an explanation clears no card"


@pytest.mark.parametrize("username", ["water.liaison", "agent1", "supervisor1", "dispatcher1"])
def test_nobody_explains_for_another_unit(timed, ticket, entry, who, username):
    with pytest.raises(Forbidden):
        ledger.explain(timed, ticket, entry, "我来说明", who(username), LATE)


@pytest.mark.parametrize("username", ["urban.head", "urban.liaison", "dispatcher1", "auditor1", "discipline1", "admin1"])
def test_only_supervisors_rule_urge_and_write_off(timed, ticket, entry, who, username):
    ledger.explain(timed, ticket, entry, "材料没到", who("urban.handler"), LATE)
    verbs = (
        lambda: ledger.rule(timed, ticket, entry, True, "采纳说明", who(username), LATE),
        lambda: ledger.urge(timed, ticket, "请今天办好", who(username), LATE),
        lambda: ledger.write_off(timed, ticket, entry, "现场看过，已办好", who(username), LATE),
        lambda: ledger.look_again(timed, ticket, entry, "去看过", who(username), LATE),
        lambda: ledger.put_under_order(timed, ticket, entry, "overdue", "请限期办好", who(username), LATE),
    )
    for verb in verbs:
        with pytest.raises(Forbidden):
            verb()


def test_there_is_nothing_to_rule_before_the_unit_has_spoken(timed, ticket, entry, who):
    with pytest.raises(WrongState):
        ledger.rule(timed, ticket, entry, True, "采纳说明", who("supervisor1"), LATE)


def test_an_urge_is_marked_on_every_standing_card(timed, ticket, entry, who):
    ledger.urge(timed, ticket, "请今天下班前联系市民", who("supervisor1"), LATE)
    timed.expire_all()
    assert set(
        timed.scalars(sa.select(LedgerEntry.urged_at).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.closed_at.is_(None)))
    ) == {LATE}
    assert ticket.urges == 0, "a supervisor's urge is not the citizen's"


def test_the_answer_clears_the_cards_an_explanation_or_an_order_does_not(timed, ticket, entry, who, settle):
    order = ledger.put_under_order(timed, ticket, entry, "overdue", "请限期办好", who("supervisor1"), LATE)
    assert (entry.status, entry.supervision_id) == ("ordered", order.id)
    handling.reply(timed, ticket, who("urban.head"), LATE + HOUR, **factories.a_reply())
    settle()
    assert {statuses(timed, ticket)[level] for level in ("E1", "E2", "E3")} == {"cleared"}
    assert timed.get(Clock, entry.clock_id).breached_at == at("2026-09-21 00:00"), "late is late for ever"
    timed.refresh(order)
    assert order.closed_at is None, "the order waits for its write-off"


def test_a_due_date_written_by_hand_clears_nothing(timed, ticket, entry):
    timed.execute(sa.update(Clock).where(Clock.id == entry.clock_id).values(due_at=LATE + 30 * 24 * HOUR))
    timed.expire_all()
    sweep_batch(timed, LATE + HOUR)
    assert entry.closed_at is None


def test_an_entry_under_an_order_speaks_through_the_order(timed, ticket, entry, who):
    ledger.put_under_order(timed, ticket, entry, "overdue", "请限期办好", who("supervisor1"), LATE)
    with pytest.raises(WrongState, match="回执"):
        ledger.explain(timed, ticket, entry, "材料没到", who("urban.liaison"), LATE)
    with pytest.raises(WrongState, match="一起销号"):
        ledger.write_off(timed, ticket, entry, "现场看过，已办好", who("supervisor1"), LATE)


def test_a_second_entry_joins_the_order_that_is_live(timed, ticket, entry, who):
    other = timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.level == "E3")).one()
    first = ledger.put_under_order(timed, ticket, entry, "overdue", "请限期办好", who("supervisor1"), LATE)
    assert ledger.put_under_order(timed, ticket, other, "overdue", "请限期办好", who("leader1"), LATE) is first


def test_it_is_written_off_on_evidence_once(timed, ticket, entry, who):
    with pytest.raises(Invalid):
        ledger.write_off(timed, ticket, entry, "", who("supervisor1"), LATE)
    ledger.write_off(timed, ticket, entry, "系统故障造成，有维护记录", who("supervisor1"), LATE)
    assert (entry.status, entry.closed_by_name) == ("written-off", "supervisor1")
    for verb in (ledger.write_off, ledger.look_again):
        with pytest.raises(WrongState):
            verb(timed, ticket, entry, "再来一次", who("supervisor1"), LATE)


def test_an_entry_of_another_ticket_is_not_found(timed, ticket, entry, now):
    other = factories.a_ticket(timed, now, "signed")
    with pytest.raises(NotFound):
        ledger.entry_of(timed, other, entry.id)
    with pytest.raises(NotFound):
        supervision.order_of(timed, other, 10**12)


def test_to_account_only_with_facts(timed, ticket, who, now):
    fresh = factories.a_ticket(timed, LATE - HOUR, "signed")
    with pytest.raises(WrongState):
        meetings.hold_to_account(timed, fresh, "delay", "拖着不办", who("supervisor1"), LATE - HOUR / 2)
    row = meetings.hold_to_account(timed, ticket, "delay", "红牌后两次催办仍未办", who("supervisor1"), LATE, "张三")
    assert "general-reply" in [broken["code"] for broken in row.facts["breaches"]]
    assert (row.fault, row.person, row.unit_id) == ("delay", "张三", ticket.lead_unit_id)


def test_the_desk_counts_a_clock_once_by_its_heaviest_card(timed, ticket, entry):
    found = counts(timed, sa.true())
    mine = [card for card in cards_now(timed, sa.true(), 100) if card.ticket.id == ticket.id]
    assert [(card.entry.level, card.entry.card) for card in mine] == [("E3", "red")]
    assert found["red"] == sum(1 for card in cards_now(timed, sa.true(), 1000) if card.entry.card == "red")


def test_a_clock_that_was_stopped_late_presses_nobody_any_more(timed, now, who, settle):
    ticket = factories.a_ticket(timed, LATE, "dispatched", urgency="urgent")
    settle()
    sweep_batch(timed, LATE + HOUR)
    handling.sign(timed, ticket, who("urban.liaison"), LATE + HOUR)
    settle()
    standing = [card.clock.code for card in cards_now(timed, sa.true(), 100) if card.ticket.id == ticket.id]
    assert standing == ["urgent-response"]
    assert counts(timed, sa.true())["left"] >= 1
    assert {card.clock.code for card in ledger_page(timed, sa.true(), live=True, ticket=ticket.number, limit=50)[0]} == {
        "sign",
        "urgent-response",
    }


def test_what_breaks_next_is_listed_earliest_first(timed, now, settle):
    ticket = factories.a_ticket(timed, LATE, "dispatched", urgency="urgent")
    settle()
    found = [one for one in breaking(timed, sa.true(), LATE, LATE + HOUR, 50) if one.ticket_id == ticket.id]
    assert {one.code for one in found} == {"sign", "urgent-response"}
    assert {one.unit_id for one in found} == {ticket.lead_unit_id}


def test_the_ledger_is_paged_by_cursor_without_gap_or_double(timed, ticket):
    seen, cursor = [], ""
    while cursor is not None:
        page, cursor = ledger_page(timed, sa.true(), cursor=cursor, limit=1)
        seen += [card.entry.id for card in page]
    whole, _ = ledger_page(timed, sa.true(), limit=100)
    assert seen == [card.entry.id for card in whole]
    assert len(seen) >= 3


@pytest.mark.parametrize("bad", [{"status": "gone"}, {"level": "E9"}, {"card": "green"}, {"unit": "nobody"}, {"cursor": "x"}])
def test_a_filter_it_does_not_know_is_named(timed, bad):
    with pytest.raises(Invalid) as no:
        ledger_page(timed, sa.true(), **bad)
    assert set(no.value.fields) == set(bad)
