"""Where people want to be told, and where not: the ways each person has, the preferred one first, and the channels an address has refused.

Addresses are found again by a keyed hash and read again by unsealing; who they belong to is the caller's business.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db, one_of
from app.errors import Invalid
from notifiers.message import TO_PEOPLE, Way
from notifiers.recipients import sms_number
from notifiers.wording.answers import ANSWERS
from notifiers.wording.citizens import TALK

# what the law wants told whatever channel somebody turned off: that it was taken (with the code to follow it), the answer, a later day and why
# (a right to be told, domain §6 and §7); they go another way if there is one, else this one all the same
OWED = frozenset({"accepted", "answered", "moved"}) | frozenset(ANSWERS) | frozenset(TALK)  # and whoever writes to us is answered
OPTED_OUT = "opted-out"


class ChannelRefusal(db.Model):
    """An address that wants nothing by this channel; with `back_at` it does again."""

    __tablename__ = "channel_refusals"
    __table_args__ = (sa.CheckConstraint(one_of("channel", TO_PEOPLE), name="channel"),)

    channel: Mapped[str] = mapped_column(primary_key=True)
    trace: Mapped[str] = mapped_column(primary_key=True)
    out_at: Mapped[datetime]
    back_at: Mapped[datetime | None]


class PersonalWay(db.Model):
    """One way to one person: an account of the house, or a citizen, known by the hash of their telephone number."""

    __tablename__ = "ways"
    __table_args__ = (
        sa.CheckConstraint(one_of("channel", TO_PEOPLE), name="channel"),
        sa.CheckConstraint("(account_id IS NULL) <> (trace IS NULL)", name="of_one_person"),
        sa.UniqueConstraint("account_id", "channel"),
        sa.UniqueConstraint("trace", "channel"),
    )

    id: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    trace: Mapped[str | None]
    channel: Mapped[str]
    address: Mapped[bytes]
    shown_to: Mapped[str]
    preferred: Mapped[bool]
    made_at: Mapped[datetime]


def opt_out(session: Session, channel: str, address: str, now: datetime) -> bool:
    """This address (in clear, as messages carry it: +86…, an openid, an e-mail) wants nothing more by this channel but what is OWED. False: it said so before."""
    row = ChannelRefusal(channel=channel, trace=_trace(session, channel, address), out_at=now)
    there = session.get(ChannelRefusal, (row.channel, row.trace), with_for_update=True)
    if there is None:
        session.add(row)
        session.flush()
        return True
    if there.back_at is None:
        return False
    there.out_at, there.back_at = now, None
    return True


def opt_in(session: Session, channel: str, address: str, now: datetime) -> bool:
    """This address is told by this channel again. False when it never refused."""
    there = session.get(ChannelRefusal, (channel, _trace(session, channel, address)), with_for_update=True)
    if there is None or there.back_at is not None:
        return False
    there.back_at = now
    return True


def refused(session: Session, channel: str, addresses: Collection[str]) -> set[str]:
    """Which of these addresses want nothing by this channel; one statement."""
    traces = {_trace(session, channel, address): address for address in addresses}
    found = session.scalars(
        sa.select(ChannelRefusal.trace).where(
            ChannelRefusal.channel == channel, ChannelRefusal.trace.in_(traces), ChannelRefusal.back_at.is_(None)
        )
    )
    return {traces[trace] for trace in found}


def set_way(
    session: Session,
    way: Way,
    now: datetime,
    account_id: int | None = None,
    phone: str = "",
    ticket_id: int | None = None,
    preferred: bool = True,
) -> None:
    """This person is reached this way too, `preferred`: before all others. The person is an account, the citizen with this `phone`, or, of whom we know
    no number, whoever raised this ticket. Raises Invalid."""
    if way.channel not in TO_PEOPLE or not way.address.strip():
        raise Invalid(channel="请选一个通道，写上号码或地址")
    whose = _whose(session, account_id, phone, ticket_id)
    if preferred:
        session.execute(sa.update(PersonalWay).filter_by(**whose).values(preferred=False))
    values = {
        "channel": way.channel,
        "address": session.info["vault"].seal(way.address),
        "shown_to": way.shown_to,
        "preferred": preferred,
        "made_at": now,
    }
    put = insert(PersonalWay).values(**whose, **values)
    session.execute(
        put.on_conflict_do_update(
            index_elements=[*whose, "channel"], set_={name: put.excluded[name] for name in values if name != "channel"}
        )
    )


def drop_way(session: Session, channel: str, account_id: int | None = None, phone: str = "", ticket_id: int | None = None) -> bool:
    """This person is not reached this way any more. False when they never were."""
    gone = sa.delete(PersonalWay).filter_by(**_whose(session, account_id, phone, ticket_id), channel=channel).returning(PersonalWay.id)
    return session.scalar(gone) is not None


def ways_of(session: Session, account_id: int | None = None, phone: str = "", ticket_id: int | None = None) -> list[Way]:
    """The ways to one person, the preferred one first, then the newest; one statement."""
    rows = session.scalars(sa.select(PersonalWay).filter_by(**_whose(session, account_id, phone, ticket_id)).order_by(*FIRST))
    return [_way(session, row) for row in rows]


def ways_to(session: Session, citizens: Sequence[tuple[str, int]]) -> list[list[Way]]:
    """The ways to each of some citizens, named by telephone number (or "") and ticket: what they said for this one first, then for all of
    theirs, the preferred one first; one statement for all."""
    keys = [[_matter(session, ticket_id)] + [_person(session, phone)] * bool(phone) for phone, ticket_id in citizens]
    found: dict[str | None, list[Way]] = {}
    for row in session.scalars(sa.select(PersonalWay).where(PersonalWay.trace.in_({key for own in keys for key in own})).order_by(*FIRST)):
        found.setdefault(row.trace, []).append(_way(session, row))
    return [list(dict.fromkeys(way for key in own for way in found.get(key, ()))) for own in keys]


FIRST = (PersonalWay.preferred.desc(), PersonalWay.id.desc())


def _way(session: Session, row: PersonalWay) -> Way:
    return Way(row.channel, session.info["vault"].open(row.address), row.shown_to)


def _whose(session: Session, account_id: int | None, phone: str, ticket_id: int | None) -> dict:
    if (account_id is not None) + bool(phone) + (ticket_id is not None) != 1:
        raise ValueError("a way is an account's, a telephone number's or a ticket's, exactly one")
    if account_id is not None:
        return {"account_id": account_id}
    return {"trace": _person(session, phone) if ticket_id is None else _matter(session, ticket_id)}


def _person(session: Session, phone: str) -> str:
    return _trace(session, "person", sms_number(phone) or phone)


def _matter(session: Session, ticket_id: int) -> str:
    return _trace(session, "ticket", str(ticket_id))


def _trace(session: Session, channel: str, address: str) -> str:
    return session.info["vault"].trace(f"{channel}:{address.strip().lower() if channel == 'email' else address.strip()}")
