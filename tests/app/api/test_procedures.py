"""Statutory procedures over REST: acceptance, interim reply, a violation as a case of its own, conclusions and notices."""

import base64
import io

import pytest
from PIL import Image

from tickets.codes import ELIGIBILITY


def picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def clocks(caller, number: str) -> dict:
    return {clock["code"]: clock for clock in caller("supervisor1").get(f"/tickets/{number}/clocks").get_json()}


@pytest.fixture
def mediation(at):
    return lambda **changed: at("handling", track="consumer", appeal_type="complaint", **changed)


def test_a_mediation_is_accepted_answered_meanwhile_and_ended_with_proof(caller, mediation):
    number = mediation()
    assert {"accept", "interim-reply", "find-violation"} <= set(
        caller("urban.liaison").get(f"/tickets/{number}").get_json()["allowed_actions"]
    )
    accepted = caller("urban.liaison").does(f"/tickets/{number}/acceptances", {"words": "双方都同意调解"})
    assert (accepted["accepted_at"] is not None, accepted["track"], "accept" in accepted["allowed_actions"]) == (True, "consumer", False)
    assert caller("urban.liaison").post(f"/tickets/{number}/acceptances", {}).status_code == 409
    caller("urban.head").does(f"/tickets/{number}/interim-replies", {"content": "已约双方下周一调解，到时告诉您结果"})
    assert (clocks(caller, number)["interim-reply"]["state"], clocks(caller, number)["consumer-accept"]["state"]) == ("met", "met")
    ended = caller("dispatcher1").does(f"/tickets/{number}/terminations", {"ground": "no-agreement"})
    assert ended["notice"] == "parties"
    body = {"appellant": {"method": "phone"}, "respondent": {"method": "mail"}}
    answer = caller("urban.handler").post(f"/tickets/{number}/party-notices", body)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["proof"])
    assert list(caller("urban.handler").post(f"/tickets/{number}/party-notices", body | {"proof": ["bm8="]}).get_json()["errors"]) == [
        "proof"
    ]
    told = caller("urban.handler").does(f"/tickets/{number}/party-notices", body | {"proof": [picture()]})
    assert (told["notice"], told["status"]) == ("told", "terminated")
    assert [row["purpose"] for row in caller("urban.handler").get(f"/tickets/{number}/attachments").get_json()] == ["proof"]
    assert clocks(caller, number)["termination-notice"]["state"] == "met"


def test_a_violation_is_a_linked_case_with_its_own_clock(caller, mediation):
    number = mediation(accused="大新海鲜")
    answer = caller("urban.handler").post(f"/tickets/{number}/violations", {"facts": "电子秤没有检定标志"})
    case = answer.get_json()
    assert (answer.status_code, case["found_in"], case["status"], case["lead_unit"], case["accused"]) == (
        201,
        number,
        "handling",
        "urban",
        "大新海鲜",
    )
    assert (case["appellant"]["name"], case["content"]) == ("", "电子秤没有检定标志")
    assert clocks(caller, case["number"])["violation-check"]["state"] == "running"
    assert case["due"] == clocks(caller, case["number"])["violation-check"]["due"]
    assert {"conclude-check", "request-extension"} <= set(case["allowed_actions"]) | set(
        caller("urban.liaison").get(f"/tickets/{case['number']}").get_json()["allowed_actions"]
    )
    assert not {"reply", "draft-reply", "find-violation", "accept"} & set(
        caller("urban.head").get(f"/tickets/{case['number']}").get_json()["allowed_actions"]
    )
    done = caller("urban.head").does(f"/tickets/{case['number']}/check-conclusions", {"outcome": "filed", "words": "查实未经检定，立案"})
    assert (done["status"], done["notice"]) == ("closed", "reporter")
    told = caller("urban.handler").does(f"/tickets/{case['number']}/reporter-notices", {"method": "phone", "words": "说了立案"})
    assert told["notice"] == "told"
    assert clocks(caller, case["number"])["reporter-told"]["state"] == "met"
    assert caller("urban.head").get(f"/tickets/{number}").get_json()["status"] == "handling"


