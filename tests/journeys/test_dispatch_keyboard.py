"""The dispatch desk under the fingers: accept and undo by one key, bulk, reassign, ticks that survive a refresh, a new ticket within two seconds."""

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.db import db
from app.work import work
from tickets import dispatch, handling, intake
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Ticket

pytestmark = pytest.mark.browser
QUICK = 4_000  # ms: two seconds from commit to screen (design §9), the rest for a busy machine


def who(session, username: str):
    return actor_of(session, session.scalar(sa.select(Account).where(Account.username == username)), clock.now())


def wait_in_line(app, title: str, category: str = "urban.drainage.backflow", **changed) -> str:
    """A registered matter; gives its number."""
    with app.app_context():
        with work() as session:
            matter = {
                "channel": "phone",
                "appeal_type": "help",
                "title": title,
                "content": f"{title}，今天早上开始的",
                "category": category,
                "region": "990101001",
                "address": "海晏小区 3 幢",
                "appellant": Appellant(name="陈小芳", phone="13800002716"),
            }
            number = intake.register(session, Matter(**(matter | changed)), who(session, "agent1"), clock.now()).number
        db.session.remove()
    return number


def unit_does(app, number: str, username: str, act) -> None:
    """A verb of the unit on this ticket."""
    with app.app_context():
        with work() as session:
            act(session, session.scalar(sa.select(Ticket).where(Ticket.number == number).with_for_update()), who(session, username))
        db.session.remove()


def status_of(app, number: str) -> str:
    with app.app_context():
        found = db.session.scalar(sa.select(Ticket.status).where(Ticket.number == number))
        db.session.remove()
    return found


@pytest.fixture
def nothing_waits(linhai):
    with linhai.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived' WHERE status = 'registered'"))
        db.session.remove()


@pytest.fixture
def desk(linhai, person, nothing_waits):
    """The queue with three matters, and its page."""
    numbers = [wait_in_line(linhai, title) for title in ("第一件返水", "第二件返水", "第三件返水")]
    someone = person("dispatcher1").goes("/desk/dispatch")
    someone.numbers = numbers
    expect(someone.page.locator("#evidence")).to_contain_text(f"{numbers[0][-6:]} 派给谁")
    return someone


