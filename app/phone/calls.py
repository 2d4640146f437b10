"""What happens to a call, as verbs: it arrives, waits, is taken, answered, given up, ended, recorded, hung on a ticket. Told twice or late, nothing moves.

Each takes (session, …, now) and locks the call's row; no network and no commit here.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, NotFound, WrongState
from app.phone import seats
from app.phone.models import (
    ABANDONED,
    ANSWERED,
    BUSY,
    CALL_BACK,
    ENDED,
    INBOUND,
    MISSED,
    OFFERED,
    OUTBOUND,
    QUEUED,
    READY,
    RINGING,
    TALKING,
    UNREACHED,
    WAITING,
    Call,
    CallEvent,
    Seat,
)
from tickets import experts
from tickets.actors import Actor
from tickets.codes import EMERGENCY_LINES
from tickets.identity import clean_phone
from tickets.models import Ticket
from tickets.text import mask_phone

SILENT_AFTER = timedelta(hours=4)  # a call nobody told the end of


def arrive(session: Session, provider_id: str, number: str, now: datetime, dialled: str = "") -> tuple[Call, bool]:
    """A citizen calls in; `dialled`: the number they called, a topic's own perhaps. Returns the call and whether it is new. Raises Forbidden when that call has ended long since: a replay."""
    held = find(session, provider_id, lock=True)
    if held is None:
        special = experts.called(session, dialled, local(now).date())
        row = {"provider_id": provider_id, "direction": INBOUND, "state": QUEUED, "arrived_at": now, "noticed_at": now}
        row |= sealed(session, number) | {"special_id": special.id if special else None}
        made = session.scalar(insert(Call).values(row).on_conflict_do_nothing(index_elements=[Call.provider_id]).returning(Call.id))
        held = find(session, provider_id, lock=True)
        if held is not None and made is not None:
            heard(session, held, provider_id, 0, "arrived", now)
            seats.match(session, now)
            return held, True
    if held is None or held.state == ENDED:
        raise Forbidden("这通电话已经结束")
    return held, False


def sealed(session: Session, number: str) -> dict:
    """A number as columns: encrypted, findable, masked; empty for one that is withheld or none."""
    try:
        digits = clean_phone(number)
    except Invalid:
        digits = ""
    if len(digits) < 5:
        return {"number_sealed": None, "number_trace": None, "masked_number": ""}
    vault = session.info["vault"]
    return {"number_sealed": vault.seal(digits), "number_trace": vault.trace(digits), "masked_number": mask_phone(digits)}


def number_of(session: Session, call: Call) -> str:
    """The caller's number in clear; "" when it was withheld."""
    return session.info["vault"].open(call.number_sealed) if call.number_sealed else ""


def find(session: Session, provider_id: str, lock: bool = False) -> Call | None:
    """A call by the provider's id."""
    return _one(session, Call.provider_id == provider_id, lock)


def fetch(session: Session, call_id: int, lock: bool = False) -> Call:
    """A call by our id. Raises NotFound."""
    call = _one(session, Call.id == call_id, lock)
    if call is None:
        raise NotFound("没有这通电话")
    return call


def heard(session: Session, call: Call, leg: str, sequence: int, kind: str, now: datetime, **data) -> bool:
    """Note what a provider said, once. False: it said so before."""
    row = {"call_id": call.id, "leg": leg, "sequence": sequence, "kind": kind, "at": now, "data": data}
    return session.scalar(insert(CallEvent).values(row).on_conflict_do_nothing().returning(CallEvent.id)) is not None


def position(session: Session, call: Call) -> int:
    """How many wait before this one in the same queue, and this one."""
    earlier = sa.and_(
        Call.direction == INBOUND,
        Call.state.in_(WAITING),
        Call.special_id.is_not_distinct_from(call.special_id),
        sa.tuple_(Call.arrived_at, Call.id) < sa.tuple_(call.arrived_at, call.id),
    )
    return (session.scalar(sa.select(sa.func.count()).select_from(Call).where(earlier)) or 0) + 1


