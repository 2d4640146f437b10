"""People of the house hear outside it what hurries: their own way first, the unit's robot in reserve or alone; never a word somebody typed."""

from datetime import timedelta

import sqlalchemy as sa

from notifiers import bursts, outbox, preferences, robots, staff
from notifiers.channels.robots import LONGEST
from notifiers.message import CAN_WAIT, Message, Way
from notifiers.texts import render
from tests.notifiers.conftest import to_person
from tests.statements import counted

OURS = {"sms", "dingtalk"}
SECOND = timedelta(seconds=1)
SECRET_WORDS = "王建国 13800002716 举报包工头"


def a_robot(session, now, username="urban.head") -> int:
    unit = session.scalar(sa.text("SELECT unit_id FROM accounts WHERE username = :name"), {"name": username})
    return robots.set_robot(
        session, unit, "dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=x", "SEC1", None, now, inside=False
    ).id


def a_whistle(account_id: int, key: str = "whistle:1:2:sound-at-once:1") -> Message:
    values = {
        "number": "SX1",
        "kind": "联合执法哨",
        "problem": SECRET_WORDS,
        "place": SECRET_WORDS,
        "ask": SECRET_WORDS,
        "words": SECRET_WORDS,
        "street": "东门",
        "unit": "",
        "due": {"due": "2026-09-14T16:00:00+00:00"},
    }
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


def test_a_burst_for_one_robot_leaves_as_one_text(session, now, account):
    """Three rounds within seconds, and what is left of an earlier one: one text, once, with every sentence; another unit's robot is none of it."""
    robot, head = a_robot(session, now), account("urban.head")
    other = a_robot(session, now, "market.head")
    for second in range(3):
        notices = [
            to_person(head, f"step:{second}", part={"tail": f"00000{second}", "subject": f"ticket:{second}"}),
            to_person(account("market.head"), f"other:{second}"),
        ][: 2 if second == 0 else 1]
        outbox.put(session, staff.outside(session, notices, OURS, now + second * SECOND), now + second * SECOND)
    [doubtful] = staff.outside(session, [to_person(head, "step:9", part={"tail": "000009"})], OURS, now + 9 * SECOND)
    outbox.put(session, [doubtful], now)
    session.execute(sa.text("UPDATE outbox_messages SET in_doubt = true WHERE key = :key"), {"key": doubtful.key})
    assert [bursts.merge(session, now + 3 * SECOND) for _ in range(2)] == [3, 0]
    texts = {
        (int(session.info["vault"].open(one.address)), len(one.values["items"])): render(one.template, one.values, "zh", one.channel)
        for one in outbox.claim(session, "dingtalk", now + 3 * SECOND, 9)
    }
    assert sorted(texts) == sorted([(robot, 3), (robot, 1), (other, 1)])
    assert texts[robot, 3].title == "3 件事要看"
    assert [line.words[:9] for line in texts[robot, 3].lines] == ["尾号 000000", "尾号 000001", "尾号 000002"]


def test_a_burst_too_long_for_one_text_is_two(session, now, account):
    a_robot(session, now)
    told = [to_person(account("urban.head"), f"step:{n}", part={"tail": f"{n:06d}"}) for n in range(bursts.MOST + 3)]
    outbox.put(session, staff.outside(session, told, OURS, now), now)
    assert bursts.merge(session, now) == bursts.MOST + 3
    texts = [render(one.template, one.values, "zh", one.channel).plain for one in outbox.claim(session, "dingtalk", now, 9)]
    assert [text.count("尾号") for text in texts] == [bursts.MOST, 3]
    assert max(len(text.encode()) for text in texts) < LONGEST
