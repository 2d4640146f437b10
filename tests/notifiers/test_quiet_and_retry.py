"""When a message may disturb, and how often it is tried: two tables, time as an argument."""

from datetime import datetime, timedelta

import pytest

from app.clock import CITY_ZONE
from notifiers.message import CAN_WAIT, NOW
from notifiers.quiet import is_quiet, leaves_at
from notifiers.retry import BACKOFF, MOST_TRIES, wait_before_next


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.mark.parametrize(
    ("put", "leaves"),
    [
        ("2026-09-14 10:00:00", "2026-09-14 10:01:00"),
        ("2026-09-14 21:58:59", "2026-09-14 21:59:59"),
        ("2026-09-14 21:59:00", "2026-09-15 07:00:00"),
        ("2026-09-14 22:00:00", "2026-09-15 07:00:00"),
        ("2026-09-14 23:59:59", "2026-09-15 07:00:00"),
        ("2026-09-15 00:00:00", "2026-09-15 07:00:00"),
        ("2026-09-15 06:58:59", "2026-09-15 07:00:00"),
        ("2026-09-15 06:59:30", "2026-09-15 07:00:30"),
        ("2026-12-31 23:00:00", "2027-01-01 07:00:00"),
    ],
)
def test_what_can_wait_leaves_a_minute_later_or_in_the_morning(put, leaves):
    assert leaves_at(CAN_WAIT, at(put)) == at(leaves)


@pytest.mark.parametrize("put", ["2026-09-14 10:00", "2026-09-14 22:00", "2026-09-15 03:00", "2026-09-15 06:59"])
def test_what_cannot_wait_leaves_at_once(put):
    assert leaves_at(NOW, at(put)) == at(put)


def test_nothing_that_can_wait_ever_leaves_in_the_quiet_hours():
    start = at("2026-09-14 00:00")
    for minute in range(2 * 24 * 60):
        put = start + timedelta(minutes=minute, seconds=17)
        leaves = leaves_at(CAN_WAIT, put)
        assert put < leaves <= put + timedelta(hours=9, minutes=1)
        assert not is_quiet(leaves)


def test_pauses_grow_and_end():
    pauses = [wait_before_next(tries, 1) for tries in range(1, MOST_TRIES + 1)]
    assert pauses[-1] is None
    assert pauses[:-1] == sorted(pauses[:-1])
    assert all(short <= pause <= short * 1.2 for short, pause in zip(BACKOFF, pauses, strict=False))


def test_a_message_always_waits_as_long_and_another_waits_differently():
    assert wait_before_next(1, 7) == wait_before_next(1, 7)
    assert len({wait_before_next(3, number) for number in range(50)}) > 40


def test_the_provider_may_ask_for_longer_never_for_shorter():
    assert wait_before_next(1, 1, timedelta(minutes=5)) == timedelta(minutes=5)
    assert wait_before_next(1, 1, timedelta(seconds=1)) == wait_before_next(1, 1)
