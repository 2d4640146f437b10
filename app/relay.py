"""What the outbox needs all the time: a worker woken for what is due, what waited set free, what a crash left taken back."""

import logging
from collections.abc import Collection
from datetime import datetime

from flask import current_app
from redis.exceptions import RedisError

from app import telling, wiring
from app.queue import URGENT, put
from app.work import session_now, work
from notifiers import digest, outbox
from notifiers.message import EMAIL, NOW, ROBOTS, SMS, WEBHOOK, WECHAT

MOST_LOOKED_AT = 100  # jobs of a queue
# a queue → the channels its jobs send: what is slow or broken at one end holds up nobody else's. What hurries has one to itself, for people: other systems can wait
LANES = {URGENT: (SMS, WECHAT, EMAIL, *ROBOTS), "notify": (SMS, WECHAT), "webhooks": (WEBHOOK,), "robots": ROBOTS, "mail": (EMAIL,)}


def wake(now: datetime) -> int:
    """Put a job on each lane where something is due; a worker that is busy is joined by another one, never by a second waiting job. Returns how many were put."""
    session = session_now()
    due = outbox.waiting(session, wiring.senders(current_app.config["SETTINGS"]), now)
    session.rollback()
    return sum(_wake(lane, now) for lane in lanes_of(due))


def set_free(now: datetime) -> dict[str, int]:
    """What waited for its hour or for others reaches the inbox, what a crash left is due again. Needs no worker and no Redis. Returns how many people, how many messages."""
    with work() as session:
        people = digest.release(session, now)
        taken_back = outbox.take_back(session, now)
        session.info["topics"] |= {telling.topic_of(person) for person in people}
    return {"people": len(people), "taken_back": taken_back}


def lanes_of(due: Collection[tuple[str, str]]) -> list[str]:
    """The lanes on which what is due, as (channel, urgency), leaves."""
    hurries = {channel for channel, urgency in due if urgency == NOW and channel in LANES[URGENT]}
    rest = {channel for channel, urgency in due if urgency != NOW or channel not in LANES[URGENT]}
    return [lane for lane, channels in LANES.items() if not (hurries if lane == URGENT else rest).isdisjoint(channels)]


def _wake(lane: str, now: datetime) -> bool:
    """Put a job unless one waits. Redis may be gone: the messages wait in the database for the next tick."""
    redis = current_app.extensions["redis"]
    try:
        if any(job.startswith(lane.encode()) for job in redis.lrange(f"rq:queue:{lane}", 0, MOST_LOOKED_AT)):
            return False
        return put(redis, lane, "app.jobs.send_messages", f"{lane}-{now:%Y%m%d%H%M%S%f}", lane)
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)
        return False
