"""What workers do for WeChat: give everybody who waits their turn, let the answers leave at once, fetch pictures. Each is idempotent; the truth is in the database.

Killed at any instant a turn is whole or was not: the next worker, woken by a message or by tick.py, goes on with the oldest message.
"""

from datetime import datetime, timedelta

from flask import current_app

from app import clock, wiring
from app.wechat import inbox, media, sending, talk
from app.wechat.people import locked
from app.work import session_now, work
from notifiers.delivery import deliver
from notifiers.message import WECHAT

LONGEST = timedelta(seconds=60)  # then another job goes on


def converse() -> int:
    """Everybody who waits gets their turn, and the answers leave. Returns how many messages were answered."""
    until, answered, served = clock.now() + LONGEST, 0, set[int]()
    while clock.now() < until and (person := _one_turn()) is not None:
        if person in served:  # the answer before leaves first
            send()
            served.clear()
        served.add(person)
        answered += 1
    if answered:
        send()
    return answered


def fetch() -> int:
    """The pictures and recordings that are wanted now, one after the other. Returns how many were looked at."""
    settings = current_app.config["SETTINGS"]
    platform = sending.platform(settings)
    return media.fetch_all(work, platform, settings, clock.now) if platform else 0


def send() -> int:
    """What waits for WeChat in the outbox leaves."""
    sender = wiring.senders(current_app.config["SETTINGS"]).get(WECHAT)
    return deliver(work, {WECHAT: sender}, clock.now) if sender else 0


def _one_turn() -> int | None:
    """The oldest message of somebody whom nobody else serves now. Two transactions: the first counts the try, so that a message which breaks
    us is left after a few; the second is the turn. Whose turn it was, None when nobody waits."""
    session_now().rollback()
    with work() as session:
        person_id = inbox.waiting(session)
        message = inbox.next_of(session, person_id) if person_id is not None else None
        if message is None:
            return None
        message_id = message.id
        inbox.begin(session, message_id)
    _turn_of(person_id, message_id, clock.now())
    return person_id


def _turn_of(person_id: int, message_id: int, now: datetime) -> None:
    """The turn of that message, if nobody took it meanwhile."""
    with work() as session:
        person = locked(session, person_id)
        message = inbox.next_of(session, person_id, message_id)
        if message is not None and message.id == message_id:
            talk.take(session, message, person, now)
