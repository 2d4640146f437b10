"""How often one address may knock without signing in: one limiter for pages and API, counted in Redis, in memory while Redis is away.

The numbers are for a shared address (an office, a mobile carrier), so they stop machines, not people.
"""

from flask import Flask, request
from flask_limiter import Limiter

WRITES = "30 per 10 minutes"  # filing, urging, adding, rating
MISSES = "20 per 10 minutes"  # codes and links that do not exist
GLANCES = "120 per minute"  # what a page asks while one types
SIGN_INS = "60 per 10 minutes"


def address() -> str:
    """Whose knock it is. Behind a proxy the web server itself must put the person's address here (docs: TRUSTED_PROXIES)."""
    return request.remote_addr or "nowhere"


limiter = Limiter(key_func=address, strategy="fixed-window", headers_enabled=False, in_memory_fallback_enabled=True)


def init_app(app: Flask) -> None:
    """Count in this installation's Redis."""
    settings = app.config["SETTINGS"]
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url.replace("unix://", "redis+unix://", 1) if settings.redis_url.startswith("unix://") else settings.redis_url
    limiter.init_app(app)


def not_found(answer) -> bool:
    """A miss counts, a hit does not."""
    return answer.status_code == 404


write = limiter.limit(WRITES)
miss = limiter.limit(MISSES, deduct_when=not_found)
glance = limiter.limit(GLANCES)
sign_in = limiter.limit(SIGN_INS)
