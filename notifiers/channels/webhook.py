"""The channel "webhook": one signed POST, as Standard Webhooks describes it, so that receivers need no code of ours to check it.

Never follows a redirect, never calls an address inside the house unless the installation allows it; a name is resolved once and that very address is called.
"""

import base64
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError

from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNASKABLE, UNKNOWN, Outcome, Outgoing

TIMEOUT = 5  # seconds to connect, and again to answer
LONGEST_WAIT = timedelta(hours=2)
GONE = 410
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Endpoint:
    """Where to, and with which secret ("whsec_" and base64)."""

    url: str
    secret: str = field(repr=False)


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header webhook-signature: "v1," and the base64 HMAC-SHA256 over id, Unix seconds and body, joined by dots."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return "v1," + base64.b64encode(hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()


class Webhooks:
    """The Sender of the channel "webhook"; a message's address is a subscription's id, `endpoint_of` knows it, or None when it is out of use."""

    def __init__(self, endpoint_of: Callable[[int], Endpoint | None], inside: bool = False):
        self._endpoint_of, self._inside = endpoint_of, inside

    def send(self, message: Outgoing) -> Outcome:
        """One POST. The receiver knows a message again by webhook-id, so sending twice is harmless."""
        endpoint = self._endpoint_of(int(message.address))
        if endpoint is None:
            return Outcome(REFUSED, code="out-of-use", words="回调已停用 (disabled)")
        try:
            address = self._resolved(endpoint.url)
        except OSError as unknown:
            return Outcome(RETRY, code="no-such-host", words=str(unknown))
        if address is None:
            return Outcome(REFUSED, code="address-inside", words="地址在内网 (address inside)")
        try:
            answer = _post(endpoint, address, f"msg_{message.message_id}", int(message.claimed_at.timestamp()), message.text.encode())
        except NewConnectionError as closed:
            return Outcome(RETRY, code="unreachable", words=type(closed).__name__)
        except HTTPError as lost:
            return Outcome(UNKNOWN, code="no-answer", words=type(lost).__name__)
        return _outcome(answer)

    def find(self, message: Outgoing) -> Outcome:
        """Nobody can be asked; the same webhook-id again does no harm."""
        return UNASKABLE

    def _resolved(self, url: str) -> str | None:
        """The one address to call; None when the name leads inside. Raises OSError when it leads nowhere."""
        parts = urlsplit(url)
        found = [str(row[4][0]) for row in socket.getaddrinfo(parts.hostname, parts.port or PORTS[parts.scheme], type=socket.SOCK_STREAM)]
        return found[0] if self._inside or all(is_outside(one) for one in found) else None


def is_outside(address: str) -> bool:
    """Whether an IP address is one of the open internet: no loop, no private network, no neighbour's, nothing reserved."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return ip.is_global and not ip.is_multicast


def _post(endpoint: Endpoint, address: str, message_id: str, timestamp: int, body: bytes) -> urllib3.BaseHTTPResponse:
    """To that address, in the name of the host: certificate and Host are the name's. The body of the answer is not read."""
    parts = urlsplit(endpoint.url)
    port = parts.port or PORTS[parts.scheme]
    headers = {
        "Host": parts.netloc,
        "Content-Type": "application/json",
        "User-Agent": "shaoxiang-webhook/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(endpoint.secret, message_id, timestamp, body),
    }
    pool: urllib3.HTTPConnectionPool = urllib3.HTTPConnectionPool(address, port, timeout=TIMEOUT)
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address, port, timeout=TIMEOUT, server_hostname=parts.hostname, assert_hostname=parts.hostname, cert_reqs="CERT_REQUIRED"
        )
    with pool:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        answer = pool.request("POST", path, body=body, headers=headers, retries=False, redirect=False, preload_content=False)
        answer.close()
        return answer


def _outcome(answer: urllib3.BaseHTTPResponse) -> Outcome:
    """2xx is taken; 410 says never again; everything else may be mended, so it is tried again, when they say if they do."""
    code = str(answer.status)
    if 200 <= answer.status < 300:
        return Outcome(ACCEPTED, code=code)
    if answer.status == GONE:
        return Outcome(REFUSED, code=code, words="对方说不再要了 (gone)")
    asked = answer.headers.get("Retry-After", "")
    wait = min(timedelta(seconds=int(asked)), LONGEST_WAIT) if asked.isascii() and asked.isdecimal() and len(asked) < 8 else None
    return Outcome(RETRY, code=code, words="不跟随跳转 (redirect not followed)" if 300 <= answer.status < 400 else "", wait=wait)
