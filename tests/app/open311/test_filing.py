"""What comes in through POST requests: kept as the standard means it, once, and refused field by field."""

import os
import re
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import clock
from app.work import session_now
from tests.app.open311.conftest import BASE, a_form
from tests.statements import counted
from tickets.models import Identity, Ticket


def described(answer) -> str:
    return " ".join(one["description"] for one in answer.get_json())


def test_it_becomes_a_ticket_of_this_channel(app, civic, caller):
    number = civic.files(
        media_url="https://example.org/1.jpg",
        address_id="GRID-7",
        **{"attribute[appeal_type]": "complaint", "attribute[confidential]": "true"},
    )
    with app.app_context():
        ticket = session_now().query(Ticket).filter_by(number=number).one()
        assert (ticket.channel, ticket.appeal_type, ticket.confidential, ticket.region_code, ticket.grid_cell) == (
            "open311",
            "complaint",
            True,
            "990101001",
            "GRID-7",
        )
        assert ticket.content.endswith("图片或视频：https://example.org/1.jpg")
        person = session_now().get(Identity, ticket.id)
        assert (person.masked_name, person.masked_phone) == ("陈**", "138****2716")
    shown = caller("agent1").get(f"/tickets/{number}").get_json()
    assert (shown["channel"], shown["status"]) == ("open311", "registered")


def test_the_service_and_a_place_are_enough(app, civic):
    number = civic.files(lat="", long="", first_name="", last_name="", phone="", email="", description="")
    with app.app_context():
        ticket = session_now().query(Ticket).filter_by(number=number).one()
        assert ticket.content == "占道经营"
        assert session_now().get(Identity, ticket.id).kind == "anonymous"


def test_the_same_again_is_one_matter(app, civic):
    form = a_form()
    first, second = civic.post(**form), civic.post(**form)
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert civic.post(**form | {"phone": "13800002717"}).get_json() != first.get_json()
    keyed = {"Idempotency-Key": "app-2026-1"}
    first = civic.post(headers=keyed, **a_form(description="路口摊位"))
    assert civic.post(headers=keyed, **a_form(description="路口摊位")).get_json() == first.get_json()
    mismatch = civic.post(headers=keyed, **a_form(description="另一处摊位"))
    assert (mismatch.status_code, mismatch.get_json()[0]["code"]) == (400, 400)


def test_after_ten_minutes_the_same_words_are_another_matter(civic, monkeypatch):
    form, now = a_form(), clock.now()
    first = civic.post(**form).get_json()[0]["service_request_id"]
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=9, seconds=50))
    assert civic.post(**form).get_json()[0]["service_request_id"] == first
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(minutes=21))
    assert civic.post(**form).get_json()[0]["service_request_id"] != first


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"lat": "91"}, "lat"),
        ({"lat": "north"}, "lat"),
        ({"lat": "nan"}, "lat"),
        ({"long": ""}, "long"),
        ({"lat": "", "long": "", "address_string": ""}, "address_string"),
        ({"phone": "12"}, "phone"),
        ({"phone": "1" * 40}, "phone"),
        ({"description": "长" * 4001}, "description"),
        ({"media_url": "javascript:alert(1)"}, "media_url"),
        ({"attribute[colour]": "red"}, "attribute[colour]"),
        ({"attribute[appeal_type]": "report"}, "attribute[appeal_type]"),
        ({"attribute[region]": "1"}, "attribute[region]"),
        ({"description": "a\x07b"}, "description"),
    ],
)
def test_what_is_wrong_is_named(civic, changed, field):
    for form in ("json", "xml"):
        answer = civic.post(form, **a_form(**changed))
        assert answer.status_code == 400
        assert field in answer.get_data(as_text=True)
    answer = civic.post(**a_form(**changed))
    assert any(one["description"].startswith(field) for one in answer.get_json())


def test_service_and_key_are_asked_for(civic, stranger, app, keys):
    answer = civic.post(**a_form(service_code=""))
    assert (answer.status_code, "service_code" in described(answer)) == (400, True)
    assert civic.post(**a_form(service_code="no.such")).status_code == 404
    assert civic.post(**a_form(jurisdiction_id="elsewhere.gov")).status_code == 404
    for key in ("", "sx_wrong", keys("agent1"), keys("hall1", scopes=("read",))):
        answer = stranger.post(**a_form(api_key=key))
        assert answer.status_code == 403
        assert answer.get_json()[0]["code"] == 403
    said = stranger.client.post(f"{BASE}/requests.json", json=a_form(), headers={"Authorization": f"Bearer {civic.key}"})
    assert (said.status_code, "Content-Type" in described(said)) == (400, True)
    by_bearer = stranger.client.post(f"{BASE}/requests.json", data=a_form(), headers={"Authorization": f"Bearer {civic.key}"})
    assert by_bearer.status_code == 200


TEXT = st.text(max_size=60)
VALUES = st.one_of(
    TEXT,
    st.floats().map(str),
    st.integers().map(str),
    st.sampled_from(["", "true", "\x00", "\ud7ff", "' OR 1=1 --", "<b>", "1e999", "９９"]),
)
NAMES = st.sampled_from(
    [
        "service_code",
        "lat",
        "long",
        "address_string",
        "address_id",
        "description",
        "phone",
        "first_name",
        "last_name",
        "email",
        "media_url",
        "attribute[region]",
        "attribute[",
        "attribute[x][]",
        "jurisdiction_id",
        "account_id",
        "start_date",
        "end_date",
        "status",
        "page",
        "page_size",
        "service_request_id",
        "lang",
        "\u5b57",
    ]
)


@settings(max_examples=int(os.environ.get("FUZZ_BODIES", "60")), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(NAMES, VALUES, max_size=8), form=st.sampled_from(["json", "xml"]), well=st.booleans(), key=st.booleans())
def test_no_form_and_no_query_breaks_it(civic, stranger, fields, form, well, key):
    who = civic if key else stranger
    for answer in (
        who.post(form, **((a_form() | fields) if well else fields)),
        who.get(f"requests.{form}", **fields),
        who.get(f"requests/{'7' * 21}.{form}", **fields),
    ):
        assert answer.status_code < 500, answer.get_data(as_text=True)
        assert answer.content_type in ("application/json; charset=utf-8", "text/xml; charset=utf-8")


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/form-data", "text/html", ""]
)
@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"a" * 100_000, b"%ff=%fe&service_code=%00", b"--x\r\n"])
def test_no_bytes_break_it(civic, data, kind):
    answer = civic.client.post(f"{BASE}/requests.xml?api_key={civic.key}", data=data, content_type=kind)
    assert 400 <= answer.status_code < 500
    assert re.search(r"<errors><error><code>\d+</code>", answer.get_data(as_text=True))


def test_it_costs_little(app, civic, at):
    civic.files()
    with counted(app) as sent:
        civic.files()
    assert len(sent) <= 16, sent
    at("replied")
    civic.json("requests.json", page_size=1)
    with counted(app) as few:
        civic.json("requests.json", page_size=1)
    with counted(app) as many:
        assert len(civic.json("requests.json")) > 5
    assert len(few) <= len(many) <= 5, many
