"""A whistle's pin lies in the street's own area; the areas, and the map that pages draw of them, come from GeoJSON."""

import orjson
import pytest

from app.errors import Invalid
from tests.tickets import whistle_drive as drive
from tickets import areas, city_map, geojson

SQUARE = [
    [[121.4, 29.0], [121.6, 29.0], [121.6, 29.2], [121.4, 29.2], [121.4, 29.0]],
    [[121.55, 29.15], [121.58, 29.15], [121.58, 29.18], [121.55, 29.18], [121.55, 29.15]],
]


RING = SQUARE[0]


def feature(coordinates, form: str = "Polygon", /, **properties) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": {"type": form, "coordinates": coordinates}}


def collection(code: str, coordinates=SQUARE, kind: str = "Polygon") -> dict:
    return {"features": [feature([[121.4, 29.1], [121.6, 29.1]], "LineString", kind="footpath"), feature(coordinates, kind, code=code)]}


@pytest.mark.parametrize(
    ("lng", "lat", "there"),
    [(121.5, 29.1, True), (121.41, 29.01, True), (121.39, 29.1, False), (121.5, 29.21, False), (121.56, 29.16, False)],
)
def test_a_pin_lies_in_it_or_not_and_a_hole_is_outside(session, lng, lat, there):
    assert areas.holds(session, "990101001", lng, lat), "nobody has said where it ends"
    laid = areas.lay(session, collection("dongmen"))
    assert (list(laid.areas), laid.unused) == (["990101001"], ["footpath"])
    assert areas.holds(session, "990101001", lng, lat) is there
    assert areas.holds(session, "990102001", lng, lat)


