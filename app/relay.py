"""What the outbox needs every second: set free what waited, take back what a crash left, wake a worker for what is due."""

import logging
from collections.abc import Collection
from datetime import datetime

from flask import current_app
from redis.exceptions import RedisError

from app import telling, wiring
from app.queue import put
from app.work import work
from notifiers import digest, outbox
from notifiers.message import EMAIL, NOW, ROBOTS, SMS, WEBHOOK, WECHAT

MOST_LOOKED_AT = 100  # jobs of a queue
URGENT = "urgent"
FAST = "notify"
# a queue → the channels its jobs send: what is slow or broken at one end holds up nobody else's. An urgent message of the fast lane wakes the urgent queue
LANES = {FAST: (SMS, WECHAT), "webhooks": (WEBHOOK,), "robots": ROBOTS, "mail": (EMAIL,)}


def relay(now: datetime) -> dict[str, int]:
    """One tick, as of `now`. Returns how many people got what had waited, how many messages were taken back, how many jobs were put.

    The inbox needs no worker and no Redis; a worker that is busy is joined by another one, never by a second waiting job.
    """
    with work() as session:
        people = digest.release(session, now)
        taken_back = outbox.take_back(session, now)
        session.info["topics"] |= {telling.topic_of(person) for person in people}
        due = outbox.waiting(session, wiring.senders(current_app.config["SETTINGS"]), now)
    return {"people": len(people), "taken_back": taken_back, "jobs": sum(_wake(queue, lane, now) for queue, lane in queues_of(due).items())}


def queues_of(due: Collection[tuple[str, str]]) -> dict[str, str]:
    """Queue → the lane a job there sends, for what is due as (channel, urgency)."""
    wanted = {}
    for lane, channels in LANES.items():
        urgencies = {urgency for channel, urgency in due if channel in channels}
        if urgencies:
            wanted[URGENT if lane == FAST and NOW in urgencies else lane] = lane
    return wanted


def _wake(queue: str, lane: str, now: datetime) -> bool:
    """Put a job unless one waits. Redis may be gone: the messages wait in the database for the next tick."""
    redis = current_app.extensions["redis"]
    try:
        if any(job.startswith(lane.encode()) for job in redis.lrange(f"rq:queue:{queue}", 0, MOST_LOOKED_AT)):
            return False
        return put(redis, queue, "app.jobs.send_messages", f"{lane}-{now:%Y%m%d%H%M%S}", lane)
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)
        return False
