"""The real Twilio library against a stand-in: what each answer of the provider means for a message."""

from datetime import UTC, datetime, timedelta

import pytest

from notifiers.channels.base import ACCEPTED, REFUSED, RETRY, UNKNOWN, Outgoing
from notifiers.channels.twilio_sms import Account, TwilioSms
from tests.notifiers import counterpart
from tests.notifiers.counterpart import BROKEN, BROKEN_AFTER, BUSY, SENDER, SID, SILENT_AFTER, TOKEN

NOBODY = "http://127.0.0.1:9"


@pytest.fixture
def provider():
    with counterpart.twilio() as city:
        yield city


def sender(url: str, token: str = TOKEN, **more) -> TwilioSms:
    return TwilioSms(Account(SID, token, more.pop("sender", SENDER), url, **more))


def a_message(text: str = "您反映的事收到了", **changed) -> Outgoing:
    now = datetime.now(UTC)
    return Outgoing(
        **(
            {
                "message_id": 7,
                "attempt": 1,
                "address": "+8613800002716",
                "text": text,
                "claimed_at": now,
                "created_at": now,
                "in_doubt": False,
            }
            | changed
        )
    )


def test_it_is_taken_under_its_own_number(provider):
    outcome = sender(provider.url, callback="https://12345.example/hooks/twilio/status?message={message}").send(a_message())
    [taken] = provider.accepted
    assert (outcome.kind, outcome.provider_id) == (ACCEPTED, taken["sid"])
    assert (taken["to"], taken["from"], taken["body"]) == ("+8613800002716", SENDER, "您反映的事收到了")
    assert taken["status_callback"] == "https://12345.example/hooks/twilio/status?message=7"


def test_a_messaging_service_may_be_the_sender(provider):
    service = "MG" + "1" * 32
    sender(provider.url, sender=service).send(a_message())
    assert (provider.accepted[0]["messaging_service_sid"], provider.accepted[0]["from"]) == (service, None)


@pytest.mark.parametrize(
    ("mood", "kind", "taken"), [(BUSY, RETRY, 0), (BROKEN, UNKNOWN, 0), (BROKEN_AFTER, UNKNOWN, 1), (SILENT_AFTER, UNKNOWN, 1)]
)
def test_what_goes_wrong_is_a_value(provider, mood, kind, taken):
    provider.mood = lambda: mood
    assert sender(provider.url).send(a_message()).kind == kind
    assert len(provider.accepted) == taken


@pytest.mark.parametrize("code", [21211, 21610, 21614, 21999])
def test_a_refused_number_is_not_tried_for_ever(provider, code):
    provider.refused["+8613800002716"] = code
    outcome = sender(provider.url).send(a_message())
    assert (outcome.kind, outcome.code) == (REFUSED, str(code))
    assert outcome.words


def test_wrong_credentials_can_be_mended_so_it_waits(provider):
    outcome = sender(provider.url, token="another").send(a_message())
    assert (outcome.kind, outcome.code) == (RETRY, "20003")


def test_nobody_there_is_certain():
    assert sender(NOBODY).send(a_message()).kind == RETRY


def test_a_doubt_is_resolved_by_asking(provider):
    provider.mood = lambda: SILENT_AFTER
    sms = sender(provider.url)
    assert sms.find(a_message()) is None
    sms.send(a_message())
    found = sms.find(a_message())
    assert (found.kind, found.provider_id) == (ACCEPTED, provider.accepted[0]["sid"])
    assert sms.find(a_message("别的话")) is None
    assert sms.find(a_message(address="+8613800000000")) is None
    assert sms.find(a_message(created_at=datetime.now(UTC) + timedelta(minutes=5))) is None, (
        "an earlier message in the same words is not this one"
    )


def test_what_failed_at_the_provider_is_found_as_refused(provider):
    sms = sender(provider.url)
    sms.send(a_message())
    provider.accepted[0] |= {"status": "undelivered", "error_code": 30003}
    assert (sms.find(a_message()).kind, sms.find(a_message()).code) == (REFUSED, "30003")


def test_a_doubt_stays_when_nobody_can_be_asked():
    assert sender(NOBODY).find(a_message()).kind == UNKNOWN
