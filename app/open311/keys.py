"""Who asks: the account of another system behind `api_key`, which is an API token (or the same as a bearer token), or nobody."""

from datetime import datetime

from flask import g, request
from sqlalchemy.orm import Session

from app.api import throttle
from app.auth.access import actor_of
from app.auth.tokens import account_of_token
from app.errors import Forbidden, Unauthenticated
from tickets.actors import INTEGRATION, Actor

GIVEN = "api_key"


def asker(session: Session, now: datetime) -> Actor | None:
    """The other system that asks, or None. Raises Unauthenticated for a key that is none (any more), Forbidden for a person's, TooMany."""
    given = request.form.get(GIVEN) or request.args.get(GIVEN)
    if given:
        g.account, g.key_scopes = account_of_token(session, given, now)
        found = actor_of(session, g.account, now, g.account.covered or {})
    elif g.get("by_token"):
        found, g.key_scopes = g.actor, frozenset({"read", "write"})  # principal.py refused a bearer that may not write
    else:
        return None
    if not found.has(INTEGRATION):
        raise Forbidden("api_key 不是“外部系统”账号的令牌")
    throttle.count_call()
    return found


def filer(session: Session, now: datetime) -> Actor:
    """Who files. Raises as `asker`, and Unauthenticated without a key, Forbidden for one that only reads."""
    found = asker(session, now)
    if found is None:
        raise Unauthenticated("api_key 没有给：请用“外部系统”账号的接口令牌")
    if "write" not in g.key_scopes:
        raise Forbidden("api_key 只能读，不能提交")
    return found
