"""Steering a conversation: back, cancel, help, two languages, pauses, order, repeats; and what happens after a turn that broke us."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import clock
from app.counterpart.wechat_hand import SILENCE
from app.wechat import draft as drafts
from app.wechat import inbox, jobs, talk, tick
from app.wechat.models import WechatMessage
from app.work import session_now, work
from tests.app.wechat.conftest import person
from tests.app.wechat.somebody import BEGINNING
from tickets.models import Identity, Ticket


def half_told():
    return drafts.read(session_now(), person())


def tickets() -> int:
    session_now().rollback()
    return session_now().scalar(
        sa.select(sa.func.count()).select_from(Ticket).where(Ticket.channel == "wechat", Ticket.received_at > STARTED)
    )


STARTED = datetime.now(UTC)


@pytest.fixture(autouse=True)
def since():
    global STARTED  # noqa: PLW0603 -- tickets of earlier tests stay in this file's database
    STARTED = clock.now()


def tell_to_the_end(lin, *, phone: str = "匿名", confirm: str = "1") -> str:
    for words in (*BEGINNING, "0", "跳过", "跳过", phone):
        lin.says(words)
    return lin.says(confirm)


def test_the_shortest_way_is_anonymous(app, lin):
    assert "收到了。单号" in tell_to_the_end(lin)
    ticket = session_now().scalars(sa.select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()
    assert (session_now().get(Identity, ticket.id).kind, ticket.category_id) == ("anonymous", None)
    assert person().step == ""


def test_back_asks_again_and_forgets_the_answer(app, lin):
    for words in BEGINNING:
        lin.says(words)
    lin.says("1")
    assert half_told().category
    assert "像是哪一类" in lin.says("返回")
    assert not half_told().category
    assert "您想要哪一样" in lin.says("返回")
    assert "您想要哪一样" in lin.says("返回"), "from the first question nowhere"


def test_cancel_leaves_nothing(app, lin):
    for words in BEGINNING:
        lin.says(words)
    assert "都删了" in lin.says("取消")
    assert (person().step, person().draft) == ("", None)
    assert "没有说到一半" in lin.says("取消")
    assert tickets() == 0


def test_help_says_the_open_question_again(app, lin):
    lin.says(BEGINNING[0])
    lin.says("同意")
    assert "您想要哪一样" in lin.says("帮助")
    lin.says("取消")
    assert "10 位查询码" in lin.says("？？") or "10 位查询码" in lin.says("帮助")


def test_without_consent_nothing_goes_on(app, lin):
    lin.says(BEGINNING[0])
    assert "要您回“同意”" in lin.says("不同意")
    assert person().consented_at is None


def test_consent_is_asked_once(app, lin):
    tell_to_the_end(lin)
    assert "您想要哪一样" in lin.says("楼下路灯坏了三天没人修")


def test_what_is_no_answer_is_asked_again(app, lin):
    lin.says("反映")
    lin.says("同意")
    assert "6 表扬" in lin.says("七")
    lin.says("2")
    assert "再多说几个字" in lin.says("吵")
    lin.says(BEGINNING[0])
    assert "请回列出来的数字" in lin.says("99")


def test_a_bad_number_and_a_long_name(app, lin):
    for words in (*BEGINNING, "0", "跳过", "跳过"):
        lin.says(words)
    assert "号码不对" in lin.says("12")
    lin.says("057686543210")
    assert "最多 20 个字" in lin.says("很" * 21)
    assert "请看一下" in lin.says("跳过")


def test_confidential_is_one_word(app, lin):
    for words in (*BEGINNING, "0", "跳过", "跳过", "匿名"):
        lin.says(words)
    assert "对单位保密" in lin.says("保密")
    lin.says("提交")
    assert session_now().scalars(sa.select(Ticket.confidential).order_by(Ticket.id.desc()).limit(1)).one()


def test_danger_is_answered_with_the_emergency_lines(app, lin):
    assert "110、119、120" in lin.says("楼道里燃气泄漏味道很大")


def test_english_is_a_word_away(app, lin):
    assert "English from now on" in lin.says("English")
    assert "agree" in lin.says("The street lamp has been dark for days")
    assert "Which is it?" in lin.says("agree")
    assert "好，以后说中文" in lin.says("中文")


def test_a_photo_or_a_voice_from_nowhere_begins_a_matter(app, lin):
    lin.speaks(SILENCE, "楼下半夜施工")
    assert half_told().media[0][0] == "audio"
    lin.says("取消")
    assert "请发文字" in lin.sends("video", {"MediaId": "m", "ThumbMediaId": "t"})
    assert person().step == ""


def test_the_menu_answers_in_the_middle_without_losing_anything(app, lin):
    lin.says(BEGINNING[0])
    lin.says("同意")
    assert "您想要哪一样" in lin.clicks("MINE")
    assert "说到一半" in lin.clicks("FILE")
    assert half_told().text == BEGINNING[0]


def test_who_leaves_leaves_nothing_half_told(app, lin):
    lin.says(BEGINNING[0])
    assert lin.sends("event", {"Event": "unsubscribe", "EventKey": ""}) == ""
    assert (person().follows, person().step) == (False, "")


def test_turns_are_taken_in_the_order_people_wrote(app, stage, lin):
    """They arrive the wrong way round: the later first."""
    lin.says(BEGINNING[0])
    second = str(int(clock.now().timestamp()))  # one and the same, or the second would say the order
    for serial, words in ((30, "1"), (20, "1"), (10, "同意")):
        lin.platform.brings(lin.number, "text", {"Content": words}, MsgId=str(9_000_000_000_000_000_000 + serial), CreateTime=second)
        stage.courier.rest()
    lin.work_goes_on()
    assert half_told().answered[:4] == ["text", "consent", "want", "kind"]


def test_a_pause_of_hours_loses_nothing_and_a_day_is_reminded_of(app, lin):
    for words in BEGINNING:
        lin.says(words)
    told_at = person().turned_at
    assert tick.tick(told_at + timedelta(hours=23))["reminded"] == 0
    assert tick.tick(told_at + timedelta(hours=25))["reminded"] == 1
    assert tick.tick(told_at + timedelta(hours=26))["reminded"] == 0, "once"
    lin.work_goes_on(told_at + timedelta(hours=26))
    assert "说明 18 字" in lin.heard()[-1]
    assert "说到一半" in lin.says("1"), "nothing is taken for an answer after a day"
    assert "像是哪一类" in lin.says("继续")
    assert "发位置" in lin.says("1")


def test_after_three_days_what_was_half_told_is_deleted(app, lin):
    for words in BEGINNING:
        lin.says(words)
    told_at = person().turned_at
    assert tick.tick(told_at + timedelta(hours=71))["deleted"] == 0
    assert tick.tick(told_at + timedelta(hours=73))["deleted"] == 1
    assert (person().step, person().draft) == ("", None)


def test_the_tick_wakes_a_worker_for_what_a_lost_job_left(app, stage, lin):
    lin.platform.brings(lin.number, "text", {"Content": BEGINNING[0]})
    stage.courier.rest()
    app.extensions["redis"].flushdb()
    assert tick.tick(clock.now())["jobs"] == 1
    lin.work_goes_on()
    assert tick.tick(clock.now() + timedelta(seconds=5))["jobs"] == 0


def test_a_message_that_breaks_us_is_left_after_three_tries(app, stage, lin, monkeypatch):
    def breaks(*_args):
        raise RuntimeError("a fault of ours")

    lin.platform.brings(lin.number, "text", {"Content": BEGINNING[0]})
    stage.courier.rest()
    with monkeypatch.context() as faulty:
        faulty.setattr(talk, "take", breaks)
        for _try in range(inbox.MOST_TRIES):
            with pytest.raises(RuntimeError):
                jobs.converse()
        assert jobs.converse() == 0
    assert inbox.stuck(session_now()) == 1
    assert "help" not in lin.says("帮助"), "the next one has its turn"
    with work() as session:
        assert inbox.forget(session, clock.now() + timedelta(days=4)) == 2
    assert session_now().scalar(sa.select(sa.func.count()).select_from(WechatMessage)) == 0
