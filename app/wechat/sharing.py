"""The portal's pages opened inside WeChat: which script of the platform's they load, and the signature by which they set what a shared page looks like."""

import secrets
from datetime import datetime
from urllib.parse import urlsplit

from flask import request

from app.config import Settings
from app.errors import WrongState
from app.wechat import sending
from notifiers.channels.wechat_client import REAL

SCRIPTS, SCRIPT = "https://res.wx.qq.com", "/open/js/jweixin-1.6.0.js"
MARK = "MicroMessenger"  # how WeChat's browser names itself
TAG_FRAMES = "https://*.qq.com webcompt:"  # where the platform draws its own tags


def script(settings: Settings) -> str:
    """The address of the platform's script for this visitor; "" outside WeChat and without an account: nobody else loads anything from elsewhere."""
    if MARK not in request.user_agent.string or not sending.is_set_up(settings):
        return ""
    return (SCRIPTS if settings.wechat_api_url == REAL else settings.wechat_api_url) + SCRIPT


def policy(common: str, source: str) -> str:
    """The policy of a page that loads the platform's script: it, and the frames of its tags."""
    there = urlsplit(source)
    return f"{common}; script-src 'self' {there.scheme}://{there.netloc}; frame-src 'self' {TAG_FRAMES}"


def signature(settings: Settings, path: str, now: datetime) -> dict:
    """What wx.config wants for this page of ours. Raises WrongState without an account, what platform calls raise (UNHEARD)."""
    platform = sending.platform(settings)
    if platform is None:
        raise WrongState("这座城市还没有开通微信公众号")
    stamp, nonce = int(now.timestamp()), secrets.token_hex(8)
    signed = platform.jsapi.get_jsapi_signature(nonce, platform.web_ticket(), stamp, settings.public_url.rstrip("/") + path)
    return {"appId": settings.wechat_appid, "timestamp": stamp, "nonceStr": nonce, "signature": signed}
