"""Who is told what: a sweep's notices become messages in the outbox, inside the sweep's transaction. Words are notifiers/wording's."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from app.web import i18n
from escalation import words as time_words
from escalation.ladder import DAILY, HOURLY, QUICK
from escalation.telling import Item, Notice
from notifiers import outbox, staff
from notifiers.message import CAN_WAIT, INBOX, NOW, Message
from tickets.models import Ticket
from tickets.reference import reference
from tickets.whistle_models import Whistle

# which words a rung has, by its name; where ladders differ the 30-minute one's are meant
TEMPLATES = {rung.step: rung.notice for rung in (*DAILY, *HOURLY, *QUICK) if rung.notice}
GRAVITY = ("remind", "yellow-card", "red-card", "breach", "urge-notice", "bulletin", "supervision-order", "coordinate")
NEVER_WAITS = frozenset({"breach", "coordinate"})
SOON = timedelta(hours=12)  # what is due before a quiet night is over is said at once, whatever it is
LATE = "late"
CENTRE = {"zh": "热线中心", "en": "the hotline centre"}


def tell_staff(session: Session, notices: Sequence[Notice], now: datetime, channels: Collection[str] = ()) -> None:
    """The teller of the house: one message a notice, a few statements however many. A message that can wait leaves when it may disturb; what hurries
    leaves the house too, by `channels` it has, for who set a way or whose unit has a robot."""
    tails = _tails(session, {item.ticket_id for notice in notices for item in notice.items if item.ticket_id})
    tails |= _whistles(session, {item.whistle_id for notice in notices for item in notice.items if item.whistle_id})
    units = reference(session).units
    contents: dict[tuple, Content] = {}
    messages = []
    for notice in notices:
        same = tuple(map(id, notice.items))  # the people of one rung are told the very same items
        content = contents.get(same) or contents.setdefault(same, _content(notice, tails, units, now))
        messages.append(
            Message(
                notice.key,
                INBOX,
                content.template,
                content.values,
                content.urgency,
                account_id=notice.account_id,
                subjects=content.subjects,
            )
        )
    outbox.put_quietly(session, [*messages, *staff.outside(session, messages, channels, now)], now)
    session.info.setdefault("topics", set()).update(topic_of(message.account_id) for message in messages if message.urgency == NOW)


def changed_hands(data: dict) -> dict:
    """From whom to whom a handover went (R79c), as messages say it; "" for every other event. `data`: an event's."""
    nobody = {"zh": "（没有指定）", "en": "nobody"}
    return (
        {"former": data.get("former_name") or nobody, "person": data["in_charge_name"]}
        if "former" in data
        else {"former": "", "person": ""}
    )


def urgency_of(items: Iterable[Item], now: datetime) -> str:
    """Breaches, calls for coordination and what is due within SOON never wait; so a 30-minute clock never does."""
    hurry = any(template_of(item.step) in NEVER_WAITS or now <= item.due_at < now + SOON for item in items)
    return NOW if hurry else CAN_WAIT


def template_of(step: str) -> str:
    """The template of a rung; a sweep must not stop for one that has no words yet: it reminds."""
    return TEMPLATES.get(step, "remind")


def subject_of(ticket_id: int) -> str:
    """The name under which messages about a ticket are found again."""
    return f"ticket:{ticket_id}"


def topic_of(account_id: int) -> str:
    """The live topic of one person's bell."""
    return f"person:{account_id}"


class Content(NamedTuple):
    """What a notice says, whoever hears it."""

    template: str
    values: dict
    urgency: str
    subjects: tuple[str, ...]


def _content(notice: Notice, tails: dict[str, str], units: dict, now: datetime) -> Content:
    parts = [_part(item, tails, units, notice.late) for item in notice.items]
    gravest = max((part["template"] for part in parts), key=GRAVITY.index)
    if not notice.late:
        parts.sort(key=lambda part: part["template"] != gravest)
    subjects = tuple(dict.fromkeys(part["subject"] for part in parts))
    return Content(LATE if notice.late else gravest, {"items": parts}, urgency_of(notice.items, now), subjects)


def _part(item: Item, tails: dict[str, str], units: dict, late: bool) -> dict:
    unit, subject = units.get(item.unit_id), _subject(item)
    part = {
        "template": template_of(item.step),
        "subject": subject,
        "tail": tails.get(subject, ""),
        "unit": {"zh": unit.short_name, "en": unit.name_en or unit.short_name} if unit else CENTRE,
        "limit": _limit(item.code),
        "due": {"due": item.due_at},
    }
    return part | {"late": True, "planned": {"at": item.planned_at}} if late else part


def _subject(item: Item) -> str:
    return f"whistle:{item.whistle_id}" if item.whistle_id else subject_of(item.ticket_id or 0)


def _tails(session: Session, ticket_ids: set[int]) -> dict[str, str]:
    """The six digits people say, by subject."""
    wanted = sa.literal(sorted(ticket_ids), ARRAY(sa.BigInteger))
    found = session.execute(sa.select(Ticket.id, sa.func.right(Ticket.number, 6)).where(Ticket.id == sa.any_(wanted)))
    return {subject_of(ticket_id): tail for ticket_id, tail in found}


def _whistles(session: Session, whistle_ids: set[int]) -> dict[str, str]:
    """The numbers of whistles, by subject; no statement for none."""
    found = session.execute(sa.select(Whistle.id, Whistle.number).where(Whistle.id.in_(whistle_ids))) if whistle_ids else ()
    return {f"whistle:{whistle_id}": number for whistle_id, number in found}


@lru_cache(maxsize=256)
def _limit(code: str) -> dict[str, str]:
    """A limit's name in both languages."""
    name = time_words.LIMIT.get(code, code)
    return {"zh": name, "en": i18n.catalogue().get(name, (name,))[0]}
