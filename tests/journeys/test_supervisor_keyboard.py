"""The supervisor's desk under the fingers: a breach appears by itself, is supervised, coordinated and written off; the unit answers on its phone."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock, supervising, sweeping
from app.db import db
from app.work import work
from escalation.models import LedgerEntry
from escalation.supervision_models import Supervision
from tests.browser import axe, overflow, ready
from tests.journeys.test_unit_keyboard import does, put
from tickets import handling
from tickets.models import Ticket

pytestmark = pytest.mark.browser
QUICK = 4_000  # ms: two seconds from commit to screen (design §9), the rest for a busy machine
DESK = "/desk/supervision"
ANSWER = {"result": "resolved", "content": "已到场处置，市民当面认可。", "measures": "抽水", "time": "今天下午", "person": "抢修队"}


def dispatched(app, title: str, minutes: int, lead: str = "urban") -> str:
    """Sent `minutes` ago to a unit that does nothing: its clocks are set back, then swept as of now."""
    number = put(app, title, lead=lead)
    with app.app_context():
        with work() as session:
            back = timedelta(minutes=minutes)
            session.execute(
                sa.text(
                    "UPDATE clocks SET started_at = started_at - :back, due_at = due_at - :back, next_step_at = next_step_at - :back "
                    "WHERE ticket_id = (SELECT id FROM tickets WHERE number = :number) AND unit = 'minutes'"
                ),
                {"back": back, "number": number},
            )
        sweeping.sweep(clock.now())
        db.session.remove()
    return number


def orders(app, number: str) -> list[tuple[str, str]]:
    with app.app_context():
        found = db.session.execute(
            sa.select(Supervision.state, Supervision.standing)
            .join(Ticket, Ticket.id == Supervision.ticket_id)
            .where(Ticket.number == number)
        ).all()
        db.session.remove()
    return [tuple(row) for row in found]


@pytest.fixture(autouse=True)
def rooms_cleared(linhai):
    with linhai.app_context():
        with work() as session:
            session.execute(sa.text("UPDATE tickets SET status = 'archived'"))
            session.execute(
                sa.text(
                    "UPDATE clocks SET stopped_at = now(), stop_reason = 'cancelled', next_step = NULL, next_step_at = NULL WHERE stopped_at IS NULL"
                )
            )
            session.execute(sa.update(LedgerEntry).where(LedgerEntry.closed_at.is_(None)).values(status="cleared", closed_at=clock.now()))
        db.session.remove()


def test_a_breach_appears_by_itself_and_one_key_opens_supervision(linhai, person):
    desk = person("supervisor1").goes(DESK)
    page, keys = desk.page, desk.page.keyboard
    desk.sees("没有黄牌，也没有红牌")
    first, second = dispatched(linhai, "第一件没人签", 40), dispatched(linhai, "第二件没人签", 35)
    expect(page.locator("#queue")).to_contain_text("第二件没人签", timeout=QUICK)
    keys.press("j")
    keys.press("j")
    expect(page.locator("#queue .job.sel")).to_contain_text("第二件没人签")
    keys.press("s")
    expect(page.locator("#do-issue")).to_be_visible()
    expect(page.locator("#do-issue [data-about]")).to_contain_text(second[-6:])
    page.locator("#do-issue input[value='refuses-to-receive']").evaluate("el => el.click()")
    with page.expect_navigation():
        page.locator("#do-issue .btn.main").click()
    ready(page)
    desk.sees("已开督办 DB", within="#toasts")
    desk.sees("已督办 DB", within="#queue")
    assert (orders(linhai, first), orders(linhai, second)) == ([], [("issued", "not-begun")])
    assert page.said_wrong == []


def test_the_horizon_moves_with_one_two_three(linhai, person):
    dispatched(linhai, "十分钟后要断的", 20)
    desk = person("supervisor1").goes(DESK)
    page, keys = desk.page, desk.page.keyboard
    desk.sees("下一小时会断什么", "签收")
    for key, words in (("3", "本周会断什么"), ("2", "今天会断什么"), ("1", "下一小时会断什么")):
        with page.expect_navigation():
            keys.press(key)
        ready(page)
        desk.sees(words)


def test_urge_and_interview_speak_of_the_selected_row(linhai, person):
    number = dispatched(linhai, "要催的一件", 40)
    desk = person("supervisor1").goes(DESK)
    page, keys = desk.page, desk.page.keyboard
    keys.press("c")
    with page.expect_navigation():
        page.locator("#do-urge .btn.main").click()
    ready(page)
    desk.sees("已催办", within="#queue")
    keys.press("y")
    desk.fills(page.locator("#do-meet form"), held_at="2026-01-05T09:00", place="热线中心三楼", people="孙明", words="约谈为何不签收")
    with page.expect_navigation():
        page.locator("#do-meet .btn.main").click()
    ready(page)
    desk.goes(f"/tickets/{number}").sees("约谈为何不签收")
    assert page.said_wrong == []


def test_the_whole_way_of_an_order_from_desk_to_phone_to_write_off(linhai, person):
    number = dispatched(linhai, "三十一分钟没人签", 61)
    with linhai.app_context():
        assert supervising.open_orders(clock.now()) == 1
    assert orders(linhai, number) == [("issued", "not-begun")]
    phone = person("urban.head", width=390).goes("/desk/orders")
    assert (axe(phone.page), overflow(phone.page)) == ([], 0)
    phone.page.locator("[data-open='do-acknowledge']").first.click()
    phone.fills(phone.page.locator("#do-acknowledge form"), plan="马上签收，一小时内到场")
    with phone.page.expect_navigation():
        phone.page.locator("#do-acknowledge .btn.main").click()
    ready(phone.page)
    assert orders(linhai, number) == [("acknowledged", "under-way")]
    leader = person("leader1").goes(f"{DESK}/orders?live=1")
    leader.page.locator(".job h3 a").first.click()
    ready(leader.page)
    leader.page.keyboard.press("g")
    leader.fills(leader.page.locator("#do-coordinate form"), person="孙明", post="主要负责人", due="2099-01-05T18:00")
    with leader.page.expect_navigation():
        leader.page.locator("#do-coordinate .btn.main").click()
    ready(leader.page)
    leader.sees("落实到 孙明（主要负责人）")
    does(linhai, number, "urban.liaison", lambda session, ticket, actor: handling.sign(session, ticket, actor, clock.now()))
    does(
        linhai,
        number,
        "urban.handler",
        lambda session, ticket, actor: handling.contact(session, ticket, "phone", "reached", actor, clock.now()),
    )
    does(linhai, number, "urban.head", lambda session, ticket, actor: handling.reply(session, ticket, actor, clock.now(), **ANSWER))
    desk = person("supervisor1").goes(DESK)
    page, keys = desk.page, desk.page.keyboard
    desk.sees("三十一分钟没人签", within="#book")
    keys.press("j")
    expect(page.locator("#book .job.sel")).to_have_count(1)
    keys.press("x")
    desk.fills(page.locator("#do-write-off form"), written_off_as="implemented", evidence="现场照片三张，市民说满意")
    with page.expect_navigation():
        page.locator("#do-write-off .btn.main").click()
    ready(page)
    desk.sees("销号了", within="#toasts")
    assert orders(linhai, number) == [("written-off", "done")]
    assert page.said_wrong == leader.page.said_wrong == phone.page.said_wrong == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_of_the_room_is_clean_for_everybody(linhai, person, width, language):
    number = dispatched(linhai, "给大家看的一件", 61)
    with linhai.app_context():
        supervising.open_orders(clock.now())
        order = db.session.scalar(sa.select(Supervision.id).join(Ticket, Ticket.id == Supervision.ticket_id).where(Ticket.number == number))
        db.session.remove()
    desk = person("supervisor1", width=width)
    for path in (
        DESK,
        f"{DESK}?look=week",
        f"{DESK}/ledger",
        f"{DESK}/ledger?live=1&card=red",
        f"{DESK}/orders",
        f"/supervisions/{order}",
        f"{DESK}?t={number}&do=issue",
        f"/tickets/{number}",
    ):
        desk.goes(path + ("&" if "?" in path else "?") + f"lang={language}")
        assert axe(desk.page) == [], path
        assert overflow(desk.page) == 0, path
    desk.goes(f"/supervisions/{order}/paper")
    assert axe(desk.page) == []
    unit = person("urban.head", width=width).goes(f"/desk/orders?lang={language}")
    assert (axe(unit.page), overflow(unit.page)) == ([], 0)
    assert desk.page.said_wrong == unit.page.said_wrong == []
