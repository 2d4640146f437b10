"""What citizens texted: kept once, taken one at a time for each number in the order it came, forgotten after a while. No answer is thought of here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from app.errors import Forbidden, Invalid, Refused
from app.texting.models import ASKED, GIVEN_UP, TextMessage, TextPicture
from tickets.identity import clean_phone

SID, SENDER, COUNT = re.compile(r"[SM]M[0-9a-f]{32}"), re.compile(r"\+[1-9]\d{6,14}"), re.compile(r"\d{1,2}")
LONGEST = 1600  # letters: the most one message carries
MOST_PICTURES = 10
PATIENCE = timedelta(minutes=1)  # after it a claimed message is free again: whoever had it is gone
MOST_TRIES = 3
ASKED_FOR = timedelta(hours=24)  # how long a question of ours stands
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Texted:
    """One message as the provider brought it, checked. `pictures`: addresses at the provider's, in order."""

    sid: str
    sender: str
    body: str
    pictures: tuple[str, ...] = ()


def checked(form: Mapping[str, str], account_sid: str, media_host: str) -> Texted:
    """What came, if it can be what Twilio sends. Raises Forbidden for another account's, Refused naming what is wrong."""
    if form.get("AccountSid", "") != account_sid:
        raise Forbidden("短信不是发给这个账户的")
    sid, sender, body, count = form.get("MessageSid", ""), form.get("From", ""), form.get("Body", ""), form.get("NumMedia", "0")
    if not SID.fullmatch(sid):
        raise Refused("短信缺编号 MessageSid")
    if not SENDER.fullmatch(sender) or not _is_a_number(sender):
        raise Refused("短信的来号 From 不对")
    if len(body) > LONGEST:
        raise Refused("短信太长，最多 1600 字")
    if not COUNT.fullmatch(count) or int(count) > MOST_PICTURES:
        raise Refused("短信的附件数 NumMedia 不对")
    return Texted(sid, sender, body.replace("\x00", ""), tuple(_picture(form, place, media_host) for place in range(int(count))))


def keep(session: Session, texted: Texted, now: datetime) -> int | None:
    """Store it; the id of its row, or None when it is here already."""
    vault = session.info["vault"]
    values = {
        "sid": texted.sid,
        "trace": vault.trace(clean_phone(texted.sender)),
        "number": vault.seal(texted.sender),
        "body": vault.seal(texted.body),
        "arrived_at": now,
    }
    made = session.scalar(insert(TextMessage).values(**values).on_conflict_do_nothing(index_elements=["sid"]).returning(TextMessage.id))
    if made is not None:
        session.add_all(
            TextPicture(message_id=made, place=place, address=vault.seal(address), next_try_at=now)
            for place, address in enumerate(texted.pictures)
        )
    return made


def claim(session: Session, now: datetime) -> int | None:
    """The oldest message whose turn it is, marked as being worked on; None when there is none. One number's messages keep their order."""
    earlier = aliased(TextMessage)
    free = sa.or_(TextMessage.claimed_at.is_(None), TextMessage.claimed_at < now - PATIENCE)
    first = sa.not_(sa.exists().where(earlier.trace == TextMessage.trace, earlier.id < TextMessage.id, earlier.done_at.is_(None)))
    message = session.scalar(
        sa.select(TextMessage)
        .where(TextMessage.done_at.is_(None), free, first)
        .order_by(TextMessage.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if message is None:
        return None
    message.claimed_at, message.tries = now, message.tries + 1
    if message.tries > MOST_TRIES:
        finish(message, "", GIVEN_UP, now)
    return message.id


def finish(message: TextMessage, meaning: str, outcome: str, now: datetime, ticket_id: int | None = None) -> None:
    """Its turn is over; its words stay only while a question of ours stands, or while somebody should look why it broke us."""
    message.meaning, message.outcome, message.done_at, message.ticket_id = meaning, outcome, now, ticket_id
    if outcome not in (ASKED, GIVEN_UP):
        message.body = None


def question(session: Session, message: TextMessage, now: datetime) -> TextMessage | None:
    """The earlier message of this number that waits for them to say which matter they meant."""
    return session.scalar(
        sa.select(TextMessage)
        .where(
            TextMessage.trace == message.trace,
            TextMessage.outcome == ASKED,
            TextMessage.id < message.id,
            TextMessage.done_at > now - ASKED_FOR,
        )
        .order_by(TextMessage.id.desc())
        .limit(1)
        .with_for_update()
    )


def written(session: Session, message: TextMessage, since: datetime) -> int:
    """How many this number wrote since then, this one included."""
    return (
        session.scalar(
            sa.select(sa.func.count()).where(
                TextMessage.trace == message.trace, TextMessage.arrived_at > since, TextMessage.id <= message.id
            )
        )
        or 0
    )


def pictures_of(session: Session, message_ids: Sequence[int]) -> list[TextPicture]:
    """The pictures that came with these messages."""
    return list(
        session.scalars(
            sa.select(TextPicture).where(TextPicture.message_id.in_(message_ids)).order_by(TextPicture.message_id, TextPicture.place)
        )
    )


def words_of(session: Session, message: TextMessage) -> str:
    """What it says, in clear."""
    return session.info["vault"].open(message.body) if message.body is not None else ""


def is_waiting(session: Session, now: datetime) -> bool:
    """Whether a message or a picture waits for a worker; reads two partial indexes."""
    message = sa.exists().where(
        TextMessage.done_at.is_(None), sa.or_(TextMessage.claimed_at.is_(None), TextMessage.claimed_at < now - PATIENCE)
    )
    picture = sa.exists().where(TextPicture.state == "wanted", TextPicture.ticket_id.is_not(None), TextPicture.next_try_at <= now)
    return bool(session.scalar(sa.select(sa.or_(message, picture))))


def forget(session: Session, now: datetime) -> int:
    """Questions nobody answered lose their words; rows older than KEPT go. Returns how many went."""
    session.execute(
        sa.update(TextMessage)
        .where(TextMessage.outcome == ASKED, TextMessage.body.is_not(None), TextMessage.done_at < now - ASKED_FOR)
        .values(body=None)
    )
    return len(session.scalars(sa.delete(TextMessage).where(TextMessage.done_at < now - KEPT).returning(TextMessage.id)).all())


def _is_a_number(sender: str) -> bool:
    """Whether a matter may carry it as its number."""
    try:
        return bool(clean_phone(sender))
    except Invalid:
        return False


def _picture(form: Mapping[str, str], place: int, media_host: str) -> str:
    """An address at the provider's; anything else is not fetched by us."""
    address = form.get(f"MediaUrl{place}", "")
    if len(address) > 500 or urlsplit(address).hostname not in (urlsplit(media_host).hostname, "api.twilio.com"):
        raise Refused("附件的地址不是服务商的")
    return address
