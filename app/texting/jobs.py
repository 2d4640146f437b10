"""What workers run for text messages: turns, then pictures. Each takes plain values and is idempotent; its truth is in the database."""

from datetime import datetime

from flask import current_app

from app import clock
from app.texting import inbox, pictures, turn
from app.texting.models import TextMessage
from app.work import work


def answer() -> int:
    """Every message that waits has its turn, then pictures are fetched. Returns how many turns were taken. Any number of workers at once."""
    done = answer_waiting(clock.now())
    pictures.fetch_waiting(current_app.config["SETTINGS"], clock.now())
    return done


def answer_waiting(now: datetime) -> int:
    """The turns that are due, as of `now`. A turn that breaks is counted first, so it does not come for ever."""
    done = 0
    while True:
        with work() as session:
            claimed = inbox.claim(session, now)
        if claimed is None:
            return done
        with work() as session:
            message = session.get(TextMessage, claimed, with_for_update=True, populate_existing=True)
            if message is not None and message.done_at is None:
                turn.take(session, message, now)
        done += 1
