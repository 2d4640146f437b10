"""Idempotency-Key and If-Match: the same call twice, two callers at once, a caller who saw an older version."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from app.auth.models import IdempotencyKey
from app.db import db
from tests.app.api.conftest import a_body


def key() -> dict:
    return {"Idempotency-Key": uuid.uuid4().hex}


def test_the_same_call_twice_is_answered_the_same(caller):
    mine, body = key(), a_body()
    first, second = (caller("agent1").post("/tickets", body, mine) for _ in range(2))
    assert second.data == first.data
    assert second.status_code == 201
    assert [second.headers[name] for name in ("Location", "ETag")] == [first.headers[name] for name in ("Location", "ETag")]
    assert (first.headers.get("Idempotent-Replayed"), second.headers.get("Idempotent-Replayed")) == (None, "true")


def test_the_order_of_fields_is_no_other_call(caller):
    mine, body = key(), a_body()
    caller("agent1").does("/tickets", body, mine)
    assert caller("agent1").post("/tickets", dict(reversed(body.items())), mine).headers["Idempotent-Replayed"] == "true"


def test_another_body_under_the_same_key_is_refused(caller):
    mine = key()
    caller("agent1").does("/tickets", a_body(), mine)
    answer = caller("agent1").post("/tickets", a_body(), mine)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "idempotency-mismatch")


def test_keys_of_two_people_do_not_meet(caller):
    mine, body = key(), a_body(channel="api")
    numbers = {caller(who).does("/tickets", body, mine)["number"] for who in ("agent1", "hall1")}
    assert len(numbers) == 2


def test_a_refused_call_may_try_again_with_its_key(caller, at):
    mine, number = key(), at("registered")
    path = f"/tickets/{number}/signings"
    assert caller("urban.liaison").post(path, {}, mine).status_code == 404
    caller("dispatcher1").does(f"/tickets/{number}/dispatches", {"lead": "urban"})
    assert caller("urban.liaison").post(path, {}, mine).status_code == 200
    replayed = caller("urban.liaison").post(path, {}, mine)
    assert (replayed.status_code, replayed.headers["Idempotent-Replayed"]) == (200, "true")


def test_two_at_once_make_one_ticket(caller):
    mine, body = key(), a_body()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: caller("agent1").post("/tickets", body, mine), range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    assert sum(answer.headers.get("Idempotent-Replayed") == "true" for answer in answers) == 7


@pytest.mark.parametrize("bad", ["", "x" * 201, "键"])
def test_an_impossible_key_is_named(caller, bad):
    headers = {"Idempotency-Key": bad.encode("utf-8").decode("latin-1")}
    answer = caller("agent1").post("/tickets", a_body(), headers)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["Idempotency-Key"])


def test_an_identity_is_not_kept_in_clear_with_the_key(app, caller, at):
    mine, number = key(), at("signed")
    body = {"reason": "首次联系"}
    first, second = (caller("urban.handler").post(f"/tickets/{number}/reveals", body, mine) for _ in range(2))
    assert second.get_json() == first.get_json()
    assert second.get_json()["phone"] == "13800002716"
    with app.app_context():
        kept = db.session.scalar(sa.select(IdempotencyKey).where(IdempotencyKey.key == mine["Idempotency-Key"]))
        assert "13800002716" not in str(kept.answer)
    reveals = [event for event in caller("dispatcher1").get(f"/tickets/{number}/events").get_json() if event["kind"] == "reveal"]
    assert len(reveals) == 1


@pytest.mark.parametrize("seen", ['"1"', 'W/"1"', '"0", "1"'])
def test_an_older_version_is_refused(caller, at, seen):
    number = at("dispatched")
    answer = caller("urban.liaison").post(f"/tickets/{number}/signings", {}, {"If-Match": seen})
    assert (answer.status_code, answer.get_json()["code"]) == (412, "stale")


@pytest.mark.parametrize("seen", ['"2"', 'W/"2"', '"1", "2"', "*"])
def test_the_present_version_is_let_through(caller, at, seen):
    number = at("dispatched")
    assert caller("urban.liaison").post(f"/tickets/{number}/signings", {}, {"If-Match": seen}).status_code == 200


def test_a_reader_with_the_present_version_gets_304(caller, at):
    number = at("dispatched")
    answer = caller("urban.liaison").get(f"/tickets/{number}", {"If-None-Match": '"2"'})
    assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", '"2"')
    assert caller("urban.liaison").get(f"/tickets/{number}", {"If-None-Match": '"1"'}).status_code == 200