def test_one_key_accepts_and_one_takes_it_back(linhai, desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("j")
    expect(page.locator("#evidence")).to_contain_text(f"{desk.numbers[1][-6:]} 派给谁")
    keys.press("a")
    desk.sees("已派出“第二件返水”给市水务集团", within="#toasts")
    expect(page.locator("#queue tr[data-row]")).to_have_count(2)
    expect(page.locator("#evidence")).to_contain_text(f"{desk.numbers[2][-6:]} 派给谁")
    assert status_of(linhai, desk.numbers[1]) == "dispatched"
    with page.expect_navigation():
        keys.press("u")
    expect(page.locator("#queue tr[data-row]")).to_have_count(3)
    assert status_of(linhai, desk.numbers[1]) == "registered"


def test_another_lead_is_chosen_by_key_and_the_slip_goes_along(linhai, desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("g")
    keys.type("csgl")
    expect(page.locator("#picker-list .take").first).to_have_text("市城市管理局")
    keys.press("Enter")
    expect(page.locator("#f-other")).to_have_value("urban")
    expect(page.locator("#evidence [name=lead]:checked")).to_have_count(0)
    page.locator("#f-note").fill("先到现场看")
    page.locator("#evidence .pane-f .btn.main").click()
    desk.sees("给市城市管理局", within="#toasts")
    with linhai.app_context():
        assert db.session.scalar(sa.select(Ticket.slip).where(Ticket.number == desk.numbers[0])) == "先到现场看"
        db.session.remove()


def test_ticks_survive_a_refresh_and_bulk_takes_the_ticked(linhai, desk):
    page, keys = desk.page, desk.page.keyboard
    keys.press("x")
    expect(page.locator("#queue tr.sel input[name=pick]")).not_to_be_checked()
    late = wait_in_line(linhai, "刚来的第四件返水")
    expect(page.locator("#queue")).to_contain_text("刚来的第四件返水", timeout=QUICK)
    expect(page.locator("#queue tr[data-row]").first.locator("input[name=pick]")).not_to_be_checked()
    keys.press("Shift+A")
    desk.sees("派出 3 件", within="#bulk-said")
    expect(page.locator("#queue tr[data-row]")).to_have_count(1)
    assert [status_of(linhai, one) for one in (*desk.numbers, late)] == ["registered", "dispatched", "dispatched", "dispatched"]


def test_a_report_asks_for_its_slip_first(linhai, person, nothing_waits):
    number = wait_in_line(linhai, "某摊短斤缺两", "commerce.price", appeal_type="report")
    someone = person("dispatcher1").goes("/desk/dispatch")
    someone.sees("举报件必填", within="#evidence")
    someone.page.keyboard.press("a")
    assert status_of(linhai, number) == "registered"
    expect(someone.page.locator("#f-note")).to_be_focused()


def test_what_somebody_writes_is_not_swept_away(linhai, desk):
    page = desk.page
    page.locator("#f-note").fill("写到一半的要点")
    wait_in_line(linhai, "又来一件返水")
    expect(page.locator("#queue")).to_contain_text("又来一件返水", timeout=QUICK)
    expect(page.locator("#f-note")).to_have_value("写到一半的要点")
    page.locator("#queue tr[data-row] .rowlink").nth(1).focus()
    expect(page.locator("#evidence")).to_contain_text(f"{desk.numbers[1][-6:]} 派给谁")
    expect(page.locator("#f-note")).to_have_value("")
    page.keyboard.press("k")
    expect(page.locator("#f-note")).to_have_value("写到一半的要点")


def test_somebody_was_first_and_the_words_stay_on_the_screen(linhai, desk):
    page = desk.page
    page.locator("#f-note").fill("我写的要点别丢")
    unit_does(
        linhai,
        desk.numbers[0],
        "dispatcher1",
        lambda session, ticket, actor: dispatch.dispatch(session, ticket, "urban", actor, clock.now()),
    )
    page.locator("#evidence .pane-f .btn.main").click()
    expect(page.locator("#evidence [role=alert]")).to_contain_text("有人先一步")
    expect(page.locator("#queue tr[data-row]")).to_have_count(2)
    desk.sees("我写的要点别丢", "有人先一步", within="#evidence")
    page.keyboard.press("j")
    expect(page.locator("#evidence")).to_contain_text(f"{desk.numbers[2][-6:]} 派给谁")


def test_evidence_that_does_not_come_never_stands_for_another_row(linhai, desk):
    page = desk.page
    page.route("**/evidence/**", lambda route: route.abort())
    page.keyboard.press("j")
    expect(page.locator("#evidence [role=alert]")).to_be_visible()
    assert desk.numbers[0][-6:] not in page.locator("#evidence").inner_text()
    page.unroute("**/evidence/**")
    page.locator("#evidence").get_by_role("button", name="再试一次").click()
    expect(page.locator("#evidence")).to_contain_text(f"{desk.numbers[1][-6:]} 派给谁")


@pytest.mark.parametrize(("width", "languages"), [(1280, ("zh",)), (390, ("en",))])
def test_all_its_pages_are_clean(linhai, person, nothing_waits, width, languages):
    wait_in_line(linhai, "海晏小区返水")
    wait_in_line(linhai, "说不清归谁", "")
    asked = []
    for title in ("退单的那件", "有争议的那件", "要延期的那件"):
        asked.append(wait_in_line(linhai, title, "urban.appearance"))
        unit_does(
            linhai, asked[-1], "dispatcher1", lambda session, ticket, actor: dispatch.dispatch(session, ticket, "urban", actor, clock.now())
        )
    unit_does(
        linhai,
        asked[0],
        "urban.liaison",
        lambda s, t, actor: dispatch.request_return(s, t, "not-our-duty", "权责清单第 12 条", actor, clock.now(), "water"),
    )
    unit_does(linhai, asked[1], "urban.liaison", lambda s, t, actor: dispatch.dispute(s, t, "检测不归我局管", actor, clock.now()))
    unit_does(linhai, asked[2], "urban.liaison", lambda s, t, actor: handling.sign(s, t, actor, clock.now()))
    unit_does(linhai, asked[2], "urban.handler", lambda s, t, actor: handling.contact(s, t, "phone", "reached", actor, clock.now()))
    unit_does(
        linhai,
        asked[2],
        "urban.liaison",
        lambda s, t, actor: handling.request_extension(s, t, 5, "等会签", "五天内公示", actor, clock.now()),
    )
    for name, paths in (
        ("dispatcher1", ("/desk/dispatch", "/desk/dispatch/returns", "/desk/dispatch/disputes", "/desk/dispatch/asked")),
        ("auditor1", ("/desk/rulings",)),
    ):
        someone = person(name, width=width)
        for language in languages:
            for path in paths:
                someone.goes(f"{path}?lang={language}")
                expect(someone.page.locator("#evidence .facts").first).to_be_visible()
                someone.finds_it_clean()
    for path in ("/desk/tickets", "/desk/tickets?status=closed", "/desk/dispatch?urgency=critical"):
        someone = person("dispatcher1", width=width).goes(path)
        someone.finds_it_clean()
