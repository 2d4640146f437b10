"""Where a street begins and ends: polygons of regions, and whether a pin lies in one. A region without a polygon holds any pin."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db
from app.errors import Invalid
from tickets.organisations import Region, Unit

Ring = Sequence[Sequence[float]]


class RegionArea(db.Model):
    """The polygons of a region as GeoJSON has them: each a list of rings of [lng, lat], the outer one first, then its holes."""

    __tablename__ = "region_areas"

    code: Mapped[str] = mapped_column(sa.ForeignKey("regions.code"), primary_key=True)
    polygons: Mapped[list] = mapped_column(JSONB)


def lay(session: Session, collection: Mapping) -> int:
    """Areas from a GeoJSON FeatureCollection: each Polygon or MultiPolygon whose `code` is a region's, or a street's own code.

    What is there under the code is replaced; other features (rivers, roads) are passed over. Returns how many were laid. Raises Invalid naming `file`.
    """
    known = set(session.scalars(sa.select(Region.code)))
    by_unit = dict(
        session.execute(sa.select(Unit.code, Unit.region_code).where(Unit.kind == "street", Unit.region_code.is_not(None))).all()
    )
    found = {}
    for feature in collection.get("features") or ():
        code = str((feature.get("properties") or {}).get("code") or "")
        code = by_unit.get(code, code)
        if code in known:
            found[code] = _polygons(feature.get("geometry") or {}, code)
    if not found:
        raise Invalid(file="没有一块的 code 是已有的区划或街道")
    rows = insert(RegionArea).values([{"code": code, "polygons": polygons} for code, polygons in found.items()])
    session.execute(rows.on_conflict_do_update(index_elements=["code"], set_={"polygons": rows.excluded.polygons}))
    return len(found)


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
    inside = False
    for (x, y), (x_before, y_before) in zip(ring, [ring[-1], *ring[:-1]], strict=True):
        if (y > lat) != (y_before > lat) and lng < (x_before - x) * (lat - y) / (y_before - y) + x:
            inside = not inside
    return inside


def _polygons(geometry: Mapping, code: str) -> list:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    polygons = [coordinates] if kind == "Polygon" else coordinates if kind == "MultiPolygon" else None
    try:
        kept = [[[[float(at[0]), float(at[1])] for at in ring] for ring in polygon] for polygon in polygons or []]
    except (TypeError, ValueError, IndexError) as bad:
        raise Invalid(file=f"{code} 的坐标读不懂") from bad
    if not kept or any(len(ring) < 4 for polygon in kept for ring in polygon) or not all(kept):
        raise Invalid(file=f"{code} 不是面（Polygon 或 MultiPolygon），或者点不够")
    return kept
