"""From what happens to a matter to the signed call at another system: who hears what, retries, the dead and their replay, and the administrator's page."""

import re
from datetime import timedelta

import orjson
import pytest
import sqlalchemy as sa

from app import clock, webhooks
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.db import db
from app.web.admin import webhooks as page
from app.work import work
from notifiers import outbox
from notifiers import webhooks as verbs
from notifiers.channels.webhook import Webhooks, signature
from notifiers.delivery import deliver
from notifiers.models import OutboxMessage
from tests import factories
from tests.app.web.seats import put, seat, token_of
from tests.notifiers.receiver import receiver
from tests.statements import counted

SECRETS = ("王秘密", "13987654321", "秘密事由", "百花弄")
TOLD = {
    "appellant": factories.Appellant(name="王秘密", phone="13987654321"),
    "title": "秘密事由",
    "content": "王秘密 13987654321 秘密事由",
    "address": "百花弄 7 号",
}
ALL = "/admin/webhooks"


@pytest.fixture(scope="module", autouse=True)
def map1(app) -> int:
    """Another system's account."""
    with app.app_context(), work() as session:
        centre = session.query(Account).filter_by(username="agent1").one().unit_id
        account = Account(
            username="map1", name="城市地图", unit_id=centre, roles=["integration"], password_hash=hash_password(factories.PASSWORD)
        )
        session.add(account)
        session.flush()
        return account.id


@pytest.fixture(autouse=True)
def clean(app):
    with app.app_context(), work() as session:
        session.execute(sa.text("TRUNCATE webhook_subscriptions, delivery_attempts, outbox_messages RESTART IDENTITY"))
        webhooks.forget(session)


@pytest.fixture
def system():
    with receiver() as one:
        yield one


def subscribe(app, account_id: int, url: str, events=verbs.EVENTS, scope: str = "open") -> str:
    """A subscription; gives its secret."""
    with app.app_context(), work() as session:
        _row, secret = verbs.add(session, account_id, url, events, scope, None, clock.now(), inside=True)
        webhooks.forget(session)
        return secret


def send(app, later: timedelta = timedelta()) -> int:
    with app.app_context():
        return deliver(work, {"webhook": Webhooks(webhooks.endpoint_of, inside=True)}, lambda: clock.now() + later)


def kinds(system) -> list[str]:
    return [orjson.loads(body)["type"] for _headers, body in system.got]


def states(app) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(sa.select(OutboxMessage.status).where(OutboxMessage.channel == "webhook").order_by(OutboxMessage.id))
        )


def test_a_matters_life_is_told_in_numbers_and_codes(app, system, map1):
    secret = subscribe(app, map1, system.url)
    number = put(app, "closed", **TOLD)  # a step a minute from now
    send(app, timedelta(minutes=10))
    assert kinds(system) == ["ticket.registered", "ticket.dispatched", "ticket.answered", "ticket.ended"]
    headers, body = system.got[-1]
    assert headers["webhook-signature"] == signature(secret, headers["webhook-id"], int(headers["webhook-timestamp"]), body)
    data = orjson.loads(body)["data"]
    assert (data["number"], data["status"], data["unit"], data["category"], data["region"]) == (
        number,
        "closed",
        "urban",
        "urban.drainage",
        "990101001",
    )
    everything = b"".join(body for _headers, body in system.got).decode()
    assert not [word for word in SECRETS if word in everything]
    assert set(states(app)) == {"sent"}
    assert send(app, timedelta(minutes=10)) == 0, "nothing is told twice"


@pytest.mark.parametrize("changed", [{"appeal_type": "report"}, {"confidential": True}, {"track": "consumer"}, {"appeal_type": "consult"}])
def test_some_matters_are_told_to_nobody(app, map1, changed):
    subscribe(app, map1, "https://example.org/in")
    put(app, "registered", **TOLD | changed)
    assert states(app) == []


