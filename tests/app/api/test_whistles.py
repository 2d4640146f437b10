"""吹哨报到 over the API: the whole way, its refusals, ETag and idempotency, what each side sees, and the documented shape."""

import base64
import io
from datetime import timedelta

import pytest
from PIL import Image

from app import clock, sweeping, whistling
from app.api.whistle_shapes import WhistleShape
from tests.app.api.shape_check import answer_schema, faults
from tests.app.api.whistle_calls import PIN, a_whistle, arrived, blown, graded, part, released
from tests.statements import counted


def picture() -> str:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def test_an_emergency_from_the_call_to_the_last_grade(caller):
    first = caller("dongmen.liaison").does("/whistles", a_whistle())
    path = f"/whistles/{first['number']}"
    assert (first["status"], first["ratified_at"]) == ("sounded", None)
    assert sorted(clock["code"] for clock in part(first, "power")["clocks"]) == ["whistle-emergency-check-in", "whistle-emergency-sign"]
    assert caller("dongmen.head").does(f"{path}/approvals", {"decision": "approve"})["ratified_at"]
    assert part(caller("power.liaison").does(f"{path}/summons/power/signings"), "power")["state"] == "signed"
    here = part(arrived(caller, path, "power", "backup", code=first["arrival_code"]), "power")
    assert (here["check_in"]["how"], here["check_in"]["proxy"], here["state"]) == ("qr", True, "checked-in")
    arrived(caller, path, "urban")
    done = caller("power.handler").does(f"{path}/summons/power/outcomes", {"result": "已断电，守现场", "photos": [picture()]})
    assert (part(done, "power")["state"], done["photos"][0]["purpose"]) == ("result-submitted", "result")
    with caller("dongmen.head").get(done["photos"][0]["url"].removeprefix("/api/v1")) as photo:
        assert photo.mimetype == "image/jpeg"
    gone = caller("dongmen.head").does(f"{path}/release", {})
    assert (gone["status"], {one["state"] for one in gone["summons"]}) == ("released", {"released"})
    graded(caller, path, "urban")
    low = {"unit": "power", "speed": 2, "handling": 3, "result": 3}
    assert caller("dongmen.head").post(f"{path}/scores", low).status_code == 422
    closed = graded(caller, path, **low, reason="来得晚", photos=[picture()])
    assert (closed["status"], [(one["unit"], one["purpose"]) for one in closed["photos"]][1:]) == ("closed", [("power", "evidence")])
    score = next(one for one in closed["scores"] if one["unit"] == "power")
    one = f"{path}/scores/{score['id']}/appeals"
    caller("power.head").does(one, {"reason": "在另一处抢险"})
    assert caller("power.head").post(one, {"reason": "再说"}).status_code == 409
    assert caller("dispatcher1").post(f"{one}/decision", {"decision": "accept", "reason": "属实"}).status_code == 422
    final = caller("dispatcher1").does(f"{one}/decision", {"decision": "accept", "reason": "属实", "speed": 4, "handling": 3, "result": 3})
    score = next(one for one in final["scores"] if one["unit"] == "power")
    assert (score["speed"], score["revised"]["speed"], score["total"], score["evidence"]) == (2, 4, 67, "照片 1 张")
    again = caller("dongmen.head").does(f"{path}/reopenings", {"reason": "又返水了"})
    assert (again["status"], again["round"]) == ("sounded", 2)
    assert [event["kind"] for event in caller("supervisor1").get(f"{path}/events").get_json()][:3] == ["blow", "sound-at-once", "ratify"]


