"""Who may be rung and who is: operators' presence, and the matching of waiting calls with ready seats: a topic's with its
experts, else the longest waiting with the longest ready.

Not here: the call itself (calls.py), the network (telephony.py).
"""

import re
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.clock import local
from app.errors import Forbidden, Invalid, WrongState
from app.phone.models import AWAY, BUSY, ENDED, OFFERED, QUEUED, READY, RINGING, SEAT_STATES, Call, Seat
from tickets import experts
from tickets.actors import AGENT, FOLLOW_UP, Actor

TAKE_WITHIN = timedelta(seconds=20)  # on a screen that long, then somebody else's
PICK_UP_WITHIN = timedelta(seconds=30)  # taken on the screen, but the telephone on the desk was not picked up
MATCHING = 0x5EA7  # advisory lock: a call and a seat that arrive at once still see each other
ADDRESS = re.compile(r"\+[1-9]\d{6,14}|sip:[\w.+-]{1,64}@[\w.:-]{1,120}|client:[\w.-]{1,64}|\d{3,8}")


class NoTelephone(WrongState):
    """They have not said yet which telephone is on their desk."""


def topic_of(account_id: int) -> str:
    """What an operator's desk listens to."""
    return f"seat:{account_id}"


def tell(session: Session, *accounts: int | None) -> None:
    """These operators' desks look again after the commit."""
    session.info.setdefault("topics", set()).update(topic_of(one) for one in accounts if one)


def set_address(session: Session, address: str, actor: Actor, now: datetime) -> Seat:
    """The telephone on one's desk. Raises Invalid."""
    clean = address.strip().replace(" ", "")
    if not ADDRESS.fullmatch(clean):
        raise Invalid(address="话机写成 +86 加号码、sip:分机@地址，或 3 至 8 位分机号")
    seat = session.get(Seat, actor.account_id, with_for_update=True)
    if seat is None:
        seat = Seat(account_id=actor.account_id, state=AWAY, since=now, address=clean)
        session.add(seat)
    seat.address = clean
    return seat


def set_state(session: Session, state: str, actor: Actor, now: datetime) -> Seat:
    """Ready, busy or away. Raises Forbidden, Invalid, NoTelephone, WrongState in the middle of a call."""
    if not actor.has(AGENT):
        raise Forbidden("只有受理员接电话")
    if state not in SEAT_STATES:
        raise Invalid(state="只有就绪、忙碌、离开三种")
    seat = seat_of(session, actor, lock=True)
    if state == READY and session.scalar(sa.select(sa.exists().where(Call.agent_id == actor.account_id, Call.state != ENDED))):
        raise WrongState("手上还有一通电话，挂断后再就绪")
    seat.state, seat.since = state, now
    tell(session, seat.account_id)
    return seat


def seat_of(session: Session, actor: Actor, lock: bool = False) -> Seat:
    """The person's own seat. Raises NoTelephone before they have named one."""
    seat = session.get(Seat, actor.account_id, with_for_update=lock, populate_existing=lock) if actor.has(AGENT, FOLLOW_UP) else None
    if seat is None:
        raise NoTelephone("先填您桌上的话机号码")
    return seat


def match(session: Session, now: datetime) -> list[Call]:
    """Offer waiting calls to ready seats, one each, until no two fit. Returns what was offered."""
    session.flush()
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(MATCHING)))
    offered: list[Call] = []
    while pair := session.execute(_next_pair(local(now).date()).execution_options(populate_existing=True)).one_or_none():
        call, seat = pair
        offered.append(offer(session, call, seat, now))
        session.flush()
    return offered


def _next_pair(day: date) -> sa.Select:
    """A topic's caller and an expert who serves it (R08); else who waits longest and who is ready longest, the experts last. A topic with
    nobody at a seat, ready or busy, waits for nobody: anybody takes its call."""
    serving, anywhere = experts.serving(day).subquery(), aliased(Seat)
    of_call, of_seat = serving.c.special_id == Call.special_id, serving.c.account_id == Seat.account_id
    serves = sa.exists().where(of_call, of_seat).correlate(Call, Seat)
    at_a_seat = sa.and_(serving.c.account_id == anywhere.account_id, anywhere.state.in_((READY, BUSY)))
    expected = sa.exists().where(of_call, at_a_seat).correlate(Call)
    expert = sa.exists().where(of_seat).correlate(Seat)
    return (
        sa.select(Call, Seat)
        .join(Seat, sa.or_(serves, ~expected))
        .where(Call.state == QUEUED, Seat.state == READY)
        .order_by(serves.desc(), Call.arrived_at, Call.id, expert, Seat.since, Seat.account_id)
        .limit(1)
        .with_for_update(of=(Call, Seat), skip_locked=True)
    )


def is_served(session: Session, special_id: int, now: datetime, besides: int) -> bool:
    """Whether an expert of this topic, other than account `besides`, is at a seat, ready or busy."""
    serving = experts.serving(local(now).date()).subquery()
    there = sa.exists().where(
        serving.c.special_id == special_id,
        serving.c.account_id == Seat.account_id,
        Seat.account_id != besides,
        Seat.state.in_((READY, BUSY)),
    )
    return bool(session.scalar(sa.select(there)))


def offer(session: Session, call: Call, seat: Seat, now: datetime) -> Call:
    """The call stands on this operator's screen."""
    call.state, call.agent_id, call.offered_at = OFFERED, seat.account_id, now
    seat.state, seat.since, seat.call_id = BUSY, now, call.id
    tell(session, seat.account_id)
    return call


def take_back(session: Session, now: datetime) -> int:
    """Offers nobody took and telephones nobody picked up go back in the queue, to the front, and that seat is away. Returns how many."""
    late = session.scalars(
        sa.select(Call)
        .where(
            sa.or_(
                sa.and_(Call.state == OFFERED, Call.offered_at < now - TAKE_WITHIN),
                sa.and_(Call.state == RINGING, Call.direction == "inbound", Call.taken_at < now - PICK_UP_WITHIN),
            )
        )
        .with_for_update(skip_locked=True)
    ).all()
    for call in late:
        release(session, call, AWAY, now)
    return len(late)


def release(session: Session, call: Call, then: str, now: datetime) -> None:
    """The call waits again, as long as it has; the seat it stood on becomes `then`."""
    free(session, call.agent_id, then, now)
    call.state, call.agent_id, call.offered_at, call.taken_at, call.seat_leg = QUEUED, None, None, None, None


def free(session: Session, account_id: int | None, state: str, now: datetime) -> None:
    """Set one operator's presence; nothing when they have no seat."""
    seat = session.get(Seat, account_id, with_for_update=True, populate_existing=True) if account_id else None
    if seat is not None:
        seat.state, seat.since = state, now
        tell(session, account_id)
