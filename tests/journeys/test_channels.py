"""A matter by telephone and text message, everything live (issue 5, Must show 1): call, screen-pop, ticket, text with code, 进度, answer, "1", bad-rating loop.

The citizen's telephone is the counterpart's page, the provider is the counterpart, the library and the webhooks are the real ones.
"""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import expect

from app import clock, create_app
from app.auth.access import actor_of
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.commands.data import lay_time
from app.counterpart import switchboard
from app.db import db
from app.demo import city
from app.phone import seats
from app.work import work
from tests.app.with_counterpart import everything_runs, playing
from tests.browser import axe, overflow, ready, shoot
from tests.journeys import centre, unit
from tests.journeys.citizen import Matter
from tests.journeys.people import PASSWORD, PATIENCE
from tickets.evaluation_models import Rectification
from tickets.models import Rating, Ticket

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
LIN = "13900010001"
SAID = "海晏小区北门的垃圾桶满了三天没人清运，污水流了一地，路过都要捂鼻子。"
REPLY = "已清空垃圾桶并冲洗地面，清运改为一天两次。"


@pytest.fixture(scope="module")
def town(settings, new_database, tmp_path_factory):
    """(stage, the city's application, the counterpart's address): a city that opens today, its providers played."""
    own = replace(settings, home=tmp_path_factory.mktemp("linhai"), demo_password=PASSWORD)
    with playing(own, lambda told: create_app(replace(told, database_url=new_database())), site="http://12345.example") as three:
        with three[1].app_context(), work() as session:
            lay_time(session)
            city.load_organisation(session, clock.now(), hash_password(PASSWORD))
            session.flush()
            agent = session.scalar(sa.select(Account).where(Account.username == "agent1"))
            seats.set_address(session, "+8657612340001", actor_of(session, agent, clock.now()), clock.now())
        yield three
        with three[1].app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def linhai(town):
    return town[1]


@pytest.fixture
def handset(town, open_page, monkeypatch):
    """The citizen's telephone, on a telephone's screen."""
    monkeypatch.setattr(switchboard, "PICK_UP", 0.05)

    class Handset:
        page = open_page(f"{town[2]}/phones/{LIN}", width=390)

        def opens(self, app: str) -> None:
            self.page.locator(".apps a").filter(has_text=app).click()
            expect(self.page.locator(".apps a[aria-current]")).to_contain_text(app)

        def presses(self, label: str) -> None:
            self.page.get_by_role("button", name=label, exact=True).click()

        def texts(self, words: str) -> None:
            self.presses(words)
            expect(self.page.locator(".bubble.out p").last).to_have_text(words, timeout=PATIENCE)

        def reads(self, *words: str) -> None:
            for said in words:
                expect(self.page.locator("#talk")).to_contain_text(said, timeout=PATIENCE)

    return Handset()


def test_a_call_a_text_and_a_bad_rating(town, linhai, person, handset):
    stage = town[0]
    operator = person("agent1", width=1440).goes("/desk/intake")
    operator.page.keyboard.press("Alt+0")
    operator.sees("就绪，等电话", within="#line")
    matter = it_rings_and_is_registered(linhai, operator, handset)
    everything_runs(linhai, stage)
    handset.opens("短信")
    handset.reads(f"尾号 {matter.tail}，查询码 {matter.code}", "送到了")

    handset.texts("进度")
    everything_runs(linhai, stage)
    handset.reads(f"尾号 {matter.tail}：已转办。城管局在办，最晚")
    assert axe(handset.page) == []
    assert overflow(handset.page) <= 0

    the_unit_answers(person, matter)
    everything_runs(linhai, stage, clock.now() + timedelta(days=1))  # what can wait leaves after its minute, by day
    handset.reads("城管局已答复。看答复、打分")
    handset.texts("1")
    everything_runs(linhai, stage)
    handset.reads(f"收到您给尾号 {matter.tail} 打的 1 分。对不起没办好，1 个工作日内会有人联系您")
    shoot(handset.page, "channels-handset")
    the_loop_has_begun(linhai, person, matter)
    assert handset.page.said_wrong == []


def it_rings_and_is_registered(linhai, operator, handset) -> Matter:
    """The number stands in the form before anybody typed; one call, one ticket, sent on while they talk."""
    page, keys = operator.page, operator.page.keyboard
    handset.opens("电话")
    handset.presses("拨 12345")
    expect(page.locator("#f-phone")).to_have_value(LIN, timeout=PATIENCE)
    keys.press("F2")
    operator.sees("通话中", within="#line")
    keys.press("Alt+1")
    keys.insert_text(SAID)
    keys.press("Alt+7")
    keys.type("ljqy")
    keys.press("Enter")
    expect(page.locator("#f-category")).to_have_value("urban.sanitation.garbage")
    keys.press("Alt+4")
    keys.press("ArrowDown")
    keys.press("ArrowDown")
    keys.press("Tab")
    keys.insert_text("海晏小区北门")
    with page.expect_navigation():
        keys.press("Alt+Enter")
    ready(page)
    number = re.search(r"/receipts/(\d{21})", page.url)[1]
    handset.presses("挂断")
    with linhai.app_context():
        ticket = db.session.scalar(sa.select(Ticket).where(Ticket.number == number))
        code, call = ticket.query_code, ticket.call_id
        db.session.remove()
    assert call, "the call hangs on the ticket"
    return Matter(code, number)


def the_unit_answers(person, matter: Matter) -> None:
    """Sign, contact, reply, audit: by the people whose step it is."""
    liaison, handler, head = (person(f"urban.{post}", width=390) for post in ("liaison", "handler", "head"))
    unit.presses(liaison, matter, "待签收", "签收", "签收了 1 件")
    unit.follows(handler, matter, "待联系", "记首次联系", "联系记下了", method="phone", result="reached", words="说下午再去看")
    unit.acts(head, matter, "写答复", "答复放行了", result="resolved", content=REPLY, time="今天上午", person="环卫科", measures="清运、冲洗")
    centre.audits(person("auditor1"), matter, "通过", "通过，转回访")


def the_loop_has_begun(linhai, person, matter: Matter) -> None:
    """The rating is the citizen's, by text; its rectification runs and the unit sees it."""
    with linhai.app_context():
        ticket = db.session.scalar(sa.select(Ticket).where(Ticket.number == matter.number))
        rating = db.session.scalar(sa.select(Rating).where(Rating.ticket_id == ticket.id))
        assert (rating.score, rating.channel) == (1, "sms")
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Rectification).where(Rectification.ticket_id == ticket.id)) == 1
        db.session.remove()
    person("urban.liaison", width=390).goes(f"/tickets/{matter.number}").sees("差评")
