"""The experts of a special topic (R08): the operators who serve its calls, and the number that leads to them. The queue itself is the telephone's."""

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db
from app.errors import NotFound
from tickets.specials import Special, plain_number


class Expert(db.Model):
    """This operator serves this topic."""

    __tablename__ = "special_experts"

    special_id: Mapped[int] = mapped_column(sa.ForeignKey("special_topics.id"), primary_key=True, autoincrement=False)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), primary_key=True, autoincrement=False, index=True)


def running(day: date):
    """The SQL test for topics that are open on a day."""
    return sa.and_(Special.opened_on <= day, sa.or_(Special.closed_on.is_(None), Special.closed_on >= day))


def open_on(session: Session, day: date) -> list[Special]:
    """The topics that are open on a day, the oldest first."""
    return list(session.scalars(sa.select(Special).where(running(day)).order_by(Special.id)))


def called(session: Session, number: str, day: date) -> Special | None:
    """The open topic this number leads to."""
    dialled = plain_number(number)
    return session.scalar(sa.select(Special).where(Special.dialled == dialled, running(day))) if dialled else None


def open_topic(session: Session, code: str, day: date) -> Special:
    """An open topic by its code. Raises NotFound."""
    row = session.scalar(sa.select(Special).where(Special.code == code, running(day)))
    if row is None:
        raise NotFound("没有这个专题，或者已经结束")
    return row


def serving(day: date) -> sa.Select:
    """(special_id, account_id) of everybody who serves a topic that is open on a day."""
    return sa.select(Expert.special_id, Expert.account_id).join(Special, Special.id == Expert.special_id).where(running(day))


def accounts_of(session: Session, row: Special) -> list[int]:
    """The account ids of a topic's experts."""
    return list(session.scalars(sa.select(Expert.account_id).where(Expert.special_id == row.id).order_by(Expert.account_id)))


def by_topic(session: Session) -> dict[int, list[int]]:
    """Topic id → the account ids of its experts."""
    found: dict[int, list[int]] = {}
    for special_id, account_id in session.execute(sa.select(Expert.special_id, Expert.account_id).order_by(Expert.account_id)):
        found.setdefault(special_id, []).append(account_id)
    return found


def appoint(session: Session, row: Special, accounts: Iterable[int]) -> None:
    """These operators and nobody else serve the topic."""
    wanted, held = set(accounts), set(accounts_of(session, row))
    session.execute(sa.delete(Expert).where(Expert.special_id == row.id, Expert.account_id.in_(held - wanted)))
    session.add_all(Expert(special_id=row.id, account_id=one) for one in sorted(wanted - held))
    session.flush()
