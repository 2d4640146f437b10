"""A call as verbs: who is offered it, what may happen next, what the figures keep; told twice, late or out of order, nothing moves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, WrongState
from app.phone import calls, handing, queries, seats
from app.phone.models import Call, CallEvent, Seat
from tests import factories
from tests.app.phone.conftest import CALLER, actor, sid_of, sits
from tickets.experts import Expert
from tickets.specials import Special, plain_number

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def empty(session):
    session.execute(sa.text("TRUNCATE call_events, calls, seats CASCADE"))


def comes(session, n, now, number=CALLER) -> Call:
    return calls.arrive(session, sid_of(n), number, now)[0]


def talking(session, now, n=1) -> tuple[Call, object]:
    agent = sits(session, "agent1", now)
    call = comes(session, n, now)
    calls.take(session, call.id, agent, now + 3 * SECOND)
    assert calls.answered(session, call, sid_of(90 + n), now + 9 * SECOND)
    return call, agent


def seat(session, agent) -> str:
    return session.get(Seat, agent.account_id).state


def test_a_call_goes_to_the_seat_that_is_ready_longest(session, now):
    early, late = sits(session, "agent1", now), sits(session, "followup1", now, "away")
    call = comes(session, 1, now + SECOND)
    assert (call.state, call.agent_id, call.masked_number) == ("offered", early.account_id, "138****2716")
    assert (seat(session, early), seat(session, late)) == ("busy", "away")
    assert calls.number_of(session, call) == "13800002716"
    assert b"13800002716" not in call.number_sealed


def test_who_waits_longest_is_offered_first_when_a_seat_is_free(session, now):
    first, second = comes(session, 1, now), comes(session, 2, now + SECOND)
    assert [calls.wait(session, one, timedelta(minutes=2), now + 5 * SECOND) for one in (first, second)] == [1, 2]
    agent = sits(session, "agent1", now)
    seats.match(session, now)
    assert (first.state, first.agent_id, second.state) == ("offered", agent.account_id, "queued")


def test_seconds_to_answer_are_kept(session, now):
    call, agent = talking(session, now)
    assert (call.state, call.outcome, call.answer_seconds, call.wait_seconds) == ("talking", "answered", 9, 9)
    calls.ended(session, call, now + 60 * SECOND)
    assert (call.state, seat(session, agent)) == ("ended", "busy")
    calls.hang_on(session, call, factories.a_ticket(session, now), agent, now + 70 * SECOND)
    assert seat(session, agent) == "ready"


def test_who_hangs_up_waiting_is_missed_and_forgotten_when_they_get_through(session, now):
    call = comes(session, 1, now)
    calls.ended(session, call, now + 20 * SECOND)
    assert (call.outcome, call.wait_seconds, call.answer_seconds) == ("abandoned", 20, None)
    assert queries.missed(session) == [call]
    again, _agent = talking(session, now + 60 * SECOND, 2)
    calls.ended(session, again, now + 99 * SECOND)
    session.refresh(call)
    assert queries.missed(session) == []
    assert call.settled_by_id == again.agent_id


@pytest.mark.parametrize(("number", "told"), [(CALLER, 0), ("anonymous", 1), ("", 1)])
def test_after_the_limit_a_known_number_is_called_back_and_a_withheld_one_waits_on(session, now, number, told):
    call = comes(session, 1, now, number)
    assert calls.wait(session, call, timedelta(seconds=120), now + 120 * SECOND) == told
    assert call.outcome == ("call-back" if told == 0 else "")


def test_nobody_took_it_so_it_goes_to_the_next_and_that_seat_is_away(session, now):
    agent = sits(session, "agent1", now)
    call = comes(session, 1, now)
    assert seats.take_back(session, now + seats.TAKE_WITHIN) == 0
    assert seats.take_back(session, now + seats.TAKE_WITHIN + SECOND) == 1
    assert (call.state, call.agent_id, seat(session, agent)) == ("queued", None, "away")


def test_taken_but_not_picked_up_waits_again(session, now):
    agent = sits(session, "agent1", now)
    call = comes(session, 1, now)
    calls.take(session, call.id, agent, now)
    call.seat_leg = sid_of(91)
    calls.not_picked_up(session, call, sid_of(55), now)
    assert call.state == "ringing", "another leg's end is not this one's"
    calls.not_picked_up(session, call, sid_of(91), now)
    assert (call.state, seat(session, agent)) == ("queued", "away")


def test_the_caller_who_gives_up_while_it_rings_frees_the_seat(session, now):
    agent = sits(session, "agent1", now)
    call = comes(session, 1, now)
    calls.take(session, call.id, agent, now)
    calls.ended(session, call, now + SECOND)
    assert (call.outcome, call.agent_id, seat(session, agent)) == ("abandoned", None, "ready")


@pytest.mark.parametrize("late", ["answered", "not_picked_up", "ended", "wait", "give_up"])
def test_what_comes_after_the_end_moves_nothing(session, now, late):
    call, _agent = talking(session, now)
    calls.ended(session, call, now + 60 * SECOND)
    before = (call.state, call.outcome, call.ended_at, call.answer_seconds)
    more = {
        "answered": (sid_of(91), now),
        "not_picked_up": (sid_of(91), now),
        "ended": (now,),
        "wait": (timedelta(0), now),
        "give_up": (now,),
    }[late]
    getattr(calls, late)(session, call, *more)
    assert (call.state, call.outcome, call.ended_at, call.answer_seconds) == before


TOPIC, SPARE = "+8657688112320", "+8657688112321"


@pytest.fixture
def topics(session, now) -> tuple[int, int]:
    """Two open topics with a number each, and an ended one with the first one's."""
    rows = [
        Special(code=code, name=code, categories=["commerce"], unit_id=1, dialled=number, opened_on=now.date() - 9 * DAY, closed_on=closed)
        for code, number, closed in (("flood", TOPIC, None), ("heat", SPARE, None), ("old", TOPIC, now.date() - 2 * DAY))
    ]
    session.add_all(rows)
    session.flush()
    return rows[0].id, rows[1].id


