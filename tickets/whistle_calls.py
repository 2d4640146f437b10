"""What a street says when it blows, and whether it may be said: the words, the place, its own matters, each department once with one lead.

Nothing is written here; the whistle that comes of it is whistles.py's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets import areas
from tickets import whistle_codes as codes
from tickets.dispatch import live_unit
from tickets.models import Ticket
from tickets.organisations import Unit

MOST_UNITS = 40
FARTHEST = timedelta(days=60)  # ahead a meeting may be called: nobody is absent before it
WANTED = {
    "problem": "请写明出了什么事",
    "own_measures": "请写明街道自己先做了什么",
    "place": "请写明集合点",
    "reason": "请写明理由",
    "ask": "请写明要它做什么",
}


@dataclass(frozen=True)
class Asked:
    """One department and what is asked of it."""

    unit: str
    ask: str
    lead: bool = False


@dataclass(frozen=True)
class Call:
    """What a street says when it blows. `tickets`: numbers; `meet_at`: when they shall be there, none = at once or within the limit."""

    kind: str
    problem: str
    own_measures: str
    summons: tuple[Asked, ...]
    tickets: tuple[str, ...] = ()
    address: str = ""
    lng: float | None = None
    lat: float | None = None
    meet_at: datetime | None = None
    source: str = ""
    remote_allowed: bool = False


def check(session: Session, street: Unit, call: Call, now: datetime) -> None:
    """Whether this street may call so. Raises Invalid naming the field."""
    if call.kind not in codes.KINDS:
        raise Invalid(kind="请选一种哨")
    said(problem=call.problem, own_measures=call.own_measures, place=call.address)
    if call.source and call.source not in codes.SOURCES:
        raise Invalid(source="来源不认识")
    if (call.lng is None) != (call.lat is None):
        raise Invalid(place="经度和纬度要一起给")
    if call.kind == codes.EMERGENCY and call.remote_allowed:
        raise Invalid(remote_allowed="应急哨必须到场")
    if call.kind == codes.EMERGENCY and call.meet_at is not None:
        raise Invalid(meet_at="应急哨就是现在，不用约时间")
    if call.meet_at is not None and call.meet_at <= now:
        raise Invalid(meet_at="约定的时间要在以后")
    if call.meet_at is not None and call.meet_at > now + FARTHEST:
        raise Invalid(meet_at="约定的时间要在 60 天以内")
    if call.lng is not None and not areas.holds(session, street.region_code, call.lng, call.lat):
        raise Invalid(place="这个点不在本街道，请在地图上重新点")


def said(**fields: str) -> None:
    """Nothing of this may be blank. Raises Invalid naming every field that is."""
    blank = {name: WANTED[name] for name, value in fields.items() if not value.strip()}
    if blank:
        raise Invalid(**blank)


def own_tickets(session: Session, street: Unit, numbers: Iterable[str]) -> list[Ticket]:
    """The linked matters, all of the street's own area (R60 辖区). A sealed report cannot be called about openly."""
    wanted = list(dict.fromkeys(numbers))
    found = {row.number: row for row in session.scalars(sa.select(Ticket).where(Ticket.number.in_(wanted)))} if wanted else {}
    for number in wanted:
        row = found.get(number)
        here = (
            row is not None
            and not row.sealed
            and (row.lead_unit_id == street.id or (row.region_code or "").startswith(street.region_code or "-"))
        )
        if not here:
            raise Invalid(tickets="没有这件工单，或者它不在本街道")
    return [found[number] for number in wanted]


def departments_of(session: Session, street: Unit, summons: Sequence[Asked]) -> list[tuple[Unit, Asked]]:
    """Each department once, each with its task, exactly one of them the lead: the one named, else the first (R40)."""
    if not summons:
        raise Invalid(summons="请至少叫一个单位")
    if len(summons) > MOST_UNITS:
        raise Invalid(summons="一哨最多叫 40 家")
    if len({asked.unit for asked in summons}) < len(summons):
        raise Invalid(summons="同一个单位只叫一次")
    if sum(asked.lead for asked in summons) > 1:
        raise Invalid(summons="牵头单位只能有一个")
    if any(not asked.ask.strip() for asked in summons):
        raise Invalid(summons="请写明每个单位要做什么")
    lead = next((asked for asked in summons if asked.lead), summons[0])
    units = [(live_unit(session, asked.unit, "summons"), Asked(asked.unit, asked.ask.strip(), asked is lead)) for asked in summons]
    if any(unit.id == street.id for unit, _ in units):
        raise Invalid(summons="街道不用叫自己")
    return units
