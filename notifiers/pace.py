"""How fast a channel may speak: a token bucket for each, shared by all workers in Valkey. Flushed or gone, it starts full: the provider's own limit stands behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from redis import Redis
from redis.exceptions import RedisError

PREFIX = "pace:"
KEPT_BACK = 5  # a fifth of a bucket is for what hurries
_TAKE = """
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local now, per_ms, most, wanted, kept_back = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local left, at = tonumber(kept[1]) or most, tonumber(kept[2]) or now
left = math.min(most, left + math.max(0, now - at) * per_ms)
local given = math.min(wanted, math.max(0, math.floor(left - kept_back + 0.000001)))
redis.call('HSET', KEYS[1], 'left', left - given, 'at', math.max(now, at))
redis.call('PEXPIRE', KEYS[1], math.ceil(most / per_ms) + 1000)
return given
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a `seconds`, and as many at once after a rest."""

    number: int
    seconds: float


class Paced(Protocol):
    """Who says how many may leave now."""

    def take(self, name: str, wanted: int, now: datetime, hurries: bool = True) -> int:
        """How many of `wanted` may leave now; what was taken and not used is given back as a negative number. What does not hurry leaves some for what does."""


class Buckets:
    """Paced, by buckets in Valkey; a name without a rate has no limit."""

    def __init__(self, redis: Redis, rates: Mapping[str, Rate]):
        self._redis, self._rates = redis, rates

    def take(self, name: str, wanted: int, now: datetime, hurries: bool = True) -> int:
        """A name may carry an address behind a colon ("dingtalk:7"): each has a bucket of its own, at the rate of what stands before."""
        rate = self._rates.get(name) or (self._rates.get(name.partition(":")[0] + ":") if ":" in name else None)
        if rate is None or wanted == 0:
            return wanted
        per_ms = rate.number / rate.seconds / 1000
        try:
            return int(
                cast(
                    int,
                    self._redis.eval(
                        _TAKE,
                        1,
                        PREFIX + name,
                        str(now.timestamp() * 1000),
                        str(per_ms),
                        str(rate.number),
                        str(wanted),
                        str(0 if hurries else rate.number / KEPT_BACK),
                    ),
                )
            )
        except RedisError:
            return wanted


class Unpaced:
    """Paced, without any limit."""

    def take(self, name: str, wanted: int, now: datetime, hurries: bool = True) -> int:
        return wanted
