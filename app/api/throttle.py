"""How often somebody may ask: one limiter for API and pages, counted in Redis, in memory while Redis is away.

`RATE_LIMIT_FACTOR` multiplies every number: for a hall of kiosks behind one address, or a load test.
"""

import time

from flask import Flask, current_app, g, request
from flask_limiter import Limiter

# how many · in which time
FILINGS = ((5, "minute"), (10, "hour"))
LOOKS = ((30, "minute"),)
WRITES = ((6, "minute"), (30, "hour"))
MISSES = ((10, "minute"), (60, "hour"))
CALLS = ((600, "minute"),)


def address() -> str:
    """Whose knock it is; behind proxies of our own the setting PROXY_HOPS puts the person's address here."""
    return request.remote_addr or "nowhere"


limiter = Limiter(key_func=address, strategy="fixed-window", headers_enabled=False, in_memory_fallback_enabled=True)


def init_app(app: Flask) -> None:
    """Count in this installation's Redis. Must come after who is asking is known (principal), so that accounts have buckets of their own."""
    url = app.config["SETTINGS"].redis_url
    app.config["RATELIMIT_STORAGE_URI"] = "redis+" + url if url.startswith("unix://") else url
    limiter.init_app(app)


def at_most(limits: tuple[tuple[int, str], ...], name: str, **options):
    """Decorates a view or a blueprint: so many calls by one asker, all views of one `name` counted together."""
    def written() -> str:
        factor = current_app.config["SETTINGS"].rate_limit_factor
        return ";".join(f"{count * factor}/{span}" for count, span in limits)
    return limiter.shared_limit(written, scope=name, **options)


def account() -> str:
    """One bucket for each account, however many tokens it has."""
    known = g.get("account")
    return f"account:{known.id}" if known is not None else address()


def missed(answer) -> bool:
    """A wrong code or link counts, a right one does not."""
    return answer.status_code == 404


def retry_after() -> int:
    """Whole seconds until the limit just hit opens again, at least 1."""
    hit = limiter.current_limit
    return max(1, int(hit.reset_at - time.time()) + 1) if hit else 60
