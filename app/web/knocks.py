"""How often one address may knock at the citizen's pages and the sign-in. The limiter and its factor are app/api/throttle.py's: one count for both.

Many phones share one address at a mobile carrier, so the numbers stop machines, not people.
"""

from app.api.throttle import at_most, no_guessing

FILINGS = ((6, "minute"), (60, "hour"))
WRITES = ((12, "minute"), (120, "hour"))
GLANCES = ((120, "minute"),)
SIGN_INS = ((30, "minute"), (200, "hour"))


def filing(view):
    """A new matter."""
    return at_most(FILINGS, "page-file")(view)


def write(view):
    """Urging, adding, rating."""
    return at_most(WRITES, "page-write")(view)


def miss(view):
    """Codes and links that do not exist: one count with the API's, so that the two roads do not double it."""
    return no_guessing(view)


def glance(view):
    """What a page asks while one types."""
    return at_most(GLANCES, "page-glance")(view)


def sign_in(view):
    """Attempts at passwords, beside each account's own lock."""
    return at_most(SIGN_INS, "page-sign-in")(view)
