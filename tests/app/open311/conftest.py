"""A civic app with a key of its own, and strangers without one, speaking GeoReport v2 to the real application."""

import itertools
from collections.abc import Callable
from xml.etree import ElementTree as ET

import pytest
from flask import Flask

from app import clock
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.auth.tokens import make_token
from app.work import work
from tests import factories
from tests.app.api.conftest import at, caller, integration, registered  # noqa: F401 -- fixtures

BASE = "/open311/v2"
_serial = itertools.count(1)


class CivicApp:
    """A client of the standard; without a key it only reads."""

    def __init__(self, app: Flask, key: str = ""):
        self.client, self.key = app.test_client(), key

    def get(self, path: str, **query):
        return self.client.get(f"{BASE}/{path}", query_string=({"api_key": self.key} if self.key else {}) | query)

    def json(self, path: str, **query):
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def xml(self, path: str, **query) -> ET.Element:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        assert answer.get_data(as_text=True).startswith('<?xml version="1.0" encoding="utf-8"?>')
        return ET.fromstring(answer.get_data())  # noqa: S314 -- our own answer

    def post(self, form: str = "json", headers: dict | None = None, **fields):
        return self.client.post(f"{BASE}/requests.{form}", data=({"api_key": self.key} if self.key else {}) | fields, headers=headers)

    def files(self, **changed) -> str:
        """A matter that must be taken; gives its service_request_id."""
        answer = self.post(**a_form(**changed))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()[0]["service_request_id"]


def a_form(**changed) -> dict:
    """What a civic app sends; never twice the same words."""
    return {
        "service_code": "urban.street-trade",
        "lat": "29.123456",
        "long": "121.654321",
        "address_string": "东门街道 学府路 15 号",
        "first_name": "小芳",
        "last_name": "陈",
        "phone": "13800002716",
        "email": "chen@example.org",
        "description": f"学府路口占道经营，第 {next(_serial)} 次，摊主电话 13912345678",
    } | changed


@pytest.fixture(scope="module")
def keys(app) -> Callable[..., str]:
    """`keys("hall1")`: an API token of that account."""

    def of(username: str, scopes=("read", "write")) -> str:
        with app.app_context(), work() as session:
            return make_token(session, session.query(Account).filter_by(username=username).one(), clock.now(), scopes=scopes)

    return of


@pytest.fixture(scope="module")
def civic(app, keys, integration) -> CivicApp:  # noqa: F811
    """The civic app of account hall1."""
    return CivicApp(app, keys("hall1"))


@pytest.fixture(scope="module")
def other(app, keys, integration) -> CivicApp:  # noqa: F811
    """Another system's app."""
    with app.app_context(), work() as session:
        centre = session.query(Account).filter_by(username="agent1").one().unit_id
        session.add(
            Account(
                username="map1", name="城市地图", unit_id=centre, roles=["integration"], password_hash=hash_password(factories.PASSWORD)
            )
        )
    return CivicApp(app, keys("map1"))


@pytest.fixture(scope="module")
def stranger(app) -> CivicApp:
    return CivicApp(app)
