"""Where a person of the house hears outside it what hurries: the one way they set for themselves on their account's page."""

import re
from datetime import datetime

from sqlalchemy.orm import Session

from app import wiring
from app.errors import Invalid
from app.web import messages
from app.web.i18n import gettext as _
from notifiers import preferences
from notifiers.message import EMAIL, SMS, Way
from notifiers.recipients import sms_number
from tickets.text import mask_phone

OFFERED = (SMS, EMAIL)
AN_ADDRESS = re.compile(r"[^@\s]{1,64}@[\w.-]{1,180}\.\w{2,}")


def offered() -> list[tuple[str, str]]:
    """The channels of this house one can be told by, with their names."""
    return [("", _("只在站内")), *((one, _(messages.CHANNEL[one])) for one in OFFERED if one in wiring.channels())]


def own(session: Session, account_id: int) -> Way | None:
    """The way this person set."""
    return next(iter(preferences.ways_of(session, account_id=account_id)), None)


def set_own(session: Session, account_id: int, channel: str, address: str, now: datetime) -> None:
    """One way, in place of the one before; none for no channel. Raises Invalid."""
    way = _way(channel, address) if channel else None
    for one in OFFERED:
        preferences.drop_way(session, one, account_id=account_id)
    if way:
        preferences.set_way(session, way, now, account_id=account_id)


def _way(channel: str, address: str) -> Way:
    if channel not in {code for code, _word in offered() if code}:
        raise Invalid(way="这个通道没有开")
    if channel == SMS:
        number = sms_number(address)
        if not number:
            raise Invalid(address="请填大陆手机号，11 位")
        return Way(SMS, number, mask_phone(number.removeprefix("+86")))
    return email_way(address)


def email_way(address: str) -> Way:
    """A mailbox as a way. Raises Invalid (`address`)."""
    if not AN_ADDRESS.fullmatch(address):
        raise Invalid(address="请填电子邮箱，例如 name@example.org")
    return Way(EMAIL, address, address[:2] + "***@" + address.partition("@")[2])
