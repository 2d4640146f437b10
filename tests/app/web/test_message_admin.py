"""What an administrator does for messages: a unit's robot that really speaks, words edited with a preview and their cost, how channels fare."""

import pytest
import sqlalchemy as sa

from app import clock, wiring
from app.counterpart.robots import secret_of
from app.work import work
from notifiers import bursts, outbox, pulse
from notifiers.channels.base import ACCEPTED, RETRY, Outcome
from notifiers.channels.robots import Robot, say
from notifiers.delivery import deliver
from notifiers.models import MessageWording, OutboxMessage
from notifiers.robots import UnitRobot
from tests import factories
from tests.app.web.seats import put, seat, token_of
from tests.app.with_counterpart import app, played  # noqa: F401 -- fixtures
from tests.browser import axe, overflow, ready
from tests.notifiers.conftest import by_sms

KINDS = ("dingtalk", "wecom", "feishu")


@pytest.fixture
def admin(app):  # noqa: F811
    return seat(app, "admin1")


def send(client, path: str, **form):
    return client.post(path, data=form | {"csrf_token": token_of(client.get("/admin/robots").get_data(as_text=True))})


def unit_of(app, username: str) -> int:  # noqa: F811
    with app.app_context(), work() as session:
        return session.scalar(sa.text("SELECT unit_id FROM accounts WHERE username = :name"), {"name": username})


def said(played) -> list[str]:  # noqa: F811
    return [row["words"] for row in played[0].book.rows("robot")]


@pytest.mark.parametrize("kind", KINDS)
def test_a_robot_is_set_tried_for_real_and_stopped(played, app, admin, kind):  # noqa: F811
    address, token = f"{played[2]}/robots/{kind}/signed-{kind}", f"signed-{kind}"
    secret = "" if kind == "wecom" else secret_of(token)
    assert send(admin, "/admin/robots/new", unit=unit_of(app, "urban.head"), kind=kind, url=address, signing=secret).status_code == 302
    page = admin.get("/admin/robots").get_data(as_text=True)
    assert token not in page
    with app.app_context(), work() as session:
        robot = session.scalar(sa.select(UnitRobot))
        row, sealed = robot.id, bytes(robot.url)
    assert token.encode() not in sealed
    before = len(said(played))
    assert send(admin, f"/admin/robots/{row}/trials").status_code == 302
    assert said(played)[before:] == ["临海市12345：机器人接通了，以后着急的提醒会发到这里。"]
    send(admin, f"/admin/robots/{row}/state", active="0")
    assert send(admin, f"/admin/robots/{row}/trials").status_code == 409
    assert len(said(played)) == before + 1


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_wrong_secret_is_refused_in_the_platforms_own_words(played, kind):  # noqa: F811
    outcome = say(Robot(kind, f"{played[2]}/robots/{kind}/signed-x", "SECwrong"), "x", clock.now())
    assert (outcome.kind, outcome.code) == ("refused", {"dingtalk": "310000", "feishu": "19021"}[kind])


def test_what_is_no_robots_address_is_refused(app, admin):  # noqa: F811
    unit = unit_of(app, "urban.head")
    for form in (
        {"url": "https://evil.example/robot/send"},
        {"url": "http://oapi.dingtalk.com/x"},
        {"url": ""},
        {"kind": "slack"},
        {"unit": ""},
    ):
        good = {"unit": unit, "kind": "dingtalk", "url": "https://oapi.dingtalk.com/robot/send?access_token=1", "signing": "SEC1"}
        assert send(admin, "/admin/robots/new", **(good | form)).status_code == 422, form


def test_an_urgent_notice_speaks_in_the_group_at_its_pace(played, app, admin):  # noqa: F811
    send(admin, "/admin/robots/new", unit=unit_of(app, "urban.head"), kind="wecom", url=f"{played[2]}/robots/wecom/pace", signing="")
    with app.app_context():
        with work() as session:
            robot = session.scalar(sa.select(UnitRobot.id))
            outbox.put(session, [by_sms(f"r:{n}", channel="wecom", address=str(robot), shown_to="") for n in range(25)], clock.now())
        wecom = {"wecom": wiring.senders(app.config["SETTINGS"])["wecom"]}
        deliver(work, wecom, clock.now)
        with work() as session:
            assert bursts.merge(session, clock.now()) == 24
            states = dict(
                session.execute(
                    sa.select(OutboxMessage.status, sa.func.count()).where(OutboxMessage.channel == "wecom").group_by(OutboxMessage.status)
                ).all()
            )
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
    assert states == {"sent": 1, "pending": 2, "suppressed": 24}, (
        "one at once, the others together in two texts: below the platform's 20 a minute"
    )