def wait(session: Session, call: Call, limit: timedelta, now: datetime) -> int:
    """The caller waits on. Returns the place in the queue to be told; 0: too long, they will be called back (a withheld number cannot be),
    or the call is over."""
    if call.state == ENDED:
        return 0
    if call.state == QUEUED and call.number_sealed and now - call.arrived_at >= limit:
        give_up(session, call, now)
        return 0
    call.told_position = position(session, call)
    return call.told_position


def give_up(session: Session, call: Call, now: datetime) -> None:
    """Nobody could be found for this caller: they stand on the list to be called back."""
    if call.state == QUEUED:
        _end(session, call, CALL_BACK, now)


def offered(session: Session, call: Call, agent: int, now: datetime) -> None:
    """The telephone system itself chose this operator. Raises NotFound when they have no seat here."""
    if call.direction != INBOUND or call.state not in (QUEUED, OFFERED) or call.agent_id == agent:
        return
    seat = session.get(Seat, agent, with_for_update=True, populate_existing=True)
    if seat is None:
        raise NotFound("这个账号还没有填话机")
    if call.agent_id:
        seats.release(session, call, "away", now)
    seats.offer(session, call, seat, now)


def take(session: Session, call_id: int, actor: Actor, now: datetime) -> Call:
    """The operator takes the call on the screen (F2). Raises WrongState when it is no longer theirs."""
    call = fetch(session, call_id, lock=True)
    if call.state != OFFERED or call.agent_id != actor.account_id:
        raise WrongState("这通电话已经不在您这里了")
    call.state, call.taken_at = RINGING, now
    seats.tell(session, actor.account_id)
    return call


def decline(session: Session, call_id: int, actor: Actor, now: datetime) -> Call:
    """Back in the queue, at the front; the operator is away. Raises WrongState."""
    call = fetch(session, call_id, lock=True)
    if call.state not in (OFFERED, RINGING) or call.agent_id != actor.account_id or call.direction != INBOUND:
        raise WrongState("这通电话已经不在您这里了")
    seats.release(session, call, "away", now)
    seats.match(session, now)
    return call


def answered(session: Session, call: Call, leg: str, now: datetime) -> bool:
    """The operator's telephone was picked up (inbound), or the citizen's (outbound). False: the call is elsewhere by now."""
    if call.state not in (OFFERED, RINGING) or (call.direction == INBOUND and call.seat_leg not in (None, leg)):
        return False
    call.state, call.answered_at, call.outcome = TALKING, now, ANSWERED
    if call.direction == INBOUND:
        call.seat_leg = leg
        call.answer_seconds = call.wait_seconds = int((now - call.arrived_at).total_seconds())
    seats.tell(session, call.agent_id)
    return True


def not_picked_up(session: Session, call: Call, leg: str, now: datetime) -> None:
    """The seat's telephone rang in vain: inbound waits again at the front, outbound is over."""
    if call.state != RINGING or call.seat_leg not in (None, leg):
        return
    if call.direction == OUTBOUND:
        _end(session, call, UNREACHED, now)
        return
    seats.release(session, call, "away", now)
    seats.match(session, now)


def ended(session: Session, call: Call, now: datetime) -> None:
    """The citizen's leg is over. Before an answer that is an abandoned call; after it, an answered one."""
    if call.state == ENDED:
        return
    _end(session, call, ANSWERED if call.answered_at else UNREACHED if call.direction == OUTBOUND else ABANDONED, now)
    seats.match(session, now)


def seat_left(session: Session, call: Call, now: datetime) -> bool:
    """The operator hung up. Returns whether the citizen's part must be ended too: not while a third party talks on."""
    if call.state != TALKING:
        return False
    if not call.line:
        return True
    seats.free(session, call.agent_id, READY if call.ticket_id else BUSY, now)
    return False


def recorded(session: Session, call: Call, recording: str, seconds: int, now: datetime) -> bool:
    """A recording is complete. False when one is known already."""
    if call.recording_id is not None:
        return False
    call.recording_id, call.recording_seconds, call.recorded_at = recording, seconds, now
    return True


def bring_in(session: Session, call: Call, line: str, actor: Actor) -> None:
    """110, 119, 120 or 122 joins the talk (BJ §11(1)). Raises Invalid, WrongState when nobody is on the line."""
    if line not in EMERGENCY_LINES:
        raise Invalid(line="紧急专线只有 110、119、120、122")
    third(session, call, line, actor)


