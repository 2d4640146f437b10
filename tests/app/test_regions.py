"""A real city is laid: districts and streets by code, every bad line named; its map reaches the pages, and tiles only where they are set."""

import re
from dataclasses import replace

import orjson
import pytest
import sqlalchemy as sa

from app import create_app
from app.db import db
from app.errors import Invalid
from app.web import city_map
from tickets import regions
from tickets.organisations import Region

GOOD = "code,name,name_en,parent_code\n410502,文峰区,Wenfeng,\n410502001,宝莲寺镇,Baoliansi,410502\n"


@pytest.fixture(scope="module")
def bare(settings, new_database):
    app = create_app(replace(settings, database_url=new_database()))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def lay(bare, tmp_path):
    def from_text(text: str, encoding: str = "utf-8"):
        file = tmp_path / "regions.csv"
        file.write_text(text, encoding)
        return bare.test_cli_runner().invoke(args=["import-regions", str(file)])

    return from_text


def test_districts_and_streets_come_in_once_and_are_renamed(bare, lay):
    first = lay(GOOD)
    assert "新增 2 个，改了 0 个" in first.output, first.exception
    assert "新增 0 个，改了 1 个" in lay(GOOD.replace("宝莲寺镇", "宝莲寺街道"), "utf-8-sig").output
    with bare.app_context():
        assert db.session.execute(sa.select(Region.code, Region.name, Region.parent_code).order_by(Region.code)).all() == [
            ("410502", "文峰区", None),
            ("410502001", "宝莲寺街道", "410502"),
        ]
        db.session.remove()


def test_the_map_is_on_the_pages_once_it_is_imported_and_kept_by_browsers_until_the_next(bare, lay, tmp_path, monkeypatch):
    lay(GOOD)
    client, file = bare.test_client(), tmp_path / "map.geojson"

    def put(name: str) -> str:
        """Import a street called so: the address of the map on the form, as another process draws it when it looks again."""
        said, ring = {"code": "410502001", "name": name}, [[114.3, 36.1], [114.4, 36.1], [114.4, 36.2], [114.3, 36.1]]
        street = {"type": "Feature", "properties": said, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        file.write_bytes(orjson.dumps({"type": "FeatureCollection", "features": [street]}))
        done = bare.test_cli_runner().invoke(args=["import-areas", str(file)])
        assert "辖区：1 块" in done.output, done.exception
        monkeypatch.setattr(city_map, "FRESH", -1)
        page = client.get("/file").text
        monkeypatch.setattr(city_map, "FRESH", 60)
        return re.search(r'data-city="([^"]+)"', page).group(1)

    bare_page = client.get("/file")
    assert client.get("/map.json").status_code == 404
    assert 'class="map' not in bare_page.text
    assert "leaflet" not in bare_page.text
    assert "data-locate" in bare_page.text, "a place is still found by GPS"
    first = put("宝莲寺镇")
    answer = client.get(first, headers={"Accept-Encoding": "gzip"})
    assert (answer.content_type, answer.content_encoding) == ("application/geo+json", "gzip")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers
    assert client.get(first, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    assert client.get(first).json["features"][0]["properties"]["name"] == "宝莲寺镇"
    second = put("宝莲寺街道")
    assert second != first
    assert client.get(first).headers["Cache-Control"] == "no-cache", "an old address never keeps the new map"
    assert client.get(second).json["bbox"] == [114.3, 36.1, 114.4, 36.2]
    tiled = {"map_tiles": "https://t0.example.cn/vec/{z}/{x}/{y}.png?tk=1&a=b", "map_attribution": "天地图 <审图号>"}
    with_tiles = create_app(replace(bare.config["SETTINGS"], **tiled))
    client = with_tiles.test_client()
    page = client.get("/file")
    assert "img-src 'self' https://t0.example.cn data: blob:;" in page.headers["Content-Security-Policy"]
    assert 'data-tiles="https://t0.example.cn/vec/{z}/{x}/{y}.png?tk=1&amp;a=b" data-credit="天地图 &lt;审图号&gt;"' in page.text
    for other in ("/", first, "/static/mark.svg"):
        assert "example.cn" not in client.get(other).headers["Content-Security-Policy"]
    with with_tiles.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name\n文峰区\n", "缺列 code"),
        ("code,name\n", "一行也没有"),
        ("code,name,parent_code\n4105,x,\n410502001,,\n410502002,y,999999\n", "第 2 行"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(lay, text, said):
    done = lay(text)
    assert done.exit_code != 0
    assert said in done.output


def test_text_of_another_encoding_is_named(lay):
    assert "不是 UTF-8" in lay(GOOD, "gbk").output


def test_every_bad_line_is_named(session):
    with pytest.raises(Invalid) as bad:
        regions.lay(
            session,
            [
                {"code": "4105", "name": "x"},
                {"code": "410502001", "name": ""},
                {"code": "410502002", "name": "y", "parent_code": "410502002"},
            ],
        )
    assert [sentence.split("：")[0] for sentence in bad.value.fields["file"]] == ["第 2 行", "第 3 行", "第 4 行"]
