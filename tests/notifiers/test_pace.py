"""A channel speaks no faster than its provider allows: buckets in a real Valkey, flushed, gone, shared."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notifiers.pace import Buckets, Rate

NOW = datetime(2026, 9, 14, 2, tzinfo=UTC)


@pytest.fixture
def buckets(redis_url):
    redis = Redis.from_url(redis_url)
    redis.delete("pace:sms", "pace:dingtalk:1", "pace:dingtalk:2")
    return Buckets(redis, {"sms": Rate(20, 1), "dingtalk:": Rate(18, 60)})


def test_it_empties_and_fills_with_time(buckets):
    assert [buckets.take("sms", 10, NOW) for _ in range(3)] == [10, 10, 0]
    assert buckets.take("sms", 10, NOW + timedelta(milliseconds=100)) == 2
    assert buckets.take("sms", 100, NOW + timedelta(hours=1)) == 20, "a rest saves no more than a bucket"


def test_what_was_not_used_is_given_back(buckets):
    assert buckets.take("sms", 20, NOW) == 20
    buckets.take("sms", -15, NOW)
    assert buckets.take("sms", 20, NOW) == 15


def test_what_does_not_hurry_leaves_a_fifth_for_what_does(buckets):
    assert [buckets.take("sms", 20, NOW, hurries=False) for _ in range(2)] == [16, 0]
    assert buckets.take("sms", 20, NOW) == 4


def test_each_robot_has_its_own_and_a_clock_that_goes_back_gives_nothing(buckets):
    assert buckets.take("dingtalk:1", 30, NOW) == 18
    assert buckets.take("dingtalk:2", 1, NOW) == 1
    assert buckets.take("dingtalk:1", 1, NOW - timedelta(minutes=5)) == 0
    assert buckets.take("dingtalk:1", 9, NOW + timedelta(seconds=10)) == 3
    assert buckets.take("dingtalk", 99, NOW) == 99, "the channel as a whole has no limit"


def test_a_flushed_valkey_starts_full_and_one_that_is_gone_stops_nobody(buckets, redis_url):
    assert buckets.take("sms", 20, NOW) == 20
    Redis.from_url(redis_url).delete("pace:sms")
    assert buckets.take("sms", 20, NOW) == 20
    assert Buckets(Redis(port=9, retry=Retry(NoBackoff(), 0)), {"sms": Rate(1, 1)}).take("sms", 10, NOW) == 10
