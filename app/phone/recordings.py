"""Recordings reach their ticket: fetched from the telephone system by a job, kept as the ticket's attachment, sealed as the ticket is."""

import logging
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Refused
from app.phone import lines
from app.phone.models import Call
from app.phone.telephony import TelephonyFailed
from app.queue import put
from app.work import session_now, work
from tickets import attachments
from tickets.actors import SYSTEM_ACTOR
from tickets.models import Ticket

JOB = "app.phone.keeping.fetch_recordings"
MOST = 20


def ask_for(redis: Redis, now: datetime) -> None:
    """Wake a worker; a Redis that is away costs nothing but time: the scheduler asks again every minute."""
    try:
        put(redis, "notify", JOB, f"recordings-{now:%Y%m%d%H%M%S}")
    except RedisError as lost:
        logging.getLogger(__name__).warning("recordings wait: %s", lost)


def is_waiting(session: Session) -> bool:
    """Whether a recording of a registered call is still at the telephone system's."""
    return bool(session.scalar(sa.select(sa.exists(_unfetched(Call.id)))))


def fetch(now: datetime) -> int:
    """Fetch what waits, one at a time and no transaction over the network. Returns how many hang on their ticket now."""
    settings = current_app.config["SETTINGS"]
    system = lines.telephony(settings)
    waiting = session_now().execute(_unfetched(Call.id, Call.recording_id).order_by(Call.recorded_at).limit(MOST)).all() if system else []
    session_now().rollback()
    done = 0
    for call_id, recording in waiting:
        try:
            checked = attachments.check(system.record(recording), settings.upload_limit_mb * 1024 * 1024)
        except TelephonyFailed as lost:
            logging.getLogger(__name__).warning("recording of call %s not fetched: %s", call_id, lost)
            continue
        except Refused as bad:
            _give_up(call_id, bad.code)
            continue
        done += _hang(call_id, checked, settings, now)
    return done


def _hang(call_id: int, checked: attachments.Checked, settings, now: datetime) -> int:
    try:
        with work() as session:
            call = session.get(Call, call_id, with_for_update=True, populate_existing=True)
            if call is None or call.attachment_id is not None:
                return 0
            ticket = session.scalar(
                sa.select(Ticket).where(Ticket.id == call.ticket_id).with_for_update().execution_options(populate_existing=True)
            )
            name = f"通话录音 {local(call.arrived_at):%m-%d %H.%M}.{checked.suffix}"
            call.attachment_id = attachments.attach(session, ticket, name, checked, settings.uploads, "citizen", SYSTEM_ACTOR, now).id
    except Refused as closed:
        _give_up(call_id, closed.code)
        return 0
    return 1


def _give_up(call_id: int, code: str) -> None:
    """It stays where it is; the call keeps its id."""
    with work() as session:
        session.execute(sa.update(Call).where(Call.id == call_id).values(fetch_failed=code))


def _unfetched(*columns) -> sa.Select:
    return sa.select(*columns).where(
        Call.recording_id.is_not(None), Call.attachment_id.is_(None), Call.fetch_failed == "", Call.ticket_id.is_not(None)
    )