def places(session, now, *said: str, topics=()) -> list[int]:
    """Seats "state serves": ready longer the earlier they are named; `serves`: the topics' places in `topics`, e.g. "ready 01"."""
    accounts = list(session.scalars(sa.text("SELECT id FROM accounts ORDER BY id LIMIT :n"), {"n": len(said)}))
    for n, (account, words) in enumerate(zip(accounts, said, strict=True)):
        state, _, serves = words.partition(" ")
        session.add(Seat(account_id=account, state=state, since=now + n * SECOND, address="1001"))
        session.add_all(Expert(special_id=topics[int(one)], account_id=account) for one in serves)
    session.flush()
    return accounts


@pytest.mark.parametrize(
    ("seated", "called", "offered"),
    [
        pytest.param(["ready", "ready 0"], "0", [1], id="its expert, though another is ready longer"),
        pytest.param(["ready", "ready 0"], "-", [0], id="an ordinary call leaves the expert free"),
        pytest.param(["ready 0", "ready"], "--", [1, 0], id="but an expert takes it when nobody waits for the topic"),
        pytest.param(["ready 0"], "-0", [None, 0], id="who waits for the topic is before who waits longer"),
        pytest.param(["ready", "busy 0"], "0-", [None, 0], id="a busy expert is waited for, and holds up nobody else"),
        pytest.param(["ready", "away 0"], "0", [0], id="no expert at a seat: anybody"),
        pytest.param(["ready", "ready 1"], "0", [0], id="nobody serves it at all: anybody, another topic's expert last"),
        pytest.param(["ready 0"], "00", [0, None], id="two calls at once, one expert"),
        pytest.param(["ready 01", "ready 0"], "10", [0, 1], id="one expert of two topics"),
        pytest.param(["ready 0", "ready 01"], "01", [0, 1], id="the longest ready of two experts"),
    ],
)
def test_a_topics_call_goes_to_its_experts(session, now, topics, seated, called, offered):
    for n, one in enumerate(called):
        numbers = {"0": "0576-8811 2320", "1": SPARE, "-": "+86106912345"}
        calls.arrive(session, sid_of(n), CALLER, now + n * SECOND, numbers[one])
    people = places(session, now, *seated, topics=topics)
    seats.match(session, now + 9 * SECOND)
    rows = session.scalars(sa.select(Call).order_by(Call.id)).all()
    assert [row.special_id for row in rows] == [None if one == "-" else topics[int(one)] for one in called]
    assert [people.index(row.agent_id) if row.agent_id else None for row in rows] == offered


