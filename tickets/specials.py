"""Special topics (专题专席, R08): for a time, matters of some categories have an expert unit and a line of their own, a queue and a report.

Which matters belong: those of the topic's categories and below, received while it is open. They are dispatched by the catalogue like any others.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.clock import CITY_ZONE, local
from app.db import db
from app.errors import Invalid, NotFound
from tickets.codes import OPEN
from tickets.models import Ticket
from tickets.organisations import DutyShift
from tickets.reference import Reference, reference

CODE = re.compile(r"[a-z][a-z0-9-]{1,30}")
NUMBER = re.compile(r"\+?[0-9]{3,15}")
FILLING = re.compile(r"[\s()-]")
SHORT = 8  # digits of a short number, an extension or a local number
MOST = 20
ENDED = ("closed", "archived", "direct-closed", "terminated")


class Special(db.Model):
    """`categories`: codes, each with all below it; `closed_on`: the last day, None while it is open; `phone`: the experts' line as people are told it;
    `dialled`: the number the telephone system names when somebody calls that line, as `plain_number` has it."""

    __tablename__ = "special_topics"
    __table_args__ = (
        sa.CheckConstraint("closed_on IS NULL OR opened_on <= closed_on", name="days"),
        sa.Index("ix_special_topics_dialled", "dialled", unique=True, postgresql_where=sa.text("closed_on IS NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    name_en: Mapped[str] = mapped_column(server_default="")
    categories: Mapped[list[str]] = mapped_column(ARRAY(sa.Text))
    unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    phone: Mapped[str] = mapped_column(server_default="")
    opened_on: Mapped[date] = mapped_column(sa.Date)
    closed_on: Mapped[date | None] = mapped_column(sa.Date)
    dialled: Mapped[str | None]


@dataclass(frozen=True)
class Wanted:
    """What an administrator wrote of a topic; `unit`: the expert unit's code; `dialled`: its own number, if it has one."""

    code: str
    name: str
    name_en: str
    categories: Sequence[str]
    unit: str
    phone: str
    opened_on: date | None
    closed_on: date | None
    dialled: str = ""


@dataclass(frozen=True)
class Standing:
    """A topic now: received since it opened, of those ended, still open, of those past their day, and received today."""

    special: Special
    received: int
    ended: int
    open: int
    late: int
    today: int


def plain_number(raw: str) -> str:
    """A called number in one way of writing, as people and telephone systems write it in several: +86…, or the digits of a short one; "" for none."""
    number = FILLING.sub("", raw)
    if not NUMBER.fullmatch(number):
        return ""
    if number.startswith("+") and not number.startswith("+86"):
        return number
    digits = number.removeprefix("+86").removeprefix("0")
    return digits if len(digits) <= SHORT else f"+86{digits}"


def every(session: Session) -> list[Special]:
    """All topics, open ones first, the newest first."""
    return list(session.scalars(sa.select(Special).order_by(Special.closed_on.is_not(None), Special.opened_on.desc(), Special.id)))


def by_code(session: Session, code: str, lock: bool = False) -> Special:
    """Raises NotFound."""
    wanted = sa.select(Special).where(Special.code == code)
    row = session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("没有这个专题")
    return row


def write(session: Session, row: Special | None, wanted: Wanted) -> tuple[Special, dict, dict]:
    """A new topic, or a locked one changed (its code stays); with what was and what is. Raises Invalid naming every bad field."""
    names, bad = reference(session), {}
    if row is None and not CODE.fullmatch(wanted.code):
        bad["code"] = "代码用小写字母开头，只用字母、数字、横线"
    elif row is None and session.scalar(sa.select(Special.id).where(Special.code == wanted.code)):
        bad["code"] = "已经有这个代码"
    if not 1 <= len(wanted.name.strip()) <= 30:
        bad["name"] = "名称 1 到 30 个字"
    if not wanted.categories or len(wanted.categories) > MOST or not set(wanted.categories) <= set(names.category_codes):
        bad["categories"] = "写 1 到 20 个分类代码，用空格隔开"
    if wanted.unit not in names.unit_codes:
        bad["unit"] = "请选专家席的单位"
    if wanted.opened_on is None or (wanted.closed_on is not None and wanted.closed_on < wanted.opened_on):
        bad["opened_on"] = "请填开始的日子，结束不能早于开始"
    if wanted.dialled and not plain_number(wanted.dialled):
        bad["dialled"] = "写 3 到 15 位数字，区号、+86 都可以带"
    elif wanted.dialled and "opened_on" not in bad and _is_taken(session, row, wanted):
        bad["dialled"] = "同一段日子里另一个专题在用这个号码"
    if bad:
        raise Invalid(**bad)
    before = shape(row) if row else {}
    if row is None:
        session.add(row := Special(code=wanted.code))
    row.name, row.name_en, row.phone = wanted.name.strip(), wanted.name_en.strip(), wanted.phone.strip()[:30]
    row.categories, row.unit_id = list(wanted.categories), names.unit_codes[wanted.unit].id
    row.opened_on, row.closed_on, row.dialled = wanted.opened_on, wanted.closed_on, plain_number(wanted.dialled) or None
    session.flush()
    return row, before, shape(row)


