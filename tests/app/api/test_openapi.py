"""The OpenAPI document against the application: every route is in it, every answer has the shape it promises."""

import re

import pytest

from tests.app.api.shape_check import answer_schema, component, faults
from tickets.workflow import TABLE

WRITES = {"post"}


@pytest.fixture(scope="module")
def spec(caller) -> dict:
    return caller().get("/openapi.json").get_json()


def calls(spec: dict):
    return [(path, method, call) for path, item in spec["paths"].items() for method, call in item.items() if method in ("get", "post")]


def references(part) -> list[str]:
    if isinstance(part, dict):
        return ([part["$ref"]] if "$ref" in part else []) + [found for value in part.values() for found in references(value)]
    return [found for value in part for found in references(value)] if isinstance(part, list) else []


def test_every_route_is_documented_and_nothing_else(app, spec):
    served = {
        (re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and rule.rule != "/api/v1/openapi.json"
    }
    assert {(path, method) for path, method, _call in calls(spec)} == served


def test_it_is_whole(spec):
    assert spec["openapi"].startswith("3.1")
    assert spec["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert [reference for reference in references(spec) if not component(spec, reference)] == []
    names = [call["operationId"] for _path, _method, call in calls(spec)]
    assert len(set(names)) == len(names)


def test_every_call_says_what_it_takes_and_answers(spec):
    for path, method, call in calls(spec):
        place = f"{method} {path}"
        assert call["summary"], place
        good = [status for status in call["responses"] if status.startswith("2")]
        assert good, place
        assert answer_schema(spec, call, int(good[0])), place
        assert {"429"} <= set(call["responses"]), place
        if method in WRITES:
            assert call["requestBody"], place
            assert {"409", "413", "422"} <= set(call["responses"]), place
            assert {"$ref": "#/components/parameters/Idempotency-Key"} in call["parameters"], place
        if "public" not in path:
            assert {"401", "403"} <= set(call["responses"]), place
        if "{number}" in path:
            assert "404" in call["responses"], place


def test_every_action_a_person_may_take_has_a_call(spec):
    offered = {action for _path, _method, call in calls(spec) for action in call.get("x-actions", ())}
    wanted = {edge.action for edge in TABLE if edge.roles - {"system"}}
    assert wanted - offered == set()


def test_answers_have_the_shape_they_promise(caller, at, spec):
    number = _a_full_life(caller, at)
    readers = [caller(name) for name in ("supervisor1", "followup1", "auditor1", "admin1")]
    seen = 0
    for path, method, call in calls(spec):
        if method != "get" or "{row_id}" in path or "{code}" in path or "{whistle}" in path or path.endswith("/suggestions"):
            continue
        answers = (reader.get(path.removeprefix("/api/v1").replace("{number}", number).replace("{name}", "units")) for reader in readers)
        answer = next(one for one in answers if one.status_code != 403)
        assert answer.status_code == 200, path
        schema = answer_schema(spec, call, 200)
        assert faults(spec, schema, answer.get_json(), path) == []
        assert (
            "{number}" not in path
            or answer.get_json()
            or path.endswith(
                (
                    "/returns",
                    "/disputes",
                    "/ledgers",
                    "/attachments",
                    "/ratings",
                    "/termination-requests",
                    "/calls",
                    "/exclusions",
                    "/rectifications",
                )
            )
        ), f"{path} shows nothing: the check is empty"
        seen += 1
    assert seen >= 18


def test_suggestions_have_their_shape_and_find_the_copy(caller, at, spec):
    number = at("registered", title="桂花里下水道堵了", content="桂花里下水道堵了，污水倒灌进厨房")
    found = caller("agent1").get("/suggestions", text="桂花里下水道堵了，污水倒灌到厨房", region="990101001").get_json()
    assert faults(spec, {"$ref": "#/components/schemas/Suggestions"}, found) == []
    assert found["duplicates"][0]["number"] == number
    assert found["units"][0]["code"] == "water"
    assert found["categories"][0]["code"].startswith("urban.drainage")


def test_the_public_view_and_problems_have_their_shapes(caller, at, spec):
    number = _a_full_life(caller, at)
    code = caller("supervisor1").get(f"/tickets/{number}").get_json()["query_code"]
    view = caller().get(f"/public/tickets/{code}").get_json()
    assert faults(spec, {"$ref": "#/components/schemas/PublicTicket"}, view) == []
    problem = caller("agent1").post("/tickets", {"colour": 1}).get_json()
    assert faults(spec, {"$ref": "#/components/schemas/Problem"}, problem) == []


def _a_full_life(caller, at) -> str:
    """A ticket with a row of nearly every kind."""
    number = at("handling")
    caller("supervisor1").does(f"/tickets/{number}/supervisions", {"reason": "overdue", "words": "请限期办好"})
    asked = caller("urban.liaison").does(f"/tickets/{number}/extensions", {"days": 2, "reason": "等料", "plan": "到料即修"})
    caller("dispatcher1").does(f"/tickets/{number}/extensions/{asked['id']}/decision", {"decision": "grant", "reason": "合理"})
    halt = caller("urban.handler").does(f"/tickets/{number}/suspensions", {"code": "applicant-supplement", "evidence": "缺产权证"})
    caller("dispatcher1").does(f"/tickets/{number}/suspensions/{halt['id']}/decision", {"decision": "grant", "reason": "缺件"})
    caller("urban.handler").does(f"/tickets/{number}/resumptions")
    task = caller("urban.head").does(f"/tickets/{number}/tasks", {"unit": "power", "ask": "断电"})
    caller("urban.head").does(f"/tickets/{number}/tasks/{task['id']}/releases", {"reason": "已断"})
    caller("urban.head").does(
        f"/tickets/{number}/replies", {"result": "partly", "content": "先疏通，主管下月更换", "promised_at": "2027-05-01T00:00:00+08:00"}
    )
    caller("auditor1").does(f"/tickets/{number}/reviews", {"decision": "approve"})
    caller("followup1").does(f"/tickets/{number}/follow-ups", {"reached": True, "outcome": "explain", "words": "知道了", "satisfied": 3})
    return number