def test_the_last_expert_who_leaves_lets_the_call_go_to_anybody_and_places_are_told_by_queue(session, now, topics):
    for n, number in enumerate((TOPIC, "", TOPIC, "")):
        calls.arrive(session, sid_of(n), CALLER, now + n * SECOND, number)
    first, *others = session.scalars(sa.select(Call).order_by(Call.id)).all()
    assert [calls.position(session, one) for one in (first, *others)] == [1, 1, 2, 2]
    ordinary, expert = places(session, now, "busy", "busy 0", topics=topics)
    seats.free(session, ordinary, "ready", now)
    assert seats.match(session, now) == [others[0]], "the ordinary call behind it"
    seats.free(session, ordinary, "ready", now)
    seats.free(session, expert, "away", now)
    assert seats.match(session, now) == [first]


def test_a_talk_is_handed_over_to_the_experts_and_both_parts_are_kept(session, now, topics):
    special = session.get(Special, topics[0])
    call, agent = talking(session, now)
    expert = expert_beside(session, now, agent, topics[0])
    onward = handing.hand_over(session, call, special, agent, now + 60 * SECOND)
    assert (call.state, call.provider_id, onward.provider_id) == ("talking", None, sid_of(1)), "until the system has moved the caller"
    handing.moved(session, call, now + 61 * SECOND)
    assert (call.state, call.outcome, seat(session, agent)) == ("ended", "answered", "ready")
    assert (onward.state, onward.agent_id, onward.back_of_id, onward.masked_number) == ("offered", expert, call.id, "138****2716")
    assert calls.recorded(session, call, "RE1", 60, now)
    assert calls.recorded(session, onward, "RE2", 60, now)
    onward.state, onward.taken_at = "ringing", now
    assert calls.answered(session, onward, sid_of(95), now + 70 * SECOND)
    assert queries.of_specials(session, now, now + DAY) == {topics[0]: (1, 1, 1, 10)}


def test_what_the_system_refuses_to_hand_over_has_not_happened(session, now, topics):
    special = session.get(Special, topics[0])
    call, agent = talking(session, now)
    with pytest.raises(WrongState, match="不在座"):
        handing.hand_over(session, call, special, agent, now)
    session.add(Expert(special_id=special.id, account_id=agent.account_id))
    with pytest.raises(WrongState, match="不在座"):
        handing.hand_over(session, call, special, agent, now)
    expert_beside(session, now, agent, special.id)
    onward = handing.hand_over(session, call, special, agent, now)
    assert seats.match(session, now) == [onward], "the tick was quicker than the system's no"
    handing.stays(session, call, onward, now)
    assert (call.state, call.provider_id, seat(session, agent)) == ("talking", sid_of(1), "busy")
    assert (onward.state, onward.outcome, onward.provider_id) == ("ended", "unreached", None)
    assert queries.of_specials(session, now, now + DAY) == {}
    calls.bring_in(session, call, "119", agent)
    with pytest.raises(WrongState, match="第三方"):
        handing.hand_over(session, call, special, agent, now)


def test_who_hung_up_while_the_system_refused_has_hung_up(session, now, topics):
    call, agent = talking(session, now)
    expert_beside(session, now, agent, topics[0])
    onward = handing.hand_over(session, call, session.get(Special, topics[0]), agent, now)
    calls.ended(session, onward, now + SECOND)
    handing.stays(session, call, onward, now + 2 * SECOND)
    assert (call.state, call.outcome, onward.outcome, seat(session, agent)) == ("ended", "answered", "abandoned", "ready")


