"""The channel "webhook" over real HTTP: what is signed, where it will not go, and what each answer means."""

from datetime import UTC, datetime, timedelta

import pytest

from app.errors import Invalid, WrongState
from notifiers import webhooks
from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNKNOWN, Outgoing
from notifiers.channels.webhook import Endpoint, Webhooks, is_outside, signature
from tests.notifiers.receiver import SILENT, receiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


@pytest.fixture
def system():
    with receiver() as one:
        yield one


def a_message(**changed) -> Outgoing:
    return Outgoing(
        **(
            {
                "message_id": 7,
                "attempt": 1,
                "address": "3",
                "text": '{"type":"ping","data":{"名":"值"}}',
                "claimed_at": NOW,
                "created_at": NOW,
                "in_doubt": False,
            }
            | changed
        )
    )


def sender(url: str, inside: bool = True) -> Webhooks:
    return Webhooks(lambda number: Endpoint(url, SECRET) if number == 3 else None, inside)


def test_the_signature_is_standard_webhooks():
    """The vector that specification publishes."""
    said = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_one_signed_post_is_made(system):
    assert sender(system.url + "/hooks/in?city=1").send(a_message()).kind == ACCEPTED
    [(headers, body)] = system.got
    assert body == a_message().text.encode()
    assert (headers[":path"], headers["webhook-id"], headers["content-type"]) == ("/hooks/in?city=1", "msg_7", "application/json")
    assert headers["host"] == system.url.removeprefix("http://")
    assert int(headers["webhook-timestamp"]) == int(NOW.timestamp())
    assert headers["webhook-signature"] == signature(SECRET, "msg_7", int(NOW.timestamp()), body)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (200, ACCEPTED, "200"),
        (410, REFUSED, "410"),
        (400, RETRY, "400"),
        (404, RETRY, "404"),
        (429, RETRY, "429"),
        (500, RETRY, "500"),
        (SILENT, UNKNOWN, "no-answer"),
    ],
)
def test_what_each_answer_means(system, status, kind, code):
    system.answer = lambda: status
    outcome = sender(system.url).send(a_message())
    assert (outcome.kind, outcome.code) == (kind, code)


def test_they_may_ask_for_time_but_not_for_days(system):
    system.answer = lambda: 429
    for asked, wait in (
        ("90", timedelta(seconds=90)),
        ("9999999", timedelta(hours=2)),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
    ):
        system.headers = {"Retry-After": asked}
        assert sender(system.url).send(a_message()).wait == wait


def test_no_redirect_is_followed(system):
    with receiver() as elsewhere:
        system.answer, system.headers = lambda: 307, {"Location": elsewhere.url}
        assert sender(system.url).send(a_message()).kind == RETRY
        assert elsewhere.got == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.9",
        "169.254.169.254",
        "[fd00::1]",
        "[fe80::1]",
        "100.64.0.1",
        "[::ffff:127.0.0.1]",
        "224.0.0.1",
        "2130706433",
        "0x7f000001",
    ],
)
def test_it_never_calls_inside(system, host):
    port = system.url.rpartition(":")[2]
    outcome = sender(f"http://{host}:{port}/", inside=False).send(a_message())
    assert (outcome.kind, outcome.code) == (REFUSED, "address-inside")
    assert system.got == []


def test_a_name_that_leads_to_one_address_inside_among_others_is_not_called(system, monkeypatch):
    both = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("127.0.0.1", 443))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *a, **k: both)
    assert sender("https://example.org/", inside=False).send(a_message()).code == "address-inside"
    assert is_outside("93.184.216.34")
    assert is_outside("2606:4700::1111")


def test_nobody_there_and_nothing_in_use():
    assert sender("http://127.0.0.1:9").send(a_message()).kind == RETRY
    assert sender("http://no-such-host.invalid").send(a_message()).code == "no-such-host"
    outcome = sender("http://127.0.0.1:9").send(a_message(address="4"))
    assert (outcome.kind, outcome.code) == (REFUSED, "out-of-use")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.org",
        "ftp://example.org",
        "https://",
        "https://u:p@example.org",
        "https://example.org/#x",
        "https://exa mple.org",
        "https://例子.cn",
        "https://example.org:99999",
        "https://example.org:0",
        "https://[::1",
        "https://e.org/" + "a" * 500,
        "javascript:1",
    ],
)
def test_addresses_that_cannot_be_meant_are_refused(session, account, now, url):
    with pytest.raises(Invalid) as refused:
        webhooks.add(session, account("agent1"), url, ["ticket.ended"], "own", None, now, False)
    assert set(refused.value.fields) == {"url"}


def test_the_secret_is_sealed_and_there_are_not_too_many(session, account, now):
    row, secret = webhooks.add(
        session, account("agent1"), "https://example.org/in", ["ticket.ended", "ticket.registered"], "own", None, now, False
    )
    assert secret.encode() not in row.secret
    assert session.info["vault"].open(row.secret) == secret
    assert row.events == ["ticket.registered", "ticket.ended"]
    for wrong in ({"events": []}, {"events": ["ticket.read"]}, {"scope": "all"}):
        with pytest.raises(Invalid) as refused:
            webhooks.add(
                session,
                **{
                    "account_id": account("agent1"),
                    "url": "https://example.org",
                    "events": ["ticket.ended"],
                    "scope": "own",
                    "made_by_id": None,
                    "now": now,
                    "inside": False,
                }
                | wrong,
            )
        assert set(refused.value.fields) == set(wrong)
    for _turn in range(webhooks.MOST - 1):
        webhooks.add(session, account("agent1"), "https://example.org/in", ["ticket.ended"], "own", None, now, False)
    with pytest.raises(WrongState):
        webhooks.add(session, account("agent1"), "https://example.org/in", ["ticket.ended"], "own", None, now, False)
