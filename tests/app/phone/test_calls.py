"""A call as verbs: who is offered it, what may happen next, what the figures keep; told twice, late or out of order, nothing moves."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, WrongState
from app.phone import calls, queries, seats
from app.phone.models import Call, CallEvent, Seat
from tests import factories
from tests.app.phone.conftest import CALLER, actor, sid_of, sits

SECOND = timedelta(seconds=1)


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
