"""What came from the platform and waits for its turn: kept once, taken in the order it was written, forgotten after a while. No answer is thought of here."""

from datetime import UTC, datetime, timedelta

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.errors import Refused
from app.wechat.models import WechatMessage, WechatPerson
from app.wechat.people import person_id_of

KINDS = ("text", "image", "voice", "video", "shortvideo", "location", "link", "file", "event")
SAID = (
    "Content",
    "PicUrl",
    "MediaId",
    "Format",
    "Recognition",
    "Location_X",
    "Location_Y",
    "Label",
    "Event",
    "EventKey",
    "Status",
    "MsgID",
    "MsgType",
)
LONGEST_ID = 100
MOST_TRIES = 3
KEPT = timedelta(days=3)
LARGEST_SERIAL = 2**63 - 1


def keep(session: Session, fields: dict[str, str], now: datetime) -> int | None:
    """Store one message; the id of its row, or None when it is here already or says nothing to us. Raises Refused when it is none."""
    openid, kind = fields.get("FromUserName", ""), fields.get("MsgType", "").lower()
    stamp, serial = fields.get("CreateTime", ""), fields.get("MsgId", "0")
    if (
        not (0 < len(openid) <= LONGEST_ID)
        or "\x00" in openid
        or not _whole(stamp, 10)
        or not _whole(serial, 19)
        or int(serial) > LARGEST_SERIAL
    ):
        raise Refused("消息缺发信人、时间或编号")
    if kind not in KINDS or (kind != "event" and not int(serial)):
        raise Refused("消息类型不认识")
    sent_at = datetime.fromtimestamp(int(stamp), UTC)
    said = {name: fields[name].replace("\x00", "") for name in SAID if fields.get(name)} | {"MsgType": kind}
    values = {
        "person_id": person_id_of(session, openid, now),
        "key": _key(session, openid, stamp, serial, said),
        "kind": kind,
        "sent_at": min(sent_at, now),
        "serial": int(serial),
        "arrived_at": now,
        "body": session.info["vault"].seal(orjson.dumps(said).decode()),
    }
    return session.scalar(insert(WechatMessage).values(**values).on_conflict_do_nothing(index_elements=["key"]).returning(WechatMessage.id))


def waiting(session: Session) -> int | None:
    """The person whose oldest message waits and whom nobody talks to just now; None when there is none."""
    first = sa.select(WechatMessage.person_id).where(_takeable()).order_by(WechatMessage.id).limit(200).subquery()
    free = (
        sa.select(WechatPerson.id)
        .where(WechatPerson.id.in_(sa.select(first.c.person_id)))
        .limit(1)
        .with_for_update(key_share=True, skip_locked=True)
    )
    return session.scalar(free)


def is_waiting(session: Session) -> bool:
    """Whether anybody waits for a turn; reads one partial index."""
    return bool(session.scalar(sa.select(sa.exists().where(_takeable()))))


def next_of(session: Session, person_id: int, begun: int = 0) -> WechatMessage | None:
    """This person's next message in the order they wrote; `begun`: one whose try is counted already. The caller holds the person."""
    fitting = sa.and_(WechatMessage.done_at.is_(None), sa.or_(WechatMessage.tries < MOST_TRIES, WechatMessage.id == begun))
    return session.scalar(
        sa.select(WechatMessage)
        .where(WechatMessage.person_id == person_id, fitting)
        .order_by(WechatMessage.sent_at, WechatMessage.serial, WechatMessage.id)
        .limit(1)
    )


def begin(session: Session, message_id: int) -> None:
    """Count a turn before it is tried, in a transaction of its own, so that a message that breaks us is left after MOST_TRIES."""
    session.execute(sa.update(WechatMessage).where(WechatMessage.id == message_id).values(tries=WechatMessage.tries + 1))


def said(session: Session, message: WechatMessage) -> dict[str, str]:
    """What it says, in clear."""
    return orjson.loads(session.info["vault"].open(message.body))


def done(message: WechatMessage, now: datetime) -> None:
    """Its turn is over: what it said lives on in the conversation or the ticket, not here."""
    message.done_at, message.body = now, None


def forget(session: Session, now: datetime) -> int:
    """Old rows were only kept to know repeats again; those that broke us go with them. Returns how many."""
    old = sa.or_(
        WechatMessage.done_at < now - KEPT,
        sa.and_(WechatMessage.done_at.is_(None), WechatMessage.tries >= MOST_TRIES, WechatMessage.arrived_at < now - KEPT),
    )
    return len(session.scalars(sa.delete(WechatMessage).where(old).returning(WechatMessage.id)).all())


def stuck(session: Session) -> int:
    """How many messages broke us and wait for somebody to look."""
    return (
        session.scalar(
            sa.select(sa.func.count()).select_from(WechatMessage).where(WechatMessage.done_at.is_(None), WechatMessage.tries >= MOST_TRIES)
        )
        or 0
    )


def _takeable() -> sa.ColumnElement[bool]:
    return sa.and_(WechatMessage.done_at.is_(None), WechatMessage.tries < MOST_TRIES)


def _key(session: Session, openid: str, stamp: str, serial: str, said: dict[str, str]) -> str:
    """Messages have a number; events are known by who and when (and which, as several may happen in one second)."""
    if int(serial):
        return f"m:{int(serial)}"
    what = "·".join((openid, stamp, said.get("Event", ""), said.get("EventKey", ""), said.get("MsgID", "")))
    return "e:" + session.info["vault"].trace(f"wechat-event:{what}")


def _whole(raw: str, digits: int) -> bool:
    return raw.isascii() and raw.isdecimal() and len(raw) <= digits
