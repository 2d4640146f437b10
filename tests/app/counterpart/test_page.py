"""The page with the telephones in a real browser: written by hand, answered live, at both widths, in both languages."""

import pytest

from tests.app.with_counterpart import app, clean, everything_runs, played, stage  # noqa: F401 -- fixtures
from tests.browser import axe, overflow, shoot

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def test_a_text_by_hand_is_answered_without_a_reload(app, stage, played, open_page):  # noqa: F811
    page = open_page(played[2] + "/phones/13900010001")
    page.get_by_label("给 12345 发短信").fill("东门街 18 号路灯不亮三天了")
    page.get_by_role("button", name="发出").click()
    page.locator(".bubble.out", has_text="路灯不亮").wait_for()
    page.get_by_label("给 12345 发短信").fill("还没写完的话")
    everything_runs(app, stage)
    page.locator(".bubble.in", has_text="查询码").wait_for()
    page.locator(".bubble.in", has_text="送到了").wait_for()
    assert page.get_by_label("给 12345 发短信").input_value() == "还没写完的话"
    page.locator(".brought", has_text="/hooks/twilio/sms").wait_for()
    assert axe(page) == []
    assert page.said_wrong == []
    shoot(page, "counterpart-1280")
    phone = open_page(played[2] + "/phones/13900010001?lang=en", width=390)
    assert axe(phone) == []
    assert overflow(phone) <= 0
    assert phone.said_wrong == []
    shoot(phone, "counterpart-390")
    for app_code in [panel.code for panel in stage.panels]:
        phone.goto(played[2] + f"/phones/13900010001?app={app_code}")
        assert axe(phone) == []
        assert overflow(phone) <= 0
