"""Two at once on one whistle: one truth, a clear refusal for the other, and never a lost or doubled row."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.db import db
from tests.app.api.whistle_calls import PIN, arrived, blown, part, released
from tickets.whistle_events import verify

ROUNDS = int(os.environ.get("WHISTLE_RACES", "12"))  # of each of the five races
CLEAR = ("现在是“", "已经打过分", "已经放行了")  # what stands now, or what is done already


@pytest.fixture(scope="module")
def pool(app):
    """Two workers; afterwards every whistle's history is whole: no event lost, none doubled."""
    with ThreadPoolExecutor(2) as workers:
        yield workers
    with app.app_context():
        assert not [fault for _, fault in verify(db.session) if fault]
        db.session.remove()


def call(caller, who: str, path: str, **body) -> Callable:
    """A call to be made later."""
    return lambda: caller(who).post(path, body)


def both(pool, one, other) -> list[int]:
    """Two calls that start together; their status codes. Who is refused is told why."""
    gate = threading.Barrier(2, timeout=30)

    def go(one_call):
        gate.wait()
        answer = one_call()
        if answer.status_code >= 400:
            said = answer.get_json()
            assert said["code"] == "wrong-state", said
            assert any(word in said["detail"] for word in CLEAR), said
        return answer.status_code

    return list(pool.map(go, (one, other)))


@pytest.mark.timeout(300)
def test_two_departments_check_in_at_once(caller, pool):
    for _ in range(ROUNDS):
        path = blown(caller)
        codes = both(
            pool,
            *(call(caller, f"{unit}.handler", f"{path}/summons/{unit}/check-ins", person="刘凯", **PIN) for unit in ("urban", "power")),
        )
        assert codes == [201, 201]
        assert {one["state"] for one in caller("supervisor1").get(path).get_json()["summons"]} == {"checked-in"}


@pytest.mark.timeout(300)
def test_one_department_checks_in_twice_at_once(caller, pool):
    for _ in range(ROUNDS):
        path = blown(caller)
        codes = both(
            pool, *(call(caller, f"power.{who}", f"{path}/summons/power/check-ins", person=who, **PIN) for who in ("handler", "backup"))
        )
        assert sorted(codes) == [201, 409]


@pytest.mark.timeout(300)
def test_release_during_a_check_in(caller, pool):
    for _ in range(ROUNDS):
        path = blown(caller)
        arrived(caller, path, "urban")
        codes = both(
            pool,
            call(caller, "power.handler", f"{path}/summons/power/check-ins", person="刘凯", **PIN),
            call(caller, "dongmen.head", f"{path}/release", unit="power"),
        )
        row = part(caller("supervisor1").get(path).get_json(), "power")
        assert codes in ([201, 200], [409, 200])
        assert row["state"] == "released"
        assert (row["check_in"] is not None) == (codes[0] == 201)


@pytest.mark.timeout(300)
def test_two_graders(caller, pool):
    for _ in range(ROUNDS):
        path = released(caller)
        body = {"unit": "power", "speed": 5, "handling": 5, "result": 5}
        codes = both(pool, *(call(caller, f"dongmen.{who}", f"{path}/scores", **body) for who in ("head", "liaison")))
        assert sorted(codes) == [201, 409]
        assert len(caller("supervisor1").get(path).get_json()["scores"]) == 1


@pytest.mark.timeout(300)
def test_withdrawn_while_one_signs(caller, pool):
    for _ in range(ROUNDS):
        path = blown(caller)
        codes = both(
            pool,
            call(caller, "power.liaison", f"{path}/summons/power/signings"),
            call(caller, "dongmen.head", f"{path}/withdrawals", reason="自己处理了"),
        )
        assert codes in ([200, 200], [409, 200])
        assert caller("supervisor1").get(path).get_json()["status"] == "withdrawn"