@pytest.mark.parametrize(
    ("checks", "track", "code"),
    [(list(ELIGIBILITY), "petition-simple", "petition-simple"), (["first"], "petition-ordinary", "petition-ordinary")],
)
def test_the_checklist_of_a_first_petition_decides_its_limit(caller, at, checks, track, code):
    number = at("handling", track="petition-simple")
    ticket = caller("urban.handler").does(f"/tickets/{number}/acceptances", {"checks": checks})
    assert (ticket["track"], ticket["due"]) == (track, clocks(caller, number)[code]["due"])


def test_what_cannot_wait_is_due_today(caller, at):
    number = at("handling", track="petition-simple")
    answer = caller("urban.handler").post(f"/tickets/{number}/acceptances", {"checks": ["first"], "instant": True})
    assert list(answer.get_json()["errors"]) == ["instant"]
    ticket = caller("urban.handler").does(f"/tickets/{number}/acceptances", {"checks": list(ELIGIBILITY), "instant": True})
    assert ticket["due"] == clocks(caller, number)["petition-instant"]["due"]


def test_of_a_report_only_the_centre_tells_the_reporter(caller, at):
    number = at("handling", appeal_type="report")
    caller("urban.head").does(f"/tickets/{number}/check-conclusions", {"outcome": "not-filed", "words": "未发现违法行为"})
    assert "tell-reporter" not in caller("urban.handler").get(f"/tickets/{number}").get_json()["allowed_actions"]
    assert caller("urban.handler").post(f"/tickets/{number}/reporter-notices", {"method": "phone"}).status_code == 403
    assert caller("followup1").does(f"/tickets/{number}/reporter-notices", {"method": "phone"})["notice"] == "told"


def test_the_citizen_reads_the_procedure_and_no_inside_word(caller, mediation):
    number = mediation()
    code = caller("agent1").get(f"/tickets/{number}").get_json()["query_code"]
    caller("urban.liaison").does(f"/tickets/{number}/acceptances", {"words": "内部话"})
    caller("urban.head").does(f"/tickets/{number}/interim-replies", {"content": "已约双方下周一调解，到时告诉您结果"})
    caller("urban.handler").does(f"/tickets/{number}/violations", {"facts": "内部话：没有检定标志"})
    caller("dispatcher1").does(f"/tickets/{number}/terminations", {"ground": "no-agreement"})
    caller("urban.handler").does(
        f"/tickets/{number}/party-notices", {"appellant": {"method": "phone"}, "respondent": {"method": "mail"}, "proof": [picture()]}
    )
    answer = caller().get(f"/public/tickets/{code}")
    assert "内部话" not in answer.get_data(as_text=True)
    lines = {line["kind"]: line for line in answer.get_json()["events"]}
    assert {"accept", "interim-reply", "find-violation", "terminate", "tell-parties"} <= set(lines)
    assert lines["interim-reply"]["data"]["content"].startswith("已约双方")
    assert lines["accept"]["label"] == "单位受理了"


def test_a_merged_citizen_adds_and_the_unit_reads_it_without_their_number(caller, at, registered):
    master, child = at("handling"), registered()
    caller("agent1").does(f"/tickets/{child}/merges", {"master": master})
    code = caller("agent1").get(f"/tickets/{child}").get_json()["query_code"]
    caller().does(f"/public/tickets/{code}/supplements", {"content": "我家也淹了，打 13812345678"})
    last = caller("urban.handler").get(f"/tickets/{master}/events").get_json()[-1]
    assert (last["kind"], last["data"]["content"], last["actor"]) == ("child-supplement", "我家也淹了，打 138****5678", "市民")
    other = caller("agent1").get(f"/tickets/{master}").get_json()["query_code"]
    assert "我家也淹了" not in caller().get(f"/public/tickets/{other}").get_data(as_text=True)
    assert "我家也淹了" in caller().get(f"/public/tickets/{code}").get_data(as_text=True)
