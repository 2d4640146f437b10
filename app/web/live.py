"""Live refresh: which topics changed, told within two seconds of the commit. Only hints pass here; the page fetches its fragment itself.

A topic is a short name ("unit:12", "ticket:34", "centre"). `publish` writes a new random mark per topic into Redis after the commit; a
page asks `GET /live` every 1.5 s with the marks it knows. Why not SSE or a held long poll: under gthread each listener would hold one of
2 x 8 threads, so 200 desks would starve the house or fall back to slow polling; one short question costs a fraction of a millisecond
and no database connection (figures in bench/live.py). The page's topics are signed by the server, so nobody chooses what to listen to.
Redis may be lost whole: the answer is 503 and pages fetch every 15 s until it is back.
"""

import json
import logging
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

from flask import Flask, current_app, g
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from redis import Redis
from redis.exceptions import RedisError

PATH = "/live"
PREFIX = "live:"
KEPT = 2 * 86400
GOOD_FOR = 3600
MOST = 40
MARK_ALL = (
    "for at = 1, #KEYS do redis.call('SET', KEYS[at], ARGV[1], 'EX', ARGV[2]) end"  # a sweep names hundreds: one command, not one each
)
SAID = {200: "200 OK", 204: "204 No Content", 403: "403 Forbidden", 503: "503 Service Unavailable"}


def init_app(app: Flask) -> None:
    """Answer `GET /live` before Flask sees it, and give templates `live(topics, url)`, `live_token()`. Uses app.extensions["redis"]."""
    app.wsgi_app = Listening(app, app.wsgi_app)  # type: ignore[method-assign]  # the documented way to wrap it
    app.jinja_env.globals.update(live=live, live_token=live_token, live_path=PATH)


def publish(redis: Redis, *topics: str) -> None:
    """Tell everybody who looks at one of `topics` to look again. Called after the commit; a lost Redis is logged, never raised."""
    if not topics:
        return
    try:
        redis.eval(MARK_ALL, len(topics), *(PREFIX + topic for topic in topics), secrets.token_hex(4), KEPT)
    except RedisError as lost:
        logging.getLogger(__name__).warning("live hint lost for %s: %s", ", ".join(topics), lost)


def live(topics: str | list[str], url: str) -> Markup:
    """Attributes of an element that fetches `url` anew and morphs itself when one of `topics` changes."""
    names = [topics] if isinstance(topics, str) else list(topics)
    g.setdefault("live_topics", {}).update(dict.fromkeys(names))
    return Markup('data-live="%s" hx-get="%s" hx-trigger="live" hx-target="this" hx-swap="outerMorph"') % (" ".join(names), url)


def live_token() -> str:
    """What this page listens to, signed; empty when it listens to nothing."""
    names = list(g.get("live_topics", ()))[:MOST]
    return _signer(current_app).dumps(names) if names else ""


class Listening:
    """WSGI in front of Flask: `GET /live?t=TOKEN&v=MARK` costs one Redis MGET, no session, no database.

    204 while nothing changed, else {"mark", "topics": {name: mark}}; 403 for a token that is not ours or older than an hour
    (the page then fetches itself a new one), 503 while Redis is away.
    """

    def __init__(self, app: Flask, inner: Callable):
        self._app, self._inner = app, inner

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != PATH:
            return self._inner(environ, start_response)
        status, body = self._answer(parse_qs(environ.get("QUERY_STRING", "")))
        headers = [("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")]
        if status != 204:
            headers += [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(SAID[status], headers)
        return [body] if environ.get("REQUEST_METHOD") != "HEAD" else []

    def _answer(self, asked: dict[str, list[str]]) -> tuple[int, bytes]:
        try:
            names = _signer(self._app).loads(asked.get("t", [""])[0], max_age=GOOD_FOR)
        except BadData:
            return 403, b'{"code": "forbidden"}'
        try:
            marks = self._app.extensions["redis"].mget([PREFIX + name for name in names])
        except RedisError:
            return 503, b'{"code": "unavailable"}'
        said = [mark.decode() if isinstance(mark, bytes) else mark or "" for mark in marks]
        whole = ".".join(said) + "."
        if whole == asked.get("v", [""])[0]:
            return 204, b""
        return 200, json.dumps({"mark": whole, "topics": dict(zip(names, said, strict=True))}).encode()


def _signer(app: Flask) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="live")