def third(session: Session, call: Call, named: str, actor: Actor) -> None:
    """Somebody joins the talk, known to desks as `named`; a citizen who waited hears it too. Raises WrongState when nobody is on the line."""
    if call.state != TALKING or call.agent_id != actor.account_id:
        raise WrongState("电话没在通话中，接通后再转")
    call.line, call.held_at = named, None
    seats.tell(session, actor.account_id)


def hold(session: Session, call: Call, on: bool, actor: Actor, now: datetime) -> None:
    """The citizen waits, or is back. Raises WrongState when nobody is on the line, or it is so already."""
    if call.state != TALKING or call.agent_id != actor.account_id or call.direction != INBOUND:
        raise WrongState("只有接进来、正在通话的电话能保持")
    if (call.held_at is not None) == on:
        raise WrongState("已经这样了")
    call.held_at = now if on else None
    seats.tell(session, actor.account_id)


def hang_on(session: Session, call: Call, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """The call belongs to this ticket. Its operator is ready for the next one if the line is free. Raises WrongState for a stranger's call."""
    if call.agent_id != actor.account_id:
        raise WrongState("这通电话不是您接的")
    call.ticket_id = ticket.id
    if call.state == ENDED and (call.direction == INBOUND or call.purpose == "call-back"):
        seats.free(session, actor.account_id, READY, now)
        seats.match(session, now)


def settle(session: Session, call_id: int, actor: Actor, now: datetime) -> Call:
    """A missed call was dealt with: called back, or the citizen has called again. Raises WrongState when somebody was first."""
    call = fetch(session, call_id, lock=True)
    if call.outcome not in MISSED or call.settled_at is not None:
        raise WrongState("这通漏接已经有人处理了")
    call.settled_at, call.settled_by_id = now, actor.account_id
    session.info.setdefault("topics", set()).add("phone")
    return call


def close_forgotten(session: Session, now: datetime) -> int:
    """Calls whose end nobody told: four hours are no call any more. Returns how many."""
    old = session.scalars(
        sa.select(Call).where(Call.state != ENDED, Call.arrived_at < now - SILENT_AFTER).limit(100).with_for_update(skip_locked=True)
    ).all()
    for call in old:
        ended(session, call, now)
    return len(old)


def _end(session: Session, call: Call, outcome: str, now: datetime) -> None:
    if call.direction == INBOUND and call.wait_seconds is None:
        call.wait_seconds = int((now - call.arrived_at).total_seconds())
    had, call.state, call.outcome, call.ended_at = call.state, ENDED, outcome, now
    if outcome in MISSED:
        session.info.setdefault("topics", set()).add("phone")
    elif outcome == ANSWERED and call.direction == INBOUND:
        _settle_earlier(session, call, now)
    elif outcome == UNREACHED and call.back_of_id is not None:
        _owe_again(session, call.back_of_id)
    if had == QUEUED or (call.direction == OUTBOUND and not (call.purpose == "call-back" and call.ticket_id)):
        seats.tell(session, call.agent_id)
        return
    seats.free(session, call.agent_id, READY if had != TALKING or call.ticket_id else BUSY, now)
    if had != TALKING and call.direction == INBOUND:
        call.agent_id = None


def _settle_earlier(session: Session, call: Call, now: datetime) -> None:
    """Who got through on a later try need not be called back."""
    if call.number_trace:
        session.execute(
            sa.update(Call)
            .where(Call.number_trace == call.number_trace, Call.outcome.in_(MISSED), Call.settled_at.is_(None), Call.id != call.id)
            .values(settled_at=now, settled_by_id=call.agent_id)
        )


def _owe_again(session: Session, missed: int) -> None:
    """Who was called back and did not answer is still to be called: back on the list."""
    session.execute(
        sa.update(Call).where(Call.id == missed, Call.outcome.in_(MISSED)).values(settled_at=None, settled_by_id=None),
        execution_options={"synchronize_session": "fetch"},
    )
    session.info.setdefault("topics", set()).add("phone")


def _one(session: Session, which, lock: bool) -> Call | None:
    query = sa.select(Call).where(which)
    return session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)
