"""Where a citizen is told of their matter: the part of its page where they choose SMS, WeChat or e-mail, and whether news shall come at all.

A mailbox counts once somebody opened the letter sent to it; nothing is stored before. Preferences themselves are notifiers/preferences.py's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from flask import current_app
from sqlalchemy.orm import Session

from app import telling, telling_citizens, wiring
from app.errors import Invalid, NotFound, TooMany
from app.web import messages
from app.web.account_ways import email_way
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from notifiers import outbox, preferences
from notifiers.message import EMAIL, SMS, WECHAT, Message, Way
from notifiers.models import OutboxMessage
from tickets.models import Ticket

LETTER, GOOD_FOR, MOST_LETTERS = "mail-way", timedelta(days=1), 3  # confirmation letters of one matter in a day


@dataclass(frozen=True)
class Face:
    """What the page shows: the ways there are (code, words), the one in use, whether a mailbox can be given, whether only what is owed comes."""

    options: list[tuple[str, str]]
    channel: str
    mail: bool
    less: bool


def face(session: Session, ticket: Ticket) -> Face | None:
    """The choices of this matter's citizen; None when there is no way at all."""
    ways, mail = _ways(session, ticket), EMAIL in wiring.channels()
    said = {way.channel: _(messages.CHANNEL[way.channel]) + (f" {way.shown_to}" if way.channel != WECHAT else "") for way in ways}
    if mail:
        said.setdefault(EMAIL, _(messages.CHANNEL[EMAIL]))
    return Face(list(said.items()), ways[0].channel if ways else "", mail, _is_less(session, ways)) if said else None


def choose(session: Session, ticket: Ticket, channel: str, address: str, less: bool, now: datetime) -> str:
    """Which way leads, and how much is told; what to say of it. Another mailbox gets a letter first. Raises Invalid, TooMany."""
    ways = {way.channel: way for way in _ways(session, ticket)}
    known, way = ways.get(channel), None
    if channel == EMAIL and (known is None or (address and known.address.lower() != address.lower())):
        way = _mailbox(address)
        _send_letter(session, ticket, way, now)
    elif channel and known is None:
        raise Invalid(channel="这个通道没有开")
    elif known is not None:
        preferences.set_way(session, known, now, ticket_id=ticket.id)
    for one in ways.values():
        (preferences.opt_out if less else preferences.opt_in)(session, one.channel, one.address, now)
    return _("确认信发到 %(address)s 了，点开里面的链接就改过来。", address=way.shown_to) if way else _("好，就这样告诉您。")


def promised(session: Session, code: str, token: str, now: datetime) -> Way:
    """The mailbox of a letter's link. Raises NotFound for a made-up, foreign or old one."""
    try:
        whose, address, until = orjson.loads(session.info["vault"].open(bytes.fromhex(token)))
    except (ValueError, InvalidTag) as bad:
        raise NotFound("这个确认链接不对，请从邮件里再点一次") from bad
    if whose != code or now > datetime.fromisoformat(until):
        raise NotFound("这个确认链接过期了，请在进度页上再要一封")
    return email_way(address)


def confirm(session: Session, ticket: Ticket, way: Way, now: datetime) -> None:
    """The mailbox is theirs: it leads from now on."""
    preferences.set_way(session, way, now, ticket_id=ticket.id)
    preferences.opt_in(session, EMAIL, way.address, now)


def _ways(session: Session, ticket: Ticket) -> list[Way]:
    return [way for way in telling_citizens.ways_of(session, ticket, wiring.channels()) if way.channel in (SMS, WECHAT, EMAIL)]


def _is_less(session: Session, ways: list[Way]) -> bool:
    return bool(ways) and all(preferences.refused(session, way.channel, {way.address}) for way in ways)


def _mailbox(address: str) -> Way:
    if EMAIL not in wiring.channels():
        raise Invalid(channel="这个通道没有开")
    try:
        return email_way(address)
    except Invalid as bad:
        raise Invalid(email=bad.fields["address"][0]) from bad


def _send_letter(session: Session, ticket: Ticket, way: Way, now: datetime) -> None:
    """A letter with a link that holds the address sealed. Raises TooMany."""
    subject, settings = telling.subject_of(ticket.id), current_app.config["SETTINGS"]
    count = sa.select(sa.func.count()).where(
        OutboxMessage.subjects.contains([subject]), OutboxMessage.template == LETTER, OutboxMessage.created_at > now - GOOD_FOR
    )
    if session.execute(count).scalar_one() >= MOST_LETTERS:
        raise TooMany("今天确认信发得太多了，请明天再来")
    token = session.info["vault"].seal(orjson.dumps([ticket.query_code, way.address, (now + GOOD_FOR).isoformat()]).decode()).hex()
    values = {
        "city": {"zh": settings.city_name, "en": settings.city_name_en},
        "tail": ticket.number[-6:],
        "link": f"{settings.public_url.rstrip('/')}/t/{ticket.query_code}/mail/{token}",
    }
    outbox.put(
        session,
        [
            Message(
                f"{LETTER}:{ticket.id}:{now.isoformat()}",
                EMAIL,
                LETTER,
                values,
                address=way.address,
                shown_to=way.shown_to,
                language=current_language(),
                subjects=(subject,),
            )
        ],
        now,
    )
