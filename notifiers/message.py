"""What somebody is to be told, as a value: to whom, by which channel, in which template's words, and how much it hurries."""

from dataclasses import dataclass, field
from typing import Any

INBOX, SMS, WEBHOOK, WECHAT, EMAIL = "inbox", "sms", "webhook", "wechat", "email"
DINGTALK, WECOM, FEISHU = "dingtalk", "wecom", "feishu"
ROBOTS = (DINGTALK, WECOM, FEISHU)
CHANNELS = (INBOX, SMS, WEBHOOK, WECHAT, EMAIL, *ROBOTS)
TO_PEOPLE = (SMS, WECHAT, EMAIL, *ROBOTS)  # those that leave the house for a person or a group of them
NOW, CAN_WAIT = "now", "can-wait"
URGENCIES = (CAN_WAIT, NOW)
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Way:
    """Somewhere a person can be told: a channel and the address in clear; `shown_to` is what may be read of it.

    `key`: the message's key when it goes this way, if several people share the way (a unit's robot is told once).
    """

    channel: str
    address: str
    shown_to: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Put as often as one likes, it is kept once per `key`.

    To an account, or to `address` in clear: the outbox seals it, `shown_to` is what may be read of it. `values` fill the template's
    holes (notifiers/texts.py); `subjects` are opaque names under which it is found again. `suppressed`: why it is only put on record.
    `otherwise`: where else this person is told, in this order, if it surely did not get there this way (fallback.py);
    `instead_of_id`: the message that did not.
    """

    key: str
    channel: str
    template: str
    values: dict[str, Any]
    urgency: str = NOW
    account_id: int | None = None
    address: str = ""
    shown_to: str = ""
    language: str = "zh"
    subjects: tuple[str, ...] = field(default=())
    suppressed: str = ""
    otherwise: tuple[Way, ...] = ()
    instead_of_id: int | None = None
