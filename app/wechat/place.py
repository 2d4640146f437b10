"""Where a pin lies: from the coordinates WeChat sends (GCJ-02) to those of the earth (WGS-84, as browsers give them), and the street it is in. Pure but for one file."""

import json
import math
from functools import lru_cache
from pathlib import Path

from tickets.reference import Reference

AREAS = Path(__file__).resolve().parent.parent / "static" / "city" / "linhai.geojson"
AXIS, OBLATE = 6378245.0, 0.00669342162296594323
WEST, EAST, SOUTH, NORTH = 72.004, 137.8347, 0.8293, 55.8271


def to_earth(lng: float, lat: float) -> tuple[float, float]:
    """WGS-84 of a GCJ-02 point, within a metre; a point outside China is as it was."""
    if not (WEST < lng < EAST and SOUTH < lat < NORTH):
        return lng, lat
    east, north = lng, lat
    for _ in range(3):
        shifted = to_mars(east, north)
        east, north = east + lng - shifted[0], north + lat - shifted[1]
    return round(east, 6), round(north, 6)


def region_at(names: Reference, lng: float, lat: float) -> str:
    """The code of the street whose ground this is, "" outside of all."""
    for unit_code, rings in _areas():
        if any(_holds(ring, lng, lat) for ring in rings):
            unit = names.unit_codes.get(unit_code)
            return unit.region_code or "" if unit else ""
    return ""


def is_point(lng: float, lat: float) -> bool:
    """Whether these are coordinates at all."""
    return math.isfinite(lng) and math.isfinite(lat) and -180 <= lng <= 180 and -90 <= lat <= 90


@lru_cache(maxsize=1)
def _areas() -> list[tuple[str, list[list[list[float]]]]]:
    """(the street office's code, outer rings) of the city's own map."""
    features = json.loads(AREAS.read_text(encoding="utf-8"))["features"]
    named = [feature for feature in features if feature["properties"].get("kind") == "area"]
    return [(feature["properties"]["code"], _rings(feature["geometry"])) for feature in named]


def _rings(shape: dict) -> list[list[list[float]]]:
    return [polygon[0] for polygon in (shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]])]


def _holds(ring: list[list[float]], lng: float, lat: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > lat) != (y2 > lat) and lng < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def to_mars(lng: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of a WGS-84 point, by the formula everybody uses."""
    x, y = lng - 105.0, lat - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3 + (160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3 + (150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)) * 2 / 3
    angle = lat / 180 * math.pi
    bend = 1 - OBLATE * math.sin(angle) ** 2
    north = north * 180 / (AXIS * (1 - OBLATE) / (bend * math.sqrt(bend)) * math.pi)
    east = east * 180 / (AXIS / math.sqrt(bend) * math.cos(angle) * math.pi)
    return lng + east, lat + north
