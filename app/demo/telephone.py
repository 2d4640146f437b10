"""The demo city's telephone: a call behind every matter that came by phone, some that were not answered in time, two that wait to be called back."""

from datetime import timedelta
from random import Random

import sqlalchemy as sa

from app.clock import local
from app.demo.play import Play
from app.phone.calls import sealed
from app.phone.models import ABANDONED, ANSWERED, AWAY, CALL_BACK, ENDED, INBOUND, Call, Seat
from tickets.models import Identity, Ticket

DESKS = {"agent1": "+8657688120001", "followup1": "+8657688120002", "agent2": "+8657688120003"}
WAITING = (("13900010002", CALL_BACK, 125, 22), ("13900010003", ABANDONED, 48, 64))  # number, how, seconds waited, minutes ago
SEED = 12345


def ring(play: Play, now) -> None:
    """Rows only: nobody is really called. The telephones of the demo page stand on the list of missed calls."""
    session, rng, accounts = play.session, Random(SEED), {name: play.cast[name].account_id for name in DESKS}  # noqa: S311 the same city every time
    session.add_all(Seat(account_id=accounts[name], state=AWAY, since=now, address=address) for name, address in DESKS.items())
    phoned = session.execute(
        sa.select(Ticket.id, Ticket.call_id, Ticket.received_at, Identity.phone_trace, Identity.masked_phone)
        .outerjoin(Identity, Identity.ticket_id == Ticket.id)
        .where(Ticket.channel == "phone", Ticket.call_id != "")
        .order_by(Ticket.id)
    ).all()
    rows, used = [], set()
    for ticket_id, call_id, received, trace, masked in phoned:
        rows.append(
            _answered(
                rng,
                received,
                agent_id=accounts["agent1"],
                ticket_id=ticket_id,
                provider_id=call_id if call_id not in used else None,
                number_trace=trace,
                masked_number=masked or "",
            )
        )
        used.add(call_id)
        if rng.random() < 0.04:
            rows.append(
                _gone(
                    received - timedelta(minutes=rng.randint(3, 50)),
                    rng.randint(9, 70),
                    ABANDONED,
                    settled_at=received,
                    settled_by_id=accounts["agent1"],
                )
            )
    rows += [_gone(now - timedelta(minutes=ago), seconds, how, **sealed(session, number)) for number, how, seconds, ago in WAITING]
    columns = {name: None for row in rows for name in row}
    session.execute(sa.insert(Call), [columns | {"masked_number": ""} | row for row in rows])


def _answered(rng: Random, received, **more) -> dict:
    """They waited as one waits: short, at noon longer."""
    busy = local(received).hour in (9, 10, 14, 15)
    waited = rng.choice((3, 4, 5, 6, 7, 8, 9, 11, 13) + ((17, 24, 41) if busy else (16,)))
    talked = rng.randint(70, 260)
    arrived = received - timedelta(seconds=waited + rng.randint(30, 60))
    taken = arrived + timedelta(seconds=waited)
    return {
        "direction": INBOUND,
        "state": ENDED,
        "outcome": ANSWERED,
        "arrived_at": arrived,
        "noticed_at": arrived,
        "offered_at": arrived,
        "taken_at": taken,
        "answered_at": taken,
        "ended_at": taken + timedelta(seconds=talked),
        "answer_seconds": waited,
        "wait_seconds": waited,
    } | more


def _gone(arrived, seconds: int, how: str, **more) -> dict:
    return {
        "direction": INBOUND,
        "state": ENDED,
        "outcome": how,
        "arrived_at": arrived,
        "noticed_at": arrived,
        "ended_at": arrived + timedelta(seconds=seconds),
        "wait_seconds": seconds,
    } | more
