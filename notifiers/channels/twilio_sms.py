"""Telephone messages through Twilio's own library. What its answers mean for us is the table on top."""

from dataclasses import dataclass
from datetime import timedelta

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNKNOWN, Outcome, Outgoing
from notifiers.channels.lost import lost
from notifiers.models import DELIVERED, FAILED, READ

REAL = "https://api.twilio.com"
TIMEOUT = 10  # seconds; with the tries of one batch far below outbox.STUCK_AFTER
SAME_MINUTE = timedelta(minutes=1)  # between our clock and theirs
ASKED_BACK = 50
# a refusal that no further try would change; every other 4xx too, but these people ask about
WORDS = {
    21211: "号码不对 (no such number)",
    21408: "账户没开这个地区 (region not enabled)",
    21606: "发信号码不能发短信 (sender cannot text)",
    21610: "对方退订了 (unsubscribed)",
    21614: "不是手机号 (not a mobile number)",
    21617: "短信太长 (too long)",
    20003: "账号或密钥不对 (wrong credentials)",
}
RECEIPTS = {"delivered": DELIVERED, "read": READ, "undelivered": FAILED, "failed": FAILED, "canceled": FAILED}


@dataclass(frozen=True)
class Account:
    """Whose messages they are. `sender`: a number (+86…) or a messaging service (MG…); `api_url`: Twilio, or what stands in for it;
    `callback`: where receipts come, with {message}, or empty."""

    sid: str
    token: str
    sender: str
    api_url: str = REAL
    callback: str = ""


class Elsewhere(TwilioHttpClient):
    """Twilio's own client, sent to another host: region and edge cannot name one (they make api.EDGE.REGION.twilio.com)."""

    def __init__(self, api_url: str):
        super().__init__(timeout=TIMEOUT)
        self._api_url = api_url.rstrip("/")

    def request(self, method: str, url: str, *rest, **more) -> Response:
        return super().request(method, self._api_url + url.removeprefix(REAL), *rest, **more)


class TwilioSms:
    """The Sender of the channel "sms"."""

    def __init__(self, account: Account):
        self._account = account
        self._client = Client(account.sid, account.token, http_client=Elsewhere(account.api_url))

    def send(self, message: Outgoing) -> Outcome:
        """One POST. A timeout and a 5xx leave a doubt: the next try asks first."""
        by = {"messaging_service_sid" if self._account.sender.startswith("MG") else "from_": self._account.sender}
        if self._account.callback:
            by["status_callback"] = self._account.callback.format(message=message.message_id)
        try:
            made = self._client.messages.create(to=message.address, body=message.text, **by)
        except (TwilioRestException, TwilioServiceException) as refused:
            return _refusal(refused)
        except requests.RequestException as failed:
            return lost(failed)
        return Outcome(ACCEPTED, made.sid)

    def find(self, message: Outgoing) -> Outcome | None:
        """The same words to the same number since the message was put, and no other message of ours: that is it. Cannot be asked now: still unknown."""
        try:
            recent = self._client.messages.list(to=message.address, limit=ASKED_BACK)
        except (TwilioRestException, TwilioServiceException, requests.RequestException) as lost:
            return Outcome(
                UNKNOWN, code="cannot-ask", words=type(lost).__name__
            )  # its own words have the address asked for, and in it the number
        since = message.created_at - SAME_MINUTE
        found = next(
            (one for one in recent if one.sid not in message.taken and one.body.endswith(message.text) and one.date_created >= since), None
        )
        if found is None:
            return None
        if RECEIPTS.get(str(found.status)) == FAILED:
            return Outcome(REFUSED, found.sid, str(found.error_code or ""), WORDS.get(found.error_code, ""))
        return Outcome(ACCEPTED, found.sid)


def _refusal(refused: TwilioRestException | TwilioServiceException) -> Outcome:
    code = str(refused.code or refused.status)
    words = WORDS.get(refused.code, getattr(refused, "msg", "") or str(refused))
    if refused.status >= 500:
        return Outcome(UNKNOWN, code=code, words=words)
    kind = RETRY if refused.status in (401, 403, 408, 429) else REFUSED
    return Outcome(kind, code=code, words=words)
