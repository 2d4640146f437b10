"""What comes to the voice webhook and the CTI door unasked: wrong signature, replayed, oversized, malformed. Refused, never stored, never a 500.

FUZZ_BODIES=5000 sends that many (default 150) to each.
"""

import hashlib
import hmac
import json
import os
import random
import time
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime
from urllib.parse import quote_plus

import pytest
import sqlalchemy as sa
from twilio.request_validator import RequestValidator

from app import clock, create_app
from app.db import db
from app.phone import door, hooks
from tests.app.phone.conftest import CALLER, NUMBER, SID, SITE, TOKEN, arriving, question, sid_of

BODIES = int(os.environ.get("FUZZ_BODIES", "150"))
SECRET = "a-secret-of-the-city"


@pytest.fixture(scope="module")
def app(settings, city, new_database):
    app = create_app(
        replace(
            settings,
            database_url=new_database(like=city),
            public_url=SITE,
            twilio_account_sid=SID,
            twilio_auth_token=TOKEN,
            twilio_from=NUMBER,
            twilio_api_url="http://127.0.0.1:9",
            cti_secret=SECRET,
        )
    )
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def rows(app):
    def count() -> tuple:
        with app.app_context():
            found = tuple(
                db.session.execute(
                    sa.text(
                        "SELECT (SELECT count(*) FROM calls), (SELECT count(*) FROM call_events), (SELECT md5(coalesce(string_agg(c::text, '|' ORDER BY id), '')) FROM calls c)"
                    )
                ).one()
            )
            db.session.remove()
        return found

    return count


def event(client, body: bytes | dict, secret: str = SECRET, at: float | None = None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    stamp = str(int(time.time() if at is None else at))
    mark = hmac.new(secret.encode(), stamp.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return client.post(
        "/hooks/cti/calls", data=raw, content_type="application/json", headers={"X-CTI-Timestamp": stamp, "X-CTI-Signature": mark}
    )


def test_a_call_is_greeted_in_two_languages_told_it_is_recorded_and_queued(client):
    answer = arriving(client, 1).get_data(as_text=True)
    assert '<Say language="zh-CN">' in answer
    assert "录音" in answer
    assert "recorded" in answer
    assert "<Enqueue" in answer
    assert "<Gather" not in answer, "no maze"


def test_the_place_in_the_queue_is_told_and_the_doubled_question_answered_alike(client, rows):
    first, second = arriving(client, 2), arriving(client, 3, "+8613800002717")
    assert first.status_code == second.status_code == 200
    ours = int(second.get_data(as_text=True).split("call=")[1].split('"')[0].split("&")[0])
    said = question(client, "wait", ours, CallSid=sid_of(3)).get_data(as_text=True)
    assert "您前面还有" in said
    before = rows()
    assert arriving(client, 3, "+8613800002717").get_data() == second.get_data()
    assert rows() == before


def test_the_whole_way_out_of_the_queue_is_refused_when_replayed(client, rows):
    ours = int(arriving(client, 4).get_data(as_text=True).split("call=")[1].split('"')[0].split("&")[0])
    assert question(client, "left", ours, CallSid=sid_of(4), QueueResult="hangup").status_code == 200
    before = rows()
    assert arriving(client, 4).status_code == 403
    for step in ("left", "wait", "seat", "queue"):
        question(client, step, ours, CallSid=sid_of(4), QueueResult="hangup")
    assert rows()[0] == before[0]
    assert rows()[2] == before[2]


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"token": "another"}, 403),
        ({"site": "https://elsewhere.example"}, 403),
        ({"AccountSid": "AC" + "1" * 32}, 403),
        ({"CallSid": "CA1"}, 400),
        ({"CallSid": "'; --"}, 400),
        ({"Direction": "outbound-api"}, 400),
        ({"CallStatus": "completed"}, 400),
        ({"Extra": "x" * 17000}, 400),
        ({"Timestamp": "yesterday"}, 400),
        ({"Timestamp": format_datetime(clock.now() - timedelta(minutes=11))}, 403),
        ({f"f{n}": "x" for n in range(90)}, 400),
    ],
)
def test_what_is_not_twilios_or_not_a_call_is_refused(client, rows, changed, status):
    before = rows()
    answer = question(client, **{"CallSid": sid_of(77), "From": CALLER, "CallStatus": "ringing", "Direction": "inbound"} | changed)
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert rows() == before


