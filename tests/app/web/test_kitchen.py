"""Every component in a real browser: axe finds nothing, nothing sticks out, nothing is refused by the strict policy, at 1280 and 390 px,
in both languages, by day, by night and in large type."""

import pytest

from tests.app.web import kitchen
from tests.browser import axe, overflow, shoot

pytestmark = pytest.mark.browser
VARIANTS = ["lang=zh", "lang=en", "theme=dark", "size=large", "lang=en&size=large&theme=dark"]
PLACES = [("kitchen", "/"), ("form", "/form"), ("citizen", "/citizen"), ("queue", "/queue"), ("refused", "/error/403")]


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize(("name", "path"), PLACES, ids=[name for name, _path in PLACES])
def test_axe_finds_nothing(open_page, serve, name, path, width):
    address = serve(kitchen.build()) + path
    first = open_page(address, width=width)
    for variant in VARIANTS if name == "kitchen" else (VARIANTS[0], VARIANTS[-1]):
        page = open_page(f"{address}?{variant}", shared=first)
        page.wait_for_timeout(150)
        shoot(page, f"{name}-{width}-{variant.replace('=', '-').replace('&', '-')}")
        assert axe(page) == [], f"{name} {width} {variant}"
        assert overflow(page) <= 0, f"{name} {width} {variant} is wider than its window"
        assert [said for said in page.said_wrong if "403" not in said] == []
        page.close()
        first.context.clear_cookies()


def test_a_form_sent_wrong_comes_back_with_its_words_and_axe_is_still_content(open_page, serve):
    page = open_page(serve(kitchen.build()) + "/form", width=390)
    page.fill("#f-content", "水管爆了")
    page.fill("#f-phone", "1390000880")
    page.click("text=登记并派单")
    page.wait_for_selector(".problems")
    assert page.input_value("#f-content") == "水管爆了"
    assert page.evaluate("document.activeElement.classList.contains('problems')")
    assert page.get_attribute("#f-phone", "aria-describedby") == "f-phone-e"
    assert axe(page) == []
    shoot(page, "form-390-wrong")


def test_open_dialogs_and_menus_are_as_clean_as_the_page(open_page, serve):
    page = open_page(serve(kitchen.build()), width=1280)
    page.click("text=看全名")
    assert page.locator("#reveal").is_visible()
    assert axe(page) == []
    shoot(page, "dialog")
    page.keyboard.press("Escape")
    page.click("details.menu summary")
    assert axe(page) == []
    shoot(page, "menu")
    page.keyboard.press("Escape")
    assert not page.locator(".menu-body").is_visible()
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert axe(page) == []
    shoot(page, "keys")
