"""What the scheduler does for text messages: finds those whose waking was lost, and lets old ones be forgotten."""

import logging
from datetime import datetime

from flask import current_app
from redis.exceptions import RedisError

from app.queue import put
from app.texting import inbox
from app.texting.hook import JOB, QUEUE
from app.work import session_now, work


def wake_waiting(now: datetime) -> bool:
    """Put one job when a message or a picture waits. Returns whether it was put. Redis may be gone: next time."""
    session = session_now()
    waiting = inbox.is_waiting(session, now)
    session.rollback()
    if not waiting:
        return False
    try:
        return put(current_app.extensions["redis"], QUEUE, JOB, f"texts-{now:%Y%m%d%H%M%S}")
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)
        return False


def forget(now: datetime) -> int:
    """Old messages go. Returns how many."""
    with work() as session:
        return inbox.forget(session, now)
