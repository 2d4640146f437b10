"""Resolves every request to an actor (browser session or bearer token) before any view runs; all routes are closed unless opened by name."""

from flask import Flask, g, request
from flask import session as browser
from flask_wtf.csrf import CSRFError, CSRFProtect

from app import clock
from app.auth.access import actor_of
from app.auth.models import Account
from app.auth.tokens import account_of_token
from app.errors import Forbidden, Unauthenticated
from app.work import session_now

OPEN_TO_ALL = "open_to_all"
SAFE = ("GET", "HEAD", "OPTIONS")
FILES = ("static", "city_map.show")  # the same for everybody, kept by browsers: nobody is asked for
MACHINES = ("/api/", "/open311/", "/metrics")  # where a bearer token speaks; pages know browser sessions only


def open_to_all(view):
    """Marks a view that needs no sign-in. Everything not marked is closed."""
    setattr(view, OPEN_TO_ALL, True)
    return view


def init_app(app: Flask, csrf: CSRFProtect) -> None:
    """Ask who is there before each request; check the CSRF token of every writing browser request."""

    @app.before_request
    def identify():
        g.actor = None
        view = app.view_functions.get(request.endpoint or "")
        opened = view is None or request.endpoint in FILES or is_open(view)
        bearer = request.headers.get("Authorization", "")
        if bearer.startswith("Bearer ") and request.path.startswith(MACHINES):
            _by_token(bearer.removeprefix("Bearer ").strip())
            return
        if request.endpoint not in FILES and browser.get("account") is not None:
            _by_session()
        if not opened and g.actor is None:
            raise Unauthenticated("请先登录")
        if view is not None and request.method not in SAFE and not getattr(view, "csrf_exempt", False):
            _check_csrf(csrf)


def is_open(view) -> bool:
    """Whether a view (or the method view class behind it) was opened by name."""
    return bool(getattr(view, OPEN_TO_ALL, False) or getattr(getattr(view, "view_class", None), OPEN_TO_ALL, False))


def _by_token(token: str) -> None:
    session = session_now()
    account, scopes = account_of_token(session, token, clock.now())
    if request.method not in SAFE and "write" not in scopes:
        raise Forbidden("这个令牌只能读")
    g.account, g.actor, g.by_token = account, actor_of(session, account, clock.now(), account.covered or {}), True


def _by_session() -> None:
    session = session_now()
    account = session.get(Account, browser["account"])
    if account is None or not account.active or account.epoch != browser.get("epoch"):
        browser.clear()
        return
    g.account, g.actor = account, actor_of(session, account, clock.now())


def _check_csrf(csrf: CSRFProtect) -> None:
    try:
        csrf.protect()
    except CSRFError as bad:
        raise Forbidden("页面放太久了，请刷新后再提交；您写的内容还在") from bad
