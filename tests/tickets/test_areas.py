"""A whistle's pin lies in the street's own area; the areas come from GeoJSON."""

import orjson
import pytest

from app.errors import Invalid
from tests.tickets import whistle_drive as drive
from tickets import areas

SQUARE = [
    [[121.4, 29.0], [121.6, 29.0], [121.6, 29.2], [121.4, 29.2], [121.4, 29.0]],
    [[121.55, 29.15], [121.58, 29.15], [121.58, 29.18], [121.55, 29.18], [121.55, 29.15]],
]


def collection(code: str, coordinates=SQUARE, kind: str = "Polygon") -> dict:
    return {
        "type": "FeatureCollection",
        "features": [
            {"properties": {"kind": "road"}, "geometry": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}},
            {"properties": {"code": code}, "geometry": {"type": kind, "coordinates": coordinates}},
        ],
    }


@pytest.mark.parametrize(
    ("lng", "lat", "there"),
    [(121.5, 29.1, True), (121.41, 29.01, True), (121.39, 29.1, False), (121.5, 29.21, False), (121.56, 29.16, False)],
)
def test_a_pin_lies_in_it_or_not_and_a_hole_is_outside(session, lng, lat, there):
    assert areas.holds(session, "990101001", lng, lat), "nobody has said where it ends"
    assert areas.lay(session, collection("dongmen")) == 1
    assert areas.holds(session, "990101001", lng, lat) is there
    assert areas.holds(session, "990102001", lng, lat)


def test_no_whistle_about_another_streets_place(session, now):
    areas.lay(session, collection("990101001", [SQUARE], "MultiPolygon"))
    assert drive.blown(session, now).status == "draft"
    with pytest.raises(Invalid) as refused:
        drive.blown(session, now, lng=121.7)
    assert set(refused.value.fields) == {"place"}


@pytest.mark.parametrize(
    "wrong",
    [
        collection("nowhere"),
        collection("dongmen", [[[1, 2], [3, 4]]]),
        collection("dongmen", "x"),
        collection("dongmen", [1, 2], "Point"),
        {"features": []},
    ],
)
def test_a_file_that_says_no_area_is_refused(session, wrong):
    with pytest.raises(Invalid) as refused:
        areas.lay(session, wrong)
    assert set(refused.value.fields) == {"file"}


def test_the_command_lays_them_and_names_what_is_wrong(app, tmp_path):
    file = tmp_path / "areas.geojson"
    run = app.test_cli_runner().invoke
    for data, said in (
        (orjson.dumps(collection("dongmen")), "1 块"),
        (b"{", "不是 JSON"),
        (b"[]", "FeatureCollection"),
        (orjson.dumps(collection("x")), "没有一块"),
    ):
        file.write_bytes(data)
        assert said in run(args=["import-areas", str(file)]).output
