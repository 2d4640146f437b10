"""One person of WeChat: found or made by openid, a telephone number proven, and where they can be told of a ticket. Openids are sealed."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.wechat.models import WechatMatter, WechatPerson
from notifiers import preferences
from notifiers.message import WECHAT, Way
from notifiers.recipients import sms_number
from tickets.models import Identity, Ticket

WINDOW = timedelta(hours=48)  # the platform lets us write freely so long after their last word


def trace_of(session: Session, openid: str) -> str:
    """The keyed hash an openid is found by."""
    return session.info["vault"].trace(f"wechat:{openid}")


def person_id_of(session: Session, openid: str, now: datetime) -> int:
    """The id of whoever this is, made when new. Takes no lock that a running turn holds."""
    trace = trace_of(session, openid)
    found = session.scalar(sa.select(WechatPerson.id).where(WechatPerson.trace == trace))
    if found is None:
        values = {"trace": trace, "openid": session.info["vault"].seal(openid), "made_at": now}
        session.execute(insert(WechatPerson).values(**values).on_conflict_do_nothing(index_elements=["trace"]))
        found = session.scalar(sa.select(WechatPerson.id).where(WechatPerson.trace == trace))
    return found


def locked(session: Session, person_id: int) -> WechatPerson:
    """That person, theirs alone for this transaction; messages may still arrive meanwhile (their foreign key asks for no more)."""
    return session.get_one(WechatPerson, person_id, with_for_update={"key_share": True}, populate_existing=True)


def openid_of(session: Session, person: WechatPerson) -> str:
    """In clear."""
    return session.info["vault"].open(person.openid)


def phone_of(session: Session, person: WechatPerson) -> str:
    """The proven number in clear, "" when none is."""
    return session.info["vault"].open(person.phone) if person.phone is not None else ""


def shown(person_id: int) -> str:
    """What may be read of somebody in lists: no name, no openid."""
    return f"微信 #{person_id}"


def way_of(session: Session, person: WechatPerson) -> Way:
    """How this person is told."""
    return Way(WECHAT, openid_of(session, person), shown(person.id))


def may_write_freely(session: Session, openid: str, at: datetime) -> bool:
    """Whether this openid wrote within the platform's 48 hours before `at`."""
    wrote_at = session.scalar(sa.select(WechatPerson.wrote_at).where(WechatPerson.trace == trace_of(session, openid), WechatPerson.follows))
    return wrote_at is not None and at < wrote_at + WINDOW


def bind(session: Session, person: WechatPerson, phone: str, now: datetime) -> None:
    """This number is theirs, as a code sent to it has proven: its matters are shown here, and it is told by WeChat first."""
    vault = session.info["vault"]
    if person.phone is not None:
        preferences.drop_way(session, WECHAT, phone=phone_of(session, person))
    person.phone, person.phone_trace, person.bound_at = vault.seal(phone), vault.trace(phone), now
    preferences.set_way(session, way_of(session, person), now, phone=phone)


def unbind(session: Session, person: WechatPerson) -> None:
    """The number is theirs no more, as far as WeChat knows."""
    if person.phone is not None:
        preferences.drop_way(session, WECHAT, phone=phone_of(session, person))
    person.phone = person.phone_trace = person.bound_at = None


def matters_of(person: WechatPerson) -> sa.Select:
    """The tickets that are this person's: told here, or told with the number they have proven; newest first."""
    own: sa.ColumnElement[bool] = Ticket.id.in_(sa.select(WechatMatter.ticket_id).where(WechatMatter.person_id == person.id))
    if person.phone_trace is not None:
        own = sa.or_(own, Ticket.id.in_(sa.select(Identity.ticket_id).where(Identity.phone_trace == person.phone_trace)))
    return sa.select(Ticket).where(own).order_by(Ticket.id.desc())


def can_text(phone: str) -> bool:
    """Whether a code can be sent to this number."""
    return bool(sms_number(phone))
