"""A hall's device rates by the code on the slip, once and safely repeated (R12); another system follows all ratings as numbers and codes (R17)."""

from tests.app.api.conftest import BASE

KEY = {"Idempotency-Key": "device-7-000000001"}


def answered(caller, **changed) -> dict:
    made = caller("agent1").does(
        "/tickets",
        {"channel": "phone", "appeal_type": "consult", "content": "医保怎么转", "appellant": {"name": "王小明", "phone": "13912345678"}}
        | changed,
    )
    caller("agent1").does(f"/tickets/{made['number']}/direct-answers", {"answer": "带身份证到医保窗口"})
    return made


def test_a_device_rates_any_matter_by_its_code_and_a_lost_answer_is_asked_again(caller):
    made = answered(caller)
    body = {"query_code": made["query_code"], "score": 2, "solved": False, "words": "王小明等了两小时"}
    first = caller("hall1").post("/ratings", body, KEY)
    again = caller("hall1").post("/ratings", body, KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert first.get_json()["channel"] == "hall"
    assert caller("hall1").post("/ratings", body).status_code == 409, "a second rating of the round"
    assert len(caller("agent1").get(f"/tickets/{made['number']}/ratings").get_json()) == 1


def test_only_systems_rate_and_codes_that_do_not_exist_are_refused(caller):
    made = answered(caller)
    assert caller("agent1").post("/ratings", {"query_code": made["query_code"], "score": 5}).status_code == 403
    assert caller("hall1").post("/ratings", {"query_code": "0000000000", "score": 5}).status_code == 422
    assert caller("hall1").post("/ratings", {"query_code": made["query_code"], "score": 6}).status_code == 422


def test_the_exchange_gives_each_rating_once_in_order_and_nothing_of_anybody(caller):
    before = [row["id"] for row in caller("hall1").get("/ratings", limit=500).get_json()]
    numbers = []
    for changed in ({}, {}, {"appeal_type": "report"}, {"confidential": True}):
        made = answered(caller, **changed)
        numbers.append(made["number"])
        caller("hall1").does("/ratings", {"query_code": made["query_code"], "score": 4, "words": "王小明 13912345678"})
    page = caller("hall1").get("/ratings", after=before[-1] if before else 0, limit=1)
    assert [row["number"] for row in page.get_json()] == numbers[:1]
    path = page.headers["Link"].split("<")[1].split(">")[0].removeprefix(BASE)
    rest = caller("hall1").get(path.split("?")[0], **dict(pair.split("=") for pair in path.split("?")[1].split("&"))).get_json()
    assert [row["number"] for row in rest] == numbers[1:2]
    raw = caller("supervisor1").get("/ratings", limit=500).get_data(as_text=True)
    assert not {"王小明", "13912345678"} & set(raw.replace('"', " ").split())
    assert numbers[2] not in raw
    assert numbers[3] not in raw
