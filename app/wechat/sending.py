"""The installation's own way to the platform: its client, and the channel "wechat" of the outbox. A demonstration city never writes to real people."""

from datetime import datetime
from functools import lru_cache

from flask import current_app
from redis import Redis
from sqlalchemy.orm import Session

from app.config import Settings
from app.db import db
from app.wechat.people import may_write_freely
from notifiers.channels.base import Sender
from notifiers.channels.wechat import WechatMessages
from notifiers.channels.wechat_client import REAL, Platform
from notifiers.message import WECHAT


def channels(settings: Settings) -> dict[str, Sender]:
    """Channel → its sender, when there is an official account."""
    return (
        {WECHAT: WechatMessages(lambda: _client(settings), _may_write_freely, settings.wechat_template_id, settings.wechat_subscribe_id)}
        if is_set_up(settings)
        else {}
    )


def platform(settings: Settings) -> Platform | None:
    """The platform's client, None without an account."""
    return _client(settings) if is_set_up(settings) else None


def is_set_up(settings: Settings) -> bool:
    """Whether this installation has an account it may use."""
    return bool(settings.wechat_appid) and not (settings.demo_password and settings.wechat_api_url == REAL)


@lru_cache(maxsize=4)
def _client(settings: Settings) -> Platform:
    redis = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    return Platform(settings.wechat_appid, settings.wechat_secret, redis, settings.wechat_api_url)


def _may_write_freely(openid: str, at: datetime) -> bool:
    """In a session of its own, so that none is open while the platform is asked."""
    with Session(db.engine, info=dict(current_app.extensions["session_info"])) as session:
        return may_write_freely(session, openid, at)
