"""/healthz (this process lives), /readyz (what it leans on), /metrics (Prometheus). Machines ask; no person's data is in any answer."""

import ipaddress
from functools import lru_cache

import orjson
import redis as redis_client
import sqlalchemy as sa
from flask import Blueprint, Response, current_app, g, request
from prometheus_client import generate_latest

from app import clock
from app.api import metrics
from app.auth.principal import open_to_all
from app.commands import schema
from app.errors import NotFound
from app.work import session_now
from tickets.actors import ADMIN, SUPERVISOR

pages = Blueprint("health", __name__)
SILENCE = 120.0  # seconds without a beat after which the scheduler counts as gone


@pages.get("/healthz")
@open_to_all
def alive() -> Response:
    """The process answers; nothing else is looked at."""
    return _said({"status": "alive"}, 200)


@pages.get("/readyz")
@open_to_all
def ready() -> Response:
    """503 when the database or its schema is not there. Without Redis or scheduler the house still takes and keeps tickets: degraded."""
    found = {"database": _database(), "redis": _redis()}
    if found["database"]["ok"]:
        found |= {"schema": _schema(), "scheduler": _scheduler()}
    firm = found["database"]["ok"] and found.get("schema", {}).get("ok", False)
    status = "ready" if all(each["ok"] for each in found.values()) else "degraded"
    return _said({"status": status if firm else "unready", "checks": found}, 200 if firm else 503)


@pages.get("/metrics")
@open_to_all
def measure() -> Response:
    """For a scraper beside the house: not through the public proxy, unless an administrator asks."""
    if not _is_near() and not (g.actor and g.actor.has(ADMIN, SUPERVISOR)):
        raise NotFound("没有这个地址，或者不归您看")
    registry = metrics.registry(session_now(), current_app.extensions["redis"], clock.now())
    return Response(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def _is_near() -> bool:
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "127.0.0.1").is_private
    except ValueError:
        return True  # a Unix socket has no address


def _database() -> dict:
    try:
        session_now().execute(sa.text("SELECT 1"))
    except sa.exc.DBAPIError as away:
        session_now().rollback()
        return {"ok": False, "said": type(away.orig).__name__}
    return {"ok": True}


def _schema() -> dict:
    at = session_now().scalar(sa.text("SELECT to_regclass('alembic_version')"))
    version = session_now().scalar(sa.text("SELECT string_agg(version_num, ',') FROM alembic_version")) if at else ""
    return {"ok": version == _head(), "version": version or "", "wanted": _head()}


def _scheduler() -> dict:
    last = (
        session_now().scalar(sa.text("SELECT max(at) FROM heartbeats"))
        if session_now().scalar(sa.text("SELECT to_regclass('heartbeats')"))
        else None
    )
    age = (clock.now() - last).total_seconds() if last else None
    return {"ok": age is not None and age <= SILENCE, "seconds_since_beat": None if age is None else round(age, 1)}


def _redis() -> dict:
    try:
        current_app.extensions["redis"].ping()
    except redis_client.RedisError as away:
        return {"ok": False, "said": type(away).__name__}
    return {"ok": True}


@lru_cache(maxsize=1)
def _head() -> str:
    return schema.head()


def _said(body: dict, status: int) -> Response:
    return Response(orjson.dumps(body), status=status, mimetype="application/json", headers={"Cache-Control": "no-store"})
