"""/hooks/wechat: the platform asks whether we are here, and brings what people write. It is stored and a worker is woken; answers come later.

The platform waits five seconds: nothing here waits longer than two. What cannot be stored now is answered 503, so that it is brought again.
"""

import logging

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, request
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import clock
from app.auth.principal import open_to_all
from app.errors import Refused
from app.queue import put
from app.wechat import envelope, inbox
from app.wechat.envelope import LARGEST, Account
from app.work import work

pages = Blueprint("wechat_hook", __name__)
PATH = "/hooks/wechat"
QUEUE, JOB = "notify", "app.wechat.jobs.converse"
PATIENCE = sa.text("SET LOCAL statement_timeout = '2000ms'; SET LOCAL lock_timeout = '1000ms'")
DONE = "success"  # the platform's word for "I have it": it says nothing to the person
BUSY = ("", 503)
_ECHOED = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-")


@pages.get(PATH)
@open_to_all
def echo():
    """Say back what the platform asks when an administrator saves this address there. Raises Forbidden, Refused."""
    envelope.check_signature(account(), request.args, clock.now())
    asked = request.args.get("echostr", "")
    if not 0 < len(asked) <= envelope.LONGEST or not set(asked) <= _ECHOED:
        raise Refused("echostr 不对")
    return _plain(asked)


@pages.post(PATH)
@open_to_all
def take():
    """One message or event. The same one again changes nothing. Raises Forbidden, Refused."""
    now, ours = clock.now(), account()
    envelope.check_signature(ours, request.args, now)
    fields = envelope.opened(ours, request.args, _body())
    try:
        with work() as session:
            session.execute(PATIENCE)
            stored = inbox.keep(session, fields, now)
    except (OperationalError, PoolTimeout) as busy:
        logging.getLogger(__name__).warning("a WeChat message could not be stored now: %s", type(busy).__name__)
        return BUSY
    if stored is not None:
        wake(stored)
    return _plain(DONE)


take.csrf_exempt = True  # no browser session speaks here; the signature stands for it


def account() -> Account:
    """The official account of this installation; without one nobody can sign."""
    settings = current_app.config["SETTINGS"]
    return Account(settings.wechat_appid, settings.wechat_token, settings.wechat_aes_key)


def wake(message_id: int) -> None:
    """Put a job for it. Redis may be gone: the scheduler's tick finds the row (app/wechat/tick.py)."""
    try:
        put(current_app.extensions["redis"], QUEUE, JOB, f"wechat-{message_id}")
    except RedisError as lost:
        logging.getLogger(__name__).warning("no worker could be woken: %s", lost)


def _body() -> bytes:
    """At most one byte more than there may be, however long they say it is."""
    return request.stream.read(LARGEST + 1)


def _plain(words: str) -> Response:
    return Response(words, mimetype="text/plain")
