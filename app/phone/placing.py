"""What a person at a desk does with the telephone, whole: a verb in one unit of work, then the telephone system, then what it said in another.

For edges (desks, API). No transaction is held over the network; what the system refuses is undone and said.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

import orjson
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app.auth.access import fetch_ticket
from app.clock import local
from app.errors import Forbidden, Invalid, WrongState
from app.phone import calls, handing, lines, seats
from app.phone.models import BUSY, ENDED, INBOUND, OFFERED, OUTBOUND, READY, RINGING, TALKING, Call
from app.phone.telephony import Line, TelephonyFailed, line_of
from app.work import work
from tickets import experts
from tickets.actors import AGENT, FOLLOW_UP, Actor
from tickets.identity import clean_phone
from tickets.models import Identity, Ticket
from tickets.text import mask_phone

INSIDE = re.compile(r"\d{3,8}")  # a short number or an extension is dialled as it is


def answer(call_id: int, actor: Actor, now: datetime) -> None:
    """Take the call on the screen; the telephone on the desk rings. Raises WrongState, TelephonyFailed (the call waits again)."""
    with work() as session:
        line, seat = line_of(calls.take(session, call_id, actor, now)), seats.seat_of(session, actor).address
    _rung(line, lambda: _system().answer(line, seat), now)


def decline(call_id: int, actor: Actor, now: datetime) -> None:
    """Not now: it waits again at the front, the operator is away. Raises WrongState."""
    with work() as session:
        call = calls.fetch(session, call_id)
        line = line_of(call)
        calls.decline(session, call_id, actor, now)
    if line.seat_leg:
        _system().hang_up(line, whole=False)


def hang_up(call_id: int, actor: Actor, now: datetime) -> None:
    """F8. With a third party in the talk only the operator leaves. Raises WrongState, TelephonyFailed."""
    with work() as session:
        call = _mine(session, call_id, actor)
        whole, line = not call.line, line_of(call)
        if call.state == TALKING:
            calls.seat_left(session, call, now)
        elif call.direction == OUTBOUND:
            calls.ended(session, call, now)
        else:
            raise WrongState("还没接通；不接就退回排队")
    _system().hang_up(line, whole)


def bring_in(call_id: int, line_code: str) -> None:
    """110, 119, 120 or 122 is called into the talk, which calls.bring_in has noted. Raises TelephonyFailed."""
    settings = current_app.config["SETTINGS"]
    with work() as session:
        line = line_of(calls.fetch(session, call_id))
    _system().transfer(line, lines.emergency_numbers(settings.emergency_numbers)[line_code])


def transfer(call_id: int, number: str, named: str, actor: Actor) -> None:
    """Any other telephone is called into the talk, known as `named`, else by its masked number. Raises Invalid, WrongState, TelephonyFailed."""
    digits = number if INSIDE.fullmatch(number) else clean_phone(number)
    if not digits:
        raise Invalid(phone="请选单位，或者填电话号码")
    with work() as session:
        call = _mine(session, call_id, actor)
        was, line = (call.line, call.held_at), line_of(call)
        if call.direction != INBOUND:
            raise WrongState("打出去的电话转不了，请用话机转")
        calls.third(session, call, named or mask_phone(digits), actor)
    try:
        if was[1] is not None:
            _system().hold(line, False)
        _system().transfer(line, digits if INSIDE.fullmatch(digits) else lines.international(digits))
    except TelephonyFailed:
        with work() as session:
            call = calls.fetch(session, call_id, lock=True)
            call.line, call.held_at = was
        raise


def hand_over(call_id: int, topic: str, actor: Actor, now: datetime) -> None:
    """The citizen waits for the experts of the open topic with this code, the operator is free. Raises NotFound, WrongState,
    TelephonyFailed (then they talk on)."""
    with work() as session:
        call, special = _mine(session, call_id, actor), experts.open_topic(session, topic, local(now).date())
        onward = handing.hand_over(session, call, special, actor, now)
        line, onward_id = line_of(onward), onward.id
    try:
        _system().queue(line)
    except TelephonyFailed:
        with work() as session:
            handing.stays(session, calls.fetch(session, call_id, lock=True), calls.fetch(session, onward_id, lock=True), now)
        raise
    with work() as session:
        handing.moved(session, calls.fetch(session, call_id, lock=True), now)


def hold(call_id: int, actor: Actor, now: datetime, on: bool = True) -> None:
    """The citizen waits, or is back. Raises WrongState, TelephonyFailed (then nothing has changed)."""
    with work() as session:
        call = _mine(session, call_id, actor)
        was, line = call.held_at, line_of(call)
        calls.hold(session, call, on, actor, now)
    try:
        _system().hold(line, on)
    except TelephonyFailed:
        with work() as session:
            calls.fetch(session, call_id, lock=True).held_at = was
        raise


def bridge(number: str, actor: Actor, now: datetime, purpose: str = "follow-up") -> Call:
    """Call the citizen of a ticket, whole. Raises as `bridging` does, and TelephonyFailed."""
    with work() as session:
        _call, dial = bridging(session, number, actor, now, purpose)
    return dial()


def bridging(session: Session, number: str, actor: Actor, now: datetime, purpose: str) -> tuple[Call, Callable[[], Call]]:
    """The row of a call to the citizen of a ticket, and the dialling, to be done after the caller's commit; neither side sees the other's number.
    `purpose`: follow-up or contact. Raises NotFound, NoTelephone (none named for the desk yet), WrongState (no number, a call in hand), Forbidden."""
    ticket = fetch_ticket(session, actor, number)
    identity = session.get(Identity, ticket.id)
    digits = orjson.loads(session.info["vault"].open(identity.sealed))["phone"] if identity is not None and identity.contactable else ""
    if not actor.has(AGENT, FOLLOW_UP) or actor.account_id in ticket.recused:
        raise Forbidden("您的岗位不能从这里打电话")
    call, seat = _placed(session, digits, actor, now, purpose=purpose, ticket_id=ticket.id)
    return call, partial(_dialled, line_of(call), seat, digits, now)


def call_back(call_id: int, actor: Actor, now: datetime) -> Call:
    """Call a missed caller back; the missed call is settled by it, until it turns out that nobody answered. Raises as `bridge` does, WrongState
    when a colleague was first."""
    with work() as session:
        missed = calls.settle(session, call_id, actor, now)
        digits = calls.number_of(session, missed)
        call, seat = _placed(session, digits, actor, now, purpose="call-back", back_of_id=missed.id, ticket_id=missed.ticket_id)
        line = line_of(call)
    return _dialled(line, seat, digits, now)


def hang_on(session: Session, call_id: int, ticket: Ticket, actor: Actor, now: datetime) -> Call:
    """The desk saved a form that came with this call: inside the caller's unit of work."""
    call = calls.fetch(session, call_id, lock=True)
    calls.hang_on(session, call, ticket, actor, now)
    return call


