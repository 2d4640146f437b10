"""What the scheduler's second does for WeChat: wake a worker for messages and files that wait, whatever became of the job; and remind of, then delete, what was left half told."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from app.queue import put
from app.wechat import draft as drafts
from app.wechat import inbox, media, talk
from app.wechat.hook import JOB, QUEUE
from app.wechat.models import WechatPerson
from app.work import work

FETCH = "app.wechat.jobs.fetch"
REMIND_AFTER, DELETE_AFTER = timedelta(hours=24), timedelta(hours=72)  # within the platform's 48 hours; as long as it keeps pictures
BATCH = 100


def tick(now: datetime) -> dict[str, int]:
    """As of `now`: jobs put, people reminded, half-told matters deleted."""
    with work() as session:
        waits = {JOB: inbox.is_waiting(session), FETCH: media.is_wanted(session, now)}
    jobs = sum(_wake(function, now) for function, wanted in waits.items() if wanted)
    with work() as session:
        return {"jobs": jobs, "reminded": _remind(session, now), "deleted": _delete(session, now)}


def forget(now: datetime) -> int:
    """Messages whose turn was over days ago."""
    with work() as session:
        return inbox.forget(session, now)


def _wake(function: str, now: datetime) -> bool:
    try:
        return put(current_app.extensions["redis"], QUEUE, function, f"wechat-{function.rpartition('.')[2]}-{now:%Y%m%d%H%M%S}")
    except RedisError:
        return False


def _remind(session: Session, now: datetime) -> int:
    """Once, politely, with what is kept and until when; after that nothing is taken for an answer before they say that they go on."""
    quiet = _left(session, now - REMIND_AFTER, WechatPerson.reminded_at.is_(None))
    for person in quiet:
        person.reminded_at = now
        if drafts.read(session, person).flow == talk.TOLD:
            talk.tell(
                session,
                person,
                f"wechat-paused:{person.id}:{person.turned_at.isoformat()}",
                talk.pause_of(session, person, person.turned_at + DELETE_AFTER),
                now,
            )
    return len(quiet)


def _delete(session: Session, now: datetime) -> int:
    over = _left(session, now - DELETE_AFTER, sa.true())
    for person in over:
        drafts.write(session, person, None)
        person.reminded_at = None
    return len(over)


def _left(session: Session, before: datetime, further: sa.ColumnElement[bool]) -> list[WechatPerson]:
    return list(
        session.scalars(
            sa.select(WechatPerson)
            .where(WechatPerson.step != "", WechatPerson.turned_at < before, further)
            .order_by(WechatPerson.turned_at)
            .limit(BATCH)
            .with_for_update(key_share=True, skip_locked=True)
        )
    )
