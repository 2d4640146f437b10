"""Every noun once, along its lawful way; and each refused to the wrong post, at the wrong time, with a wrong body."""

from datetime import timedelta

import pytest

from app import clock
from app.work import work
from tests import factories
from tickets import draws, evaluation_rules

WAY = [  # station, who, noun, body, the status it leads to
    ("registered", "dispatcher1", "dispatches", {"lead": "urban", "assisting": ["water"], "note": "请今天联系"}, "dispatched"),
    ("registered", "agent1", "dispatches", {}, "dispatched"),
    ("registered", "agent1", "direct-answers", {"answer": "物业已修好，电话告知"}, "direct-closed"),
    ("registered", "agent1", "refusals", {"code": "litigation"}, "refused"),
    ("registered", "agent1", "transfers", {"line": "119"}, "emergency-transferred"),
    ("registered", "agent1", "classifications", {"category": "urban.street-trade"}, "registered"),
    ("registered", "dispatcher1", "urgencies", {"urgency": "critical"}, "registered"),
    ("registered", "agent1", "supplements", {"content": "又漏了"}, "registered"),
    ("dispatched", "urban.liaison", "signings", {}, "signed"),
    ("dispatched", "agent1", "urges", {"words": "怎么还没人来"}, "dispatched"),
    ("dispatched", "dispatcher1", "recalls", None, "registered"),
    ("signed", "urban.handler", "contacts", {"method": "phone", "result": "reached"}, "handling"),
    ("handling", "urban.handler", "contacts", {"method": "visit", "result": "arrived"}, "handling"),
    ("handling", "urban.handler", "notes", {"words": "微信上约了周三上门"}, "handling"),
    ("handling", "dispatcher1", "terminations", {"ground": "appellant-withdrew"}, "terminated"),
    ("handling", "urban.head", "replies", factories.a_reply(), "replied"),
    ("replied", "auditor1", "reviews", {"decision": "approve"}, "follow-up"),
    ("replied", "auditor1", "reviews", {"decision": "reject", "defect": "no-contact"}, "handling"),
    ("follow-up", "followup1", "follow-ups", {"reached": False}, "follow-up"),
    ("follow-up", "followup1", "follow-ups", {"reached": True, "outcome": "rework", "words": "没修好"}, "handling"),
    ("follow-up", "followup1", "follow-ups", {"reached": True, "outcome": "close", "solved": True, "satisfied": 4}, "closed"),
]


@pytest.mark.parametrize(("station", "who", "noun", "body", "after"), WAY, ids=lambda value: value if isinstance(value, str) else None)
def test_a_step_leads_where_the_table_says(caller, at, station, who, noun, body, after):
    number = at(station)
    ticket = caller(who).does(f"/tickets/{number}/{noun}", body)
    assert ticket["status"] == after
    assert caller("dispatcher1").get(f"/tickets/{number}").headers["ETag"] == f'"{ticket["version"]}"'


@pytest.mark.parametrize(
    ("noun", "body"),
    [(noun, body) for _station, _who, noun, body, _after in WAY],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_the_publisher_does_none_of_them(caller, at, noun, body):
    assert caller("publisher1").post(f"/tickets/{at()}/{noun}", body).status_code == 403


def test_a_closed_ticket_takes_no_step(caller, at):
    number = at("closed")
    for who, noun, body in (
        ("dispatcher1", "dispatches", {"lead": "water"}),
        ("urban.liaison", "signings", {}),
        ("urban.head", "replies", factories.a_reply()),
    ):
        answer = caller(who).post(f"/tickets/{number}/{noun}", body)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "wrong-state")


def test_a_return_is_asked_denied_asked_again_and_accepted(caller, at):
    number = at("dispatched")
    first = caller("urban.liaison").does(f"/tickets/{number}/returns", {"reason": "not-our-duty", "basis": "权责清单第 3 条不含此项"})
    assert first["decision"] is None
    denied = caller("dispatcher1").does(
        f"/tickets/{number}/returns/{first['id']}/decision", {"decision": "deny", "reason": "主要内容归你们"}
    )
    assert denied["status"] == "dispatched"
    again = caller("urban.liaison").does(
        f"/tickets/{number}/returns", {"reason": "not-our-duty", "basis": "权责清单第 3 条不含此项", "suggested_unit": "water"}
    )
    moved = caller("dispatcher1").does(f"/tickets/{number}/returns/{again['id']}/decision", {"decision": "accept", "reason": "同意"})
    assert (moved["lead_unit"], moved["returns"]) == ("water", 2)
    kept = caller("dispatcher1").get(f"/tickets/{number}/returns").get_json()
    assert [row["decision"] for row in kept] == ["deny", "accept"]


