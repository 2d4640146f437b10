"""The channel "wechat": within 48 hours freely, after them by template, else the next way; with time as an argument. And what the platform's codes become."""

from datetime import datetime, timedelta

import pytest
import requests
import sqlalchemy as sa
from wechatpy.exceptions import WeChatClientException

from app.wechat import sending
from app.wechat.models import WechatPerson
from app.wechat.people import may_write_freely, openid_of, way_of
from app.work import session_now, work
from notifiers import outbox
from notifiers.channels import wechat as channel
from notifiers.channels.base import Outgoing
from notifiers.channels.wechat import WechatMessages, short
from notifiers.delivery import deliver
from notifiers.message import SMS, WECHAT, Message, Way
from notifiers.models import OutboxMessage
from tests.app.wechat.conftest import person

HOUR = timedelta(hours=1)
VALUES = {
    "city": {"zh": "临海市", "en": "Linhai"},
    "tail": "000123",
    "code": "1234567890",
    "link": "https://12345.example/t/1234567890",
    "unit": {"zh": "城管", "en": "Urban"},
    "due": {"due": "2026-09-20T16:00:00+00:00"},
}


class Platform:
    """Stands for the library's client: answers as told, keeps what was asked."""

    def __init__(self, *answers):
        self.answers, self.asked, self.message = list(answers), [], self

    def send_text(self, openid: str, words: str):
        return self._answer(("custom", openid, words))

    def post(self, url: str, data: dict):
        return self._answer((url, data["touser"], data))

    def _answer(self, asked: tuple):
        self.asked.append(asked)
        answer = self.answers.pop(0) if self.answers else {"errcode": 0, "msgid": 77}
        if isinstance(answer, Exception):
            raise answer
        return answer


def outgoing(
    now: datetime,
    text: str = "【临海市12345】尾号 000123 已交城管办理，最晚 9 月 20 日 24:00 答复您。查进度：https://12345.example/t/1234567890",
) -> Outgoing:
    return Outgoing(9, 1, "o" * 28, text, now, now, False)


def sender(platform: Platform, now: datetime, wrote_ago: timedelta, template: str = "T1", notice: str = "") -> WechatMessages:
    return WechatMessages(lambda: platform, lambda _openid, at: at < now - wrote_ago + 48 * HOUR, template, notice)


TEMPLATE, NOTICE = "message/template/send", "message/subscribe/bizsend"
NO_CONSENT, LEFT = WeChatClientException(43101, "refused"), WeChatClientException(43004, "left")


@pytest.mark.parametrize(
    ("ago", "template", "notice", "answers", "how", "kind"),
    [
        (47 * HOUR, "T1", "N1", (), ["custom"], "accepted"),
        (49 * HOUR, "T1", "", (), [TEMPLATE], "accepted"),
        (47 * HOUR, "", "", (), ["custom"], "accepted"),
        (49 * HOUR, "T1", "N1", (), [NOTICE], "accepted"),
        (49 * HOUR, "T1", "N1", (NO_CONSENT,), [NOTICE, TEMPLATE], "accepted"),
        (49 * HOUR, "", "N1", (NO_CONSENT,), [NOTICE], "refused"),
        (49 * HOUR, "T1", "N1", (LEFT, LEFT), [NOTICE, TEMPLATE], "refused"),
    ],
)
def test_48_hours_and_their_consent_decide_how(now, ago, template, notice, answers, how, kind):
    platform = Platform(*answers)
    outcome = sender(platform, now, ago, template, notice).send(outgoing(now))
    assert (outcome.kind, [asked[0] for asked in platform.asked]) == (kind, how)


def test_after_48_hours_without_a_template_it_is_refused_at_once(now):
    platform = Platform()
    outcome = sender(platform, now, 49 * HOUR, "").send(outgoing(now))
    assert (outcome.kind, outcome.code, platform.asked) == ("refused", channel.OUTSIDE, [])


def test_what_the_platform_counts_otherwise_goes_by_template(now):
    platform = Platform(WeChatClientException(45015, "out of time"))
    outcome = sender(platform, now, HOUR).send(outgoing(now))
    assert (outcome.kind, outcome.provider_id, [asked[0] for asked in platform.asked]) == (
        "accepted",
        "template:77",
        ["custom", "message/template/send"],
    )


def test_a_template_carries_the_beginning_the_link_and_our_id(now):
    platform = Platform()
    sender(platform, now, 50 * HOUR).send(outgoing(now))
    said = platform.asked[0][2]
    assert said["data"] == {"thing1": {"value": "尾号 000123 已交城管办理…"}}
    assert len(said["data"]["thing1"]["value"]) <= 20
    assert (said["url"], said["client_msg_id"]) == ("https://12345.example/t/1234567890", "shaoxiang-9")
    assert short("【临海市12345】请评价") == "请评价"