def test_only_what_was_chosen_and_only_own_matters(app, map1):
    subscribe(app, map1, "https://example.org/in", ["ticket.dispatched"])
    subscribe(app, map1, "https://example.org/own", ["ticket.dispatched"], "own")
    put(app, "dispatched")
    with app.app_context():
        assert list(db.session.scalars(sa.select(OutboxMessage.shown_to).where(OutboxMessage.channel == "webhook"))) == [
            "https://example.org/in"
        ]


def test_it_is_tried_again_given_up_and_sent_again(app, system, map1):
    subscribe(app, map1, system.url, ["ticket.registered"])
    system.answer = lambda: 500
    put(app, "registered")
    gone = timedelta()
    while states(app) == ["pending"]:
        send(app, gone)
        gone += timedelta(hours=3)
    assert states(app) == ["dead"]
    assert len(system.got) == 7
    assert len({headers["webhook-id"] for headers, _body in system.got}) == 1, "one message, known again by its id"
    shown = seat(app, "admin1").get("/admin/messages").get_data(as_text=True)
    assert system.url in shown
    system.answer = lambda: 200
    with app.app_context(), work() as session:
        assert outbox.send_again(session, session.scalars(sa.select(OutboxMessage.id)).all(), clock.now() + gone) == 1
    send(app, gone)
    assert states(app) == ["sent"]


def test_what_waits_for_one_that_was_stopped_is_given_up(app, map1, system):
    subscribe(app, map1, system.url, ["ticket.registered"])
    put(app, "registered")
    with app.app_context(), work() as session:
        verbs.switch(session, 1, False)
    send(app)
    assert (states(app), system.got) == (["failed"], [])


def test_it_costs_a_verb_one_statement_and_nothing_when_nobody_listens(app, map1):
    put(app, "registered")
    with counted(app) as without:
        put(app, "registered")
    for _turn in range(5):
        subscribe(app, map1, "https://example.org/in")
    put(app, "registered")
    with counted(app) as heard:
        put(app, "registered")
    assert len(heard) == len(without) + 1, heard


def test_an_administrator_adds_tries_stops_and_sees(app, map1):
    admin = seat(app, "admin1")
    shown = admin.get(ALL).get_data(as_text=True)
    form = {
        "csrf_token": token_of(shown),
        "account": map1,
        "url": "https://example.org/in",
        "scope": "open",
        "events": ["ticket.ended", "ticket.answered"],
    }
    made = admin.post(f"{ALL}/new", data=form)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", made.get_data(as_text=True))
    assert (made.status_code, bool(secret), made.headers["Cache-Control"]) == (200, True, "no-store")
    again = admin.get(ALL).get_data(as_text=True)
    assert "https://example.org/in" in again
    assert "whsec_" not in again
    assert admin.post(f"{ALL}/1/trials", data=form).status_code == 302
    assert states(app) == ["pending"]
    assert admin.post(f"{ALL}/1/state", data=form | {"active": "0"}).status_code == 302
    assert admin.post(f"{ALL}/1/trials", data=form).status_code == 409
    assert admin.post(f"{ALL}/9/trials", data=form).status_code == 404
    assert admin.post(f"{ALL}/1/state", data=form | {"active": "1"}).status_code == 302
    with app.app_context():
        actions = db.session.execute(sa.text("SELECT action FROM audit_entries WHERE subject = 'webhook:1' ORDER BY id")).scalars().all()
    assert actions == ["webhook-add", "webhook-try", "webhook-switch", "webhook-switch"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("url", "http://127.0.0.1/in"), ("url", ""), ("account", "1"), ("account", ""), ("account", "x"), ("events", []), ("scope", "all")],
)
def test_what_is_wrong_is_said_beside_its_field(app, map1, field, value):
    admin = seat(app, "admin1")
    form = {
        "csrf_token": token_of(admin.get(ALL).get_data(as_text=True)),
        "account": map1,
        "url": "https://example.org/in",
        "scope": "open",
        "events": ["ticket.ended"],
    }
    answer = admin.post(f"{ALL}/new", data=form | {field: value})
    assert answer.status_code == 422
    assert f'href="#f-{field}"' in answer.get_data(as_text=True)
    assert len(page.EVENT) == len(verbs.EVENTS)