def test_no_whistle_about_another_streets_place(session, now):
    areas.lay(session, collection("990101001", [SQUARE], "MultiPolygon"))
    assert drive.blown(session, now).status == "draft"
    with pytest.raises(Invalid) as refused:
        drive.blown(session, now, lng=121.7)
    assert set(refused.value.fields) == {"place"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (feature(SQUARE, code="nowhere"), "没有一块"),
        (feature([[[121, 29], [122, 30]]], code="dongmen"), "第 1 个要素（dongmen）：点不够"),
        (feature("x", code="dongmen", name="东门街道"), "第 1 个要素（东门街道）：坐标读不懂"),
        (feature([[["121", "29"]] * 4], code="dongmen"), "一个点是 [经度, 纬度]"),
        (feature([1, 2], "Point", code="dongmen"), "要是面（Polygon 或 MultiPolygon），这里是 Point"),
        (feature(SQUARE, kind="river", name="永宁河"), "（永宁河）：要是线（LineString 或 MultiLineString），这里是 Polygon"),
        (feature([RING[0], RING[1]], "LineString", kind="sea"), "要是面"),
        ({"properties": {"kind": "hill"}, "geometry": None}, "这里是 空的"),
        (feature([[[29.1, 121.5]] * 4], code="dongmen"), "经纬度写反了"),
        (feature([[39.5, 76], [39.6, 76]], "LineString", kind="road"), "经纬度写反了"),
        (feature([[[500000.5, 3211000]] * 4], code="dongmen"), "投影坐标"),
        (feature([[[121.5, -91]] * 4], code="dongmen"), "不是经纬度"),
        (feature(SQUARE, code="dongmen", at=[29.1, 121.5]), "写反了"),
        (feature(SQUARE, code="dongmen", name="长" * 41), "40 个字"),
        (feature([RING[0], RING[1]], "LineString", kind="road", width="wide"), "width 是线宽"),
        ("feature", "不是 GeoJSON Feature"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_laid(session, wrong, said):
    good = [feature(SQUARE, code="nanhu")] if "没有一块" not in said else []
    with pytest.raises(Invalid) as refused:
        areas.lay(session, {"features": [wrong, *good]})
    assert set(refused.value.fields) == {"file"}
    assert said in refused.value.fields["file"][0]
    assert areas.at(session, 121.5, 29.1) == ""


def test_a_file_of_too_many_points_or_faults_is_cut_short(session, monkeypatch):
    many = areas.MOST_SAID + 3
    with pytest.raises(Invalid) as refused:
        areas.lay(session, {"features": [feature("x", kind="sea")] * many})
    assert refused.value.fields["file"][-1] == "还有 3 处"
    monkeypatch.setattr(areas, "MOST_POINTS", 4)
    with pytest.raises(Invalid) as refused:
        areas.lay(session, collection("dongmen"))
    assert "一共 10 个点，最多 4 个" in refused.value.fields["file"][0]


def test_the_map_is_drawn_with_names_where_they_can_stand_and_a_later_file_replaces_it(session):
    first = [
        feature(SQUARE, kind="lake", name="东湖", at=[121.5, 29.1]),
        feature(SQUARE, kind="sea", name="东海"),
        feature(SQUARE, code="dongmen"),
        feature([[[121.7, 29], [121.8, 29], [121.8, 29.1], [121.7, 29]]], code="990101001"),
        feature(SQUARE, code="990101", name="东城", at=[121.45, 29.05]),
        feature([RING[0], RING[2]], "LineString", kind="road", width=3),
    ]
    laid = areas.lay(session, {"features": first})
    assert (len(laid.areas), len(laid.backdrop)) == (2, 3)
    drawn, known = city_map.drawn(session), city_map.version(session)
    assert drawn["bbox"] == [121.4, 29.0, 121.8, 29.2]
    sea, district, street, lake, road = (one["properties"] for one in drawn["features"])
    assert (sea, lake, road) == ({"kind": "sea"}, {"kind": "lake", "name": "东湖", "at": [121.5, 29.1]}, {"kind": "road", "width": 3})
    assert district == {"kind": "area", "code": "990101", "name": "东城", "at": [121.45, 29.05]}
    assert street["name"] == "东门街道"
    assert areas.holds(session, "990101001", *street["at"])
    assert areas.holds(session, "990101001", 121.75, 29.01), "its second surface is its own too"
    areas.lay(session, {"features": [feature(SQUARE, code="dongmen")]})
    assert [one["properties"].get("code", "") for one in city_map.drawn(session)["features"]] == ["", "990101", "990101001", "", ""]
    assert not areas.holds(session, "990101001", 121.75, 29.01), "the later file's surface is the whole of it"
    areas.lay(session, {"features": [feature(SQUARE, kind="hill")]})
    assert [one["properties"]["kind"] for one in city_map.drawn(session)["features"]] == ["area", "area", "hill"]
    assert city_map.version(session) != known


def test_a_heavy_map_is_thinned_and_neighbours_keep_one_border(session, monkeypatch):
    wavy = [[121.5 + (n % 2) / 1e5, 29 + n / 1000] for n in range(101)]
    west, east = [[*wavy, [121.4, 29.1], [121.4, 29.0], wavy[0]]], [[*wavy, [121.6, 29.1], [121.6, 29.0], wavy[0]]]
    areas.lay(session, {"features": [feature(west, code="dongmen"), feature(east, code="nanhu"), feature(SQUARE, kind="lake")]})
    monkeypatch.setattr(city_map, "LIGHT", 120)
    drawn = city_map.drawn(session)["features"]
    assert sum(1 for one in drawn for _ in geojson.points_of(one["geometry"]["coordinates"])) <= 120
    left, right = ({tuple(point) for point in geojson.points_of(one["geometry"]["coordinates"])} for one in drawn[:2])
    assert len(left & right) == len(left) - 2
    assert areas.at(session, 121.45, 29.05) == "990101001"


def test_the_command_lays_them_and_names_what_is_wrong(app, tmp_path):
    file = tmp_path / "areas.geojson"
    run = app.test_cli_runner().invoke
    for data, said in (
        (orjson.dumps(collection("dongmen")), "辖区：1 块；背景：0 个"),
        (orjson.dumps(collection("dongmen")), "没用上 1 个，code 和 kind 都不认识：footpath"),
        (b"{", "不是 JSON"),
        (b"[]", "FeatureCollection"),
        (orjson.dumps(collection("x")), "没有一块"),
    ):
        file.write_bytes(data)
        assert said in run(args=["import-areas", str(file)]).output
