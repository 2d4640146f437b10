"""What the scheduler does for the telephone every second: offers nobody took go back, who waits meets who is ready, desks hear of a longer queue."""

from datetime import datetime

from flask import current_app

from app import clock
from app.phone import calls, queries, recordings, seats
from app.web import live
from app.work import session_now, work

TOPIC = "phone"  # the list of missed calls and every operator's counts


def keep(now: datetime) -> int:
    """One tick, as of `now`. Returns how many calls moved. Reads one statement when nothing waits."""
    session = session_now()
    pulse = queries.pulse(session)
    session.rollback()
    moved = 0
    if pulse.live:
        with work() as session:
            moved = seats.take_back(session, now) + calls.close_forgotten(session, now)
            moved += len(seats.match(session, now)) if pulse.waiting or moved else 0
    told = current_app.extensions.setdefault("phone_pulse", {"said": None, "at": now})
    if told["said"] != pulse and (now - told["at"]).total_seconds() >= 3:
        told.update(said=pulse, at=now)
        live.publish(current_app.extensions["redis"], TOPIC)
    return moved


def fetch_waiting(now: datetime) -> None:
    """Wake a worker for recordings a lost hint left behind."""
    session = session_now()
    waiting = recordings.is_waiting(session)
    session.rollback()
    if waiting:
        recordings.ask_for(current_app.extensions["redis"], now)


def fetch_recordings() -> int:
    """What a worker runs. Returns how many recordings hang on their ticket now."""
    return recordings.fetch(clock.now())
