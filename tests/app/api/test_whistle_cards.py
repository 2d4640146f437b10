"""Whistle cards in the ledger: who did not sign or come stands on the supervisor's lists and over the API, is explained, ruled upon, written off."""

from datetime import timedelta

import pytest

from app import clock, sweeping, whistling
from tests.app.api.conftest import Caller
from tests.app.api.whistle_calls import blown
from tests.app.web.seats import seat
from tests.statements import counted

LEDGER = "/desk/supervision/ledger"


@pytest.fixture
def missed(app, caller):
    """An emergency whistle nobody answered for 31 minutes, swept; gives its number."""

    def made() -> str:
        number = blown(caller).removeprefix("/whistles/")
        with app.app_context():
            now = clock.now() + timedelta(minutes=31)
            sweeping.sweep(now)
            whistling.mark_no_shows(now)
        return number

    return made


def entries(who: Caller, number: str, **query) -> list[dict]:
    return who.get("/escalations", whistle=number, **query).get_json()


def test_every_missed_limit_is_in_the_ledger(caller, missed):
    number = missed()
    found = entries(caller("supervisor1"), number)
    assert {(one["unit"], one["clock"], one["level"]) for one in found} == {
        (unit, clock_code, level)
        for unit in ("urban", "power")
        for clock_code, level in (("whistle-emergency-sign", "E2"), ("whistle-emergency-check-in", "E6"))
    }
    assert {(one["ticket"], one["whistle"], one["card"], one["status"]) for one in found} == {(None, number, "red", "open")}
    assert caller("supervisor1").get(f"/escalations/{found[0]['id']}").get_json()["whistle"] == number
    assert len(entries(caller("discipline1"), number, level="E6")) == 2


def test_a_unit_reads_its_own_and_no_other(caller, missed):
    number = missed()
    assert {one["unit"] for one in entries(caller("power.liaison"), number)} == {"power"}
    assert entries(caller("water.liaison"), number) == []
    assert entries(caller("dongmen.head"), number) == [], "the street reads its board, not the departments' ledger"
    other = next(one["id"] for one in entries(caller("supervisor1"), number) if one["unit"] == "urban")
    assert caller("power.liaison").get(f"/escalations/{other}").status_code == 404


def test_it_is_explained_ruled_upon_looked_at_and_written_off(caller, missed):
    number = missed()
    one = next(row for row in entries(caller("supervisor1"), number, level="E6") if row["unit"] == "power")
    path = f"/escalations/{one['id']}"
    assert caller("urban.liaison").post(f"{path}/acknowledgements", {"note": "不是我们"}).status_code == 404
    assert caller("power.liaison").does(f"{path}/acknowledgements", {"note": "抢修车堵在高架上"})["status"] == "acknowledged"
    assert caller("supervisor1").does(f"{path}/rulings", {"decision": "deny", "reason": "可以先派步行人员"})["ruling"] == "denied"
    caller("supervisor1").does(f"{path}/re-inspections", {"finding": "值班表上没有人"})
    assert (
        caller("supervisor1").post(f"{path}/orders", {"person": "孙明", "post": "经理", "due": "2099-01-01T00:00:00+08:00"}).status_code
        == 409
    )
    assert caller("supervisor1").does(f"{path}/write-offs", {"evidence": "已补值班表，街道已打分"})["status"] == "written-off"
    kinds = [event["kind"] for event in caller("supervisor1").get(f"/whistles/{number}/events").get_json()]
    assert kinds[-4:] == ["explain-card", "rule-card", "inspect", "write-off-card"]


def test_it_stands_on_the_supervisors_desk_and_lists_and_the_units_own(app, missed):
    number = missed()
    supervisor = seat(app, "supervisor1")
    for path in ("/desk/supervision", f"{LEDGER}?live=1", f"{LEDGER}?level=E6"):
        page = supervisor.get(path).get_data(as_text=True)
        assert f"/whistles/{number}" in page, path
        assert "应急哨" in page
    assert f"/whistles/{number}" in seat(app, "power.head").get("/desk/orders").get_data(as_text=True)
    assert f"/whistles/{number}" not in seat(app, "water.head").get("/desk/orders").get_data(as_text=True)


def test_a_row_of_a_whistle_opens_no_order(app, missed):
    missed()
    supervisor = seat(app, "supervisor1")
    token = supervisor.get(LEDGER).get_data(as_text=True).split('name="csrf_token" value="')[1].split('"')[0]
    answer = supervisor.post(
        "/desk/supervision/acts/issue", data={"csrf_token": token, "ticket": "", "reason": "overdue", "words": "限期办好"}
    )
    assert answer.status_code == 409
    assert "先选一件工单" in answer.get_data(as_text=True)


def test_whistles_cost_the_ledger_nothing_more(app, caller, missed):
    supervisor, desk = caller("supervisor1"), seat(app, "supervisor1")
    missed()
    supervisor.get("/escalations")
    desk.get(LEDGER)
    with counted(app) as few:
        supervisor.get("/escalations")
    with counted(app) as page:
        desk.get(LEDGER)
    for _ in range(3):
        missed()
    with counted(app) as many:
        assert supervisor.get("/escalations").status_code == 200
    with counted(app) as pages:
        desk.get(LEDGER)
    assert len(many) <= len(few), many
    assert len(pages) <= len(page) + 1, pages
