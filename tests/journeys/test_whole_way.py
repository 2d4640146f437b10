"""The whole way of one matter in a real browser, from a citizen's phone to a closed ticket, by the people whose step it is (issue 2, Must show 3)."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from app.db import db
from tests.journeys import centre, unit
from tests.journeys import citizen as phone
from tickets.catalogue import entry_for
from tickets.history import events_of, verify
from tickets.models import Rating, Reply, Ticket
from tickets.organisations import Unit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
MOBILE = 390
NOT_OURS = "《权责清单》第 11 项只管巡查督促，这口井是水务集团的排水检查井"
RULING = "权属单位对井盖养护负责，由水务集团主办"
FIRST_REPLY = "井盖已经换好，接线盒也处理了。"
SECOND_REPLY = "11 月 23 日上午换上防沉降井盖，过车不再响；供电公司已封好路灯接线盒。"
WHOLE_WAY = [
    "register",
    "supplement",
    "classify",
    "dispatch",
    "request-return",
    "deny-return",
    "dispute",
    "rule",
    "sign",
    "contact",
    "add-task",
    "sign-task",
    "reply-task",
    "grade-task",
    "draft-reply",
    "reply",
    "reject-reply",
    "reply",
    "approve-reply",
    "follow-up",
    "rate",
    "close",
]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """What a phone's camera leaves."""
    path = tmp_path / "井盖.jpg"
    Image.effect_mandelbrot((1200, 900), (-2, -1.5, 1, 1.5), 60).save(path)
    return path


def test_a_loose_cover_goes_from_a_phone_to_a_closed_ticket(person, photo, linhai):
    citizen, dispatcher = person(width=MOBILE), person("dispatcher1").goes("/desk/dispatch")
    matter = phone.files_with_a_photo(citizen, photo)
    phone.tracks(citizen, matter, "已受理", "您说的我们收到了")
    citizen.sees_a_picture("照片 1")
    centre.row_of(dispatcher, matter)  # it came while the page was open

    find_who_is_responsible(person, citizen, dispatcher, matter)
    handle_it_together(person, citizen, matter)
    answer_twice(person, citizen, matter)
    call_back_and_rate(person, citizen, matter)
    prove(linhai, matter)


def find_who_is_responsible(person, citizen, dispatcher, matter):
    """Operator, dispatcher, the wrong unit, its return, the dispute, the ruling."""
    centre.adds_what_the_caller_says(person("agent1"), matter, "晚上有老人从那里过，请快一点")
    phone.tracks(citizen, matter, "已受理", "您打电话补充了")
    centre.dispatches(dispatcher, matter, "urban.drainage.manhole", "请先到场围挡")
    phone.tracks(citizen, matter, "已转办", "转给市城市管理局", "市城市管理局答应您，最晚", never=("围挡",))

    wrong = person("urban.liaison", width=MOBILE)
    unit.row_of(wrong.goes("/desk/unit"), matter, "待签收")
    wrong.finds_it_clean()
    unit.follows(wrong, matter, "待签收", "退单", "退单申请交给中心了", reason="not-our-duty", basis=NOT_OURS, suggested_unit="water")
    phone.tracks(citizen, matter, "已转办", "市城市管理局答应您，最晚", never=(NOT_OURS,))
    centre.denies_the_return(dispatcher, matter, "目录写明井盖由城管局督促处置")
    unit.acts(wrong, matter, "提出争议", "争议交给中心裁定了", statement="井盖上铸着“水务”，权属清楚，只有权属单位能修")
    centre.rules(person("auditor1"), matter, "water", RULING)
    phone.tracks(citizen, matter, "已转办", "定下来由市水务集团办，不再转了", never=(RULING,))
    wrong.page.goto(f"{wrong.address}/tickets/{matter.number}")
    wrong.sees("没有", within="body")  # it is another unit's now


