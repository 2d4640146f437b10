"""Build the Flask application: settings, database, who is asking, blueprints, errors. Rules live elsewhere."""

from datetime import timedelta
from pathlib import Path

import orjson
import psycopg
import redis as redis_client
import sqlalchemy as sa
from flask import Flask
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from app import cli, places
from app.api import register as api
from app.auth import principal
from app.config import Settings, sqlalchemy_url
from app.db import db, without_values
from app.open311 import pages as open311
from app.vault import Vault
from app.web import register as web

ROOT = Path(__file__).resolve().parent.parent
POOL = {
    "hide_parameters": True,  # an error in a log tells the statement, never whose name or number it was about
    "pool_size": 8,
    "max_overflow": 8,
    "pool_pre_ping": False,
    "pool_recycle": 1800,
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}


def build(settings: Settings | None = None) -> Flask:
    """The application of these settings; nothing is connected before the first use."""
    settings = settings or cli.settings_of_this_machine()
    app = Flask("app")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=sqlalchemy_url(settings.database_url),
        SQLALCHEMY_ENGINE_OPTIONS=POOL,
        MAX_CONTENT_LENGTH=settings.upload_limit_mb * 1024 * 1024,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=10),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https"),
        SESSION_COOKIE_NAME="shaoxiang",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_CHECK_DEFAULT=False,
        SETTINGS=settings,
    )
    app.extensions["redis"] = redis_client.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    app.extensions["redis_blocking"] = redis_client.Redis.from_url(settings.redis_url)
    app.extensions["session_info"] = {
        "vault": Vault(settings.identity_key),
        "region_code": settings.region_code,
        "code_key": settings.secret_key,
        "profile": settings.profile,
        "models": settings.models,
    }
    psycopg._queries.MAX_CACHED_STATEMENT_PARAMS = (
        80  # a ticket has 57 columns; above 50 psycopg would translate its INSERT anew every time
    )
    places.init_app(app)
    db.init_app(app)
    with app.app_context():
        sa.event.listen(db.engine, "handle_error", without_values)
    Migrate(app, db, directory=str(ROOT / "migrations"), compare_type=True)
    csrf = CSRFProtect(app)
    principal.init_app(app, csrf)
    web.init_app(app)
    api.init_app(app, csrf)
    open311.init_app(app)
    cli.init_app(app)
    if settings.proxy_hops:  # behind so many proxies of our own: limits count the person's address, not the proxy's
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxy_hops, x_proto=settings.proxy_hops)  # type: ignore[method-assign]
    return app
