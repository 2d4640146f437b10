"""What the outbox needs every second: set free what waited, take back what a crash left, wake a worker for what is due."""

import logging
from datetime import datetime

import rq
from flask import current_app
from redis.exceptions import RedisError
from rq.serializers import JSONSerializer

from app import telling, wiring
from app.queue import put
from app.work import work
from notifiers import digest, outbox

QUEUE = "notify"


def relay(now: datetime) -> dict[str, int]:
    """One tick, as of `now`. Returns how many people got what had waited, how many messages were taken back, how many jobs were put.

    The inbox needs no worker and no Redis; a worker that is busy is joined by another one, never by a second waiting job.
    """
    with work() as session:
        people = digest.release(session, now)
        taken_back = outbox.take_back(session, now)
        session.info["topics"] |= {telling.topic_of(person) for person in people}
        waiting = outbox.is_waiting(session, wiring.senders(current_app.config["SETTINGS"]), now)
    return {"people": len(people), "taken_back": taken_back, "jobs": int(waiting and _wake(now))}


def _wake(now: datetime) -> bool:
    """Put a job unless one waits. Redis may be gone: the messages wait in the database for the next tick."""
    redis = current_app.extensions["redis"]
    try:
        if rq.Queue(QUEUE, connection=redis, serializer=JSONSerializer).count:
            return False
        return put(redis, QUEUE, "app.jobs.send_messages", f"messages-{now:%Y%m%d%H%M%S}")
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)
        return False