def test_a_routine_whistle_is_signed_triaged_and_objected_to(caller):
    path = blown(caller, "dongmen.liaison", kind="routine")
    assert caller("urban.head").get(path).status_code == 404, "nobody is called yet"
    assert caller("dongmen.head").does(f"{path}/approvals", {"decision": "approve"})["status"] == "approved"
    sounded = caller("dispatcher1").does(f"{path}/triage", {"lead": "power", "assisting": ["urban"], "reason": "涉电为主"})
    assert (sounded["status"], part(sounded, "power")["lead"]) == ("sounded", True)
    caller("urban.liaison").does(f"{path}/summons/urban/objections", {"reason": "不归城管"})
    caller("dispatcher1").does(f"{path}/summons/urban/leads", {"reason": "还是城管牵头"})
    answer = caller("dispatcher1").does(f"{path}/summons/urban/objections/decision", {"decision": "deny", "reason": "清单第 3 条"})
    assert part(answer, "urban")["objection"]["decision"] == "deny"
    more = caller("dongmen.head").does(f"{path}/summons", {"unit": "water", "ask": "抽水"})
    assert part(more, "water")["state"] == "called"


def test_a_tough_whistle_takes_two_heads(caller):
    path = blown(caller, kind="tough")
    assert caller("dongmen.head").post(f"{path}/approvals", {"decision": "approve"}).status_code == 409
    assert caller("dongmen.secretary").does(f"{path}/approvals", {"decision": "approve"})["status"] == "approved"
    assert caller("dispatcher1").does(f"{path}/returns", {"reason": "先用自己的办法"})["status"] == "draft"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"kind": "loud"}, "kind"),
        ({"own_measures": " "}, "own_measures"),
        ({"summons": []}, "summons"),
        ({"place": {"address": "x", "lng": 121.5}}, "place"),
        ({"summons": [{"unit": "nobody", "ask": "来"}]}, "summons"),
        ({"summons": [{"unit": "urban"}]}, "summons.0.ask"),
        ({"meet_at": "2026-09-14"}, "meet_at"),
        ({"remote_allowed": True}, "remote_allowed"),
        ({"tickets": ["202601019901000000001"]}, "tickets"),
        ({"wrong": 1}, "wrong"),
        ({"photos": ["%%"]}, "photos.0"),
    ],
)
def test_bad_bodies_name_the_field(caller, changed, field):
    answer = caller("dongmen.head").post("/whistles", a_whistle(**changed))
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_remote_arrival_never_for_an_emergency(caller):
    path = blown(caller)
    assert caller("power.handler").post(f"{path}/summons/power/check-ins", {"person": "刘凯", "remote": True}).status_code == 422
    assert caller("power.handler").post(f"{path}/summons/power/check-ins", {"person": "刘凯", "lng": 121.6, "lat": 29.1}).status_code == 422
    assert caller("power.handler").get(path).get_json()["arrival_code"] is None, "only the street shows its code"


def test_grading_before_the_release_and_by_the_graded_are_refused(caller):
    path = blown(caller)
    body = {"unit": "power", "speed": 5, "handling": 5, "result": 5}
    assert caller("dongmen.head").post(f"{path}/scores", body).status_code == 409
    assert caller("power.head").post(f"{path}/scores", body).status_code == 403
    assert caller("nanhu.head").post(f"{path}/release", {}).status_code == 404, "another street does not learn of it"


def test_stale_and_repeated(caller):
    key = {"Idempotency-Key": "whistle-once"}
    first = caller("dongmen.head").does("/whistles", a_whistle(), key)
    assert caller("dongmen.head").does("/whistles", a_whistle(), key)["number"] == first["number"]
    assert caller("dongmen.head").post("/whistles", a_whistle(kind="tough"), key).get_json()["code"] == "idempotency-mismatch"
    path = f"/whistles/{first['number']}"
    tag = caller("power.liaison").get(path).headers["ETag"]
    caller("urban.liaison").does(f"{path}/summons/urban/signings")
    stale = caller("power.liaison").post(f"{path}/summons/power/signings", {}, {"If-Match": tag})
    assert (stale.status_code, "这一哨" in stale.get_json()["detail"]) == (412, True)


def test_a_no_show_is_marked_by_the_sweep(app, caller):
    path = blown(caller)
    arrived(caller, path, "urban")
    later = clock.now() + timedelta(minutes=31)
    with app.app_context():
        sweeping.sweep(later)
        assert whistling.mark_no_shows(later) >= 1
    assert part(caller("supervisor1").get(path).get_json(), "power")["state"] == "no-show"