def _is_taken(session: Session, row: Special | None, wanted: Wanted) -> bool:
    """Whether another topic has this number on one of the same days."""
    others = sa.select(Special.id).where(
        Special.dialled == plain_number(wanted.dialled), sa.or_(Special.closed_on.is_(None), Special.closed_on >= wanted.opened_on)
    )
    if row is not None:
        others = others.where(Special.id != row.id)
    if wanted.closed_on is not None:
        others = others.where(Special.opened_on <= wanted.closed_on)
    return session.scalar(others.limit(1)) is not None


def shape(row: Special) -> dict:
    """What the audit row remembers of a topic."""
    return {
        name: value.isoformat() if isinstance(value := getattr(row, name), date) else value
        for name in ("code", "name", "name_en", "categories", "unit_id", "phone", "opened_on", "closed_on", "dialled")
    }


def belongs(names: Reference, row: Special):
    """The SQL test for a topic's tickets."""
    ids = [
        one.id for one in names.categories.values() if any(one.code == code or one.code.startswith(f"{code}.") for code in row.categories)
    ]
    within = [Ticket.category_id.in_(ids), Ticket.received_at >= datetime.combine(row.opened_on, time(), CITY_ZONE)]
    if row.closed_on:
        within.append(Ticket.received_at < datetime.combine(row.closed_on + timedelta(days=1), time(), CITY_ZONE))
    return sa.and_(*within)


def standing(session: Session, row: Special, now: datetime) -> Standing:
    """One statement."""
    today = datetime.combine(local(now).date(), time(), CITY_ZONE)
    still = Ticket.status.in_(sorted(OPEN))
    counts = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count().filter(Ticket.status.in_(ENDED)),
            sa.func.count().filter(still),
            sa.func.count().filter(still, Ticket.due_at < now),
            sa.func.count().filter(Ticket.received_at >= today),
        ).where(belongs(reference(session), row))
    ).one()
    return Standing(row, *counts)


def unmanned(shifts: Sequence[DutyShift], now: datetime, hours: int = 24) -> datetime | None:
    """The first instant of the next hours at which nobody is on the roster; None when the seat is held all through. `shifts`: soonest first."""
    held, end = now, now + timedelta(hours=hours)
    for shift in shifts:
        if shift.starts_at > held:
            break
        held = max(held, shift.ends_at)
    return held if held < end else None


def by_day(session: Session, row: Special, begin: datetime, end: datetime, now: datetime) -> list[tuple[date, str, int, int, int, int]]:
    """(day, channel, received, ended, of those answered at once, past their day or answered late) of what came in a span."""
    day = sa.cast(sa.func.timezone(str(CITY_ZONE), Ticket.received_at), sa.Date)
    late = sa.func.coalesce(Ticket.replied_at, Ticket.closed_at, now) > Ticket.due_at
    rows = session.execute(
        sa.select(
            day,
            Ticket.channel,
            sa.func.count(),
            sa.func.count().filter(Ticket.status.in_(ENDED)),
            sa.func.count().filter(Ticket.status == "direct-closed"),
            sa.func.count().filter(late),
        )
        .where(belongs(reference(session), row), Ticket.received_at >= begin, Ticket.received_at < end)
        .group_by(day, Ticket.channel)
        .order_by(day, Ticket.channel)
    )
    return [(at, channel, received, ended, direct, past) for at, channel, received, ended, direct, past in rows]
