"""How many statements a call may cost, whatever the size of what it answers (design §10, Must show 10)."""

from tests.app.api.conftest import a_body
from tests.statements import counted


def warm(caller, *people: str) -> None:
    """Names and rules that a process holds in memory are loaded."""
    for username in people:
        caller(username).get("/me")
        caller(username).get("/limits")


def test_registering_costs_at_most_twelve(app, caller):
    warm(caller, "agent1")
    caller("agent1").does("/tickets", a_body())
    body = a_body(external={"source": "province", "id": "cost-1"})
    with counted(app) as sent:
        caller("agent1").does("/tickets", body, {"Idempotency-Key": "cost-registering-1"})
    assert len(sent) <= 12, sent


def test_a_list_costs_at_most_six_whatever_its_length(app, caller, at):
    for _ in range(12):
        at("dispatched", assisting=("water",))
    warm(caller, "urban.liaison", "dispatcher1")
    for who in ("urban.liaison", "dispatcher1"):
        with counted(app) as few:
            caller(who).get("/tickets", limit=2)
        with counted(app) as many:
            caller(who).get("/tickets", limit=12, q="返水", status="dispatched", order="due")
        assert len(few) <= 6, few
        assert len(many) <= 6, many


def test_one_ticket_with_fifty_events_costs_at_most_ten(app, caller, at):
    number = at("handling", assisting=("water",))
    for turn in range(50):
        caller("urban.handler").does(f"/tickets/{number}/notes", {"words": f"第 {turn} 次去现场"})
    warm(caller, "urban.handler")
    with counted(app) as sent:
        caller("urban.handler").get(f"/tickets/{number}")
        caller("urban.handler").get(f"/tickets/{number}/events")
    assert len(sent) <= 10, sent


def test_a_step_costs_little(app, caller, at):
    number = at("dispatched")
    warm(caller, "urban.liaison")
    with counted(app) as sent:
        caller("urban.liaison").does(f"/tickets/{number}/signings", {}, {"Idempotency-Key": "cost-signing-000001"})
    assert len(sent) <= 20, sent