def test_a_plan_with_dates_is_written_by_the_lead_and_done_by_its_departments(caller):
    path = blown(caller)
    day = f"{clock.now() + timedelta(days=4):%Y-%m-%d}"
    caller("power.liaison").does(f"{path}/summons/power/signings")
    on_way = part(caller("power.handler").does(f"{path}/summons/power/departures", {"minutes": 12}), "power")
    assert (on_way["state"], on_way["set_out_at"] < on_way["arriving_at"]) == ("signed", True)
    body = {"unit": "power", "what": "迁出电缆接头", "due": day}
    assert caller("power.head").post(f"{path}/plans", body).status_code == 403
    assert caller("urban.head").post(f"{path}/plans", body | {"due": "2020-01-01"}).status_code == 422
    assert set(caller("urban.head").post(f"{path}/plans", body | {"person": 999999}).get_json()["errors"]) == {"person"}
    named = caller("power.handler").get("/me").get_json()["id"]
    step = caller("urban.head").does(f"{path}/plans", body | {"person": named})["plan"][0]
    assert (step["unit"], step["due"], step["done_at"], step["person"], step["person_name"]) == ("power", day, None, named, "power.handler")
    arrived(caller, path, "power")
    arrived(caller, path, "urban")
    caller("dongmen.head").does(f"{path}/release", {})
    for unit in ("urban", "power"):
        graded(caller, path, unit)
    done = caller("power.handler").does(f"{path}/plans/{step['id']}/outcomes", {"words": "迁好了"})
    assert done["plan"][0]["words"] == "迁好了"
    assert caller("power.handler").post(f"{path}/plans/{step['id']}/outcomes", {"words": "再说"}).status_code == 409
    assert caller("power.handler").post(f"{path}/plans/999999/outcomes", {"words": "没有"}).status_code == 404
    looked = caller("dongmen.head").does(f"{path}/second-looks", {"held": False, "words": "又渗水了"})
    assert [one["held"] for one in looked["looks"]] == [False]
    assert caller("dongmen.head").post(f"{path}/second-looks", {"held": True, "words": "好了"}).status_code == 409


def test_lists_are_narrowed_and_paged(caller):
    mine = [blown(caller).rpartition("/")[2] for _ in range(3)]
    page = caller("power.liaison").get("/whistles", limit=2, status="sounded").get_json()
    assert len(page["items"]) == 2
    assert page["next"]
    assert caller("power.liaison").get("/whistles", cursor=page["next"], limit=2).get_json()["items"][0]["number"] not in {
        one["number"] for one in page["items"]
    }
    assert caller("market.liaison").get("/whistles").get_json()["items"] == []
    assert mine[0] in {
        one["number"] for one in caller("dongmen.liaison").get("/whistles", street="dongmen", kind="emergency").get_json()["items"]
    }
    assert caller("dispatcher1").get("/whistles", unit="nobody").get_json()["items"] == []
    assert caller("dispatcher1").get("/whistles", cursor="x").status_code == 422


def test_the_json_has_the_documented_fields_and_few_statements(app, caller):
    path = released(caller)
    for unit in ("urban", "power"):
        graded(caller, path, unit)
    body = caller("dongmen.head").get(path).get_json()
    spec = caller("dongmen.head").get("/openapi.json").get_json()
    for rest in ("", "/events"):
        call = spec["paths"]["/api/v1/whistles/{whistle}" + rest]["get"]
        assert faults(spec, answer_schema(spec, call, 200), caller("dongmen.head").get(path + rest).get_json(), rest) == []
    assert set(body) == set(WhistleShape().fields)
    nested = WhistleShape().fields
    for name in ("summons", "scores", "approvals"):
        for one in body[name]:
            assert set(one) == set(nested[name].inner.schema.fields)
    with counted(app) as seen:
        caller("dispatcher1").get("/whistles", limit=10)
    assert len(seen) <= 14, seen
    assert PIN["lng"] == body["place"]["lng"]
