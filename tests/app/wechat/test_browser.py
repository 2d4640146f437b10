"""By hand, in a real browser: somebody writes to the account on a demonstration telephone, and opens their matters as WeChat would."""

import pytest

from app.wechat import menu, sending
from tests.app.wechat.test_own import told
from tests.app.wechat.test_pages import entered
from tests.browser import axe, overflow, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def clean(page, name: str) -> None:
    """At both widths."""
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 800})
        assert axe(page) == []
        assert overflow(page) <= 0
        shoot(page, f"{name}-{width}")
    assert page.said_wrong == []


def test_the_telephones_tab(app, played, lin, open_page):
    sending.platform(app.config["SETTINGS"]).menu.create(menu.menu_of(app.config["SETTINGS"]))
    page = open_page(f"{played[2]}/phones/{lin.number}?app=wechat")
    page.fill("#words", "海晏小区三幢地下室污水倒灌")
    page.click("button[value=say].main")
    page.wait_for_selector(".bubble.out:has-text('污水倒灌')")
    lin.work_goes_on()
    page.wait_for_selector(".bubble.in:has-text('同意')")
    page.click("summary:has-text('位置、菜单、关注')")
    assert page.locator("#menu button").count() >= 8
    clean(page, "wechat-phone")


def test_ones_own_matters_inside_wechat(app, lin, open_page, serve):
    ticket = told(lin)
    client, _answer = entered(app, lin)
    address = serve(app)
    page = open_page(address + "/")
    page.context.add_cookies([{"name": "shaoxiang", "value": client.get_cookie("shaoxiang").value, "url": address}])
    page.goto(address + "/wechat/mine")
    page.wait_for_selector(f"a[href='/t/{ticket.query_code}']")
    clean(page, "wechat-mine")
