"""What the printed order says of the way so far: one line of what happened until it was issued. Pure."""

from collections.abc import Iterable
from datetime import datetime

from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from tickets import words
from tickets.events import TicketEvent

TOLD = (
    "dispatch",
    "dispatch-by-rule",
    "accept-return",
    "rule",
    "sign",
    "contact",
    "request-return",
    "deny-return",
    "grant-extension",
    "reply",
    "reject-reply",
    "rework",
    "urge",
    "urge-unit",
    "explain-card",
)
MOST = 12


def passed_of(events: Iterable[TicketEvent], until: datetime) -> str:
    """As "9 月 21 日 10:12 派单；10:31 签收；…": the last MOST steps before the order."""
    told = [event for event in events if event.kind in TOLD and event.at <= until]
    return _("；").join(f"{format_moment(event.at)} {_(words.ACTION[event.kind])}" for event in told[-MOST:]) + (_("。") if told else "")
