"""Which pages there are: the kit and every desk's blueprint, registered once."""

from flask import Flask, g

from app.web import kit

DESKS = ()


def init_app(app: Flask) -> None:
    """Register the UI kit and all pages."""
    kit.init_app(app, account_language=lambda: g.account.language if g.get("account") else None)
    for desk in DESKS:
        app.register_blueprint(desk)
