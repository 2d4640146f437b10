"""值班表: who answers for a unit at night and on holidays. Nobody on it and nobody at the posts is the unit's fault, never a pause (domain §9.7)."""

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE
from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets.actors import ADMIN, HEAD, LIAISON, Actor
from tickets.organisations import DutyShift
from tickets.posts import ACCOUNTS

SHIFTS = {"night": (time(18), time(8, 30)), "day": (time(8, 30), time(18)), "whole": (time(8, 30), time(8, 30))}
MOST_DAYS, AHEAD = 31, timedelta(days=92)


def put_on(
    session: Session, unit_id: int, account_id: int, first: date, days: int, shift: str, actor: Actor, now: datetime
) -> list[DutyShift]:
    """Put a person of the unit on duty for `days` shifts running, the first on the city day `first`; `shift` is a key of SHIFTS.

    The unit's head and liaison keep its roster, and an administrator any. Raises Forbidden, Invalid naming the field.
    """
    _may(unit_id, actor)
    bad = {}
    if session.scalar(sa.select(ACCOUNTS.unit_id).where(ACCOUNTS.id == account_id, ACCOUNTS.active)) != unit_id:
        bad["person"] = "只能排本单位在用的账号"
    if shift not in SHIFTS:
        bad["shift"] = "请选夜班、白班或全天"
    if not 1 <= days <= MOST_DAYS:
        bad["days"] = "一次排 1 到 31 天"
    if not now.astimezone(CITY_ZONE).date() <= first <= (now + AHEAD).astimezone(CITY_ZONE).date():
        bad["first"] = "从今天起，三个月以内"
    if bad:
        raise Invalid(**bad)
    made = [
        DutyShift(unit_id=unit_id, account_id=account_id, set_by_id=actor.account_id, starts_at=starts, ends_at=ends)
        for starts, ends in (_span(first + timedelta(days=turn), shift) for turn in range(days))
    ]
    taken = sa.select(DutyShift.starts_at).where(
        DutyShift.account_id == account_id, DutyShift.starts_at < made[-1].ends_at, DutyShift.ends_at > made[0].starts_at
    )
    if session.scalar(taken.limit(1)):
        raise Invalid(first="这个人这几天已经排了班，先撤下再排")
    session.add_all(made)
    return made


def take_off(session: Session, shift_id: int, actor: Actor, now: datetime) -> DutyShift:
    """Take one shift off the roster; one that has begun ends now and stays on record. Raises NotFound, Forbidden, WrongState."""
    row = session.get(DutyShift, shift_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这一班")
    _may(row.unit_id, actor)
    if row.ends_at <= now:
        raise WrongState("这一班已经值完")
    if row.starts_at < now:
        row.ends_at = now
    else:
        session.delete(row)
    return row


def shifts_of(session: Session, unit_ids: list[int], now: datetime, most: int = 200) -> list[DutyShift]:
    """Shifts of these units that are not over, soonest first. One statement."""
    return list(
        session.scalars(
            sa.select(DutyShift)
            .where(DutyShift.unit_id.in_(unit_ids), DutyShift.ends_at > now)
            .order_by(DutyShift.starts_at, DutyShift.id)
            .limit(most)
        )
    )


def _may(unit_id: int, actor: Actor) -> None:
    if not actor.has(ADMIN) and not (actor.unit_id == unit_id and actor.has(HEAD, LIAISON)):
        raise Forbidden("值班表由本单位的负责人或联络员排")


def _span(day: date, shift: str) -> tuple[datetime, datetime]:
    opens, closes = SHIFTS[shift]
    ends = day if closes > opens else day + timedelta(days=1)
    return datetime.combine(day, opens, CITY_ZONE), datetime.combine(ends, closes, CITY_ZONE)
