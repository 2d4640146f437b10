"""Callers of the API: anybody of the small city with a token, over the real application and its own database."""

import itertools
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.auth.tokens import make_token
from app.work import work
from tests import factories

BASE = "/api/v1"
_serial = itertools.count(1)


class Caller:
    """One account (or nobody) speaking to /api/v1."""

    def __init__(self, app: Flask, token: str = ""):
        self.client: FlaskClient = app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, headers: dict | None = None, **query):
        return self.client.get(BASE + path, query_string=query, headers=self.headers | (headers or {}))

    def post(self, path: str, body: dict | None = None, headers: dict | None = None, **more):
        what = {"json": body} if body is not None else {}
        return self.client.post(BASE + path, headers=self.headers | (headers or {}), **what, **more)

    def does(self, path: str, body: dict | None = None, headers: dict | None = None) -> dict:
        """A POST that must succeed; gives its JSON."""
        answer = self.post(path, body, headers)
        assert answer.status_code in (200, 201), answer.get_data(as_text=True)
        return answer.get_json()


@pytest.fixture(scope="module")
def caller(app) -> Callable[..., Caller]:
    """`caller("agent1")`, `caller()` for nobody; tokens are made once."""
    made: dict[str, str] = {}

    def of(username: str = "", scopes=("read", "write")) -> Caller:
        key = f"{username} {scopes}"
        if username and key not in made:
            with app.app_context(), work() as session:
                account = session.query(Account).filter_by(username=username).one()
                made[key] = make_token(session, account, clock.now(), scopes=scopes)
        return Caller(app, made.get(key, ""))

    return of


@pytest.fixture(scope="module", autouse=True)
def integration(app) -> None:
    """Another system with an account of its own."""
    with app.app_context(), work() as session:
        centre = session.query(Account).filter_by(username="agent1").one().unit_id
        session.add(
            Account(
                username="hall1", name="大厅评价器", unit_id=centre, roles=["integration"], password_hash=hash_password(factories.PASSWORD)
            )
        )


def a_body(**changed) -> dict:
    """What an agent types; never twice the same words."""
    turn = next(_serial)
    return {
        "channel": "phone",
        "appeal_type": "help",
        "title": f"海晏小区返水第{turn}次",
        "content": f"海晏小区 3 幢地下室第{turn}次返水，已经没过脚面",
        "category": "urban.drainage",
        "place": {"region": "990101001", "address": "海晏小区 3 幢"},
        "appellant": {"name": "陈小芳", "phone": "13800002716"},
    } | changed


@pytest.fixture
def registered(caller) -> Callable[..., str]:
    """Registers a ticket, gives its number."""
    return lambda **changed: caller("agent1").does("/tickets", a_body(**changed))["number"]


@pytest.fixture
def at(caller, registered) -> Callable[..., str]:
    """`at("handling")`: the number of a ticket brought there through the API by the right people."""

    def brought(status: str = "registered", lead: str = "urban", assisting: tuple = (), **changed) -> str:
        number = registered(**changed)
        steps = (
            ("dispatched", "dispatcher1", "dispatches", {"lead": lead, "assisting": list(assisting)}),
            ("signed", f"{lead}.liaison", "signings", {}),
            ("handling", f"{lead}.handler", "contacts", {"method": "phone", "result": "reached"}),
            ("replied", f"{lead}.head", "replies", factories.a_reply()),
            ("follow-up", "auditor1", "reviews", {"decision": "approve"}),
            ("closed", "followup1", "follow-ups", {"reached": True, "outcome": "close", "contacted": True, "solved": True, "satisfied": 5}),
        )
        for station, who, noun, body in steps if status != "registered" else ():
            caller(who).does(f"/tickets/{number}/{noun}", body)
            if station == status:
                break
        return number

    return brought