@pytest.mark.parametrize(
    "query",
    ["?step=none", "?step=wait", "?step=wait&call=0", "?step=wait&call=999999999999999999", "?step=wait&call=x", "?step=recording&call=1"],
)
def test_a_question_about_no_call_is_refused(client, rows, query):
    before, body = rows(), {"AccountSid": SID, "CallSid": sid_of(5), "RecordingSid": "RE1"}
    mark = RequestValidator(TOKEN).compute_signature(SITE + "/hooks/twilio/voice" + query, body)
    assert client.post("/hooks/twilio/voice" + query, data=body, headers={"X-Twilio-Signature": mark}).status_code in (400, 403)
    assert rows() == before


def test_another_callers_leg_cannot_speak_for_this_call(client, rows):
    ours = int(arriving(client, 6).get_data(as_text=True).split("call=")[1].split('"')[0].split("&")[0])
    before = rows()
    for step in ("wait", "left", "join", "queue"):
        assert question(client, step, ours, CallSid=sid_of(7)).status_code == 403
    assert rows() == before


def test_callbacks_doubled_and_out_of_order_keep_one_story(client, rows):
    ours = int(arriving(client, 8).get_data(as_text=True).split("call=")[1].split('"')[0].split("&")[0])
    for sequence, status in ((2, "completed"), (0, "initiated"), (2, "completed"), (1, "ringing"), (1, "ringing")):
        assert question(client, "leg", ours, CallSid=sid_of(80), CallStatus=status, SequenceNumber=str(sequence)).status_code == 200
    found = rows()
    question(client, "leg", ours, CallSid=sid_of(80), CallStatus="completed", SequenceNumber="2")
    assert rows() == found


def _fuzz(luck: random.Random) -> dict:
    letters = "aZ09+-_ \t\n\x7f<>&'\"%{}[]哨呼\ud7ff\U0001f4de" + ("\x00" if luck.random() < 0.05 else "")
    text = lambda most: "".join(luck.choice(letters) for _ in range(luck.randrange(most)))  # noqa: E731 - three lines use it
    fields = [
        "CallSid",
        "From",
        "CallStatus",
        "Direction",
        "QueueResult",
        "SequenceNumber",
        "RecordingSid",
        "RecordingDuration",
        "ConferenceSid",
        "StatusCallbackEvent",
        "DialCallStatus",
        "Timestamp",
        "RecordingStatus",
    ]
    good = {
        "CallSid": sid_of(luck.randrange(50)),
        "From": CALLER,
        "CallStatus": luck.choice(("ringing", "in-progress", "completed", "busy")),
        "SequenceNumber": str(luck.randrange(5)),
        "ConferenceSid": sid_of(1, "CF"),
        "RecordingSid": sid_of(luck.randrange(9), "RE"),
        "RecordingDuration": "12",
        "RecordingStatus": "completed",
        "Direction": "inbound",
        "QueueResult": luck.choice(("hangup", "leave", "error")),
        "StatusCallbackEvent": "conference-end",
        "DialCallStatus": "completed",
    }
    wild = luck.choice((0.0, 0.1, 0.6))
    form = good | {name: luck.choice(("", text(40), text(400), "9" * luck.randrange(30))) for name in fields if luck.random() < wild}
    return form | {text(10): text(20) for _ in range(luck.randrange(3))} | ({"AccountSid": SID} if luck.random() < 0.9 else {})


def test_fuzzed_questions_are_answered_or_refused_and_never_break(client, rows):
    luck, seen = random.Random(12345), {}
    before = rows()
    for _ in range(BODIES):
        form, signed = _fuzz(luck), luck.random() < 0.7
        step = luck.choice(["", *hooks.STEPS, "x"])
        path = "/hooks/twilio/voice" + (f"?step={step}&call={luck.choice(('1', '2', '0', '-1', 'x', '9' * 19))}" if step else "")
        mark = RequestValidator(TOKEN).compute_signature(SITE + path, form) if signed else "x"
        raw = "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in form.items())
        answer = client.post(
            path,
            data=raw,
            content_type=luck.choice(("application/x-www-form-urlencoded",) * 8 + ("text/plain", "application/json")),
            headers={"X-Twilio-Signature": mark},
        )
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 400, 403), (path, form, answer.status_code)
        if not signed:
            assert answer.status_code in (400, 403)
    print("fuzzed voice:", seen, "calls before and after:", before[0], rows()[0])


