"""What a city's GeoJSON says: points, lines and polygons as [lng, lat], read strictly. Pure; what is kept of them stands in areas.py."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Point = list[float]
Ring = Sequence[Sequence[float]]
SURFACE, LINE = ("Polygon", "MultiPolygon"), ("LineString", "MultiLineString")
DEPTH = {"LineString": 1, "Polygon": 2, "MultiLineString": 2, "MultiPolygon": 3}  # lists around a point
NAMED = {SURFACE: "面（Polygon 或 MultiPolygon）", LINE: "线（LineString 或 MultiLineString）"}
LONGEST_NAME = 40


class Unreadable(ValueError):
    """What is wrong with a feature and how to mend it, a sentence for the person who made the file."""


def geometry_of(feature: Mapping, wanted: tuple[str, str]) -> dict:
    """The feature's geometry, its coordinates as pairs of floats. Raises Unreadable when it is not `wanted` (SURFACE or LINE)."""
    geometry = feature.get("geometry")
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if not isinstance(geometry, dict) or kind not in wanted:
        raise Unreadable(f"要是{NAMED[wanted]}，这里是 {kind or '空的'}")
    found = _nested(geometry.get("coordinates"), DEPTH[kind], 4 if wanted == SURFACE else 2)
    return {"type": kind, "coordinates": found}


def name_of(properties: Mapping) -> str:
    """What the feature is called, "" when it says nothing. Raises Unreadable when that is too long for a map."""
    name = str(properties.get("name") or "").strip()
    if len(name) > LONGEST_NAME:
        raise Unreadable(f"name 最多 {LONGEST_NAME} 个字")
    return name


def at_of(properties: Mapping) -> Point | None:
    """Where the name is to stand, None when it is not said. Raises Unreadable."""
    return None if properties.get("at") is None else _point(properties["at"])


def points_of(coordinates: Sequence) -> Iterator[Sequence[float]]:
    """Every point, however deep."""
    if isinstance(coordinates[0], (int, float)):
        yield coordinates
    else:
        for one in coordinates:
            yield from points_of(one)


def inner_point(polygons: Sequence[Sequence[Ring]]) -> Point:
    """A point that lies in the largest of the polygons: the middle of the widest stretch half way up."""

    def size(rings: Sequence[Ring]) -> float:
        west, south, east, north = box_of(rings[0])
        return (east - west) * (north - south)

    rings = max(polygons, key=size)
    _, south, _, north = box_of(rings[0])
    middle = (south + north) / 2
    crossed = sorted(x for ring in rings for x in crossings(ring, middle))
    stretches = zip(crossed[::2], crossed[1::2], strict=True)
    west, east = max(stretches, key=lambda pair: pair[1] - pair[0], default=(rings[0][0][0], rings[0][0][0]))
    return [round((west + east) / 2, 6), round(middle, 6)]


def box_of(coordinates: Sequence) -> list[float]:
    """West, south, east, north of all points, as GeoJSON's bbox has them."""
    points = list(points_of(coordinates))
    lngs, lats = [point[0] for point in points], [point[1] for point in points]
    return [min(lngs), min(lats), max(lngs), max(lats)]


def crossings(ring: Ring, lat: float) -> Iterator[float]:
    """The longitudes at which the ring crosses this parallel; always an even number."""
    for (x, y), (x_before, y_before) in zip(ring, [ring[-1], *ring[:-1]], strict=True):
        if (y > lat) != (y_before > lat):
            yield (x_before - x) * (lat - y) / (y_before - y) + x


def _nested(value: Any, depth: int, fewest: int) -> list:
    if not isinstance(value, list) or not value:
        raise Unreadable("坐标读不懂或者是空的")
    if depth > 1:
        return [_nested(one, depth - 1, fewest) for one in value]
    if len(value) < fewest:
        raise Unreadable(f"点不够：{'一圈至少 4 个点，首尾相同' if fewest > 2 else '一条线至少 2 个点'}")
    return [_point(one) for one in value]


def _point(value: Any) -> Point:
    if not isinstance(value, list) or len(value) < 2 or not all(type(one) in (int, float) for one in value[:2]):
        raise Unreadable(f"坐标读不懂：一个点是 [经度, 纬度]，这里是 {str(value)[:40]}")
    lng, lat = float(value[0]), float(value[1])
    if abs(lng) <= 90 < abs(lat) <= 180 or (
        3 <= lng <= 54 and 73 <= lat <= 90
    ):  # the latter is China's west turned over, else the Arctic sea
        raise Unreadable(f"经纬度写反了：先写经度再写纬度，这里是 [{lng:g}, {lat:g}]")
    if abs(lng) > 180 or abs(lat) > 90:
        raise Unreadable(f"[{lng:g}, {lat:g}] 不是经纬度；以米计的投影坐标先转成经纬度（CGCS2000 或 WGS84）")
    return [lng, lat]
