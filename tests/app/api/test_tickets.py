"""The ticket over REST: registering, reading, listing."""

import pytest

from tests.app.api.conftest import a_body

FIELDS = {
    "number",
    "query_code",
    "status",
    "appeal_type",
    "track",
    "urgency",
    "title",
    "content",
    "channel",
    "category",
    "place",
    "appellant",
    "confidential",
    "sealed",
    "lead_unit",
    "assisting_units",
    "received_at",
    "dispatched_at",
    "due",
    "provisional",
    "overdue",
    "returns",
    "reworks",
    "extensions",
    "urges",
    "master",
    "version",
    "allowed_actions",
}


def test_registering_answers_the_ticket_with_location_and_etag(caller):
    answer = caller("agent1").post("/tickets", a_body())
    ticket = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/tickets/{ticket['number']}"
    assert answer.headers["ETag"] == '"1"'
    assert set(ticket) >= FIELDS
    assert ticket["appellant"] == {"name": "陈**", "phone": "138****2716", "kind": "person"}
    assert ticket["received_at"].endswith("+08:00")
    assert "dispatch-by-rule" in ticket["allowed_actions"]


def test_what_is_registered_reads_the_same_afterwards(caller):
    made = caller("agent1").does("/tickets", a_body())
    assert caller("agent1").get(f"/tickets/{made['number']}").get_json() == made


def test_a_matter_goes_all_the_way_over_rest(caller, at):
    number = at("closed")
    ticket = caller("dispatcher1").get(f"/tickets/{number}").get_json()
    assert ticket["status"] == "closed"
    assert ticket["lead_unit"] == "urban"
    kinds = [event["kind"] for event in caller("urban.head").get(f"/tickets/{number}/events").get_json()]
    assert kinds == ["register", "dispatch", "sign", "contact", "reply", "approve-reply", "close"]


@pytest.mark.parametrize("who", ["dispatcher1", "urban.liaison", "urban.handler", "auditor1", "publisher1"])
def test_only_agents_and_partners_register(caller, who):
    assert caller(who).post("/tickets", a_body()).status_code == 403
