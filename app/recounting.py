"""Wakes a worker for open clocks that wait to be counted again. Redis may be gone: the scheduler asks again until nothing waits."""

import logging
from datetime import datetime

from flask import current_app
from redis.exceptions import RedisError

from app.queue import put
from app.work import session_now
from escalation.recount_later import waiting

QUEUE, LONGEST = "bulk", 3600  # seconds a job may take: a million clocks


def wake(now: datetime) -> bool:
    """Put a job when a change waits and none was put this half minute. Returns whether one was put; a second worker at it finds nothing to do."""
    session = session_now()
    row = waiting(session)
    number = row.id if row else None
    if number is None:
        return False
    try:
        return put(
            current_app.extensions["redis"],
            QUEUE,
            "app.jobs.recount_clocks",
            f"recount-{number}-{int(now.timestamp()) // 30}",
            timeout=LONGEST,
        )
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken to recount: %s", lost)
        return False
