"""The channel "wechat": a customer-service message within 48 hours of the person's last word, else a subscription notice (订阅通知) to who agreed to one,
else the account's template message, else refused as "outside-window", so that whoever is not reached here is told another way. What the platform's codes mean is the table on top."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import requests
from wechatpy.exceptions import WeChatClientException

from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNASKABLE, UNKNOWN, Outcome, Outgoing
from notifiers.channels.lost import lost
from notifiers.channels.wechat_client import Platform

OUTSIDE = "outside-window"  # not reachable by WeChat now: no word for 48 hours and no template to send
LONGEST = 600  # characters; the platform takes 2048 bytes
TEMPLATE_WORDS = 20  # characters a template's "thing" field takes
FIELD = "thing1"  # of the template, docs/管理员.md
BUSY = {-1: 5, 45009: 3600, 45011: 60, 50002: 3600}  # code → seconds to wait: busy, the day's quota, the minute's quota, frozen for now
NOT_FREELY = {45015, 45047}  # 48 hours are over; too many since their last word
WORDS = {
    40003: "openid 不对 (no such openid)",
    43004: "没有关注 (does not follow)",
    43101: "拒收 (refused by the person)",
    45015: "超过 48 小时 (48 hours are over)",
    45047: "对方回话前条数用完 (too many before an answer)",
    48001: "公众号没有这个权限 (not permitted)",
    40037: "模板编号不对 (no such template)",
    40125: "AppSecret 不对 (wrong secret)",
    40013: "AppID 不对 (wrong appid)",
    40164: "本机不在 IP 白名单 (this host is not on the account's list)",
}
ACCOUNTS_OWN = {40001, 40013, 40014, 40125, 40164, 42001, 48001}  # ours to mend: tried again until somebody has
_SIGNED = re.compile(r"^【[^】]*】")
_LINK = re.compile(r"https?://[^\s，。；]+")


class WechatMessages:
    """The Sender of the channel "wechat". `platform()`: the library's client; `may_write_freely(openid, at)`: whether the 48 hours hold."""

    def __init__(
        self,
        platform: Callable[[], Platform],
        may_write_freely: Callable[[str, datetime], bool],
        template_id: str = "",
        subscribe_id: str = "",
    ):
        self._platform, self._may_write_freely = platform, may_write_freely
        self._templates = [(one, send) for one, send in ((subscribe_id, self._by_subscription), (template_id, self._by_template)) if one]

    def send(self, message: Outgoing) -> Outcome:
        """One POST; another one when the platform counts the 48 hours otherwise than we do, or the consents."""
        if self._may_write_freely(message.address, message.claimed_at):
            outcome = self._tried(lambda: self._freely(message))
            if outcome.code not in map(str, NOT_FREELY):
                return outcome
        outcome = Outcome(REFUSED, code=OUTSIDE, words="超过 48 小时，也没有模板 (48 hours are over and there is no template)")
        for template_id, send in self._templates:
            outcome = self._tried(partial(send, message, template_id))
            if (
                outcome.kind != REFUSED
            ):  # who agreed to no notice, or to no more of them, may still have the template: the platform counts, not we
                break
        return outcome

    def find(self, message: Outgoing) -> Outcome:
        """The platform cannot be asked. A template message carries our id, so the same one again within ten minutes is dropped there."""
        return UNASKABLE

    def _freely(self, message: Outgoing) -> str:
        self._platform().message.send_text(message.address, message.text[:LONGEST])
        return "custom"

    def _by_subscription(self, message: Outgoing, template_id: str) -> str:
        link = _LINK.search(message.text)
        self._platform().post("message/subscribe/bizsend", data=_card(message, template_id) | ({"page": link[0]} if link else {}))
        return "subscription"

    def _by_template(self, message: Outgoing, template_id: str) -> str:
        link = _LINK.search(message.text)
        said = _card(message, template_id) | {"client_msg_id": f"shaoxiang-{message.message_id}"} | ({"url": link[0]} if link else {})
        return f"template:{self._platform().post('message/template/send', data=said)['msgid']}"

    def _tried(self, send: Callable[[], str]) -> Outcome:
        try:
            return Outcome(ACCEPTED, send())
        except WeChatClientException as refused:
            return _refusal(refused)
        except requests.RequestException as failed:
            return lost(failed)
        except (KeyError, ValueError) as strange:
            return Outcome(UNKNOWN, code="unreadable", words=type(strange).__name__)


def _card(message: Outgoing, template_id: str) -> dict:
    return {"touser": message.address, "template_id": template_id, "data": {FIELD: {"value": short(message.text)}}}


def short(text: str) -> str:
    """The beginning of a message as a template's field takes it: without the signature, the link and what follows it, up to a whole clause."""
    plain = _LINK.split(_SIGNED.sub("", text).replace("\n", " "))[0].strip()
    if len(plain) <= TEMPLATE_WORDS:
        return plain
    clause = max(plain.rfind(mark, 0, TEMPLATE_WORDS - 1) for mark in "，。；,.;")
    return plain[: clause if clause > TEMPLATE_WORDS // 2 else TEMPLATE_WORDS - 1] + "…"


def _refusal(refused: WeChatClientException) -> Outcome:
    code = refused.errcode
    if code is None:
        status = refused.response.status_code if refused.response is not None else 0
        return Outcome(RETRY if status == 429 else UNKNOWN if status >= 500 else REFUSED, code=str(status), words="HTTP")
    words = WORDS.get(code, str(refused.errmsg or ""))[:200]
    if code in BUSY:
        return Outcome(RETRY, code=str(code), words=words, wait=timedelta(seconds=BUSY[code]))
    return Outcome(RETRY if code in ACCOUNTS_OWN else REFUSED, code=str(code), words=words)
