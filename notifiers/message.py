"""What somebody is to be told, as a value: to whom, by which channel, in which template's words, and how much it hurries."""

from dataclasses import dataclass, field
from typing import Any

INBOX, SMS, WEBHOOK = "inbox", "sms", "webhook"
CHANNELS = (INBOX, SMS, WEBHOOK)
NOW, CAN_WAIT = "now", "can-wait"
URGENCIES = (CAN_WAIT, NOW)
LANGUAGES = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Message:
    """One message. Put as often as one likes, it is kept once per `key`.

    To an account, or to `address` in clear: the outbox seals it, `shown_to` is what may be read of it. `values` fill the template's
    holes (notifiers/texts.py); `subjects` are opaque names under which it is found again. `suppressed`: why it is only put on record.
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
