"""Units, categories and regions by id, in memory: names for lists without a query. Rules that must be exact ask the database instead.

A process holds them for at most FRESH seconds, per database; whoever changes them calls `forget`.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app import clock
from tickets.models import Category
from tickets.organisations import Region, Unit

FRESH = 10.0


@dataclass(frozen=True)
class UnitName:
    id: int
    code: str
    name: str
    name_en: str
    short_name: str
    kind: str
    parent_id: int | None
    path: str
    region_code: str | None
    phone: str
    live: bool
    superior_id: int | None
    peers: str


@dataclass(frozen=True)
class CategoryName:
    id: int
    code: str
    name: str
    name_en: str
    level: int
    parent_id: int | None
    path_name: str
    active: bool
    keywords: tuple[str, ...]
    standard: dict | None = None


@dataclass(frozen=True)
class RegionName:
    code: str
    name: str
    name_en: str
    parent_code: str | None


@dataclass(frozen=True)
class Reference:
    """All three tables of names, by id (units, categories) or code (regions), and by code."""

    units: dict[int, UnitName]
    categories: dict[int, CategoryName]
    regions: dict[str, RegionName]
    unit_codes: dict[str, UnitName]
    category_codes: dict[str, CategoryName]

    def below(self, unit_id: int) -> frozenset[int]:
        """The unit and everything under it."""
        path = self.units[unit_id].path
        return frozenset(unit.id for unit in self.units.values() if unit.path == path or unit.path.startswith(path + "."))

    def unit_name(self, unit_id: int | None) -> str:
        return self.units[unit_id].name if unit_id in self.units else ""


_held: WeakKeyDictionary = WeakKeyDictionary()


def reference(session: Session) -> Reference:
    """The names, at most FRESH seconds old; loading takes three statements."""
    engine = session.get_bind().engine
    held = _held.get(engine)
    if held is None or clock.ticks() - held[0] > FRESH:
        held = _held[engine] = (clock.ticks(), _load(session))
    return held[1]


def forget(session: Session) -> None:
    """Names changed: the next reader in this process loads them anew."""
    _held.pop(session.get_bind().engine, None)


def _load(session: Session) -> Reference:
    units = {row.id: UnitName(*row) for row in session.execute(sa.select(*(getattr(Unit, name) for name in UnitName.__dataclass_fields__)))}
    rows = session.execute(
        sa.select(*(getattr(Category, name) for name in CategoryName.__dataclass_fields__)).order_by(Category.code)
    ).mappings()
    categories = {row["id"]: CategoryName(**(dict(row) | {"keywords": tuple(row["keywords"])})) for row in rows}
    regions = {
        row.code: RegionName(*row)
        for row in session.execute(sa.select(*(getattr(Region, name) for name in RegionName.__dataclass_fields__)).order_by(Region.code))
    }
    return Reference(units, categories, regions, {unit.code: unit for unit in units.values()}, {c.code: c for c in categories.values()})
