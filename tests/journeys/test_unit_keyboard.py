"""The unit's, auditor's and caller's desks under the fingers: sign by one key, forms that keep what was typed, an identity that covers itself again."""

import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.db import db
from app.work import work
from tests.browser import axe, overflow, ready
from tickets import answering, dispatch, handling, intake
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Ticket

pytestmark = pytest.mark.browser
KEPT = """() => new Promise(done => { const look = () => Object.keys(localStorage).some(key => key.endsWith(":notes")) ? done() : setTimeout(look, 50); look(); })"""
QUICK = 4_000  # ms: two seconds from commit to screen (design §9), the rest for a busy machine


def who(session, username: str):
    return actor_of(session, session.scalar(sa.select(Account).where(Account.username == username)), clock.now())


def put(app, title: str, status: str = "dispatched", lead: str = "urban") -> str:
    """A matter brought to this station by the right people; gives its number."""
    reply = {
        "result": "resolved",
        "content": "已经修好，市民当面确认恢复正常。",
        "time": "今天上午",
        "person": "维修队",
        "measures": "更换",
    }
    steps = {
        "dispatched": lambda session, ticket: dispatch.dispatch(session, ticket, lead, who(session, "dispatcher1"), clock.now()),
        "signed": lambda session, ticket: handling.sign(session, ticket, who(session, f"{lead}.liaison"), clock.now()),
        "handling": lambda session, ticket: handling.contact(
            session, ticket, "phone", "reached", who(session, f"{lead}.handler"), clock.now()
        ),
        "replied": lambda session, ticket: handling.reply(session, ticket, who(session, f"{lead}.head"), clock.now(), **reply),
        "follow-up": lambda session, ticket: answering.review(session, ticket, True, who(session, "auditor1"), clock.now()),
    }
    with app.app_context():
        with work() as session:
            matter = Matter(
                channel="phone",
                appeal_type="help",
                title=title,
                content=f"{title}，今天早上开始的",
                region="990101001",
                address="海晏小区 3 幢",
                appellant=Appellant(name="陈小芳", phone="13800002716"),
            )
            ticket = intake.register(session, matter, who(session, "agent1"), clock.now())
            number = ticket.number
            session.flush()
            for station, step in steps.items():
                step(session, ticket)
                session.flush()
                if station == status:
                    break
        db.session.remove()
    return number


def does(app, number: str, username: str, act) -> None:
    """Somebody else is quicker."""
    with app.app_context():
        with work() as session:
            act(session, session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update()), who(session, username))
        db.session.remove()


def column(app, number: str, name: str):
    with app.app_context():
        found = db.session.scalar(sa.select(getattr(Ticket, name)).where(Ticket.number == number))
        db.session.remove()
    return found


@pytest.fixture(autouse=True)
def tables_cleared(linhai):
    with linhai.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived'"))
        db.session.remove()


def test_one_key_signs_row_after_row_and_one_signs_all(linhai, person):
    numbers = [put(linhai, f"第 {n} 件占道") for n in range(1, 6)]
    desk = person("urban.liaison").goes("/desk/unit")
    page, keys = desk.page, desk.page.keyboard
    expect(page.locator("#g-sign")).to_contain_text("5")
    keys.press("q")
    desk.sees("签收了 1 件", within="#toasts")
    expect(page.locator("#g-sign")).to_contain_text("4", timeout=QUICK)
    expect(page.locator(".job.sel")).to_contain_text("第 2 件")
    keys.press("q")
    expect(page.locator("#g-sign")).to_contain_text("3", timeout=QUICK)
    keys.press("Shift+Q")
    expect(page.locator("#g-sign")).to_have_count(0)
    expect(page.locator("#g-contact")).to_contain_text("5")
    assert {column(linhai, number, "status") for number in numbers} == {"signed"}
    assert page.said_wrong == []


def test_a_ticket_appears_by_itself_and_the_selection_stays(linhai, person):
    put(linhai, "早来的一件")
    desk = person("urban.liaison").goes("/desk/unit")
    expect(desk.page.locator(".job.sel")).to_contain_text("早来的一件")
    put(linhai, "刚刚来的一件")
    expect(desk.page.locator("#queue")).to_contain_text("刚刚来的一件", timeout=QUICK)
    expect(desk.page.locator(".job.sel")).to_contain_text("早来的一件")