def test_a_citys_own_system_tells_the_same_story(client, rows):
    first = event(client, {"id": "e1", "event": "arrived", "call": "cti-1", "number": "13800002716"}).get_json()
    assert first["new"]
    assert first["position"] >= 1
    before = rows()
    assert not event(client, {"id": "e1", "event": "arrived", "call": "cti-1", "number": "13800002716"}).get_json()["new"]
    assert rows() == before
    assert event(client, {"id": "e2", "event": "ended", "call": "cti-1"}).get_json()["state"] == "ended"
    assert event(client, {"id": "e3", "event": "recorded", "call": "cti-1", "recording": "r-1", "seconds": 33}).status_code == 200


def test_the_number_that_was_dialled_names_the_topic(client, app):
    """R08: Twilio's To, the CTI's to."""
    with app.app_context():
        db.session.execute(
            sa.text(
                "INSERT INTO special_topics (code, name, categories, unit_id, dialled, opened_on) VALUES ('flood', '防汛', '{urban}', 1, '+8657688112320', '2020-01-01')"
            )
        )
        db.session.commit()
    question(client, CallSid=sid_of(60), From=CALLER, To="+8657688112320", CallStatus="ringing", Direction="inbound")
    event(client, {"id": "t1", "event": "arrived", "call": "cti-60", "number": "13800002716", "to": "057688112320"})
    event(client, {"id": "t2", "event": "arrived", "call": "cti-61", "number": "13800002717", "to": "12345"})
    with app.app_context():
        found = db.session.execute(
            sa.text("SELECT s.code FROM calls c LEFT JOIN special_topics s ON s.id = special_id ORDER BY c.id DESC LIMIT 3")
        ).scalars()
        assert list(found) == [None, "flood", "flood"]
        db.session.execute(sa.text("UPDATE calls SET seat_leg = 'leg-60', provider_id = NULL WHERE provider_id = 'cti-60'"))  # handed over
        db.session.commit()
    event(client, {"id": "t3", "event": "recorded", "call": "cti-61", "leg": "leg-60", "recording": "r-60"})
    event(client, {"id": "t4", "event": "recorded", "call": "cti-61", "recording": "r-61"})
    with app.app_context():
        whose = sa.text("SELECT coalesce(provider_id, seat_leg), recording_id FROM calls WHERE recording_id IN ('r-60', 'r-61') ORDER BY 2")
        assert db.session.execute(whose).all() == [("leg-60", "r-60"), ("cti-61", "r-61")]
        db.session.remove()


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        ({"id": "e9", "event": "arrived", "call": "cti-9"}, {"secret": "another"}, 403),
        ({"id": "e9", "event": "arrived", "call": "cti-9"}, {"at": 1}, 403),
        (b"not json", {}, 400),
        (b"[]", {}, 400),
        (b"x" * 17000, {}, 400),
        ({"id": "e9", "event": "sings", "call": "cti-9"}, {}, 422),
        ({"event": "arrived", "call": "c"}, {}, 422),
        ({"id": "e9", "event": "ended", "call": "nobody"}, {}, 404),
        ({"id": "e9", "event": "arrived", "call": "c", "number": 5}, {}, 422),
        ({"id": "e9", "event": "arrived", "call": "c", "to": []}, {}, 422),
        ({"id": "e9", "event": "arrived", "call": "c", "seconds": True}, {}, 422),
        ({"id": "a b", "event": "arrived", "call": "c"}, {}, 422),
    ],
)
def test_the_door_of_other_systems_is_as_narrow(client, rows, body, more, status):
    before = rows()
    assert event(client, body, **more).status_code == status
    assert rows() == before


def test_fuzzed_events_are_refused_and_never_break(client):
    luck, seen = random.Random(54321), {}
    likely = {
        "id": lambda: f"f{luck.randrange(400)}",
        "event": lambda: luck.choice(door.EVENTS),
        "call": lambda: f"cti-{luck.randrange(9)}",
    }
    values = ["", "x", "e1", "cti-1", "arrived", "ended", 5, -1, None, True, [], {}, "\x00", "哨" * 200, 10**30, 1.5]
    for _ in range(BODIES):
        given = {
            name: luck.choice(values)
            for name in luck.sample(["id", "event", "call", "number", "agent", "leg", "recording", "seconds", "more"], luck.randrange(9))
        } | {name: make() for name, make in likely.items() if luck.random() < 0.85}
        raw = json.dumps(given).encode() if luck.random() < 0.8 else luck.randbytes(luck.randrange(200))
        answer = event(client, raw, secret=SECRET if luck.random() < 0.8 else "x")
        seen[answer.status_code] = seen.get(answer.status_code, 0) + 1
        assert answer.status_code in (200, 400, 403, 404, 409, 422), (raw, answer.status_code)
    print("fuzzed events:", seen)
