"""How often one address may knock at the citizen's pages and the sign-in. The limiter and its factor are app/api/throttle.py's: one count for both.

Many phones share one address at a mobile carrier, so the numbers stop machines, not people.
"""

from app.api.throttle import at_most

FILINGS = ((6, "minute"), (60, "hour"))
WRITES = ((12, "minute"), (120, "hour"))
MISSES = ((10, "minute"), (60, "hour"))
GLANCES = ((120, "minute"),)
SIGN_INS = ((30, "minute"), (200, "hour"))


def filing(view):
    """A new matter."""
    return at_most(FILINGS, "page-file")(view)


def write(view):
    """Urging, adding, rating."""
    return at_most(WRITES, "page-write")(view)


def miss(view):
    """Codes and links that do not exist: only misses count, so that nobody tries codes at leisure."""
    return at_most(MISSES, "page-miss", deduct_when=lambda answer: answer.status_code == 404)(view)


def glance(view):
    """What a page asks while one types."""
    return at_most(GLANCES, "page-glance")(view)


def sign_in(view):
    """Attempts at passwords, beside each account's own lock."""
    return at_most(SIGN_INS, "page-sign-in")(view)
