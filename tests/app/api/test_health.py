"""What machines ask: alive, ready, measured."""

import pytest
import redis as redis_client
import sqlalchemy as sa

from app import clock
from app.db import db
from tests.app.api.conftest import a_body


def test_alive_looks_at_nothing(app):
    assert app.test_client().get("/healthz").get_json() == {"status": "alive"}


def test_ready_names_what_it_leans_on(app):
    with app.app_context():
        db.session.execute(
            sa.text("INSERT INTO heartbeats (name, at) VALUES ('scheduler', :now) ON CONFLICT (name) DO UPDATE SET at = :now"),
            {"now": clock.now()},
        )
        db.session.commit()
    answer = app.test_client().get("/readyz")
    found = answer.get_json()
    assert (answer.status_code, found["status"]) == (200, "ready"), found
    assert set(found["checks"]) == {"database", "redis", "schema", "scheduler"}


@pytest.fixture
def no_redis(app, monkeypatch):
    monkeypatch.setitem(app.extensions, "redis", redis_client.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.2))


@pytest.mark.usefixtures("no_redis")
def test_without_redis_the_house_still_takes_tickets(app, caller):
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "degraded")
    assert caller("agent1").post("/tickets", a_body()).status_code == 201


def test_without_its_schema_it_is_not_ready(app, monkeypatch):
    monkeypatch.setattr("app.api.health._head", lambda: "9999")
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, answer.get_json()["status"]) == (503, "unready")


def test_metrics_count_requests_and_tickets(app, caller):
    caller("agent1").does("/tickets", a_body())
    app.extensions["counts"].hand_over()
    text = app.test_client().get("/metrics").get_data(as_text=True)
    for wanted in (
        'hotline_http_request_seconds_count{endpoint="api-tickets.register_ticket",method="POST",status="2xx"}',
        'hotline_tickets_open{status="registered"}',
        "hotline_tickets_registered_total",
        "hotline_clocks_overdue",
        'hotline_queue_waiting{queue="urgent"}',
        "hotline_redis_up 1.0",
    ):
        assert wanted in text, text[:2000]


def test_metrics_are_not_for_the_street(app, caller):
    for headers, address in (({"X-Forwarded-For": "8.8.8.8"}, "127.0.0.1"), ({}, "8.8.8.8")):
        assert app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == 404
    admin = caller("admin1")
    assert admin.client.get("/metrics", headers=admin.headers, environ_base={"REMOTE_ADDR": "8.8.8.8"}).status_code == 200