def handle_it_together(person, citizen, matter):
    """Sign, first contact, the lead's task for another unit, its answer, its grade."""
    liaison, handler, helper = (
        person("water.liaison", width=MOBILE),
        person("water.handler", width=MOBILE),
        person("power.liaison", width=MOBILE),
    )
    unit.presses(liaison, matter, "待签收", "签收", "签收了 1 件")
    unit.row_of(liaison, matter, "待联系")
    unit.follows(handler, matter, "待联系", "记首次联系", "联系记下了", method="phone", result="reached", words="下午在家，可以当面看")
    handler.sees_a_picture("照片")
    handler.finds_it_clean()
    phone.tracks(citizen, matter, "办理中", "打给您了", "市水务集团答应您，最晚")

    helper.goes("/desk/unit")
    unit.acts(liaison, matter, "请别的单位协办", "请它协办了", unit="power", ask="井旁路灯接线盒敞开，请断电后封闭")
    unit.presses(helper, matter, "协办", "签收", "协办签收了")
    unit.follows(helper, matter, "协办", "回复主办", "回复主办了", content="接线盒已换封板，绝缘测试合格")
    helper.finds_it_clean()
    unit.acts(liaison, matter, "打分", "分打好了", score="5")
    unit.acts(handler, matter, "起草答复", "草稿存好了", result="resolved", content=FIRST_REPLY)
    phone.tracks(citizen, matter, "办理中", never=(FIRST_REPLY, "绝缘测试合格"))


def answer_twice(person, citizen, matter):
    """The head releases, the audit sends it back, the head writes what was missing, the audit lets it through."""
    head, auditor = person("water.head", width=MOBILE), person("auditor1")
    unit.follows(head, matter, "等你放行", "看草稿", "答复放行了")
    phone.tracks(citizen, matter, "已答复", FIRST_REPLY)
    centre.audits(auditor, matter, "发回重办", "发回市水务集团重办了", defect="missing-element", words="没写什么时候、谁办的、用了什么办法")
    phone.tracks(citizen, matter, "办理中", "正在重办，第 1 次", "答复没说清楚，中心要求重办")
    unit.acts(
        head,
        matter,
        "写答复",
        "答复放行了",
        result="resolved",
        content=SECOND_REPLY,
        time="11 月 23 日上午",
        person="抢修队，已告诉丁女士",
        measures="更换防沉降井盖，封闭接线盒",
    )
    head.finds_it_clean()
    centre.audits(auditor, matter, "通过", "通过，转回访")
    phone.tracks(citizen, matter, "待评价", SECOND_REPLY)


def call_back_and_rate(person, citizen, matter):
    """Nobody answers; the citizen rates by the link, which is good once; the second call closes."""
    caller = person("followup1")
    centre.calls_back(caller, matter, "没打通", "记了一次没打通")
    caller.finds_it_clean()
    link = phone.rates(citizen, matter, "4", "第二天就换了，夜里安静了")
    citizen.page.goto(link)
    citizen.sees("谢谢您，记下了", "满意")
    assert citizen.page.locator("[name=score]").count() == 0
    centre.calls_back(caller, matter, "打通了，办结", "办结了", contacted="yes", solved="yes", satisfied="4", truthful="yes")
    phone.tracks(citizen, matter, "已办结", "办结了", "您评价：满意")
    citizen.finds_it_clean()


def prove(app, matter):
    """Every step is a row, in order, and every chain holds; the ruling changed the catalogue; both replies and the rating are kept."""
    with app.app_context():
        session = db.session()
        ticket = session.scalar(sa.select(Ticket).where(Ticket.number == matter.number))
        told = [event.kind for event in events_of(session, ticket.id) if event.kind not in ("attach", "reveal")]
        assert told == WHOLE_WAY
        assert [fault for _count, fault in verify(session) if fault] == []
        assert (ticket.status, ticket.reworks, ticket.returns, ticket.locked) == ("closed", 1, 1, True)
        assert (ticket.first_rating, ticket.final_rating) == (4, 4)
        assert session.scalars(sa.select(Reply.state).where(Reply.ticket_id == ticket.id).order_by(Reply.id)).all() == [
            "rejected",
            "approved",
        ]
        rating = session.scalar(sa.select(Rating).where(Rating.ticket_id == ticket.id))
        water = session.scalar(sa.select(Unit).where(Unit.code == "water"))
        assert (rating.unit_id, rating.round) == (water.id, 2)
        entry = entry_for(session, ticket.category_id, ticket.region_code, ticket.closed_at)
        assert (entry.unit_id, entry.basis) == (water.id, RULING)
        db.session.remove()