def test_a_row_that_was_taken_meanwhile_says_so(linhai, person):
    number = put(linhai, "被抢先的一件")
    desk = person("urban.liaison").goes("/desk/unit")
    desk.page.route("**/live*", lambda route: route.abort())  # the page does not hear of it before the press
    does(linhai, number, "urban.liaison", lambda session, ticket, actor: handling.sign(session, ticket, actor, clock.now()))
    form = desk.page.locator("form[action='/desk/unit/signatures']").first
    form.evaluate("form => form.requestSubmit()")
    desk.sees("已签收", within="#toasts")


def test_a_form_keeps_what_was_typed_through_a_reload_and_a_conflict(linhai, person):
    number = put(linhai, "油烟扰民", "handling")
    desk = person("urban.handler").goes(f"/tickets/{number}")
    page, keys = desk.page, desk.page.keyboard
    keys.press("n")
    page.locator("#do-notes-words").fill("到现场劝离三家，约了晚上复查")
    page.evaluate(KEPT)
    desk.goes(f"/tickets/{number}")
    page.keyboard.press("n")
    expect(page.locator("#do-notes-words")).to_have_value("到现场劝离三家，约了晚上复查")
    does(linhai, number, "urban.liaison", lambda session, ticket, actor: handling.note(session, ticket, "我先到了", actor, clock.now()))
    with page.expect_navigation():
        page.locator("#do-notes .btn.main").click()
    ready(page)
    desk.sees("刚改过这件", within="dialog[open]")
    expect(page.locator("#do-notes-words")).to_have_value("到现场劝离三家，约了晚上复查")
    assert [line for line in page.said_wrong if "412" not in line] == []
    with page.expect_navigation():
        page.locator("#do-notes .btn.main").click()
    ready(page)
    desk.sees("到现场劝离三家", "我先到了", within="#story")
    page.keyboard.press("n")
    expect(page.locator("#do-notes-words")).to_have_value("")


def test_the_page_follows_what_others_do(linhai, person):
    number = put(linhai, "路灯不亮", "dispatched")
    desk = person("urban.handler").goes(f"/tickets/{number}")
    expect(desk.page.locator("#turn")).not_to_contain_text("记首次联系")
    does(linhai, number, "urban.liaison", lambda session, ticket, actor: handling.sign(session, ticket, actor, clock.now()))
    expect(desk.page.locator("#turn")).to_contain_text("记首次联系", timeout=QUICK)
    desk.page.keyboard.press("l")
    expect(desk.page.locator("#do-contacts")).to_be_visible()


def test_an_identity_opens_with_a_reason_survives_a_refresh_and_covers_itself(linhai, person):
    number = put(linhai, "电梯困人", "handling")
    desk = person("urban.handler")
    page = desk.page
    page.clock.install()
    desk.goes(f"/tickets/{number}")
    page.keyboard.press("v")
    page.locator("#do-reveal-words").fill("约上门时间")
    page.locator("#do-reveal .btn.main").click()
    card = page.locator("#who")
    expect(card).to_contain_text("13800002716")
    expect(page.locator("dialog[open]")).to_have_count(0)
    expect(page.locator(".watermark")).to_have_count(1)
    does(linhai, number, "urban.liaison", lambda session, ticket, actor: handling.note(session, ticket, "路过的一笔", actor, clock.now()))
    page.clock.run_for(4_000)
    expect(page.locator("#story")).to_contain_text("路过的一笔")
    expect(card).to_contain_text("13800002716")
    page.clock.run_for(301_000)
    expect(card).not_to_contain_text("13800002716")
    expect(page.locator(".watermark")).to_have_count(0)
    expect(card).to_contain_text("约上门时间")


def test_brackets_walk_the_list_one_came_from(linhai, person):
    for n in range(1, 4):
        put(linhai, f"第 {n} 件", "handling")
    desk = person("urban.handler").goes("/desk/unit")
    page = desk.page
    with page.expect_navigation():
        page.locator(".job h3 a").first.click()
    ready(page)
    expect(page.locator("h1")).to_have_text("第 1 件")
    expect(page.locator("[data-trail=previous]")).to_be_hidden()
    with page.expect_navigation():
        page.keyboard.press("]")
    ready(page)
    expect(page.locator("h1")).to_have_text("第 2 件")
    with page.expect_navigation():
        page.keyboard.press("[")
    ready(page)
    expect(page.locator("h1")).to_have_text("第 1 件")