def test_a_dispute_is_ruled_and_locks(caller, at):
    number = at("signed")
    caller("urban.liaison").does(f"/tickets/{number}/disputes", {"statement": "涉及供水管网，应由水务承办"})
    ruled = caller("auditor1").does(
        f"/tickets/{number}/rulings", {"unit": "water", "locked": True, "reason": "管网归水务", "update_catalogue": False}
    )
    assert (ruled["status"], ruled["lead_unit"], ruled["locked"]) == ("dispatched", "water", True)
    answer = caller("water.liaison").post(f"/tickets/{number}/returns", {"reason": "other-area", "basis": "不在本辖区内"})
    assert answer.status_code == 409


def test_an_extension_moves_the_due_date_once(caller, at):
    number = at("handling")
    before = caller("urban.liaison").get(f"/tickets/{number}").get_json()["due"]
    asked = caller("urban.liaison").does(f"/tickets/{number}/extensions", {"days": 3, "reason": "等配件", "plan": "到货两天内装好"})
    after = caller("dispatcher1").does(f"/tickets/{number}/extensions/{asked['id']}/decision", {"decision": "grant", "reason": "合理"})
    assert after["due"] > before
    assert after["extensions"] == 1
    row = caller("urban.liaison").get(f"/tickets/{number}/extensions").get_json()[0]
    assert (row["due_before"], row["due_after"], row["plan"]) == (before, after["due"], "到货两天内装好")


def test_a_suspension_stops_the_clock_and_a_resumption_starts_it(caller, at):
    number = at("handling")
    asked = caller("urban.handler").does(f"/tickets/{number}/suspensions", {"code": "applicant-supplement", "evidence": "缺产权证复印件"})
    halted = caller("dispatcher1").does(
        f"/tickets/{number}/suspensions/{asked['id']}/decision", {"decision": "grant", "reason": "确实缺件"}
    )
    assert halted["status"] == "suspended"
    paused = [clock for clock in caller("dispatcher1").get(f"/tickets/{number}/clocks").get_json() if clock["state"] == "paused"]
    assert paused
    assert caller("urban.handler").does(f"/tickets/{number}/resumptions", {"note": "材料齐了"})["status"] == "handling"


def test_joint_handling_by_two_units(caller, at):
    number = at("handling")
    task = caller("urban.handler").does(f"/tickets/{number}/tasks", {"unit": "water", "ask": "查水管", "days": 2})
    assert task["state"] == "open"
    answer = caller("urban.head").post(f"/tickets/{number}/replies", factories.a_reply())
    assert answer.status_code == 409, "the lead waits for its assistant"
    base = f"/tickets/{number}/tasks/{task['id']}"
    assert caller("water.liaison").get(f"/tickets/{number}").get_json()["assisting_units"] == ["water"]
    named = {who: caller(who).get("/me").get_json()["id"] for who in ("water.handler", "urban.head")}
    assert set(caller("water.liaison").post(base + "/signings", {"person": named["urban.head"]}).get_json()["errors"]) == {"person"}
    signed = caller("water.liaison").does(base + "/signings", {"person": named["water.handler"]})
    assert (signed["state"], signed["person"], signed["person_name"]) == ("signed", named["water.handler"], "water.handler")
    assert caller("water.handler").does(base + "/replies", {"content": "水管没漏，是下水"})["state"] == "replied"
    assert caller("urban.liaison").does(base + "/grades", {"score": 5})["score"] == 5
    second = caller("urban.head").does(f"/tickets/{number}/tasks", {"unit": "power", "ask": "断电"})
    assert caller("urban.head").does(f"/tickets/{number}/tasks/{second['id']}/releases", {"reason": "已自行断电"})["state"] == "released"
    caller("urban.head").does(f"/tickets/{number}/replies", factories.a_reply())
    parts = caller("urban.head").get(f"/tickets/{number}/units").get_json()
    assert [(part["code"], part["role"]) for part in parts] == [("urban", "lead"), ("water", "assisting"), ("power", "assisting")]


def test_a_ledgered_promise_is_kept_later(caller, at):
    number = at("replied")
    caller("urban.liaison").does(f"/tickets/{number}/ledgers", {"measures": "纳入明年改造", "promised_at": "2027-06-30T17:00:00+08:00"})
    assert caller("dispatcher1").does(f"/tickets/{number}/ledgers")["status"] == "ledgered"
    assert caller("urban.head").does(f"/tickets/{number}/replies", factories.a_reply())["status"] == "replied"


def test_a_draft_is_for_the_unit_and_the_centre(caller, at):
    number = at("handling", assisting=("water",))
    caller("urban.handler").does(f"/tickets/{number}/drafts", factories.a_reply())
    assert [row["state"] for row in caller("urban.head").get(f"/tickets/{number}/replies").get_json()] == ["draft"]
    assert caller("water.liaison").get(f"/tickets/{number}/replies").get_json() == []


