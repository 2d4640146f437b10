"""One success is one message: what surely did not get there goes the next way, what may have does not; refusals, owed notices, quiet hours. Time is an argument."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from notifiers import outbox, preferences
from notifiers.channels.base import ACCEPTED, POSTPONED, REFUSED, RETRY, UNKNOWN, WITHHELD, Outcome
from notifiers.delivery import _prepared
from notifiers.message import CAN_WAIT, DINGTALK, SMS, WECHAT, Way
from notifiers.models import OutboxMessage
from notifiers.retry import MOST_TRIES
from tests.notifiers.conftest import by_sms

LATER = timedelta(hours=3)
SAID = {"city": "临海", "tail": "000612", "unit": "城管", "link": "https://12345.example/t/1"}
PHONE = Way(SMS, "+8613800002716", "138****2716")
ROBOT = Way(DINGTALK, "4", "城管钉钉群", "robot:4:x")


def by_wechat(key: str = "wx:1", **changed):
    return by_sms(key, **({"channel": WECHAT, "address": "openid-1", "shown_to": "微信", "otherwise": (PHONE,)} | changed))


def all_of(session) -> list[OutboxMessage]:
    session.flush()
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def ways(session) -> list[tuple[str, str, str]]:
    return [(one.channel, one.status, one.reason) for one in all_of(session)]


def try_once(session, now, outcome: Outcome, channel: str = WECHAT) -> OutboxMessage:
    message = outbox.claim(session, channel, now, 1)[0]
    outbox.settle(session, message.id, message.attempts, outcome, now)
    return message


def test_48_hours_after_the_citizens_last_word_wechat_refuses_and_a_text_message_goes(session, now):
    outbox.put(session, [by_wechat()], now)
    try_once(session, now, Outcome(REFUSED, code="45015", words="out of the 48 hours"))
    assert ways(session) == [(WECHAT, "failed", "45015"), (SMS, "pending", "")]
    first, second = all_of(session)
    assert (second.instead_of_id, second.next_try_at, second.shown_to, second.template) == (first.id, now, "138****2716", first.template)
    assert session.info["vault"].open(second.address) == PHONE.address
    assert second.subjects == first.subjects, "both stand in the history of the matter"
    assert try_once(session, now, Outcome(ACCEPTED, "SM1"), SMS).instead_of_id == first.id
    assert outbox.send_again(session, [first.id], now) == 0, "it went another way; again would be twice"


def test_a_receipt_that_says_failed_sends_it_the_other_way(session, now):
    outbox.put(session, [by_wechat()], now)
    message = try_once(session, now, Outcome(ACCEPTED, "T1"))
    assert outbox.receive(session, message.id, "failed", "T1", "user-block", now + LATER)
    assert ways(session) == [(WECHAT, "failed", "user-block"), (SMS, "pending", "")]
    assert not outbox.receive(session, message.id, "failed", "T1", "user-block", now + LATER)
    assert len(all_of(session)) == 2


def test_a_delivered_one_never_goes_twice(session, now):
    outbox.put(session, [by_wechat()], now)
    message = try_once(session, now, Outcome(ACCEPTED, "T1"))
    outbox.receive(session, message.id, "delivered", "T1", "", now)
    outbox.receive(session, message.id, "failed", "T1", "user-block", now)
    assert ways(session) == [(WECHAT, "delivered", "")]


def test_what_may_have_got_there_waits_for_an_answer_before_another_way(session, now):
    outbox.put(session, [by_wechat()], now)
    for n in range(MOST_TRIES):
        message = try_once(session, now + n * LATER, Outcome(UNKNOWN, code="no-answer"))
    assert ways(session) == [(WECHAT, "dead", "no-answer")]
    assert outbox.receive(session, message.id, "delivered", "T1", "", now + 30 * LATER), "a late receipt ends the doubt"
    assert ways(session) == [(WECHAT, "delivered", "")]


def test_asked_first_and_surely_not_there_the_doubt_is_gone(session, now):
    outbox.put(session, [by_wechat()], now)
    try_once(session, now, Outcome(UNKNOWN, code="no-answer"))
    try_once(session, now + LATER, Outcome(REFUSED, code="45015", sure=True))
    assert ways(session)[-1][0] == SMS


def test_tries_that_surely_failed_end_in_the_other_way(session, now):
    outbox.put(session, [by_wechat()], now)
    for n in range(MOST_TRIES):
        try_once(session, now + n * LATER, Outcome(RETRY, code="503"))
    assert ways(session) == [(WECHAT, "dead", "503"), (SMS, "pending", "")]


def test_what_got_there_after_all_calls_the_other_way_off(session, now):
    outbox.put(session, [by_wechat()], now)
    for n in range(MOST_TRIES):
        message = try_once(session, now + n * LATER, Outcome(RETRY, code="503"))
    outbox.settle(session, message.id, message.attempts, Outcome(ACCEPTED, "T9"), now + 30 * LATER)
    assert ways(session) == [(WECHAT, "sent", ""), (SMS, "suppressed", "not-needed")]


def test_staff_whose_text_message_fails_are_told_by_the_units_robot_once(session, now):
    outbox.put(session, [by_sms(f"staff:{n}", otherwise=(ROBOT,)) for n in range(2)], now)
    for _ in range(2):
        try_once(session, now, Outcome(REFUSED, code="21614"), SMS)
    assert ways(session) == [(SMS, "failed", "21614"), (SMS, "failed", "21614"), (DINGTALK, "pending", "")]
    try_once(session, now, Outcome(REFUSED, code="310000"), DINGTALK)
    assert len(all_of(session)) == 3, "after the robot there is no other way"


def test_who_refused_a_channel_is_told_another_way_and_owed_notices_go_all_the_same(session, now):
    preferences.opt_out(session, SMS, PHONE.address, now)
    preferences.opt_out(session, WECHAT, "openid-1", now)
    outbox.put(session, [by_sms("urge", template="urged", values=SAID), by_sms("reply", template="answered", values=SAID)], now)
    outbox.put(session, [by_wechat("wx", template="answered", values=SAID)], now)
    found = {channel: _prepared(session, channel, outbox.claim(session, channel, now, 5)) for channel in (SMS, WECHAT)}
    assert [(one.template, wrong.code if wrong else "") for one, wrong in found[SMS]] == [("urged", "opted-out"), ("answered", "")]
    [(wechat, wrong)] = found[WECHAT]
    assert wrong.kind == WITHHELD
    outbox.settle(session, wechat.message_id, wechat.attempt, wrong, now)
    assert ways(session)[2:] == [(WECHAT, "suppressed", "opted-out"), (SMS, "pending", "")], "a text message is owed then"
    [(again, wrong)] = _prepared(session, SMS, outbox.claim(session, SMS, now, 5))
    assert (again.template, wrong) == ("answered", None)


def test_our_own_limit_costs_no_try_and_leaves_no_trace(session, now):
    outbox.put(session, [by_sms()], now)
    for n in range(MOST_TRIES + 3):
        try_once(session, now + n * LATER, Outcome(POSTPONED, code="pace", wait=timedelta(seconds=5)), SMS)
    [message] = all_of(session)
    assert (message.status, outbox.attempts_of(session, [message.id])) == ("pending", {})


@pytest.mark.parametrize(("urgency", "goes_at"), [("now", "2026-09-14T23:30:00+08:00"), (CAN_WAIT, "2026-09-15T07:00:00+08:00")])
def test_by_night_only_what_hurries_goes_another_way_at_once(session, now, urgency, goes_at):
    night = now.replace(hour=15, minute=30)  # 23:30 in the city
    outbox.put(session, [by_wechat(urgency=urgency)], now)
    try_once(session, night, Outcome(REFUSED, code="45015"))
    assert all_of(session)[-1].next_try_at == datetime.fromisoformat(goes_at)
