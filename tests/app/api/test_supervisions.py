"""The ledger and the orders over the API: the whole way of a breach nobody answers, once, in order, with the right people."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from app import clock, supervising, sweeping

ASK = {"reason": "overdue", "words": "请主要负责人组织办理，限期答复市民"}


@pytest.fixture
def late(app, at):
    """A ticket nobody signed for 31 minutes, swept."""

    def made(**changed) -> str:
        number = at("dispatched", urgency="urgent", **changed)
        with app.app_context():
            now = clock.now() + timedelta(minutes=31)
            sweeping.sweep(now)
            sweeping.sweep(now + timedelta(minutes=30))
        return number

    return made


def entries(caller, number, who="supervisor1", **query) -> list[dict]:
    return caller(who).get("/escalations", ticket=number, **query).get_json()


def test_the_way_of_a_breach_nobody_answers(caller, late):
    number = late()
    found = {(one["clock"], one["step"]): one for one in entries(caller, number)}
    assert {step for code, step in found if code == "sign"} == {"breach", "breach-15", "breach-30"}
    top = found["sign", "breach-30"]
    assert (top["level"], top["card"], top["unit"], top["status"]) == ("E6", "red", "urban", "open")
    assert {"leader1"} <= set(top["recipients"])
    assert top["late_seconds"] >= 0
    one = f"/escalations/{top['id']}"
    caller("urban.liaison").does(f"{one}/acknowledgements", {"note": "值班员离岗，马上签收"})
    due = (clock.now() + timedelta(days=1)).isoformat()
    ordered = caller("leader1").does(f"{one}/orders", {"person": "urban.head", "post": "局长", "due": due})
    assert ordered["status"] == "ordered"
    order = caller("leader1").get(f"/supervisions/{ordered['supervision']}").get_json()
    assert (order["coordination"]["person"], order["coordination"]["post"], order["state"]) == ("urban.head", "局长", "issued")
    assert (
        clock.local(clock.now() + timedelta(hours=23)).isoformat()
        < order["due"]
        <= clock.local(clock.now() + timedelta(days=1)).isoformat()
    )
    caller("urban.head").does(f"{one}/acknowledgements", {"note": "今天下班前联系市民"})
    caller("supervisor1").does(f"{one}/re-inspections", {"finding": "仍未到场，再督查"})
    assert caller("supervisor1").get(f"/supervisions/{order['id']}").get_json()["standing"] == "hard"
    written = caller("supervisor1").does(f"{one}/write-offs", {"evidence": "现场照片三张，市民说满意"})
    assert (written["status"], written["evidence"]) == ("written-off", "现场照片三张，市民说满意")
    assert caller("supervisor1").get(f"/supervisions/{order['id']}").get_json()["state"] == "written-off"
    kinds = [event["kind"] for event in caller("supervisor1").get(f"/tickets/{number}/events").get_json()]
    assert kinds[-6:] == ["explain-card", "supervise", "coordinate", "accept-order", "inspect", "write-off"]


def test_the_orders_the_ladder_asks_for_come_by_themselves(app, caller, late):
    number = late()
    with app.app_context():
        supervising.open_orders(clock.now() + timedelta(minutes=62))
    order = caller("supervisor1").get(f"/tickets/{number}/supervisions").get_json()[0]
    assert (order["reason"], order["issued_by"], order["unit"]) == ("refuses-to-receive", "系统", "urban")
    assert [one["status"] for one in entries(caller, number, level="E6", status="ordered")]


def test_a_unit_sees_its_own_and_nobody_elses(caller, late):
    mine, other = late(lead="water"), late(lead="urban")
    assert entries(caller, mine, "water.head")
    assert entries(caller, other, "water.head") == []
    there = entries(caller, other)[0]
    assert caller("water.head").get(f"/escalations/{there['id']}").status_code == 404
    assert caller("agent1").get("/escalations").status_code == 403


def test_it_is_filtered_and_paged_by_link(caller, late):
    number = late()
    all_of_it = entries(caller, number)
    page = caller("supervisor1").get("/escalations", ticket=number, limit=1)
    seen = [page.get_json()[0]["id"]]
    while "Link" in page.headers:
        path = page.headers["Link"].split(">")[0].removeprefix("</api/v1")
        page = caller("supervisor1").client.get("/api/v1" + path, headers=caller("supervisor1").headers)
        seen += [one["id"] for one in page.get_json()]
    assert seen == [one["id"] for one in all_of_it]
    assert {one["status"] for one in entries(caller, number, status="open")} == {"open"}
    assert {one["unit"] for one in entries(caller, number, unit="urban")} == {"urban"}
    for bad in ({"status": "gone"}, {"level": "E99"}, {"unit": "nobody"}, {"cursor": "x"}):
        assert caller("supervisor1").get("/escalations", **bad).status_code == 422


def test_two_supervisors_at_once_open_one_order(app, caller, at):
    number, gate, got = at("handling"), Barrier(2), []

    def ask(who):
        gate.wait()
        got.append(caller(who).post(f"/tickets/{number}/supervisions", ASK).status_code)

    askers = [Thread(target=ask, args=(who,)) for who in ("supervisor1", "leader1")]
    [caller(who) for who in ("supervisor1", "leader1")]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(got) == [201, 409]
    assert len(caller("supervisor1").get(f"/tickets/{number}/supervisions").get_json()) == 1


def test_the_same_key_opens_it_once(caller, at):
    number = at("handling")
    twice = [caller("supervisor1").post(f"/tickets/{number}/supervisions", ASK, {"Idempotency-Key": f"sup-{number}"}) for _ in range(2)]
    assert [answer.status_code for answer in twice] == [201, 201]
    assert twice[0].get_json() == twice[1].get_json()
    assert twice[1].headers["Idempotent-Replayed"] == "true"


def test_a_stale_version_is_told(caller, at):
    number = at("handling")
    assert caller("supervisor1").post(f"/tickets/{number}/supervisions", ASK, {"If-Match": '"1"'}).status_code == 412


@pytest.mark.parametrize("gap", ["person", "post", "due"])
def test_person_post_and_limit_are_all_asked_for(caller, late, gap):
    entry = entries(caller, late())[0]
    body = {"person": "孙明", "post": "局长", "due": "2099-01-01T00:00:00+08:00"}
    answer = caller("leader1").post(f"/escalations/{entry['id']}/orders", {name: value for name, value in body.items() if name != gap})
    assert answer.status_code == 422
    assert set(answer.get_json()["errors"]) == {gap}


def test_meetings_urges_and_blame_are_written_down(caller, at, late):
    number = late()
    caller("supervisor1").does(f"/tickets/{number}/unit-urges", {"words": "请马上签收"})
    assert all(one["urged_at"] for one in entries(caller, number))
    meeting = caller("leader1").does(
        f"/tickets/{number}/meetings",
        {"kind": "on-site", "held_at": "2026-01-01T00:00:00+08:00", "place": "海晏小区", "people": "孙明、居委会", "words": "先抽水后修"},
    )
    assert meeting["place"] == "海晏小区"
    answer = caller("supervisor1").post(f"/tickets/{number}/accountabilities", {"fault": "refusal", "words": "三十分钟不签收"})
    assert answer.status_code in (201, 409)
    fresh = at("handling")
    assert caller("supervisor1").post(f"/tickets/{fresh}/accountabilities", {"fault": "delay", "words": "没有根据的"}).status_code == 409
