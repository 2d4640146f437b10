"""Refusals: one shape, one language, the field named, never a 500."""

import pytest

from app.api import throttle
from tests.app.api.conftest import BASE, a_body


def refused(answer, status: int, code: str) -> dict:
    """The problem document, checked for its shape."""
    problem = answer.get_json()
    assert answer.content_type == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert set(problem) - {"errors"} == {"type", "title", "status", "detail", "code"}
    assert problem["detail"]
    return problem


def test_without_a_token(caller):
    answer = caller().post("/tickets", a_body())
    refused(answer, 401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_with_a_made_up_token(app):
    refused(app.test_client().get(BASE + "/me", headers={"Authorization": "Bearer sx_nobody"}), 401, "unauthenticated")


def test_a_reading_token_does_not_write(caller):
    reader = caller("agent1", ("read",))
    assert reader.get("/me").status_code == 200
    refused(reader.post("/tickets", a_body()), 403, "forbidden")


def test_an_address_that_is_none(caller):
    refused(caller("agent1").get("/nothing"), 404, "not-found")
    refused(caller("agent1").get("/tickets/202601019901000000001"), 404, "not-found")
    refused(caller("agent1").get("/tickets/a%00b"), 404, "not-found")
    refused(caller("agent1").post("/tickets/202601019901000000001/returns/99999999999999999999999/decision", {}), 404, "not-found")


def test_a_method_that_is_none(caller):
    answer = caller("agent1").client.delete(BASE + "/tickets", headers=caller("agent1").headers)
    refused(answer, 405, "method-not-allowed")
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("{", "application/json"),
        ("", "text/plain"),
        ("a=1", "application/x-www-form-urlencoded"),
        ("{}", "text/plain"),
        ("[1]", "application/json"),
        ("null", "application/json"),
        ("\xff", "application/json"),
        ('"x"', "application/json"),
        ("NaN", "application/json"),
    ],
)
def test_a_body_that_is_no_json_object(caller, data, kind):
    agent = caller("agent1")
    answer = agent.client.post(BASE + "/tickets", data=data.encode("latin-1"), content_type=kind, headers=agent.headers)
    assert refused(answer, 422, "invalid")["errors"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"content": ""}, "content"),
        ({"content": "  \n"}, "content"),
        ({"content": "x" * 5001}, "content"),
        ({"content": None}, "content"),
        ({"content": 5}, "content"),
        ({"content": "a\x00b"}, "content"),
        ({"title": "x" * 101}, "title"),
        ({"channel": "fax"}, "channel"),
        ({"appeal_type": "rant"}, "appeal_type"),
        ({"category": "no.such"}, "category"),
        ({"place": {"region": "000000"}}, "region"),
        ({"place": {"lng": 181}}, "place.lng"),
        ({"place": {"lat": "north"}}, "place.lat"),
        ({"place": {"lat": True}}, "place.lat"),
        ({"place": {"street": "x"}}, "place.street"),
        ({"place": []}, "place"),
        ({"appellant": {"phone": "12"}}, "phone"),
        ({"appellant": {"kind": "ghost"}}, "appellant.kind"),
        ({"confidential": "perhaps"}, "confidential"),
        ({"colour": "red"}, "colour"),
        ({"external": {"source": "x"}}, "external.id"),
        ({"photos": ["%%%"]}, "photos.0"),
        ({"photos": ["aGVsbG8="]}, "photos"),
        ({"photos": ["aGVsbG8="] * 10}, "photos"),
        ({"urgency": "asap"}, "urgency"),
        ({"previous": "1"}, None),
        ({"upper_due": "2027-01-01"}, "upper_due"),
        ({"upper_due": "0001-01-01T00:00:00+14:00"}, "upper_due"),
    ],
)
def test_a_bad_field_is_named_with_the_remedy(caller, changed, field):
    answer = caller("agent1").post("/tickets", a_body(**changed))
    if field is None:
        refused(answer, 404, "not-found")
        return
    errors = refused(answer, 422, "invalid")["errors"]
    assert list(errors) == [field]
    assert all(isinstance(sentence, str) and sentence for sentence in errors[field])


def test_several_bad_fields_are_named_together(caller):
    errors = refused(caller("agent1").post("/tickets", {"title": 1, "colour": "red"}), 422, "invalid")["errors"]
    assert set(errors) == {"title", "colour", "content", "channel", "appeal_type"}


def test_the_same_external_number_is_taken_once(caller):
    body = a_body(external={"source": "province", "id": "once-only"})
    caller("agent1").does("/tickets", body)
    refused(caller("agent1").post("/tickets", body), 409, "wrong-state")


def test_a_body_too_large(caller, at):
    number = at("handling")
    refused(caller("urban.handler").post(f"/tickets/{number}/notes", {"words": "x" * 70_000}), 413, "too-large")


@pytest.mark.parametrize(("headers", "query"), [({"Accept-Language": "en"}, ""), ({}, "?lang=en")])
def test_sentences_come_in_the_language_asked_for(caller, headers, query):
    agent = caller("agent1")
    answer = agent.client.post(BASE + "/tickets" + query, json=a_body(channel="fax", colour="red"), headers=agent.headers | headers)
    problem = answer.get_json()
    assert answer.headers["Content-Language"] == "en"
    said = [problem["title"], problem["detail"], *(sentence for sentences in problem["errors"].values() for sentence in sentences)]
    assert not [sentence for sentence in said if any("\u4e00" <= letter <= "\u9fff" for letter in sentence)]


def test_a_status_in_a_sentence_is_said_in_words(caller, at):
    problem = refused(caller("urban.liaison").post(f"/tickets/{at('handling')}/signings", {}), 409, "wrong-state")
    assert "办理中" in problem["detail"]


def test_too_many_calls_say_when_to_come_back(app, caller, monkeypatch):
    settings = app.config["SETTINGS"]
    monkeypatch.setitem(app.config, "SETTINGS", type(settings)(**{**settings.__dict__, "rate_limit_factor": 1}))
    monkeypatch.setattr(throttle, "CALLS", 10)  # as many as a slow machine too asks in a minute
    for _ in range(30):
        answer = caller("leader1").get("/units")
        if answer.status_code == 429:
            break
    refused(answer, 429, "too-many")
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