def test_words_are_previewed_counted_written_versioned_and_put_back(app, admin):  # noqa: F811
    path = "/admin/wordings/urged?channel=sms&language=zh"
    fresh = "【{city}12345】尾号 {tail} 催过{unit}了。{link}"
    page = send(admin, "/admin/wordings/urged", channel="sms", language="zh", line=fresh, do="preview")
    assert "尾号 000612 催过城市管理和综合执法局了" in page.get_data(as_text=True)
    assert "按短信收费" in page.get_data(as_text=True)
    assert send(admin, "/admin/wordings/urged", channel="sms", language="zh", line=fresh, do="write").status_code == 302
    assert "第 1 版" in admin.get(path).get_data(as_text=True)
    sent = []

    class Sender:
        def send(self, message):
            sent.append(message.text)
            return Outcome(ACCEPTED, "SM1")

    number = put(app, "handling")
    with app.app_context():
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
            subject = f"ticket:{session.scalar(sa.text('SELECT id FROM tickets WHERE number = :n'), {'n': number})}"
            outbox.put(
                session,
                [
                    by_sms(
                        "w:1",
                        template="urged",
                        values={"city": "临海", "tail": number[-6:], "unit": "城管", "link": "https://x.example"},
                        subjects=(subject,),
                    )
                ],
                clock.now(),
            )
        deliver(work, {"sms": Sender()}, clock.now)
    assert sent == [f"【临海12345】尾号 {number[-6:]} 催过城管了。https://x.example"]
    assert send(admin, "/admin/wordings/urged", channel="sms", language="zh", do="own").status_code == 302
    history = seat(app, "agent1").get(f"/tickets/{number}/messages").get_data(as_text=True)
    assert "催过城管了" in history, "the history shows a message as it left"
    assert "恢复自带的" in admin.get(path).get_data(as_text=True)
    with app.app_context(), work() as session:
        assert list(session.scalars(sa.select(MessageWording.version).order_by(MessageWording.version))) == [1, 2]


@pytest.mark.parametrize(
    "line",
    ["{tail", "{unit.__class__}", "{tail!r}", "{phone}", "{tail:>99999}", "没有尾号和查询码", "很长" * 300, "{tail}{code}" + "长" * 280],
)
def test_words_that_cannot_be_are_refused(app, admin, line):  # noqa: F811
    for do in ("write", "preview"):
        assert send(admin, "/admin/wordings/accepted", channel="sms", language="zh", line=line, do=do).status_code == 422


def test_how_a_channel_fares_stands_on_the_page(app, admin):  # noqa: F811
    now = clock.now()
    with app.app_context(), work() as session:
        outbox.put(session, [by_sms("h:1")], now)
        message = outbox.claim(session, "sms", now, 1)[0]
        outbox.settle(session, message.id, 1, Outcome(RETRY, code="20429"), now)
        pulse.note(session, "sms", [Outcome(ACCEPTED), Outcome(RETRY, code="20429")], now)
        health = pulse.healths(session, ("sms", "email"), now)
        assert (health["sms"].last_ok_at, health["sms"].last_code, health["sms"].codes) == (now, "20429", [("20429", 1)])
        assert health["email"].last_ok_at is None
    assert "20429×1" in admin.get("/admin/messages").get_data(as_text=True)


def test_every_page_stands(app, admin):  # noqa: F811
    for path in (
        "/admin/robots",
        "/admin/wordings",
        "/admin/wordings?channel=dingtalk&language=en",
        "/admin/wordings/whistle-called?channel=wecom&language=en",
        "/admin/messages",
    ):
        assert admin.get(path).status_code == 200, path
    assert admin.get("/admin/wordings/nothing").status_code == 404


@pytest.mark.browser
def test_the_pages_are_usable(played, app, open_page, serve):  # noqa: F811
    admin = seat(app, "admin1")
    send(admin, "/admin/robots/new", unit=unit_of(app, "urban.head"), kind="wecom", url=f"{played[2]}/robots/wecom/usable", signing="")
    address = serve(app)
    for width in (1280, 390):
        page = open_page(address + "/sign-in", width=width)
        page.fill("[name=username]", "admin1")
        page.fill("[name=password]", factories.PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        for path in ("/admin/robots", "/admin/wordings", "/admin/wordings/accepted", "/admin/messages", "/account"):
            page.goto(address + path)
            assert axe(ready(page)) == [], (path, width)
            assert (overflow(page), page.said_wrong) == (0, []), (path, width)
        page.close()
