"""A talk handed over to a special topic's experts (R08), as verbs: the caller goes on as a call of its own, which waits for them.

Two steps around the telephone system's: `hand_over` before, then `moved`, or `stays` when it refused. No network and no commit here.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import WrongState
from app.phone import calls, seats
from app.phone.models import BUSY, ENDED, INBOUND, QUEUED, READY, TALKING, UNREACHED, WAITING, Call, Seat
from tickets.actors import Actor
from tickets.specials import Special


def hand_over(session: Session, call: Call, special: Special, actor: Actor, now: datetime) -> Call:
    """The call that waits for the experts; it carries the caller's leg from here on. Raises WrongState: nobody on the line, somebody else on it
    too, or no expert but oneself at a seat."""
    if call.state != TALKING or call.agent_id != actor.account_id or call.direction != INBOUND:
        raise WrongState("电话没在通话中，接通后再转")
    if call.line:
        raise WrongState("线上还有第三方，不能再转专题")
    if not seats.is_served(session, special.id, now, besides=actor.account_id):
        raise WrongState("这个专题的专家都不在座，请您接着办")
    leg, call.provider_id = call.provider_id, None
    session.flush()
    onward = Call(
        provider_id=leg,
        direction=INBOUND,
        state=QUEUED,
        special_id=special.id,
        back_of_id=call.id,
        ticket_id=call.ticket_id,
        arrived_at=now,
        noticed_at=call.noticed_at,
        number_sealed=call.number_sealed,
        number_trace=call.number_trace,
        masked_number=call.masked_number,
    )
    session.add(onward)
    session.flush()
    return onward


def moved(session: Session, call: Call, now: datetime) -> None:
    """The caller is in the topic's queue: the first talk is over and its operator ready, unless they did something else meanwhile."""
    calls.ended(session, call, now)
    seat = session.get(Seat, call.agent_id, with_for_update=True, populate_existing=True)
    if seat is not None and seat.state == BUSY and seat.call_id == call.id:
        seats.free(session, call.agent_id, READY, now)
    seats.match(session, now)


def stays(session: Session, call: Call, onward: Call, now: datetime) -> None:
    """The telephone system refused: the caller is still on the first line. Whoever hung up or was reached meanwhile has moved all the same."""
    if onward.state not in WAITING:
        moved(session, call, now)
        return
    seats.free(session, onward.agent_id, READY, now)
    leg = onward.provider_id
    onward.state, onward.outcome, onward.ended_at, onward.agent_id, onward.provider_id = ENDED, UNREACHED, now, None, None
    session.flush()
    call.provider_id = leg
    seats.tell(session, call.agent_id)
