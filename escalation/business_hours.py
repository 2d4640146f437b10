"""Business hours an administrator keeps: sets of spans, and units that count a limit of theirs in them. Clocks that run keep what they began with."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from escalation.hours import Hours, read_spans
from escalation.hours_models import BusinessHours, UnitHours
from escalation.limits import RULE, Limit
from escalation.models import LimitRow
from escalation.rules import limits_of
from tickets.actors import Actor
from tickets.organisations import Unit

# Seconds count here at night as well: who is on duty answers (domain §4 "CONTINUOUS", §5 "never for 30-minute clocks").
ROUND_THE_CLOCK = frozenset(
    {
        "phone-answer",
        "dispatch-urgent",
        "sign",
        "task-sign",
        "urgent-response",
        "urgent-reply",
        "critical-reply",
        "urgent-return-window",
        "whistle-emergency-sign",
        "whistle-emergency-check-in",
        "whistle-enforcement-check-in",
        "ledger-promise",
    }
)
UNIT_OWNED = ("unit", "task")


def takes_hours(limit: Limit) -> bool:
    """May this limit run in business hours at all?"""
    return limit.code not in ROUND_THE_CLOCK and limit.unit != "calendar-days"


def make_hours(session: Session, name: str, name_en: str, spans: str, every_day: bool, actor: Actor, now: datetime) -> BusinessHours:
    """A new set of hours, `spans` as "08:30-12:00 13:30-17:30". Raises Invalid."""
    name = name.strip()
    if not 1 <= len(name) <= 40:
        raise Invalid(name="起个名字，40 字以内")
    if session.scalar(sa.select(BusinessHours.id).where(BusinessHours.name == name)):
        raise Invalid(name="已经有这个名字了，换一个")
    row = BusinessHours(
        name=name, name_en=name_en.strip()[:80], hours=Hours(read_spans(spans), every_day).stored, made_at=now, by_id=actor.account_id
    )
    session.add(row)
    session.flush()
    return row


def retire_hours(session: Session, hours_id: int, now: datetime) -> BusinessHours:
    """Offered no more. Raises NotFound, WrongState while a limit in force or a unit uses it."""
    row = session.get(BusinessHours, hours_id, with_for_update=True)
    if row is None or row.retired_at is not None:
        raise NotFound("没有这套工作时间")
    used = sa.or_(
        sa.exists().where(LimitRow.hours_id == hours_id, LimitRow.effective_to.is_(None)),
        sa.exists().where(UnitHours.hours_id == hours_id, UnitHours.effective_to.is_(None)),
    )
    if session.scalar(sa.select(used)):
        raise WrongState("还有期限或单位在用这套工作时间，先改掉它们")
    row.retired_at = now
    return row


def offered(session: Session) -> list[BusinessHours]:
    """The sets that may be chosen, oldest first."""
    return list(session.scalars(sa.select(BusinessHours).where(BusinessHours.retired_at.is_(None)).order_by(BusinessHours.id)))


def unit_hours_in_force(session: Session) -> list[UnitHours]:
    return list(session.scalars(sa.select(UnitHours).where(UnitHours.effective_to.is_(None)).order_by(UnitHours.unit_id, UnitHours.code)))


def set_unit_hours(
    session: Session, unit_id: int | None, code: str, hours_id: int | None, basis: str, actor: Actor, now: datetime
) -> UnitHours:
    """From `now` on this unit's clocks of this limit begin in these hours; an earlier choice ends. Raises Invalid naming the field."""
    bad = {}
    limit = limits_of(session, now).get(code)
    if unit_id is None or session.get(Unit, unit_id) is None:
        bad["unit"] = "请选单位"
    if limit is None or limit.owner not in UNIT_OWNED or limit.kind == RULE or not takes_hours(limit):
        bad["code"] = "这一项不能按单位的工作时间算：要全天候，或不归单位"
    hours = session.get(BusinessHours, hours_id or 0, with_for_update={"read": True})
    if hours is None or hours.retired_at is not None:
        bad["hours"] = "请选一套工作时间"
    if not 1 <= len(basis.strip()) <= 300:
        bad["basis"] = "请写明依据：哪份文件、哪一条，300 字以内"
    if bad:
        raise Invalid(**bad)
    session.execute(
        sa.update(UnitHours)
        .where(UnitHours.unit_id == unit_id, UnitHours.code == code, UnitHours.effective_to.is_(None))
        .values(effective_to=now)
    )
    row = UnitHours(unit_id=unit_id, code=code, hours_id=hours_id, basis=basis.strip(), effective_from=now, by_id=actor.account_id)
    session.add(row)
    session.flush()
    return row


def end_unit_hours(session: Session, row_id: int, now: datetime) -> UnitHours:
    """From `now` on the unit counts as everybody does. Raises NotFound."""
    row = session.get(UnitHours, row_id, with_for_update=True)
    if row is None or row.effective_to is not None:
        raise NotFound("没有这一条，或已经停用")
    row.effective_to = max(now, row.effective_from)
    return row
