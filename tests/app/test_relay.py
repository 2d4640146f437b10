"""The whole road of a text message: a verb, the outbox, the scheduler's tick, a real RQ worker, the provider, its receipt."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import redis
import rq
import sqlalchemy as sa
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.serializers import JSONSerializer
from twilio.request_validator import RequestValidator

from app import clock, relay
from app.queue import QUEUES
from app.telling import topic_of
from app.web import live
from app.work import session_now, work
from notifiers import outbox
from notifiers.message import CAN_WAIT
from notifiers.models import OutboxMessage
from tests import factories
from tests.app.with_telephone import SITE, app, clean, provider  # noqa: F401 -- fixtures
from tests.notifiers.conftest import by_sms, to_person
from tests.notifiers.counterpart import SENDER, TOKEN
from tests.statements import counted

MINUTE = timedelta(minutes=1)
PERMANENT = "SM" + "0" * 32


def work_off(app) -> None:  # noqa: F811
    connection = app.extensions["redis_blocking"]
    rq.SimpleWorker(
        [rq.Queue(name, connection=connection, serializer=JSONSerializer) for name in QUEUES],
        connection=connection,
        serializer=JSONSerializer,
    ).work(burst=True)


def only() -> OutboxMessage:
    session_now().rollback()
    return session_now().scalar(sa.select(OutboxMessage))


def receipt(app, path: str, signature: str | None = None, **form):  # noqa: F811
    signed = RequestValidator(TOKEN).compute_signature(SITE + path, form) if signature is None else signature
    return app.test_client().post(path, data=form, headers={"X-Twilio-Signature": signed})


def test_from_the_counter_to_the_citizens_telephone_and_back(app, provider):  # noqa: F811
    with work() as session:
        ticket = factories.a_ticket(session, clock.now())
        number, code = ticket.number, ticket.query_code
    assert relay.wake(clock.now()) == 1
    assert relay.wake(clock.now()) == 0, "one waiting job is enough"
    work_off(app)
    [sent] = provider.accepted
    assert (sent["to"], sent["from"]) == ("+8613800002716", SENDER)
    assert sent["body"] == f"【临海市12345】您反映的事收到了，编号尾号 {number[-6:]}，查询码 {code}。查进度：{SITE}/t/{code}"
    assert (only().status, only().provider_id) == ("sent", sent["sid"])
    assert sent["status_callback"] == f"{SITE}/hooks/twilio/status?message={only().id}"
    path = sent["status_callback"].removeprefix(SITE)
    assert receipt(app, path, MessageSid=sent["sid"], MessageStatus="delivered").status_code == 204
    assert only().status == "delivered"
    assert relay.wake(clock.now()) == 0


@pytest.mark.parametrize(
    ("due", "lanes"),
    [
        ({("sms", "now")}, ["urgent"]),
        ({("sms", "now"), ("sms", "can-wait")}, ["urgent", "notify"]),
        ({("wecom", "now"), ("email", "can-wait")}, ["urgent", "mail"]),
        ({("webhook", "now")}, ["webhooks"]),
        ({("dingtalk", "can-wait"), ("wechat", "can-wait")}, ["notify", "robots"]),
        (set(), []),
    ],
)
def test_what_hurries_has_a_lane_to_itself(due, lanes):
    assert relay.lanes_of(due) == lanes


def test_the_inbox_needs_no_redis_and_no_worker(app):  # noqa: F811
    now = clock.now()
    with work() as session:
        account = session.execute(sa.text("SELECT id FROM accounts WHERE username = 'urban.head'")).scalar_one()
        outbox.put(session, [to_person(account, urgency=CAN_WAIT)], now)
    due = only().next_try_at
    assert relay.set_free(due - timedelta(seconds=1))["people"] == 0
    assert relay.set_free(due)["people"] == 1
    assert only().status == "delivered"
    assert app.extensions["redis"].get(live.PREFIX + topic_of(account)), "the bell rings"


def test_without_redis_nothing_is_lost_and_the_next_tick_wakes_a_worker(app, provider, monkeypatch):  # noqa: F811
    with work() as session:
        outbox.put(session, [by_sms()], clock.now())
    with monkeypatch.context() as patched:
        patched.setitem(app.extensions, "redis", redis.Redis(port=9, retry=Retry(NoBackoff(), 0)))
        assert relay.wake(clock.now()) == 0
    assert relay.wake(clock.now()) == 1
    work_off(app)
    assert (only().status, len(provider.accepted)) == ("sent", 1)


def test_what_a_crash_left_goes_out_again(app, provider):  # noqa: F811
    now = clock.now() - timedelta(hours=1)
    with work() as session:
        outbox.put(session, [by_sms()], now)
        outbox.claim(session, "sms", now, 10)
    assert relay.set_free(now + 4 * MINUTE)["taken_back"] == 0
    assert relay.set_free(now + 6 * MINUTE)["taken_back"] == 1
    assert relay.wake(clock.now()) == 1
    work_off(app)
    assert (only().status, only().attempts, len(provider.accepted)) == ("sent", 2, 1)


def test_an_idle_tick_costs_three_statements(app):  # noqa: F811
    relay.wake(clock.now())
    with counted(app) as sent:
        relay.wake(clock.now())
        relay.set_free(clock.now())
    assert len(sent) <= 3, sent


@pytest.mark.parametrize("status", ["undelivered", "failed"])
def test_a_receipt_may_say_that_it_failed(app, provider, status):  # noqa: F811
    with work() as session:
        outbox.put(session, [by_sms()], clock.now())
    relay.wake(clock.now())
    work_off(app)
    path = urlsplit(provider.accepted[0]["status_callback"])
    assert (
        receipt(
            app, f"{path.path}?{path.query}", MessageSid=provider.accepted[0]["sid"], MessageStatus=status, ErrorCode="30003"
        ).status_code
        == 204
    )
    assert (only().status, only().reason) == ("failed", "30003")


def test_only_the_provider_may_send_receipts(app, provider):  # noqa: F811
    with work() as session:
        outbox.put(session, [by_sms()], clock.now())
    path = f"/hooks/twilio/status?message={only().id}"
    said = {"MessageSid": PERMANENT, "MessageStatus": "delivered"}
    other = RequestValidator("another token").compute_signature(SITE + path, said)
    of_another_message = RequestValidator(TOKEN).compute_signature(f"{SITE}/hooks/twilio/status?message=1", said)
    for signature in ("", "x", "é", other, of_another_message):
        assert receipt(app, path, signature.encode("utf-8").decode("latin-1"), **said).status_code == 403
    assert only().status == "pending"


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ("", {}),
        ("?message=", {"MessageStatus": "delivered"}),
        ("?message=x", {"MessageSid": PERMANENT, "MessageStatus": "delivered"}),
        ("?message=99999999999999999999", {"MessageSid": PERMANENT, "MessageStatus": "delivered"}),
        ("?message=1", {"MessageSid": "SM1'; --", "MessageStatus": "failed"}),
        ("?message=999999999", {"MessageSid": PERMANENT, "MessageStatus": "delivered"}),
        ("?message=1", {"MessageSid": PERMANENT, "MessageStatus": "queued"}),
    ],
)
def test_a_strange_receipt_with_a_right_signature_changes_nothing(app, query, form):  # noqa: F811
    assert receipt(app, "/hooks/twilio/status" + query, **form).status_code == 204
