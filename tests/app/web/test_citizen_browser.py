"""The citizen's form in a real browser: one question a page in large type, a place without a mouse, danger said at once, photos made small."""

import io
from dataclasses import replace

import pytest
from flask import Flask, Response, request
from PIL import Image

from app import create_app
from app.db import db
from app.web import city_map
from app.work import work
from tests.app.web.citizens import ticket
from tests.browser import axe, overflow, ready, shoot
from tests.factories import LAKE
from tickets import areas

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def form(app, serve, open_page):
    """The form on a phone."""

    def opened(query: str = ""):
        page = open_page(serve(app) + "/file" + query, width=390)
        ready(page)
        return page

    return opened


def test_large_type_asks_one_question_a_page(form):
    page = form("?size=large")
    seen = []
    while True:
        seen.append(page.locator("[data-page]:visible h2").inner_text())
        assert axe(page) == []
        assert overflow(page) <= 0
        if not page.locator("[data-next]").is_visible():
            break
        page.locator("[data-next]").click()
    assert len(seen) == 4
    assert page.get_by_role("button", name="交给 12345").is_visible()
    page.locator("[data-prev]").click()
    assert page.locator("[data-page]:visible h2").inner_text() == seen[2]


def test_a_place_is_chosen_by_keyboard(form):
    page = form()
    box = page.locator(".map")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(".map path")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    assert float(page.locator("[data-lng]").input_value()) > 100
    assert "," in page.locator("[data-place-said]").inner_text()


def test_a_place_is_found_by_gps_in_a_city_without_a_map(app, serve, open_page, monkeypatch):
    monkeypatch.setattr(city_map, "_drawing", lambda: None)
    here = {"geolocation": {"longitude": 114.35, "latitude": 36.1}, "permissions": ["geolocation"]}
    page = open_page(serve(app) + "/file", width=390, **here)
    page.get_by_role("button", name="用我现在的位置").click()
    page.get_by_text("36.100000, 114.350000").wait_for()
    assert page.locator("[data-lng]").input_value() == "114.350000"
    assert (axe(page), overflow(page), page.said_wrong) == ([], 0, [])


@pytest.fixture
def tiles(serve):
    """A counterpart of a tile server: its address, and the tiles asked for with who is said to ask."""
    asked, there, picture = [], Flask("tiles"), io.BytesIO()
    Image.new("RGB", (256, 256), "#dfe8d8").save(picture, "PNG")

    @there.get("/<int:z>/<int:x>/<int:y>.png")
    def tile(z, x, y):
        asked.append((z, x, y, request.referrer))
        return Response(picture.getvalue(), mimetype="image/png")

    return serve(there), asked


def test_tiles_lie_under_the_outlines_and_come_from_the_one_host_that_is_set(app, serve, open_page, tiles):
    address, asked = tiles
    with app.app_context(), work() as session:
        areas.lay(session, {"features": [{"properties": {"code": "dongmen"}, "geometry": LAKE}]})
    settings = {"map_tiles": address + "/{z}/{x}/{y}.png", "map_attribution": "本市底图 <审图号>"}
    tiled = create_app(replace(app.config["SETTINGS"], **settings))
    ours = serve(tiled)
    page = open_page(ours + "/file", width=390)
    page.locator(".map").scroll_into_view_if_needed()
    page.wait_for_selector(".map .leaflet-tile-loaded", state="attached")
    assert {who for *_, who in asked} == {ours + "/"}, "the host and no more"
    assert all(0 <= x < 2**z and 0 <= y < 2**z for z, x, y, _ in asked)
    assert page.locator(".map path").evaluate_all("all => all.map(one => one.getAttribute('fill'))") == ["none"]
    assert "本市底图 <审图号>" in page.locator(".map").inner_text()
    assert (axe(page), overflow(page), page.said_wrong) == ([], 0, [])
    shoot(page, "citizen-form-tiles-390")
    load = "url => new Promise(done => { const one = new Image(); one.onload = () => done('came'); one.onerror = () => done('refused'); one.src = url; })"
    assert page.evaluate(load, address + "/1/0/0.png") == "came"
    assert page.evaluate(load, address.replace("127.0.0.1", "localhost") + "/1/0/0.png") == "refused"
    assert "Content Security Policy" in page.said_wrong[0]
    with tiled.app_context():
        db.engine.dispose()


def test_danger_is_said_while_one_types(form):
    page = form()
    page.locator("[name=content]").fill("楼道里燃气泄漏，味道很大")
    page.locator("#danger .note").wait_for()
    assert page.locator("#danger a[href='tel:119']").is_visible()
    assert axe(page) == []


def test_a_heavy_photo_travels_light_and_nothing_is_lost(app, form, tmp_path):
    """A 12-megapixel photo is drawn anew in the browser; a wrong telephone brings the form back with words and photo."""
    heavy = tmp_path / "heavy.jpg"
    Image.effect_noise((4000, 3000), 90).convert("RGB").save(heavy, "JPEG", quality=95)
    page, sent = form(), []
    page.on(
        "request", lambda one: sent.append(len(one.post_data_buffer or b"")) if one.method == "POST" and one.url.endswith("/file") else None
    )
    page.locator("[name=content]").fill("小区门口的井盖断了一半，晚上看不见")
    page.locator("[name=photos]").set_input_files(heavy)
    page.locator("[name=phone]").fill("1380000271")
    page.locator("[name=consent]").check()
    with page.expect_navigation():
        page.get_by_role("button", name="交给 12345").click()
    ready(page)
    assert sent[0] < heavy.stat().st_size
    assert "手机号是 11 位" in page.locator("main").inner_text()
    assert page.locator("[name=content]").input_value() == "小区门口的井盖断了一半，晚上看不见"
    assert page.locator("[name=kept]").count() == 1
    assert axe(page) == []
    shoot(page, "citizen-form-put-right-390")
    page.locator("[name=phone]").fill("13800002716")
    with page.expect_navigation():
        page.get_by_role("button", name="交给 12345").click()
    assert page.url.endswith("/receipt")
    assert ticket(app, page.url.split("/")[-2]).content.startswith("小区门口的井盖")
    assert [said for said in page.said_wrong if "422" not in said] == []


def test_a_draft_comes_back(form):
    page = form()
    page.locator("[name=content]").fill("写到一半，孩子哭了")
    page.locator("[name=phone]").fill("13800002716")
    page.locator("[data-draft-said]").get_by_text("草稿已存").wait_for()
    page.reload()
    ready(page)
    assert page.locator("[name=content]").input_value() == "写到一半，孩子哭了"
    assert page.locator("[name=phone]").input_value() == ""
    assert not page.locator("[name=consent]").is_checked()
