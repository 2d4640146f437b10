"""Coordinates: from those WeChat sends (GCJ-02, shifted by law) to those of the earth (WGS-84, as browsers and our maps have them). Pure."""

import math

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


def is_point(lng: float, lat: float) -> bool:
    """Whether these are coordinates at all."""
    return math.isfinite(lng) and math.isfinite(lat) and -180 <= lng <= 180 and -90 <= lat <= 90


def to_mars(lng: float, lat: float) -> tuple[float, float]:
    """GCJ-02 of a WGS-84 point, by the formula everybody uses."""
    x, y = lng - 105.0, lat - 35.0
    waves = (20 * math.sin(6 * x * math.pi) + 20 * math.sin(2 * x * math.pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x)) + waves
    north += (20 * math.sin(y * math.pi) + 40 * math.sin(y / 3 * math.pi)) * 2 / 3 + (
        160 * math.sin(y / 12 * math.pi) + 320 * math.sin(y * math.pi / 30)
    ) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x)) + waves
    east += (20 * math.sin(x * math.pi) + 40 * math.sin(x / 3 * math.pi)) * 2 / 3 + (
        150 * math.sin(x / 12 * math.pi) + 300 * math.sin(x / 30 * math.pi)
    ) * 2 / 3
    angle = lat / 180 * math.pi
    bend = 1 - OBLATE * math.sin(angle) ** 2
    north = north * 180 / (AXIS * (1 - OBLATE) / (bend * math.sqrt(bend)) * math.pi)
    east = east * 180 / (AXIS / math.sqrt(bend) * math.cos(angle) * math.pi)
    return lng + east, lat + north
