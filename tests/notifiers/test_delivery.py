"""Claim, send, settle, in this process: what leaves and in which order. Failing providers and killed workers are test_under_fire.py's."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.work import session_now, work
from notifiers import outbox
from notifiers.channels.base import ACCEPTED, Outcome
from notifiers.channels.twilio_sms import Account, TwilioSms
from notifiers.delivery import deliver
from notifiers.message import CAN_WAIT
from notifiers.models import SENT, OutboxMessage
from notifiers.pace import Unpaced
from tests.notifiers import counterpart
from tests.notifiers.conftest import by_sms
from tests.notifiers.counterpart import SENDER, SID, TOKEN

LATER, SOON = timedelta(hours=3), timedelta(seconds=1)


class Killed(BaseException):
    """What a kill -9 is to the code it stops."""


class Time:
    """The hour as the test has it."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.at


class Noting:
    """A sender that takes everything and remembers it."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message) -> Outcome:
        self.sent.append(message.text)
        return Outcome(ACCEPTED, f"SM{len(self.sent)}")

    def find(self, _message) -> None:
        return None


@pytest.fixture
def clean(app):
    with app.app_context():
        with work() as session:
            session.execute(sa.text("TRUNCATE delivery_attempts, outbox_messages"))
        yield


@pytest.fixture
def provider():
    with counterpart.twilio() as city:
        yield city


def put(now: datetime, *messages) -> None:
    with work() as session:
        outbox.put(session, messages, now)


def states() -> Counter:
    session_now().expire_all()
    return Counter(session_now().scalars(sa.select(OutboxMessage.status)))


def test_it_leaves_in_its_words_and_is_sent(clean):
    now, sender = Time(), Noting()
    put(now(), by_sms(), by_sms("en", language="en"))
    assert deliver(work, {"sms": sender}, now) == 2
    assert deliver(work, {"sms": sender}, now) == 0
    assert sorted(sender.sent) == [
        "[Linhai 12345] We have your matter, number ending 000612, code 1234567890. Track it: https://12345.example/t/1234567890",
        "【临海市12345】您反映的事收到了，编号尾号 000612，查询码 1234567890。查进度：https://12345.example/t/1234567890",
    ]
    assert states() == {SENT: 2}


def test_an_urgent_one_overtakes_what_is_out_though_the_provider_hangs_over_it(clean):
    """Nothing else is answered before the urgent one, which comes when they are out already: whoever waited behind them would wait for ever."""
    start, through = datetime.now(UTC), threading.Event()
    now = Time()

    class Hanging(Noting):
        def send(self, message) -> Outcome:
            if message.urgent:
                through.set()
            now.at = start + SOON
            assert through.wait(20), "the urgent one waits for them"
            return super().send(message)

    put(start - LATER * 8, *(by_sms(f"bulk:{n}", urgency=CAN_WAIT, address=f"+86138{n:08}") for n in range(40)))
    put(start + SOON, by_sms("urgent"))
    assert deliver(work, {"sms": Hanging()}, now) == 41
    assert states() == {SENT: 41}


def test_on_one_telephone_it_is_next(clean):
    """One address is told in order: the urgent one waits for the message that is out, not for those behind it."""
    start, claimed, sender = datetime.now(UTC), threading.Event(), Noting()
    now = Time()

    class Slow:
        find = sender.find

        def send(self, message) -> Outcome:
            now.at = start + SOON
            assert claimed.wait(20)
            return sender.send(message)

    class Watching(Unpaced):
        def take(self, name: str, wanted: int, at: datetime, hurries: bool = True) -> int:
            if wanted < 0 and at == start + SOON:  # what was not used of the second claim comes back
                claimed.set()
            return super().take(name, wanted, at, hurries)

    urgent = by_sms("urgent")
    urgent.values["code"] = "9999999999"
    put(start - LATER * 8, *(by_sms(f"bulk:{n}", urgency=CAN_WAIT) for n in range(6)))
    put(start + SOON, urgent)
    deliver(work, {"sms": Slow()}, now, pace=Watching())
    assert ["9999999999" in words for words in sender.sent] == [False, True, *[False] * 5]


def test_the_urgent_lane_leaves_the_rest_alone(clean):
    now, sender = Time(), Noting()
    put(now() - LATER * 8, by_sms("bulk", urgency=CAN_WAIT), by_sms("urgent"))
    assert deliver(work, {"sms": sender}, now, urgent_only=True) == 1
    assert states() == {"pending": 1, SENT: 1}


def test_no_transaction_is_open_while_the_provider_is_asked(clean):
    seen = []

    class Looking(Noting):
        def send(self, message) -> Outcome:
            seen.append(session_now().in_transaction())
            return super().send(message)

    put(Time()(), by_sms())
    deliver(work, {"sms": Looking()}, Time())
    assert seen == [False]


def test_words_that_are_gone_and_an_address_of_another_key_do_not_block_the_rest(clean):
    now, sender = Time(), Noting()
    put(now(), by_sms("gone", template="once-upon-a-time"), by_sms("hole", values={}), by_sms("other-key"), by_sms("fine"))
    with work() as session:
        session.execute(sa.text("UPDATE outbox_messages SET address = decode(repeat('ab', 40), 'hex') WHERE key = 'other-key'"))
    deliver(work, {"sms": sender}, now)
    found = dict(session_now().execute(sa.select(OutboxMessage.key, OutboxMessage.reason)).all())
    assert found == {"gone": "no-words", "hole": "no-words", "other-key": "unreadable-address", "fine": ""}
    assert len(sender.sent) == 1


def test_killed_after_the_provider_took_it_it_is_found_and_not_sent_twice(clean, provider):
    now = Time()
    sms = TwilioSms(Account(SID, TOKEN, SENDER, provider.url))

    class Dying:
        find = sms.find

        def send(self, message) -> Outcome:
            sms.send(message)
            raise Killed

    put(now(), by_sms())
    with pytest.raises(Killed):
        deliver(work, {"sms": Dying()}, now)
    assert states() == {"sending": 1}
    now.at += timedelta(minutes=6)
    with work() as session:
        assert outbox.take_back(session, now()) == 1
    now.at += LATER
    assert deliver(work, {"sms": sms}, now) == 1
    assert states() == {SENT: 1}
    assert len(provider.accepted) == 1
    message = session_now().scalar(sa.select(OutboxMessage))
    assert message.provider_id == provider.accepted[0]["sid"]
    assert [one.outcome for one in outbox.attempts_of(session_now(), [message.id])[message.id]] == ["unknown", "accepted"]
