"""Where a street begins and ends, and what lies around it on the map: laid from one GeoJSON file. A region without a polygon holds any pin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db
from app.errors import Invalid
from tickets import geojson
from tickets.geojson import LINE, SURFACE, Ring, Unreadable
from tickets.organisations import Region, Unit

BACKDROP = {"sea": SURFACE, "lake": SURFACE, "hill": SURFACE, "river": LINE, "road": LINE}  # kind → what it must be
MOST_POINTS = 200_000
WIDEST = 12  # pixels
MOST_SAID = 10  # sentences about bad features


class RegionArea(db.Model):
    """The polygons of a region as GeoJSON has them: each a list of rings of [lng, lat], the outer one first, then its holes.

    `name` and `at` (a point): what the map calls it and where, when the file says so.
    """

    __tablename__ = "region_areas"

    code: Mapped[str] = mapped_column(sa.ForeignKey("regions.code"), primary_key=True)
    polygons: Mapped[list] = mapped_column(JSONB)
    name: Mapped[str] = mapped_column(server_default="")
    at: Mapped[list | None] = mapped_column(JSONB(none_as_null=True))


class Backdrop(db.Model):
    """What the map shows besides areas, one row: GeoJSON features whose `kind` is one of BACKDROP. `version` counts the files laid."""

    __tablename__ = "backdrops"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(sa.SmallInteger, primary_key=True, autoincrement=False)
    version: Mapped[int]
    features: Mapped[list] = mapped_column(JSONB)


@dataclass
class Laid:
    """What a file brought: areas by region, features of the backdrop, what was used for neither (its name), how many points in all."""

    areas: dict[str, dict] = field(default_factory=dict)
    backdrop: list[dict] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    points: int = 0


def lay(session: Session, collection: Mapping) -> Laid:
    """The map from a GeoJSON FeatureCollection: areas are surfaces whose `code` is a region's or a street's own, the rest goes by `kind` (BACKDROP).

    An area replaces the one of its code, the backdrop is replaced whole; what the file has none of stays.
    Raises Invalid naming `file`: every feature that cannot be used, a file of nothing, or one of more than MOST_POINTS points. Then nothing is laid.
    """
    laid, bad = Laid(), []
    regions = _regions_by_code(session)
    for number, feature in enumerate(collection.get("features") or (), 1):
        try:
            _take(laid, feature, regions)
        except Unreadable as wrong:
            bad.append(f"第 {number} 个要素{_called(feature)}：{wrong}")
    if laid.points > MOST_POINTS:
        bad.insert(0, f"一共 {laid.points} 个点，最多 {MOST_POINTS} 个：先简化再导入，例如 mapshaper 的 -simplify 10%")
    if bad:
        raise Invalid(file=[*bad[:MOST_SAID], *([f"还有 {len(bad) - MOST_SAID} 处"] if len(bad) > MOST_SAID else [])])
    if not laid.areas and not laid.backdrop:
        raise Invalid(file="没有一块的 code 是已有的区划或街道，也没有 kind 是 sea、lake、hill、river、road 的")
    _keep(session, laid)
    return laid


def at(session: Session, lng: float, lat: float) -> str:
    """The code of the smallest region whose polygons hold this pin (a street before its district), "" where none does."""
    rows = session.scalars(sa.select(RegionArea).order_by(sa.func.length(RegionArea.code).desc(), RegionArea.code))
    return next((row.code for row in rows if _lies_in(row.polygons, lng, lat)), "")


def holds(session: Session, region_code: str | None, lng: float, lat: float) -> bool:
    """Does the pin lie in this region? True where nobody has said where the region ends."""
    polygons = session.scalar(sa.select(RegionArea.polygons).where(RegionArea.code == region_code)) if region_code else None
    return polygons is None or _lies_in(polygons, lng, lat)


def _lies_in(polygons: Sequence[Sequence[Ring]], lng: float, lat: float) -> bool:
    return any(_in(rings[0], lng, lat) and not any(_in(hole, lng, lat) for hole in rings[1:]) for rings in polygons)


def _in(ring: Ring, lng: float, lat: float) -> bool:
    """Even–odd: how often a ray to the east crosses the ring."""
    return sum(lng < x for x in geojson.crossings(ring, lat)) % 2 == 1


def _regions_by_code(session: Session) -> dict[str, str]:
    """Regions by their own code, and by that of the street unit there."""
    streets = sa.select(Unit.code, Unit.region_code).where(Unit.kind == "street", Unit.region_code.is_not(None))
    return {code: code for code in session.scalars(sa.select(Region.code))} | dict(session.execute(streets).all())


def _take(laid: Laid, feature: Mapping, regions: Mapping[str, str]) -> None:
    """Put one feature where it belongs. Raises Unreadable."""
    if not isinstance(feature, dict) or not isinstance(feature.get("properties") or {}, dict):
        raise Unreadable("不是 GeoJSON Feature")
    said = feature.get("properties") or {}
    kind, code = str(said.get("kind") or ""), str(said.get("code") or "")
    if kind not in BACKDROP and code not in regions:
        laid.unused.append(str(said.get("name") or code or kind))
        return
    geometry = geojson.geometry_of(feature, BACKDROP.get(kind, SURFACE))
    laid.points += sum(1 for _ in geojson.points_of(geometry["coordinates"]))
    label = {"name": geojson.name_of(said), "at": geojson.at_of(said)}
    if kind in BACKDROP:
        kept = {"kind": kind, **_width(said), **(label if label["name"] and label["at"] else {})}
        laid.backdrop.append({"type": "Feature", "properties": kept, "geometry": geometry})
        return
    area = laid.areas.setdefault(regions[code], {"code": regions[code], "polygons": [], "name": "", "at": None})
    area["polygons"] += [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    area |= {name: value for name, value in label.items() if value and not area[name]}


def _width(said: Mapping) -> dict[str, float]:
    width = said.get("width")
    if width is None:
        return {}
    if type(width) not in (int, float) or not 0 < width <= WIDEST:
        raise Unreadable(f"width 是线宽，1 到 {WIDEST} 的数字，这里是 {str(width)[:20]}")
    return {"width": width}


def _called(feature: Mapping) -> str:
    said = feature.get("properties") if isinstance(feature, dict) else None
    name = next((str(said[key]) for key in ("name", "code", "kind") if said.get(key)), "") if isinstance(said, dict) else ""
    return f"（{name[:40]}）" if name else ""


def _keep(session: Session, laid: Laid) -> None:
    if laid.areas:
        areas = insert(RegionArea).values(list(laid.areas.values()))
        new = {name: areas.excluded[name] for name in ("polygons", "name", "at")}
        session.execute(areas.on_conflict_do_update(index_elements=["code"], set_=new))
    rows = insert(Backdrop).values(id=1, version=1, features=laid.backdrop)
    changed = {"version": Backdrop.version + 1, **({"features": rows.excluded.features} if laid.backdrop else {})}
    session.execute(rows.on_conflict_do_update(index_elements=["id"], set_=changed))
