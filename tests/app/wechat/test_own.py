"""One's own matters only; guessing codes; and nothing of what people wrote in anything that leaves, least of all of a sealed report."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.wechat import people
from app.work import session_now, work
from notifiers import preferences
from tests import factories
from tests.app.wechat.conftest import person
from tests.app.wechat.somebody import Somebody
from tickets import dispatch, intake
from tickets.models import Ticket

SECRETS = ("郝大力", "13911112222", "海晏烧烤店", "缺斤短两", "浙J")


def told(somebody: Somebody, text: str = "楼下路灯坏了三天没人修", want: str = "1", phone: str = "匿名", *more: str) -> Ticket:
    for words in (text, "同意", want, "0", "跳过", "跳过", phone, *more):
        somebody.says(words)
    somebody.says("1")
    session_now().rollback()
    return session_now().scalars(sa.select(Ticket).where(Ticket.channel == "wechat").order_by(Ticket.id.desc()).limit(1)).one()


def dispatched(ticket: Ticket):
    with work() as session:
        row = session.get(Ticket, ticket.id, with_for_update=True)
        dispatch.dispatch(session, row, "urban", factories.person(session, "dispatcher1", row.received_at), row.received_at)
    return ticket


@pytest.fixture
def chen(app, stage) -> Somebody:
    return Somebody(app, stage, "13900010002")


def test_the_list_is_ones_own(app, lin, chen):
    ticket = told(lin)
    assert "还没有您的事" in chen.says("我的")
    said = lin.says("我的")
    assert ticket.number[-6:] in said
    assert "路灯" not in said


def test_progress_of_ones_own_and_by_code_of_anothers_only_the_label(app, lin, chen):
    ticket = dispatched(told(lin))
    assert "urban在办" in lin.says("进度")
    assert "urban" in lin.says(f"进度 {ticket.query_code}")
    said = chen.says(ticket.query_code)
    assert "已转办" in said
    assert "urban" not in said


def test_guessing_codes_ends(app, chen):
    for _ in range(10):
        assert "没有查到" in chen.says("1234567890")
    assert "试错太多次" in chen.says("1234567890")


def test_adding_words_and_a_photo_to_one_of_several(app, lin):
    first, second = told(lin), told(lin, "小区门口占道经营堵了路", "2")
    assert "哪一件" in lin.says("补充")
    assert "要补充什么" in lin.says("2")
    lin.says("今天又坏了一盏")
    assert "补充已加到" in lin.says("好了")
    session_now().rollback()
    kinds = {
        ticket.id: [
            kind
            for (kind,) in session_now().execute(
                sa.text("SELECT kind FROM ticket_events WHERE ticket_id = :id ORDER BY seq"), {"id": ticket.id}
            )
        ]
        for ticket in (first, second)
    }
    assert "supplement" in kinds[first.id]
    assert "supplement" not in kinds[second.id]


def test_urging_is_the_portals_rule(app, lin):
    ticket = dispatched(told(lin))
    assert "现在还不用催" in lin.says("催办")
    session_now().rollback()
    assert session_now().get(Ticket, ticket.id).urges == 0


def test_an_ended_matter_takes_no_more(app, lin):
    ticket = told(lin)
    with work() as session:
        row = session.get(Ticket, ticket.id, with_for_update=True)
        intake.refuse(session, row, "out-of-area", factories.person(session, "agent1", clock.now()), clock.now())
    assert "现在没有这样的事" in lin.says("补充")


def test_nothing_of_a_sealed_report_leaves(app, stage, lin):
    """Names and numbers are planted in every answer; everything that left, and everything stored for leaving, is searched."""
    for words in (
        "海晏烧烤店缺斤短两，老板郝大力，车牌浙J12345",
        "同意",
        "3",
        "0",
        "东门街海晏烧烤店",
        "电话也写过 13911112222",
        "好了",
        "13911112222",
        "郝大力",
    ):
        lin.says(words)
    lin.says("1")
    ticket = session_now().scalars(sa.select(Ticket).where(Ticket.channel == "wechat").order_by(Ticket.id.desc()).limit(1)).one()
    assert (ticket.sealed, ticket.appeal_type) == (True, "report")
    dispatched(ticket)
    for words in ("我的", "进度", ticket.query_code, "催办"):
        lin.says(words)
    lin.work_goes_on(clock.now() + timedelta(days=1))
    left = "\n".join(lin.heard())
    stored = session_now().execute(sa.text("SELECT string_agg(m::text, E'\\n') FROM outbox_messages m")).scalar_one()
    kept = session_now().execute(sa.text("SELECT string_agg(p::text, E'\\n') FROM wechat_people p")).scalar_one()
    for secret in SECRETS:
        assert secret not in left, secret
        assert secret not in stored, secret
        assert secret not in kept, secret
    assert lin.platform.follower(lin.number)["openid"] not in stored + kept


def test_a_lost_photo_is_asked_for_again(app, lin):
    for words in ("楼下路灯坏了三天没人修", "同意", "1", "0", "跳过"):
        lin.says(words)
    lin.sends("image", {"PicUrl": "http://mmbiz.example/p", "MediaId": "gone"})
    lin.photographs(b"not a picture")
    for words in ("好了", "匿名", "1"):
        lin.says(words)
    lin.work_goes_on()
    lost = [words for words in lin.heard() if "没有收到" in words]
    assert len(lost) == 2
    assert "微信那边取不到了" in lost[0] + lost[1]


def test_news_stops_and_comes_again_by_a_word_also_in_the_middle_of_telling(app, lin):
    lin.says("楼下路灯坏了三天没人修")
    said = lin.says("退订")
    assert "退订好了" in said
    assert "同意" in said, "the open question stays open"
    openid = people.openid_of(session_now(), person())
    assert preferences.refused(session_now(), "wechat", {openid}) == {openid}
    assert "一步步" in lin.sends("event", {"Event": "subscribe"}), "whoever writes is answered all the same"
    assert "恢复好了" in lin.says("订阅")
    session_now().rollback()
    assert not preferences.refused(session_now(), "wechat", {openid})
