"""What the platform sends, opened: signature, age, size, safe mode, XML. Pure; everything that is not right is a Refused, nothing else is raised.

In plain mode the signature does not cover the body, so an account with an AES key takes no plain body (nobody may fall back).
"""

import binascii
import hmac
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import ParseError  # the class of the error alone: parsing is defusedxml's

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException
from wechatpy.utils import WeChatSigner

from app.errors import Forbidden, Refused

LARGEST = 64 * 1024  # bytes; the platform's own messages are below 4 KB
AGE = timedelta(minutes=5)  # the platform tries again for 15 seconds
LONGEST = 200  # characters of a query argument
DEEPEST, MOST_FIELDS = 4, 60
_BROKEN = (binascii.Error, struct.error, ValueError, IndexError, OverflowError)  # what decrypting something that was never encrypted raises


@dataclass(frozen=True)
class Account:
    """Our side: the token of the hook, and the AES key of safe mode ("" for plain mode)."""

    appid: str
    token: str = field(repr=False)
    aes_key: str = field(repr=False)


def signed(*parts: str) -> str:
    """The platform's signature over these parts: SHA-1 of them sorted and joined."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return signer.signature


def check_signature(account: Account, query: Mapping[str, str], now: datetime) -> None:
    """Whether the platform sent this, within AGE. Raises Forbidden."""
    given = {name: query.get(name, "") for name in ("signature", "timestamp", "nonce")}
    if not account.token or not all(0 < len(value) <= LONGEST for value in given.values()):
        raise Forbidden("签名不对")
    if not _same(signed(account.token, given["timestamp"], given["nonce"]), given["signature"]):
        raise Forbidden("签名不对")
    if not is_recent(given["timestamp"], now):
        raise Forbidden("签名过期了")


def opened(account: Account, query: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The fields of a message. Raises Forbidden (not the platform's), Refused (nothing one can read)."""
    outer = fields_of(body)
    if not account.aes_key:
        return outer
    sealed, signature = outer.get("Encrypt", ""), query.get("msg_signature", "")
    stamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
    if not sealed or not signature:
        raise Forbidden("安全模式只收加密的消息")
    if not _same(signed(account.token, stamp, nonce, sealed), signature):
        raise Forbidden("签名不对")
    try:
        inner = WeChatCrypto(account.token, account.aes_key, account.appid).decrypt_message({"Encrypt": sealed}, signature, stamp, nonce)
    except (InvalidSignatureException, InvalidAppIdException) as other:
        raise Forbidden("不是给这个公众号的") from other
    except _BROKEN as broken:
        raise Refused("解不开") from broken
    return fields_of(inner.encode())


def fields_of(body: bytes) -> dict[str, str]:
    """Names and texts of a flat <xml>; what lies deeper is named with dots. Raises Refused for what is too large, no XML, or a bomb."""
    if not body or len(body) > LARGEST:
        raise Refused("消息太大或是空的")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as bad:
        raise Refused("不是能读的 XML") from bad
    if root.tag != "xml":
        raise Refused("不是公众平台的消息")
    found: dict[str, str] = {}
    _collect(root, "", 0, found)
    return found


def is_recent(stamp: str, now: datetime) -> bool:
    """Whether Unix seconds written like this lie within AGE of `now`."""
    return stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 and abs(datetime.fromtimestamp(int(stamp), UTC) - now) <= AGE


def _collect(node, prefix: str, depth: int, found: dict[str, str]) -> None:
    for child in node:
        if depth >= DEEPEST or len(found) >= MOST_FIELDS:
            raise Refused("消息的层次或字段太多")
        name = prefix + child.tag
        if len(child):
            _collect(child, name + ".", depth + 1, found)
        else:
            found[name] = (child.text or "").strip()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode("utf-8", "replace"))
