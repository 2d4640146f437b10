"""The counterpart as one small web application: which parts it plays, what every answer says to a browser, how it starts."""

import re
from collections.abc import Callable
from datetime import datetime

from flask import Flask, Response, abort, request
from markupsafe import Markup, escape

from app.config import Settings
from app.counterpart import calls, phones, robots, twilio_messages, wechat_hand
from app.counterpart.stage import Stage, staged
from app.web import assets, headers, i18n, icons

LINK = re.compile(r"https?://[\w.:/%?=&;-]+")
LARGEST = 24 * 1024 * 1024
# who plays what; a new provider adds its `register(app, stage)` here and, when people use it by hand, a panel to stage.panels
PARTS: tuple[Callable[[Flask, Stage], None], ...] = (
    twilio_messages.register,
    calls.register,
    wechat_hand.register,
    robots.register,
    phones.register,
)


def build(stage: Stage) -> Flask:
    """The application of a stage."""
    app = Flask("app.counterpart", static_folder=None)
    app.config.update(
        SECRET_KEY=stage.settings.secret_key, SESSION_COOKIE_NAME="counterpart", SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=LARGEST
    )
    app.extensions["stage"] = stage
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["icon"] = icons.icon
    app.jinja_env.filters.update(clock_of=clock_of, linked=linked)
    app.add_url_rule("/static/<path:filename>", "static", assets.serve)
    i18n.init_app(app, lambda: None)
    assets.init_app(app)
    app.before_request(_refuse_strangers)
    app.after_request(_harden)
    for register in PARTS:
        register(app, stage)
    return app


def application(product: str) -> Flask:
    """What gunicorn serves: `product` is the address where the product listens on this machine. One process only, threads inside."""
    settings = Settings.from_environment()
    return build(staged(settings, product, settings.home / "counterpart.jsonl"))


def clock_of(instant: str) -> str:
    """An ISO instant as the city's clock."""
    return i18n.line_time(datetime.fromisoformat(instant))


def linked(words: str) -> Markup:
    """A message with its addresses as links."""
    return Markup(LINK.sub(r'<a href="\g<0>">\g<0></a>', str(escape(words))))  # noqa: S704 -- escaped before, and a link holds no quote


def _refuse_strangers() -> None:
    """Forms of these pages come from these pages; providers' clients send no Origin."""
    origin = request.headers.get("Origin")
    if request.method not in ("GET", "HEAD") and origin is not None and origin.partition("://")[2] != request.host:
        abort(403)


def _harden(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", headers.POLICY)
    for name, value in headers.ALWAYS.items():
        answer.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
