"""The channels "dingtalk", "wecom" and "feishu": a unit's group robot, one POST each, signed as each platform wants it. What their codes mean stands on top.

None can be asked whether it got a message, so an answer nobody heard is sent again: a group reads it twice rather than never.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests

from notifiers.channels.base import ACCEPTED, POSTPONED, REFUSED, RETRY, UNASKABLE, UNKNOWN, Outcome, Outgoing
from notifiers.channels.lost import lost
from notifiers.message import DINGTALK, FEISHU, WECOM
from notifiers.pace import Paced, Rate

TIMEOUT = (5, 5)  # seconds to connect, and to answer
LONGEST = 2000  # bytes the strictest of them takes (WeCom: 2048)
BUSY_FOR = timedelta(minutes=10)  # DingTalk locks a robot that speaks too often for so long
WAIT = timedelta(seconds=5)
# a robot may speak 20 times a minute (DingTalk, WeCom; Feishu 100). Once in five seconds: what comes meanwhile is one text (bursts.py)
RATES = {"dingtalk:": Rate(1, 5), "wecom:": Rate(1, 5), "feishu:": Rate(1, 5)}
HOSTS = {
    DINGTALK: ("oapi.dingtalk.com", "api.dingtalk.com"),
    WECOM: ("qyapi.weixin.qq.com",),
    FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}
TOO_OFTEN = {130101, 410100, 45009, 9499, 11232}
WORDS = {
    300001: "机器人地址不对或被删了 (no such robot)",
    310000: "签名、关键词或 IP 没通过 (signature, keyword or IP refused)",
    400101: "机器人地址不对 (no such robot)",
    400102: "机器人停用了 (robot disabled)",
    93000: "机器人地址不对或被删了 (no such robot)",
    19001: "机器人地址不对 (no such robot)",
    19021: "签名没通过，请核对密钥和本机时间 (signature refused)",
    19022: "本机 IP 不在允许名单 (IP refused)",
    19024: "没有设定的关键词 (keyword missing)",
}


@dataclass(frozen=True)
class Robot:
    """Where a robot is called, and its signing secret ("" for none: WeCom has none)."""

    kind: str
    url: str = field(repr=False)
    secret: str = field(repr=False, default="")


def dingtalk_signature(secret: str, milliseconds: int) -> str:
    """Base64 HMAC-SHA256 of "milliseconds\\nsecret" under the secret; it goes into the query, encoded once."""
    return base64.b64encode(hmac.new(secret.encode(), f"{milliseconds}\n{secret}".encode(), hashlib.sha256).digest()).decode()


def feishu_signature(secret: str, seconds: int) -> str:
    """Base64 HMAC-SHA256 of nothing under "seconds\\nsecret"; it goes into the body."""
    return base64.b64encode(hmac.new(f"{seconds}\n{secret}".encode(), b"", hashlib.sha256).digest()).decode()


def is_address(kind: str, url: str, inside: bool) -> bool:
    """Whether a robot of this platform may be called there. `inside`: other hosts are allowed (a city's own relay, a demonstration)."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if len(url) > 500 or not url.isascii() or " " in url or not parts.hostname or parts.scheme not in ("https", "http"):
        return False
    return inside or (parts.scheme == "https" and parts.hostname in HOSTS[kind])


class Robots:
    """The Sender of one kind of robots; a message's address is a robot's id, `robot_of` knows it, or None when it is out of use."""

    def __init__(self, kind: str, robot_of: Callable[[int], Robot | None], pace: Paced, now: Callable[[], datetime]):
        self._kind, self._robot_of, self._pace, self._now = kind, robot_of, pace, now

    def send(self, message: Outgoing) -> Outcome:
        """One POST, when this robot may speak again."""
        robot = self._robot_of(int(message.address))
        if robot is None or robot.kind != self._kind:
            return Outcome(REFUSED, code="out-of-use", words="机器人已停用 (disabled)")
        if not self._pace.take(f"{self._kind}:{message.address}", 1, self._now()):
            return Outcome(POSTPONED, code="pace", wait=WAIT)
        return say(robot, f"{message.title}\n{message.text}".strip(), self._now())

    def find(self, _message: Outgoing) -> Outcome:
        """Nobody can be asked."""
        return UNASKABLE


def say(robot: Robot, text: str, now: datetime) -> Outcome:
    """Let a robot say something, now; the administrator's trial uses it too."""
    query, body = _request(robot, _cut(text), now)
    try:
        answer = requests.post(robot.url, params=query, json=body, timeout=TIMEOUT, allow_redirects=False)
    except requests.RequestException as failed:
        return lost(failed)
    return _outcome(answer)


def _request(robot: Robot, text: str, now: datetime) -> tuple[Mapping[str, str], dict]:
    """The query and the body, signed."""
    if robot.kind == FEISHU:
        seconds = int(now.timestamp())
        signed = {"timestamp": str(seconds), "sign": feishu_signature(robot.secret, seconds)} if robot.secret else {}
        return {}, signed | {"msg_type": "text", "content": {"text": text}}
    body = {"msgtype": "text", "text": {"content": text}}
    if robot.kind == DINGTALK and robot.secret:
        milliseconds = int(now.timestamp() * 1000)
        return {"timestamp": str(milliseconds), "sign": dingtalk_signature(robot.secret, milliseconds)}, body
    return {}, body


def _cut(text: str) -> str:
    raw = text.encode()
    return text if len(raw) <= LONGEST else raw[:LONGEST].decode(errors="ignore") + "…"


def _outcome(answer: requests.Response) -> Outcome:
    """They answer 200 whatever happens; the code is in the body."""
    if answer.status_code in (429, 408) or answer.status_code >= 500:
        return Outcome(RETRY if answer.status_code < 500 else UNKNOWN, code=str(answer.status_code))
    try:
        said = answer.json()
        code = int(said.get("errcode", said.get("code", said.get("StatusCode", -1))))
    except (ValueError, TypeError, AttributeError):
        return Outcome(REFUSED, code=str(answer.status_code), words="回答看不懂，地址多半不对 (not a robot's answer)")
    if code == 0:
        return Outcome(ACCEPTED, code="0")
    if code in TOO_OFTEN:
        return Outcome(RETRY, code=str(code), words="说得太频 (too often)", wait=BUSY_FOR)
    return Outcome(REFUSED, code=str(code), words=WORDS.get(code, str(said.get("errmsg", said.get("msg", "")))[:200]))
