"""The map of the city as pages draw it: areas of regions over the sea, the rest of the backdrop over them. Reads only; areas.py lays it."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets import geojson
from tickets.areas import Backdrop, RegionArea
from tickets.organisations import Region

LIGHT = 20_000  # points a telephone draws without waiting
FINEST = 4096  # steps across the city a thinned map begins with


def version(session: Session) -> tuple:
    """Something that differs whenever the drawing would: files laid, and the names of the areas."""
    names = sa.select(RegionArea.code, Region.name, Region.name_en).join(Region, Region.code == RegionArea.code).order_by(RegionArea.code)
    return (session.scalar(sa.select(Backdrop.version)), tuple(tuple(row) for row in session.execute(names)))


def drawn(session: Session) -> dict | None:
    """A GeoJSON FeatureCollection with its bbox (of the areas, or of all when there are none), None for a city that laid no map.

    Each area has a `name` (`name_en` where the region has one) and the point `at` where it is to stand, districts before streets. Of more than LIGHT points it is thinned.
    """
    backdrop = session.scalar(sa.select(Backdrop.features)) or []
    named = sa.select(RegionArea, Region).join(Region, Region.code == RegionArea.code)
    areas = [_area(row, region) for row, region in session.execute(named.order_by(sa.func.length(RegionArea.code), RegionArea.code))]
    features = [
        *(one for one in backdrop if one["properties"]["kind"] == "sea"),
        *areas,
        *(one for one in backdrop if one["properties"]["kind"] != "sea"),
    ]
    if not features:
        return None
    box = geojson.box_of([one["geometry"]["coordinates"] for one in areas or features])
    return {"type": "FeatureCollection", "bbox": box, "features": _light(features, max(box[2] - box[0], box[3] - box[1]) / FINEST)}


def _area(row: RegionArea, region: Region) -> dict:
    said = {"kind": "area", "code": row.code, "name": row.name or region.name, "at": row.at or geojson.inner_point(row.polygons)}
    if region.name_en and not row.name:
        said["name_en"] = region.name_en
    return {"type": "Feature", "properties": said, "geometry": {"type": "MultiPolygon", "coordinates": row.polygons}}


def _light(features: list[dict], step: float) -> list[dict]:
    """The same in LIGHT points or fewer: laid on a grid that grows coarser until they fit, so that neighbours keep one common border."""
    found = features
    while sum(1 for one in found if one["geometry"]["coordinates"] for _ in geojson.points_of(one["geometry"]["coordinates"])) > LIGHT:
        found = [one | {"geometry": one["geometry"] | {"coordinates": _snapped(one["geometry"], step)}} for one in features]
        step *= 2
    return found


def _snapped(geometry: dict, step: float) -> list:
    fewest = 4 if geometry["type"] in geojson.SURFACE else 2

    def snap(coordinates: list, depth: int) -> list:
        if depth > 1:
            return [kept for one in coordinates if (kept := snap(one, depth - 1))]
        points = [[round(round(x / step) * step, 6), round(round(y / step) * step, 6)] for x, y in coordinates]
        points = [point for before, point in zip([None, *points], points, strict=False) if point != before]
        return points if len(points) >= fewest else []

    return snap(geometry["coordinates"], geojson.DEPTH[geometry["type"]])
