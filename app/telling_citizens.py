"""What a citizen hears, on the channel they prefer, as their matter goes on: taken, sent to a unit, urged, progress, answered, another day. Numbers and links only, never a word
of the matter itself, so that a sealed report's message gives nothing away. A reaction: runs in the verb's transaction, one statement."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app import telling
from app.config import Settings
from escalation.recounting import Move
from notifiers import outbox, preferences
from notifiers.message import CAN_WAIT, NOW, SMS, Message, Way
from notifiers.recipients import sms_number
from tickets import answering
from tickets.codes import OPEN
from tickets.events import Event
from tickets.models import Identity, Ticket
from tickets.reference import reference
from tickets.text import mask_phone

# event → template and urgency. What can wait leaves a minute later: a sending that is recalled within it was never told
TOLD = {
    "register": ("accepted", NOW),
    "urge": ("urged", NOW),
    "approve-reply": ("answered", CAN_WAIT),
    "rectify": ("rectified", CAN_WAIT),
    **dict.fromkeys(("follow-up", "miss-call"), ("missed", NOW)),  # the third call nobody took (domain §7)
    **dict.fromkeys(("dispatch", "dispatch-by-rule", "accept-return", "rule"), ("dispatched", CAN_WAIT)),
    **dict.fromkeys(("accept", "interim-reply"), ("progress", CAN_WAIT)),
}
RECALL = "recall"
RATE = ("answered", "rectified", "missed")  # these bring the link to rate by
HEARD = (*TOLD, RECALL)
NO_CHANNEL, NO_MOBILE = "no-channel", "no-mobile"


def writer(channels: Callable[[Settings], Collection[str]]) -> Callable[[Session, Event], None]:
    """The reaction of a house; `channels` tells which its settings have. Who can be reached by none has it put on record only."""

    def react(session: Session, event: Event) -> None:
        ticket, settings = event.ticket, current_app.config["SETTINGS"]
        if event.kind == RECALL:
            outbox.withdraw(session, telling.subject_of(ticket.id), "dispatched", event.at)
            return
        phone = _phone(session, ticket)
        if (event.kind == "approve-reply" and not ticket.reply_wanted) or not _is_told(event):
            return
        template, urgency = TOLD[event.kind]
        [ways] = _ways(session, [(phone, ticket.id)], channels(settings))
        if phone or ways:
            outbox.put(
                session,
                [_message(session, ticket, template, str(ticket.version), urgency, phone, ways, SMS in channels(settings))],
                event.at,
            )

    return react


def tell_moved(session: Session, moves: Sequence[Move], channels: Collection[str], now: datetime) -> int:
    """Tell whoever was promised a day that moved without their asking: a yearly notice came out, a limit was edited. Returns how many.

    A day that only became certain, a clock that is not the promise, and a matter already answered are not told.
    """
    days: dict[str, set[datetime]] = {}
    for one in moves:
        if one.old_due != one.new_due:
            days.setdefault(one.number, set()).add(one.new_due)
    told = 0
    for some in _batches(sorted(days)):
        tickets = list(session.scalars(sa.select(Ticket).where(Ticket.number.in_(some), Ticket.status.in_(OPEN))))
        session.scalars(sa.select(Identity).where(Identity.ticket_id.in_([ticket.id for ticket in tickets]))).all()
        phones = [(ticket, _phone(session, ticket)) for ticket in tickets if ticket.due_at in days[ticket.number]]
        ways = _ways(session, [(phone, ticket.id) for ticket, phone in phones], channels)
        told += len(
            outbox.put(
                session,
                [
                    _message(session, ticket, "moved", ticket.due_at.isoformat(), CAN_WAIT, phone, own, SMS in channels)
                    for (ticket, phone), own in zip(phones, ways, strict=True)
                    if phone or own
                ],
                now,
            )
        )
    return told


def ways_of(session: Session, ticket: Ticket, channels: Collection[str]) -> list[Way]:
    """Where the citizen of this matter is told, as they prefer; none when they left nothing this house can use."""
    return _ways(session, [(_phone(session, ticket), ticket.id)], channels)[0]


def _is_told(event: Event) -> bool:
    """A call nobody took is told once, at the third; a rectification by a new reply is told by that reply."""
    return event.data.get("text") is True if event.kind in ("follow-up", "miss-call") else event.data.get("via") != "reply"


def _ways(session: Session, citizens: Sequence[tuple[str, int]], channels: Collection[str]) -> list[list[Way]]:
    """Where each can be told, by channels this house has: as they prefer, the number they left last. One statement."""
    found = preferences.ways_to(session, citizens) if citizens else []
    for ways, (phone, _ticket) in zip(found, citizens, strict=True):
        number = sms_number(phone)
        if number and all(way.channel != SMS for way in ways):
            ways.append(Way(SMS, number, mask_phone(phone)))
    return [[way for way in ways if way.channel in channels] for ways in found]


def _batches(numbers: Sequence[str], size: int = 500) -> Iterator[Sequence[str]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def _message(
    session: Session, ticket: Ticket, template: str, turn: str, urgency: str, phone: str, ways: Sequence[Way], has_sms: bool
) -> Message:
    """By the first of the ways, the others in reserve; by none, a text message on record only, with the reason."""
    suppressed = "" if ways else NO_CHANNEL if sms_number(phone) and not has_sms else NO_MOBILE
    first, *others = ways or [Way(SMS, sms_number(phone) or phone, mask_phone(phone))]
    return Message(
        f"citizen:{ticket.id}:{turn}:{template}",
        first.channel,
        template,
        _values(session, ticket, template, current_app.config["SETTINGS"]),
        urgency,
        address=first.address,
        shown_to=first.shown_to,
        subjects=(telling.subject_of(ticket.id),),
        suppressed=suppressed,
        otherwise=tuple(others),
    )


def _values(session: Session, ticket: Ticket, template: str, settings: Settings) -> dict:
    unit = reference(session).units.get(ticket.lead_unit_id)
    site = settings.public_url.rstrip("/")
    link = (
        f"{site}/rate/{answering.rating_token(ticket, session.info['code_key'])}" if template in RATE else f"{site}/t/{ticket.query_code}"
    )
    return {
        "city": {"zh": settings.city_name, "en": settings.city_name_en},
        "tail": ticket.number[-6:],
        "code": ticket.query_code,
        "link": link,
        "unit": {"zh": unit.short_name, "en": unit.name_en or unit.short_name} if unit else telling.CENTRE,
        "due": {"due": ticket.due_at},
    }


def _phone(session: Session, ticket: Ticket) -> str:
    """The number the citizen left, in clear; "" when there is none. A row written in this very transaction is not asked for again."""
    row = next((one for one in session.new if isinstance(one, Identity) and one.ticket_id == ticket.id), None) or session.get(
        Identity, ticket.id
    )
    return orjson.loads(session.info["vault"].open(row.sealed))["phone"] if row is not None and row.contactable else ""