def _placed(session: Session, digits: str, actor: Actor, now: datetime, **more) -> tuple[Call, str]:
    """The row of a call we make, and the seat it starts from."""
    if not digits:
        raise WrongState("没有留号码，打不了")
    seat = seats.seat_of(session, actor, lock=True)
    if session.scalar(sa.select(sa.exists().where(Call.agent_id == actor.account_id, Call.state != ENDED))):
        raise WrongState("手上还有一通电话，挂断后再打")
    if seat.state == READY:
        seat.state, seat.since = BUSY, now
    call = Call(
        direction=OUTBOUND, state=RINGING, arrived_at=now, taken_at=now, agent_id=actor.account_id, **calls.sealed(session, digits), **more
    )
    session.add(call)
    session.flush()
    seat.call_id = call.id
    seats.tell(session, actor.account_id)
    return call, seat.address


def _dialled(line: Line, seat: str, digits: str, now: datetime) -> Call:
    return _rung(line, lambda: _system().bridge(line, seat, lines.international(digits)), now)


def _rung(line: Line, ring: Callable[[], str], now: datetime) -> Call:
    """The seat's telephone rings: its leg is noted. Refused: an inbound call waits again, an outbound one is over, and the refusal goes on."""
    try:
        leg = ring()
    except TelephonyFailed:
        with work() as session:
            call = calls.fetch(session, line.id, lock=True)
            calls.not_picked_up(session, call, "", now)
        raise
    with work() as session:
        call = calls.fetch(session, line.id, lock=True)
        if call.state in (RINGING, TALKING) and call.seat_leg is None and leg:
            call.seat_leg = leg
    return call


def _mine(session: Session, call_id: int, actor: Actor) -> Call:
    call = calls.fetch(session, call_id, lock=True)
    if call.agent_id != actor.account_id or call.state in (ENDED, OFFERED):
        raise WrongState("这通电话已经不在您这里了")
    return call


def _system():
    return lines.needed(current_app.config["SETTINGS"])
