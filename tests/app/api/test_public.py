"""The citizen without an account: file, look, urge, add, rate; nothing that belongs inside."""

import uuid

import pytest

from app.auth.access import ticket_by_code
from app.work import session_now
from tests.app.api.test_problems import refused
from tickets import answering


def a_matter(**changed) -> dict:
    return {
        "appeal_type": "complaint",
        "content": "楼下烧烤店半夜还在放音响，电话 13800001111",
        "place": {"region": "990101001", "address": "海晏小区 5 幢"},
        "appellant": {"name": "周女士", "phone": "13800001111"},
    } | changed


@pytest.fixture
def filed(caller):
    """A matter a citizen filed: its public view."""
    return caller().does("/public/tickets", a_matter())


def rating_token(app, code: str) -> str:
    with app.app_context():
        session = session_now()
        return answering.rating_token(ticket_by_code(session, code), session.info["code_key"])


def test_filing_gives_a_code_and_a_place_to_look(caller):
    answer = caller().post("/public/tickets", a_matter())
    view = answer.get_json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/api/v1/public/tickets/{view['query_code']}"
    assert (view["status"], view["label"], view["step"]) == ("registered", "已受理", 1)
    assert "138****1111" in view["content"]
    assert caller("agent1").get(f"/tickets/{view['number']}").get_json()["channel"] == "web"


@pytest.mark.parametrize("field", ["channel", "urgency", "track", "call_id", "external", "upper_due", "previous"])
def test_a_citizen_does_not_choose_what_the_house_decides(caller, field):
    assert list(refused(caller().post("/public/tickets", a_matter(**{field: "phone"})), 422, "invalid")["errors"]) == [field]


def test_two_citizens_with_one_short_key_from_other_places_do_not_meet(caller):
    first = caller().does("/public/tickets", a_matter(), {"Idempotency-Key": "1"})
    answer = caller().post("/public/tickets", a_matter(), {"Idempotency-Key": "1"}, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    assert answer.get_json()["number"] != first["number"]


def test_the_same_phone_from_another_address_is_answered_again(caller):
    mine = {"Idempotency-Key": uuid.uuid4().hex}
    first = caller().does("/public/tickets", a_matter(), mine)
    answer = caller().post("/public/tickets", a_matter(), mine, environ_base={"REMOTE_ADDR": "10.9.8.7"})
    assert answer.get_json() == first


def test_the_view_holds_no_word_from_inside(caller, filed):
    number = filed["number"]
    caller("dispatcher1").does(f"/tickets/{number}/dispatches", {"lead": "urban", "note": "内部话：老投诉户"})
    asked = caller("urban.liaison").does(f"/tickets/{number}/returns", {"reason": "not-our-duty", "basis": "内部话：不想办"})
    view = caller().get(f"/public/tickets/{filed['query_code']}").get_json()
    assert (view["status"], view["label"], view["unit"]) == ("dispatched", "已转办", "单位urban")
    assert "内部话" not in str(view)
    assert asked["id"]
    assert {line["kind"] for line in view["events"]} == {"register", "dispatch"}


def test_a_wrong_code_is_not_found(caller):
    refused(caller().get("/public/tickets/0000000000"), 404, "not-found")
    refused(caller().get("/public/tickets/%00"), 404, "not-found")
    refused(caller().post("/public/tickets/abc/urges", {}), 404, "not-found")


def test_urging_waits_until_there_is_somebody_to_urge(caller, filed):
    refused(caller().post(f"/public/tickets/{filed['query_code']}/urges", {}), 409, "wrong-state")


def test_adding_facts(caller, filed):
    view = caller().does(f"/public/tickets/{filed['query_code']}/supplements", {"content": "昨晚又到两点"})
    assert view["events"][-1]["kind"] == "supplement"


def test_rating_once_by_the_link(app, caller, filed):
    number, code = filed["number"], filed["query_code"]
    caller("agent1").does(f"/tickets/{number}/direct-answers", {"answer": "城管当晚已到场制止，商家已收音响"})
    assert caller().get(f"/public/tickets/{code}").get_json()["may_rate"] is True
    token = rating_token(app, code)
    answer = caller().post(f"/public/ratings/{token}", {"score": 4, "solved": True, "words": "快"})
    assert answer.status_code == 201
    assert caller("followup1").get(f"/tickets/{number}/ratings").get_json()[0]["score"] == 4
    refused(caller().post(f"/public/ratings/{token}", {"score": 1}), 409, "wrong-state")
    assert caller().get(f"/public/tickets/{code}").get_json()["may_rate"] is False


@pytest.mark.parametrize("token", ["x", "1.1.x", "0000000000.1.00000000000000000000", "..", "é.1.é"])
def test_a_made_up_link_rates_nothing(caller, token):
    refused(caller().post(f"/public/ratings/{token}", {"score": 5}), 404, "not-found")


def test_a_refusal_tells_reason_and_route(caller, filed):
    caller("agent1").does(f"/tickets/{filed['number']}/refusals", {"code": "litigation"})
    view = caller().get(f"/public/tickets/{filed['query_code']}").get_json()
    assert view["label"] == "不予受理"
    assert view["events"][-1]["data"] == {"code": "litigation", "route": "人民法院"}
