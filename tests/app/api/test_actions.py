"""`allowed_actions` tells what can be done now: every action it lists is taken, none is listed whose object is not there."""

import pytest

from tests import factories


def listed(caller, who: str, number: str) -> set[str]:
    return set(caller(who).get(f"/tickets/{number}").get_json()["allowed_actions"])


def test_decisions_are_listed_while_something_waits(caller, at):
    number = at("handling")
    decisions = {"grant-extension", "deny-extension", "grant-suspension", "deny-suspension"}
    assert not decisions & listed(caller, "dispatcher1", number)
    assert {"request-extension", "request-suspension"} <= listed(caller, "urban.liaison", number) | listed(caller, "urban.handler", number)
    asked = caller("urban.liaison").does(f"/tickets/{number}/extensions", {"days": 1, "reason": "等料", "plan": "到料即修"})
    assert decisions & listed(caller, "dispatcher1", number) == {"grant-extension", "deny-extension"}
    assert "request-extension" not in listed(caller, "urban.liaison", number)
    caller("dispatcher1").does(f"/tickets/{number}/extensions/{asked['id']}/decision", {"decision": "grant", "reason": "合理"})
    assert not decisions & listed(caller, "dispatcher1", number)
    assert "request-extension" not in listed(caller, "urban.liaison", number), "once only"


def test_sub_tasks_are_signed_answered_released_and_graded_when_they_stand_so(caller, at):
    number = at("handling")
    about = {"release-task", "grade-task", "sign-task", "reply-task", "reply"}
    assert listed(caller, "urban.head", number) & about == {"reply"}
    task = caller("urban.head").does(f"/tickets/{number}/tasks", {"unit": "power", "ask": "断电"})["id"]
    assert listed(caller, "urban.head", number) & about == {"release-task"}
    assert listed(caller, "power.liaison", number) & about == {"sign-task"}
    caller("power.liaison").does(f"/tickets/{number}/tasks/{task}/signings")
    assert listed(caller, "power.liaison", number) & about == {"reply-task"}
    caller("power.liaison").does(f"/tickets/{number}/tasks/{task}/replies", {"content": "已断电"})
    assert listed(caller, "urban.head", number) & about == {"reply", "grade-task"}
    caller("urban.head").does(f"/tickets/{number}/tasks/{task}/grades", {"score": 5})
    assert listed(caller, "urban.head", number) & about == {"reply"}


def test_a_ledger_is_confirmed_after_it_was_asked(caller, at):
    number = at("replied")
    assert "confirm-ledger" not in listed(caller, "dispatcher1", number)
    caller("urban.head").does(f"/tickets/{number}/ledgers", {"measures": "明年改造", "promised_at": "2037-06-30T00:00:00+08:00"})
    assert "confirm-ledger" in listed(caller, "dispatcher1", number)
    assert "request-ledger" not in listed(caller, "urban.head", number)


def test_a_recall_is_listed_for_who_sent_it(caller, at):
    number = at("dispatched")
    assert "recall" in listed(caller, "dispatcher1", number)
    assert "recall" not in listed(caller, "agent1", number)


def test_a_ruled_ticket_offers_no_return(caller, at):
    number = at("signed")
    assert {"request-return", "dispute"} <= listed(caller, "urban.liaison", number)
    caller("urban.liaison").does(f"/tickets/{number}/disputes", {"statement": "管网归水务管"})
    caller("auditor1").does(f"/tickets/{number}/rulings", {"unit": "water", "locked": True, "reason": "归水务"})
    assert not {"request-return", "dispute"} & listed(caller, "water.liaison", number)


def test_the_catalogue_sends_no_sealed_report(caller, at):
    number = at(appeal_type="report")
    assert "dispatch-by-rule" not in listed(caller, "agent1", number)
    answer = caller("agent1").post(f"/tickets/{number}/dispatches", {})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "wrong-state")
    assert caller("agent1").get(f"/tickets/{number}").get_json()["status"] == "registered"


@pytest.mark.parametrize(("field", "who"), [("handler", "water.handler"), ("backup", "agent1"), ("handler", None)])
def test_a_stranger_is_not_named_to_handle(caller, at, field, who):
    number = at("dispatched")
    account = caller(who).get("/me").get_json()["id"] if who else 2**31 - 1
    answer = caller("urban.liaison").post(f"/tickets/{number}/signings", {field: account})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])
    assert caller("urban.liaison").get(f"/tickets/{number}").get_json()["status"] == "dispatched"


def test_colleagues_are_named_to_handle(caller, at):
    number = at("dispatched")
    first, second = (caller(name).get("/me").get_json()["id"] for name in ("urban.backup", "urban.handler"))
    assert caller("urban.liaison").does(f"/tickets/{number}/signings", {"handler": first, "backup": second})["handlers"] == [first, second]
    answer = caller("urban.liaison").post(f"/tickets/{at('dispatched')}/signings", {"handler": first, "backup": first})
    assert list(answer.get_json()["errors"]) == ["backup"]


def test_an_answered_ticket_lists_what_its_reply_allows(caller, at):
    number = at("handling")
    assert "reply" in listed(caller, "urban.head", number)
    caller("urban.head").does(f"/tickets/{number}/replies", factories.a_reply())
    assert listed(caller, "auditor1", number) >= {"approve-reply", "reject-reply"}
