"""People of the house hear outside it what hurries: their own way first, the unit's robot in reserve or alone; never a word somebody typed."""

import sqlalchemy as sa

from notifiers import outbox, preferences, robots, staff
from notifiers.message import CAN_WAIT, Message, Way
from notifiers.texts import render
from tests.notifiers.conftest import to_person
from tests.statements import counted

OURS = {"sms", "dingtalk"}
SECRET_WORDS = "王建国 13800002716 举报包工头"


def a_robot(session, now, username="urban.head") -> int:
    unit = session.scalar(sa.text("SELECT unit_id FROM accounts WHERE username = :name"), {"name": username})
    return robots.set_robot(session, unit, "dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=x", "SEC1", None, now, inside=False).id


def a_whistle(account_id: int, key: str = "whistle:1:2:sound-at-once:1") -> Message:
    values = {"number": "SX1", "kind": "联合执法哨", "problem": SECRET_WORDS, "place": SECRET_WORDS, "ask": SECRET_WORDS, "words": SECRET_WORDS, "street": "东门", "unit": "",
              "due": {"due": "2026-09-14T16:00:00+00:00"}}
    return Message(key, "inbox", "whistle-called", values, account_id=account_id, subjects=("whistle:1",))


def test_by_the_way_they_set_with_the_robot_in_reserve(session, now, account):
    head = account("urban.head")
    robot = a_robot(session, now)
    preferences.set_way(session, Way("sms", "+8613900000001", "139****0001"), now, account_id=head)
    [message] = staff.outside(session, [to_person(head)], OURS, now)
    assert (message.channel, message.address, message.key) == ("sms", "+8613900000001", "step:1>sms")
    assert [(way.channel, way.address) for way in message.otherwise] == [("dingtalk", str(robot))]
    assert outbox.put(session, [message], now) == {"step:1>sms"}


def test_a_group_is_told_once_whoever_of_it_is_told(session, now, account):
    a_robot(session, now)
    both = [a_whistle(account(name), f"whistle:1:2:sound-at-once:{n}") for n, name in enumerate(("urban.head", "urban.liaison"))]
    [message] = staff.outside(session, both, OURS, now)
    assert (message.channel, message.otherwise) == ("dingtalk", ())


def test_what_can_wait_and_channels_the_house_has_not_got_leave_nothing(app, session, now, account):
    a_robot(session, now)
    head = account("urban.head")
    preferences.set_way(session, Way("sms", "+8613900000001"), now, account_id=head)
    assert staff.outside(session, [to_person(head, urgency=CAN_WAIT)], OURS, now) == []
    assert [message.channel for message in staff.outside(session, [to_person(head)], {"dingtalk"}, now)] == ["dingtalk"]
    with counted(app) as sent:
        assert staff.outside(session, [to_person(head)], set(), now) == []
    assert sent == []


def test_words_that_somebody_typed_stay_inside(session, now, account):
    a_robot(session, now)
    [message] = staff.outside(session, [a_whistle(account("urban.head"))], OURS, now)
    assert SECRET_WORDS not in str(message.values)
    for language in ("zh", "en"):
        said = render(message.template, message.values, language, "dingtalk")
        assert SECRET_WORDS not in said.title + said.plain
        assert "SX1" in said.plain


def test_a_night_that_rings_for_a_30_minute_clock_rings_outside_too(session, now, account):
    a_robot(session, now)
    night = now.replace(hour=19)  # 3:00 in the city
    outbox.put(session, staff.outside(session, [to_person(account("urban.head"))], OURS, night), night)
    assert len(outbox.claim(session, "dingtalk", night, 5)) == 1