@pytest.mark.parametrize(
    ("lost", "kind", "code"),
    [
        (WeChatClientException(-1, "busy"), "retry", "-1"),
        (WeChatClientException(45011, "minute"), "retry", "45011"),
        (WeChatClientException(45009, "day"), "retry", "45009"),
        (WeChatClientException(40003, "openid"), "refused", "40003"),
        (WeChatClientException(43004, "left"), "refused", "43004"),
        (WeChatClientException(40125, "secret"), "retry", "40125"),
        (requests.ConnectTimeout(), "retry", "unreachable"),
        (requests.ReadTimeout(), "unknown", "no-answer"),
        (ValueError("json"), "unknown", "unreadable"),
    ],
)
def test_what_the_platform_says_becomes(now, lost, kind, code):
    outcome = sender(Platform(lost), now, HOUR).send(outgoing(now))
    assert (outcome.kind, outcome.code) == (kind, code)


def test_the_window_is_48_hours_from_their_last_word(app, lin):
    lin.says("帮助")
    openid, wrote = openid_of(session_now(), person()), person().wrote_at
    assert may_write_freely(session_now(), openid, wrote + 48 * HOUR - timedelta(seconds=1))
    assert not may_write_freely(session_now(), openid, wrote + 48 * HOUR)
    assert not may_write_freely(session_now(), "somebody else", wrote)


def in_outbox(now: datetime, *others: Way) -> None:
    with work() as session:
        way = way_of(session, session.scalars(sa.select(WechatPerson)).one())
        outbox.put(
            session, [Message("one", WECHAT, "dispatched", VALUES, address=way.address, shown_to=way.shown_to, otherwise=others)], now
        )


def test_after_48_hours_the_template_then_a_text_message(app, stage, lin, now):
    """The stand-in, the library, the outbox and its fallback together: they left, so neither words nor template reach them."""
    lin.says("帮助")
    wrote = person().wrote_at
    stage.book.change("follower", lin.platform.follower(lin.number)["openid"], consents=1)
    in_outbox(wrote + 49 * HOUR)
    deliver(work, sending.channels(app.config["SETTINGS"]), lambda: wrote + 49 * HOUR)
    assert stage.book.rows("sent", lambda row: row["how"] == "notice"), "they agreed to one notice"
    with work() as session:
        session.execute(sa.text("TRUNCATE outbox_messages, delivery_attempts CASCADE"))
    in_outbox(wrote + 50 * HOUR, Way(SMS, "+8613900010001", "139****0001"))
    deliver(work, sending.channels(app.config["SETTINGS"]), lambda: wrote + 50 * HOUR)
    assert "已交城管办理" in lin.heard()[-1]
    assert session_now().scalars(sa.select(OutboxMessage.provider_id).where(OutboxMessage.key == "one")).one().startswith("template:")
    lin.work_goes_on(wrote)
    session_now().rollback()
    assert session_now().scalars(sa.select(OutboxMessage.status).where(OutboxMessage.key == "one")).one() == "delivered", (
        "the platform's receipt"
    )
    with work() as session:
        session.execute(sa.text("TRUNCATE outbox_messages, delivery_attempts CASCADE"))
    stage.book.change("follower", lin.platform.follower(lin.number)["openid"], follows=False)
    in_outbox(wrote + 51 * HOUR, Way(SMS, "+8613900010001", "139****0001"))
    deliver(work, sending.channels(app.config["SETTINGS"]), lambda: wrote + 51 * HOUR)
    session_now().rollback()
    rows = (
        session_now().execute(sa.select(OutboxMessage.channel, OutboxMessage.status, OutboxMessage.reason).order_by(OutboxMessage.id)).all()
    )
    assert [(row.channel, row.status) for row in rows] == [("wechat", "failed"), ("sms", "pending")]
    assert rows[0].reason == "43004"


def test_a_refused_template_is_known_by_its_receipt_and_goes_another_way(app, stage, lin):
    lin.says("帮助")
    wrote = person().wrote_at
    stage.die.set({"failing": 1.0, "pace": 0.02})
    in_outbox(wrote + 50 * HOUR, Way(SMS, "+8613900010001", "139****0001"))
    deliver(work, sending.channels(app.config["SETTINGS"]), lambda: wrote + 50 * HOUR)
    lin.work_goes_on(wrote)
    session_now().rollback()
    rows = (
        session_now()
        .execute(
            sa.select(OutboxMessage.channel, OutboxMessage.status, OutboxMessage.reason)
            .where(OutboxMessage.template == "dispatched")
            .order_by(OutboxMessage.id)
        )
        .all()
    )
    assert [tuple(row) for row in rows] == [("wechat", "failed", "failed:user block"), ("sms", "pending", "")]
