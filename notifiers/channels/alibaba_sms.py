"""Telephone messages through Alibaba Cloud (阿里云短信), which sends approved templates only: each text of ours names one and fills its variables.
A small client of ours, signed ACS3-HMAC-SHA256; what its codes mean is the table on top."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
import requests

from app.clock import local
from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNKNOWN, Outcome, Outgoing
from notifiers.channels.lost import lost
from notifiers.texts import words_of

REAL = "https://dysmsapi.aliyuncs.com"
VERSION, ALGORITHM = "2017-05-25", "ACS3-HMAC-SHA256"
TIMEOUT = 10  # seconds
NO_TEMPLATE = "no-template"
FAILED_THERE = "2"  # SendStatus of QuerySendDetails: 1 waiting, 2 failed, 3 delivered
MINUTE = timedelta(minutes=1)
BUSY = {
    "isv.BUSINESS_LIMIT_CONTROL": timedelta(hours=1),
    **dict.fromkeys(("Throttling.User", "Throttling", "ServiceUnavailable", "isp.SYSTEM_ERROR"), MINUTE),
}
# ours to mend: tried again until somebody has
OURS = {
    "isv.AMOUNT_NOT_ENOUGH",
    "isv.OUT_OF_SERVICE",
    "isv.ACCOUNT_ABNORMAL",
    "isv.ACCOUNT_NOT_EXISTS",
    "isv.PRODUCT_UN_SUBSCRIPT",
    "isp.RAM_PERMISSION_DENY",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId.NotFound",
    "InvalidAccessKeyId.Inactive",
    "isv.SMS_SIGNATURE_ILLEGAL",
    "isv.SMS_TEMPLATE_ILLEGAL",
}
WORDS = {
    "isv.MOBILE_NUMBER_ILLEGAL": "号码不对 (no such number)",
    "isv.BLACK_KEY_CONTROL_LIMIT": "内容有禁用词 (forbidden words)",
    "isv.AMOUNT_NOT_ENOUGH": "余额不够 (no money left)",
    "isv.TEMPLATE_MISSING_PARAMETERS": "模板的变量对不上 (template variables missing)",
    "isv.SMS_TEMPLATE_ILLEGAL": "模板没有批准 (template not approved)",
    "isv.SMS_SIGNATURE_ILLEGAL": "签名没有批准 (signature not approved)",
    "SignatureDoesNotMatch": "密钥不对 (wrong secret)",
    "isv.BUSINESS_LIMIT_CONTROL": "发得太频 (too often)",
}


@dataclass(frozen=True)
class AlibabaAccount:
    """Whose messages they are. `sign`: the approved 签名; `templates`: our template → theirs (SMS_…); `site`: our own address, which no variable may hold."""

    key_id: str
    key_secret: str = field(repr=False)
    sign: str
    templates: Mapping[str, str]
    site: str = ""
    api_url: str = REAL


class AlibabaSms:
    """The Sender of the channel "sms". `now`: the moment of a request, which its signature carries."""

    def __init__(self, account: AlibabaAccount, now: Callable[[], datetime]):
        self._account, self._now = account, now

    def send(self, message: Outgoing) -> Outcome:
        """One POST. What has no template of theirs goes another way."""
        theirs = self._account.templates.get(message.template)
        if theirs is None:
            return Outcome(REFUSED, code=NO_TEMPLATE, words=f"没有对应的模板 (no approved template): {message.template}")
        asked = {
            "PhoneNumbers": _number(message.address),
            "SignName": self._account.sign,
            "TemplateCode": theirs,
            "TemplateParam": orjson.dumps(variables(message, self._account.site)).decode(),
            "OutId": str(message.message_id),
        }
        answer = self._asked("SendSms", asked)
        return answer if isinstance(answer, Outcome) else Outcome(ACCEPTED, str(answer.get("BizId", "")), "OK")

    def find(self, message: Outgoing) -> Outcome | None:
        """Our id among what was sent to this number on the days in question; None when it surely is not there."""
        for day in sorted({f"{local(one):%Y%m%d}" for one in (message.created_at, message.claimed_at)}):
            answer = self._asked(
                "QuerySendDetails", {"PhoneNumber": _number(message.address), "SendDate": day, "PageSize": "50", "CurrentPage": "1"}
            )
            if isinstance(answer, Outcome):
                return Outcome(UNKNOWN, code="cannot-ask", words=answer.words or answer.code)
            sent = answer.get("SmsSendDetailDTOs", {}).get("SmsSendDetailDTO", [])
            found = next((one for one in sent if str(one.get("OutId", "")) == str(message.message_id)), None)
            if found is not None:
                failed = str(found.get("SendStatus")) == FAILED_THERE
                return Outcome(REFUSED, code=str(found.get("ErrCode", ""))[:60]) if failed else Outcome(ACCEPTED, code="OK", found=True)
        return None

    def _asked(self, action: str, query: Mapping[str, str]) -> dict[str, Any] | Outcome:
        """Their answer, or what it means that there is none one can use."""
        line, headers = signed(self._account, action, query, self._now(), secrets.token_hex(16))
        try:
            answer = requests.post(f"{self._account.api_url}/?{line}", headers=headers, timeout=TIMEOUT, allow_redirects=False)
        except requests.RequestException as failed:
            return lost(failed)
        try:
            said = answer.json()
            code = str(said["Code"])
        except (ValueError, KeyError, TypeError):
            return Outcome(
                UNKNOWN if answer.status_code >= 500 else REFUSED, code=str(answer.status_code), words="回答看不懂 (unreadable answer)"
            )
        return said if code == "OK" else _refusal(answer.status_code, code, str(said.get("Message", "")))


def signed(
    account: AlibabaAccount, action: str, query: Mapping[str, str], at: datetime, nonce: str, version: str = VERSION
) -> tuple[str, dict[str, str]]:
    """The query as it is sent and the headers with its signature, for a POST to "/" without a body."""
    nothing = hashlib.sha256(b"").hexdigest()
    line = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in sorted(query.items()))
    headers = {
        "host": urlsplit(account.api_url).netloc,
        "x-acs-action": action,
        "x-acs-content-sha256": nothing,
        "x-acs-date": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    names = ";".join(sorted(headers))
    canonical = "\n".join(("POST", "/", line, "".join(f"{name}:{value}\n" for name, value in sorted(headers.items())), names, nothing))
    digest = hmac.new(
        account.key_secret.encode(), f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}".encode(), hashlib.sha256
    ).hexdigest()
    return line, headers | {"Authorization": f"{ALGORITHM} Credential={account.key_id},SignedHeaders={names},Signature={digest}"}


def variables(message: Outgoing, site: str) -> dict[str, str]:
    """What a template of theirs may ask for, by our own names; no variable may be an address, so `path` is what follows the city's own in a link."""
    said = words_of(message.template, message.values, message.language)
    if link := said.pop("link", ""):
        said["path"] = link.removeprefix(site.rstrip("/") + "/")
    return said


def _refusal(status: int, code: str, message: str) -> Outcome:
    words = WORDS.get(code, message)[:200]
    if code in BUSY or code in OURS or status == 429:
        return Outcome(RETRY, code=code, words=words, wait=BUSY.get(code))
    return Outcome(UNKNOWN if status >= 500 else REFUSED, code=code, words=words)


def _number(address: str) -> str:
    return address.removeprefix("+86").removeprefix("+")


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")