def expert_beside(session, now, agent, topic: int) -> int:
    """Another account's seat, ready, that serves this topic."""
    other = session.scalar(sa.text("SELECT id FROM accounts WHERE id <> :id ORDER BY id LIMIT 1"), {"id": agent.account_id})
    session.add(Seat(account_id=other, state="ready", since=now, address="1002"))
    session.add(Expert(special_id=topic, account_id=other))
    session.flush()
    return other


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("0576-8811 2320", TOPIC),
        ("+86 576 88112320", TOPIC),
        ("+8612320", "12320"),
        ("12320", "12320"),
        ("9601", "9601"),
        ("+15005550006", "+15005550006"),
        ("", ""),
        ("12", ""),
        ("sip:9601@here", ""),
        ("１２３２０", ""),
    ],
)
def test_a_called_number_has_one_way_of_writing(raw, plain):
    assert plain_number(raw) == plain


def test_an_event_is_heard_once(session, now):
    call = comes(session, 1, now)
    assert calls.heard(session, call, sid_of(9), 3, "leg", now, status="ringing")
    assert not calls.heard(session, call, sid_of(9), 3, "leg", now, status="ringing")
    assert session.scalar(sa.select(sa.func.count()).select_from(CallEvent)) == 2


def test_the_same_call_arrives_once_and_never_after_its_end(session, now):
    call, new = calls.arrive(session, sid_of(1), CALLER, now)
    assert new
    assert calls.arrive(session, sid_of(1), CALLER, now + SECOND) == (call, False)
    calls.ended(session, call, now)
    with pytest.raises(Forbidden):
        calls.arrive(session, sid_of(1), CALLER, now + SECOND)


def test_a_third_party_comes_in_and_the_operator_may_leave(session, now):
    call, agent = talking(session, now)
    with pytest.raises(Invalid):
        calls.bring_in(session, call, "999", agent)
    calls.bring_in(session, call, "119", agent)
    assert not calls.seat_left(session, call, now), "the citizen goes on talking"
    assert (call.state, seat(session, agent)) == ("talking", "busy")
    with pytest.raises(WrongState):
        calls.bring_in(session, call, "110", actor(session, "followup1", now))


def test_a_colleague_neither_takes_nor_registers_my_call(session, now):
    call, _agent = talking(session, now)
    other = actor(session, "followup1", now)
    with pytest.raises(WrongState):
        calls.take(session, call.id, other, now)
    with pytest.raises(WrongState):
        calls.hang_on(session, call, factories.a_ticket(session, now), other, now)


def test_a_missed_call_is_settled_once(session, now):
    call, agent = comes(session, 1, now), actor(session, "agent1", now)
    calls.ended(session, call, now)
    calls.settle(session, call.id, agent, now)
    with pytest.raises(WrongState):
        calls.settle(session, call.id, agent, now)


@pytest.mark.parametrize("address", ["", "12", "telephone", "+86 abc", "sip:x", "<script>"])
def test_a_telephone_is_a_number_an_extension_or_a_sip_address(session, now, address):
    with pytest.raises(Invalid):
        seats.set_address(session, address, actor(session, "agent1", now), now)


def test_presence_needs_a_telephone_and_a_free_hand(session, now):
    agent = actor(session, "agent1", now)
    with pytest.raises(seats.NoTelephone):
        seats.set_state(session, "ready", agent, now)
    _call, agent = talking(session, now)
    with pytest.raises(WrongState):
        seats.set_state(session, "ready", agent, now)
    with pytest.raises(Forbidden):
        seats.set_state(session, "ready", actor(session, "followup1", now), now)


def test_calls_nobody_told_the_end_of_are_closed(session, now):
    call, _agent = talking(session, now)
    assert calls.close_forgotten(session, now + calls.SILENT_AFTER + SECOND) == 1
    assert call.state == "ended"


def test_ones_own_line_is_one_statement_and_says_who_is_on_it(session, now):
    call, agent = talking(session, now)
    mine = queries.my_line(session, agent)
    assert (mine.call.id, mine.seat.state, mine.waiting, mine.missed, mine.over) == (call.id, "busy", 0, 0, False)
    calls.ended(session, call, now + 60 * SECOND)
    session.flush()
    assert queries.my_line(session, agent).over
    assert queries.my_line(session, actor(session, "followup1", now)).seat is None
