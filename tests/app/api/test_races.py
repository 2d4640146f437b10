"""Two people on one ticket at the same moment: one wins, the other is told so (Must show 7). Real threads, real transactions."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import factories
from tests.app.api.conftest import a_body

ROUNDS = 50  # of each of the four races


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as workers:
        yield workers


def both(pool, one, other) -> list:
    """Two calls that start together; their answers."""
    gate = threading.Barrier(2, timeout=30)

    def go(call):
        gate.wait()
        return call()

    return list(pool.map(go, (one, other)))


def one_wins(answers) -> None:
    codes = sorted(answer.status_code for answer in answers)
    assert codes[0] == 200, [answer.get_data(as_text=True) for answer in answers]
    assert codes[1] in (409, 412), codes
    loser = next(answer for answer in answers if answer.status_code != 200).get_json()
    assert loser["code"] in ("wrong-state", "stale")
    assert loser["detail"]


def register(caller) -> str:
    return caller("agent1").does("/tickets", a_body())["number"]


def events(caller, number: str) -> list[str]:
    found = caller("supervisor1").get(f"/tickets/{number}/events").get_json()
    assert [event["seq"] for event in found] == list(range(1, len(found) + 1))
    return [event["kind"] for event in found]


@pytest.mark.timeout(300)
def test_two_dispatch_one_ticket(caller, pool):
    first, second = caller("dispatcher1"), caller("dispatcher1")
    for turn in range(ROUNDS):
        number = register(caller)
        seen = {"If-Match": '"1"'} if turn % 2 else {}
        one_wins(
            both(
                pool,
                lambda n=number, s=seen: first.post(f"/tickets/{n}/dispatches", {"lead": "urban"}, s),
                lambda n=number, s=seen: second.post(f"/tickets/{n}/dispatches", {"lead": "water"}, s),
            )
        )
        assert events(caller, number) == ["register", "dispatch"]


@pytest.mark.timeout(300)
def test_two_sign_one_ticket(caller, pool):
    first, second = caller("urban.liaison"), caller("urban.liaison")
    for turn in range(ROUNDS):
        number = register(caller)
        caller("dispatcher1").does(f"/tickets/{number}/dispatches", {"lead": "urban"})
        seen = {"If-Match": '"2"'} if turn % 2 else {}
        one_wins(
            both(
                pool,
                lambda n=number, s=seen: first.post(f"/tickets/{n}/signings", {}, s),
                lambda n=number, s=seen: second.post(f"/tickets/{n}/signings", {}, s),
            )
        )
        assert events(caller, number) == ["register", "dispatch", "sign"]


@pytest.mark.timeout(300)
def test_a_reply_and_a_termination_at_once(caller, pool, at):
    head, dispatcher = caller("urban.head"), caller("dispatcher1")
    for _ in range(ROUNDS):
        number = at("handling")
        one_wins(
            both(
                pool,
                lambda n=number: head.post(f"/tickets/{n}/replies", factories.a_reply()),
                lambda n=number: dispatcher.post(f"/tickets/{n}/terminations", {"ground": "matter-vanished"}),
            )
        )
        assert events(caller, number)[-1] in ("reply", "terminate")


@pytest.mark.timeout(300)
def test_two_tickets_merged_into_each_other(caller, pool):
    first, second = caller("agent1"), caller("dispatcher1")
    for _ in range(ROUNDS):
        one, other = register(caller), register(caller)
        answers = both(
            pool,
            lambda a=one, b=other: first.post(f"/tickets/{a}/merges", {"master": b}),
            lambda a=one, b=other: second.post(f"/tickets/{b}/merges", {"master": a}),
        )
        one_wins(answers)
        states = sorted(caller("supervisor1").get(f"/tickets/{number}").get_json()["status"] for number in (one, other))
        assert states == ["merged", "registered"]
