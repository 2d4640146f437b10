"""The telephone through a city's own system: signed JSON both ways. Its events come to POST /hooks/cti/calls (hooks.py); our commands go to CTI_URL.

Both ways carry X-CTI-Timestamp (seconds) and X-CTI-Signature = hex HMAC-SHA256(secret, timestamp + "." + body). docs/接口.md tells it in full.
"""

import hashlib
import hmac
import time
from dataclasses import asdict, dataclass

import orjson
import requests

from app.phone.telephony import Line, TelephonyFailed

TIMEOUT = 10
SKEW = 300  # seconds a signature is good for


@dataclass(frozen=True)
class CtiAccount:
    """Where commands go and the secret both sides know."""

    url: str
    secret: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The one both sides make."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(secret: str, timestamp: str, body: bytes, given: str, now: float) -> bool:
    """Whether this body was signed with the secret within the last five minutes."""
    fresh = timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12 and abs(now - int(timestamp)) <= SKEW
    return bool(secret) and fresh and given.isascii() and hmac.compare_digest(signature(secret, timestamp, body), given)


class Cti:
    """Telephony by commands: POST CTI_URL/commands {"command", "line", "seat", "number"}, answered by 2xx and, for a new leg, {"leg"}."""

    def __init__(self, account: CtiAccount):
        self._account = account

    def answer(self, line: Line, seat: str) -> str:
        """Connect the caller with this seat."""
        return self._told("answer", line, seat=seat)

    def queue(self, line: Line) -> None:
        """Back into its queue."""
        self._told("queue", line)

    def bridge(self, line: Line, seat: str, number: str) -> str:
        """Seat first, then the number, both seeing the hotline's."""
        return self._told("bridge", line, seat=seat, number=number)

    def transfer(self, line: Line, number: str) -> None:
        """Three-way."""
        self._told("transfer", line, number=number)

    def hold(self, line: Line, on: bool) -> None:
        """The citizen waits, or is back."""
        self._told("hold", line, on=on)

    def record(self, recording: str) -> bytes:
        """GET CTI_URL/recordings/ID, signed over the empty body."""
        return self._sent("GET", f"/recordings/{recording}", b"").content

    def hang_up(self, line: Line, whole: bool = True) -> None:
        """End the talk, or only our part."""
        self._told("hang-up", line, whole=whole)

    def _told(self, command: str, line: Line, **more) -> str:
        answer = self._sent("POST", "/commands", orjson.dumps({"command": command, "line": asdict(line)} | more))
        try:
            said = orjson.loads(answer.content) if answer.content else {}
        except orjson.JSONDecodeError:
            return ""
        return str(said.get("leg", ""))[:100] if isinstance(said, dict) else ""

    def _sent(self, method: str, path: str, body: bytes) -> requests.Response:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-CTI-Timestamp": stamp,
            "X-CTI-Signature": signature(self._account.secret, stamp, body),
        }
        try:
            answer = requests.request(method, self._account.url.rstrip("/") + path, data=body, headers=headers, timeout=TIMEOUT)
            answer.raise_for_status()
        except requests.RequestException as lost:
            raise TelephonyFailed("电话系统没有照做，请用话机直接拨或转") from lost
        return answer