def test_children_join_a_master_and_leave_it(caller, at, registered):
    master, child = at("dispatched"), registered()
    merged = caller("agent1").does(f"/tickets/{child}/merges", {"master": master})
    assert (merged["status"], merged["master"]) == ("merged", master)
    assert caller("agent1").does(f"/tickets/{child}/splits")["master"] is None
    unknown = caller("agent1").post(f"/tickets/{child}/merges", {"master": "202601019901000000001"})
    assert (unknown.status_code, list(unknown.get_json()["errors"])) == (422, ["master"])


def test_a_reveal_needs_a_reason_and_leaves_a_row(caller, at):
    number = at("signed")
    assert list(caller("urban.handler").post(f"/tickets/{number}/reveals", {"reason": ""}).get_json()["errors"]) == ["reason"]
    seen = caller("urban.handler").does(f"/tickets/{number}/reveals", {"reason": "首次联系"})
    assert (seen["name"], seen["phone"]) == ("陈小芳", "13800002716")
    last = caller("dispatcher1").get(f"/tickets/{number}/events").get_json()[-1]
    assert (last["kind"], last["actor"], last["data"]) == ("reveal", "urban.handler", {"reason": "首次联系"})
    assert caller("urban.liaison").post(f"/tickets/{number}/reveals", {"reason": "看看"}).status_code == 403


def test_somebody_recused_no_longer_finds_it(caller, at):
    number = at("handling")
    me = caller("urban.handler").get("/me").get_json()["id"]
    caller("dispatcher1").does(f"/tickets/{number}/recusals", {"account": me, "reason": "当事人亲属"})
    assert caller("urban.handler").get(f"/tickets/{number}").status_code == 404
    assert caller("urban.liaison").get(f"/tickets/{number}").status_code == 200


def test_a_hall_device_rates_what_it_registered(caller):
    made = caller("hall1").does("/tickets", {"channel": "api", "appeal_type": "consult", "content": "医保怎么转"})
    caller("agent1").does(f"/tickets/{made['number']}/direct-answers", {"answer": "带身份证到医保窗口"})
    rated = caller("hall1").does(f"/tickets/{made['number']}/ratings", {"score": 5})
    assert (rated["score"], rated["channel"]) == (5, "hall")
    assert caller("hall1").post(f"/tickets/{made['number']}/ratings", {"score": 1}).status_code == 409


def test_what_was_answered_at_the_seat_is_marked(app, caller, registered):
    """R76: the sheet says that it is of a direct answer and who gave it; the elements of a reply are refused by name."""
    number = registered(appeal_type="consult")
    caller("agent1").does(f"/tickets/{number}/direct-answers", {"answer": "带身份证到派出所户籍窗口"})
    with app.app_context(), work() as session:
        at = clock.now()
        evaluation_rules.change(session, factories.person(session, "admin1", at), at, "都看", quality_share=100, double_share=0)
        draws.draw_direct(session, at + timedelta(days=1))
    check = next(one for one in caller("followup1").get("/quality-checks").get_json() if one["ticket"] == number)
    assert (check["of"], check["answered_by"], check["unit"], check["state"]) == ("direct-answer", "agent1", None, "open")
    given = {"check": check["id"], "accurate": True, "tone": 5}
    assert set(caller("followup1").post("/quality-marks", given | {"elements": "time"}).get_json()["errors"]) == {"elements"}
    assert caller("followup1").does("/quality-marks", given) == check | {"state": "settled", "accurate": True}


def test_clocks_say_why_on_that_day(caller, at):
    number = at("dispatched")
    clocks = caller("urban.liaison").get(f"/tickets/{number}/clocks", trace=1).get_json()
    sign = next(clock for clock in clocks if clock["code"] == "sign")
    assert {"code", "owner", "started", "due", "provisional", "paused", "stopped", "breached_at", "extended_by", "state"} <= set(sign)
    reply = next(clock for clock in clocks if clock["code"] == "general-reply")
    assert {"day", "counts", "reason"} == set(reply["trace"][0])
    assert "trace" not in caller("urban.liaison").get(f"/tickets/{number}/clocks").get_json()[0]


def test_the_directory_is_for_whoever_signed_in(caller):
    assert caller("urban.handler").get("/me").get_json()["unit"] == "urban"
    for path in ("/units", "/categories", "/limits", "/knowledge"):
        assert isinstance(caller("publisher1").get(path).get_json(), list)
    assert {"code", "length", "unit", "article"} <= set(caller("agent1").get("/limits").get_json()[0])
