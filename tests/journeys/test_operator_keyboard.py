"""A full call by keyboard alone, with everything that must appear while typing (issue 2, Must show 8); drafts, second tabs, the pages' look."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.db import db
from app.work import work
from tests.browser import ready
from tickets import dispatch, intake
from tickets.identity import Appellant
from tickets.intake import Matter

pytestmark = pytest.mark.browser
PHONE = "13800002716"
BACKFLOW = "urban.drainage.backflow"
SAID = "海晏小区3幢地下室污水倒灌，早上八点多开始，现在水已经漫到电表箱下沿，楼道里有臭味。"


def earlier(app, phone: str, title: str, content: str, address: str) -> str:
    """A matter of this number, sent to the water company; gives its ticket number."""
    with app.app_context():
        with work() as session:
            now = clock.now()
            agent, dispatcher = (
                actor_of(session, session.scalar(sa.select(Account).where(Account.username == name)), now)
                for name in ("agent1", "dispatcher1")
            )
            ticket = intake.register(
                session,
                Matter(
                    channel="phone",
                    appeal_type="help",
                    title=title,
                    content=content,
                    category=BACKFLOW,
                    region="990101001",
                    address=address,
                    appellant=Appellant(name="陈小芳", phone=phone),
                ),
                agent,
                now,
            )
            session.flush()
            dispatch.dispatch(session, ticket, "water", dispatcher, now)
            number = ticket.number
        db.session.remove()
    return number


def tickets_in(app) -> int:
    with app.app_context():
        found = db.session.scalar(sa.text("SELECT count(*) FROM tickets"))
        db.session.remove()
    return found


def test_a_full_call_without_a_mouse(linhai, person):
    own = earlier(linhai, PHONE, "海晏小区 3 幢地下室返臭", "海晏小区 3 幢地下室这两天返臭味", "海晏小区 3 幢")
    near = earlier(linhai, "13900004811", "海晏小区 5 幢地下室污水倒灌", "海晏小区 5 幢地下室污水倒灌，水到脚面了", "海晏小区 5 幢")
    operator = person("agent1").goes("/desk/intake")
    page, keys = operator.page, operator.page.keyboard
    expect(page.locator("#f-phone")).to_be_focused()

    keys.type(PHONE)
    operator.sees("第 2 次来", "海晏小区 3 幢地下室返臭", f"追加到 {own[-6:]}", within="#caller")
    keys.press("Alt+1")
    keys.insert_text(SAID)
    operator.sees("污水倒灌", "市水务集团", "主办", within="#advice")
    expect(page.locator("#heard mark").first).to_have_text("污水倒灌")
    keys.press("Alt+T")
    expect(page.locator("#f-category")).to_have_value(BACKFLOW)
    keys.press("Alt+4")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.insert_text("海晏小区 3 幢地下室")
    operator.sees(near[-6:], within="#advice")
    keys.press("Alt+2")
    keys.insert_text("海晏小区 3 幢地下室污水倒灌漫至电表箱")
    keys.press("Alt+3")
    keys.press("Tab")
    keys.press("ArrowRight")
    operator.sees("这件转给市水务集团", "最迟", within="#readback")

    with page.expect_navigation():
        keys.press("Alt+Enter")
    ready(page)
    number = re.search(r"/receipts/(\d{21})", page.url)[1]
    operator.sees(" ".join(number[-6:]), "已经转给市水务集团", "最迟", "查询码")
    operator.finds_it_clean()
    keys.press("F2")
    page.wait_for_url("**/desk/intake")
    ready(page)
    expect(page.locator("#f-content")).to_have_value("")
    expect(page.locator("#f-phone")).to_be_focused()


def test_nothing_happens_while_a_word_is_being_composed(linhai, person):
    operator = person("agent1").goes("/desk/intake")
    before = tickets_in(linhai)
    operator.page.fill("#f-content", "正在打字")
    operator.page.evaluate("""() => ["Enter", "j", "1"].forEach(key => document.getElementById("f-content").dispatchEvent(
        new KeyboardEvent("keydown", { key, altKey: key === "Enter", isComposing: true, bubbles: true, cancelable: true })))""")
    operator.page.keyboard.press("Alt+1")
    operator.page.keyboard.type("jkau?")
    expect(operator.page.locator("#f-content")).to_have_value(re.compile("jkau"))
    assert operator.page.url.endswith("/desk/intake")
    assert tickets_in(linhai) == before


def test_a_draft_survives_a_reload_and_a_second_tab_registers_nothing_twice(linhai, person, open_page):
    operator = person("agent1").goes("/desk/intake?new=1")
    page = operator.page
    page.fill("#f-phone", "13800002799")
    page.fill("#f-content", "西门口路灯不亮，晚上看不见台阶")
    expect(page.locator("[data-draft-said]")).to_be_visible()
    page.reload()
    ready(page)
    expect(page.locator("#f-content")).to_have_value("西门口路灯不亮，晚上看不见台阶")
    second = ready(open_page(operator.address + "/desk/intake", shared=page))
    expect(second.locator("#f-content")).to_have_value("西门口路灯不亮，晚上看不见台阶")
    before = tickets_in(linhai)
    for tab in (page, second):
        with tab.expect_navigation():
            tab.keyboard.press("Alt+J")
        ready(tab)
    assert page.url == second.url
    assert tickets_in(linhai) == before + 1


def test_what_must_be_mended_keeps_every_word(person):
    operator = person("agent1").goes("/desk/intake?new=1")
    page = operator.page
    page.fill("#f-phone", "1380000279")
    page.fill("#f-content", "楼道灯坏了")
    with page.expect_navigation():
        page.keyboard.press("Alt+Enter")
    ready(page)
    operator.sees("手机号是 11 位")
    expect(page.locator("#f-content")).to_have_value("楼道灯坏了")
    page.fill("#f-phone", "13800002799")
    page.keyboard.press("Alt+B")
    with page.expect_navigation():
        page.keyboard.press("Alt+Enter")
    ready(page)
    expect(page.locator("#d-refuse")).to_be_visible()


def test_a_category_is_found_by_its_first_letters(person):
    page = person("agent1").goes("/desk/intake?new=1").page
    page.keyboard.press("Alt+7")
    page.keyboard.type("ljqy")
    page.keyboard.press("Enter")
    expect(page.locator("#f-category")).to_have_value("urban.sanitation.garbage")
    expect(page.locator("#picker")).to_be_hidden()


@pytest.mark.parametrize(("width", "language"), [(1280, "zh"), (390, "en")])
def test_the_desk_is_clean(linhai, person, width, language):
    earlier(linhai, "13800002733", "文晖苑下水道堵了", "文晖苑 2 幢下水道堵了三天", "文晖苑 2 幢")
    operator = person("agent1", width=width).goes(f"/desk/intake?lang={language}")
    operator.page.fill("#f-phone", "13800002733")
    operator.page.fill("#f-content", SAID)
    expect(operator.page.locator("#advice [data-category]").first).to_be_visible()
    expect(operator.page.locator("#caller .history").first).to_be_visible()
    operator.finds_it_clean()
    if language == "en":
        return
    for box in ("d-answer", "d-refuse", "d-emergency") if width == 1280 else ():
        operator.page.evaluate("id => document.getElementById(id).showModal()", box)
        operator.finds_it_clean()
        operator.page.keyboard.press("Escape")
    for path in ("/desk/intake?new=1", "/desk/intake/mine", "/desk/intake/knowledge", "/desk/intake/knowledge?q=飞碟降落"):
        operator.goes(path)
        operator.finds_it_clean()