def test_on_a_phone_the_dock_is_the_action_bar(linhai, person):
    number = put(linhai, "井盖响", "handling")
    desk = person("urban.handler", width=390).goes(f"/tickets/{number}")
    desk.page.locator(".dock a", has_text="起草答复").click()
    form = desk.page.locator("dialog[open] form")
    expect(form).to_be_visible()
    assert axe(desk.page) == []
    assert overflow(desk.page) <= 0
    desk.fills(form, result="partly", content="先垫了胶圈，新井盖下周到。", promised_at="2037-01-05")
    with desk.page.expect_navigation():
        form.locator(".btn.main").click()
    ready(desk.page)
    desk.sees("草稿存好了", within="#toasts")


def test_the_auditor_passes_one_after_another(linhai, person):
    numbers = [put(linhai, f"第 {n} 件", "replied") for n in range(1, 4)]
    desk = person("auditor1").goes("/desk/audit")
    page, keys = desk.page, desk.page.keyboard
    desk.sees(numbers[0][-6:], within="#pane")
    keys.press("a")
    desk.sees("通过，转回访", within="#toasts")
    desk.sees(numbers[1][-6:], within="#pane")
    keys.press("j")
    desk.sees(numbers[2][-6:], within="#pane")
    page.locator("#pane [name=defect][value=unclear]").evaluate("el => el.click()")
    page.locator("#pane textarea").fill("没说哪天修好")
    page.locator("#pane .pane-h h2").click()
    keys.press("b")
    desk.sees("重办了", within="#toasts")
    desk.sees(numbers[1][-6:], within="#pane")
    assert [column(linhai, number, "status") for number in numbers] == ["follow-up", "replied", "handling"]
    assert page.said_wrong == []


def test_the_caller_asks_four_questions_and_the_next_one_comes(linhai, person):
    numbers = [put(linhai, f"第 {n} 件", "follow-up") for n in range(1, 3)]
    desk = person("followup1").goes("/desk/follow-up")
    page, keys = desk.page, desk.page.keyboard
    keys.press("v")
    desk.sees("13800002716", within="#who")
    for key in "135":
        keys.press(key)
    page.locator("#pane [name=satisfied][value='4']").evaluate("el => el.click()")
    page.locator("#pane .pane-h h2").click()
    keys.press("a")
    desk.sees("办结了", within="#toasts")
    desk.sees(numbers[1][-6:], within="#pane")
    assert column(linhai, numbers[0], "status") == "closed"
    keys.press("b")
    desk.sees("请记下市民的原话", within="#pane")
    assert column(linhai, numbers[1], "status") == "follow-up"
    assert [line for line in page.said_wrong if "422" not in line] == []


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("urban.liaison", "/desk/unit"),
        ("urban.handler", "/tickets/{number}?do=replies"),
        ("urban.liaison", "/desk/duty?do=absence"),
        ("auditor1", "/desk/audit"),
        ("followup1", "/desk/follow-up"),
        ("leader1", "/desk/duty?do=delegation"),
        ("discipline1", "/desk/reveals"),
    ],
)
def test_these_pages_are_clean_by_night_in_both_languages(linhai, person, name, path):
    numbers = [put(linhai, f"{status} 的一件", status) for status in ("dispatched", "signed", "handling", "replied", "follow-up")]
    for width in (1280, 390):
        desk = person(name, width=width)
        for look in ("theme=dark&lang=zh", "theme=light&lang=en"):
            address = path.format(number=numbers[2])
            desk.goes(f"{address}{'&' if '?' in address else '?'}{look}")
            desk.finds_it_clean()


def test_an_empty_desk_says_what_comes_next(linhai, person):
    for name, path, said in (
        ("urban.liaison", "/desk/unit", "都办完了"),
        ("auditor1", "/desk/audit", "都审完了"),
        ("followup1", "/desk/follow-up", "都打完了"),
    ):
        desk = person(name).goes(path)
        desk.sees(said)
        desk.finds_it_clean()


def test_a_broken_list_offers_to_try_again(linhai, person):
    put(linhai, "列表还在的一件")
    desk = person("urban.liaison").goes("/desk/unit")
    page = desk.page
    page.route(re.compile("/desk/unit$"), lambda route: route.abort())
    put(linhai, "又来一件")
    desk.sees("列表没取到", within=".strip")
    expect(page.locator("#queue")).to_contain_text("列表还在的一件")
    page.unroute(re.compile("/desk/unit$"))
    page.locator(".strip .btn").click()
    desk.sees("又来一件", within="#queue")
