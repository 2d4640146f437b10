"""How often somebody may ask: one limiter for API and pages, counted in Redis, in memory while Redis is away.

`RATE_LIMIT_FACTOR` multiplies every number: for a hall of kiosks behind one address, or a load test.
"""

import logging
import threading
import time
from collections import Counter

import redis as redis_client
from flask import Flask, current_app, g, request
from flask_limiter import Limiter

from app.errors import TooMany

# how many · in which time
FILINGS = ((5, "minute"), (10, "hour"))
LOOKS = ((30, "minute"),)
WRITES = ((6, "minute"), (30, "hour"))
MISSES = ((10, "minute"), (60, "hour"))
CALLS = 600  # a minute, for one account
TOLD_EVERY = 20  # calls of one process before it tells the others


def address() -> str:
    """Whose knock it is; behind proxies of our own the setting PROXY_HOPS puts the person's address here."""
    return request.remote_addr or "nowhere"


limiter = Limiter(key_func=address, strategy="fixed-window", headers_enabled=False, in_memory_fallback_enabled=True)


def init_app(app: Flask) -> None:
    """Count in this installation's Redis. Must come after who is asking is known (principal), so that accounts have buckets of their own."""
    url = app.config["SETTINGS"].redis_url
    app.config["RATELIMIT_STORAGE_URI"] = "redis+" + url if url.startswith("unix://") else url
    limiter.init_app(app)
    app.extensions["budget"] = Budget(app.extensions["redis"])


def at_most(limits: tuple[tuple[int, str], ...], name: str, **options):
    """Decorates a view or a blueprint: so many calls by one asker, all views of one `name` counted together."""

    def written() -> str:
        factor = current_app.config["SETTINGS"].rate_limit_factor
        return ";".join(f"{count * factor}/{span}" for count, span in limits)

    return limiter.shared_limit(written, scope=name, **options)


def missed(answer) -> bool:
    """A wrong code or link counts, a right one does not."""
    return answer.status_code == 404


def no_guessing(view):
    """Codes and links that do not exist, on pages and over REST together: only misses count, so that nobody tries codes at leisure."""
    return at_most(MISSES, "miss", deduct_when=missed)(view)


class Budget:
    """The calls of accounts in this minute. A process counts its own and tells Redis every TOLD_EVERY of them, learning the others';
    so one more round trip is not part of every call. While Redis is away each process holds the limit by itself."""

    def __init__(self, redis: redis_client.Redis):
        self.redis, self.minute, self.here, self.elsewhere, self.lock = redis, 0, Counter(), Counter(), threading.Lock()

    def spend(self, account_id: int, now: float, most: int) -> bool:
        """Count one call at `now` (Unix seconds); False when it is one too many."""
        minute = int(now // 60)
        with self.lock:
            if minute != self.minute:
                self.minute = minute
                self.here.clear()
                self.elsewhere.clear()
            self.here[account_id] += 1
            count = self.here[account_id]
        if count % TOLD_EVERY == 0:
            self.tell(account_id, minute, count)
        return count + self.elsewhere[account_id] <= most

    def tell(self, account_id: int, minute: int, count: int) -> None:
        """Add the last calls to the sum in Redis and learn what other processes counted."""
        name = f"calls:{account_id}:{minute}"
        try:
            total, _ = self.redis.pipeline(transaction=False).incrby(name, TOLD_EVERY).expire(name, 120).execute()
        except redis_client.RedisError as away:
            logging.getLogger(__name__).warning("calls not told: %s", away)
            return
        self.elsewhere[account_id] = max(0, total - count)


def count_call() -> None:
    """Before every call of the API that needs a token. Raises TooMany."""
    account = g.get("account")
    if account is None:
        return
    now, most = time.time(), CALLS * current_app.config["SETTINGS"].rate_limit_factor
    if not current_app.extensions["budget"].spend(account.id, now, most):
        raise TooMany("请求太频繁，请 %(seconds)s 秒后再试", seconds=60 - int(now % 60))


def retry_after() -> int:
    """Whole seconds until the limit just hit opens again, at least 1."""
    hit = limiter.current_limit
    return max(1, int(hit.reset_at - time.time()) + 1) if hit else 60
