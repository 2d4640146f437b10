"""Every whistle route × street, other street, both called departments, one that is not called, and the centre, against tests/access_table.py."""

import re
from datetime import timedelta

import pytest

from app import clock
from tests import access_table as table
from tests.app.api.whistle_calls import blown, graded, released

STREET, LEAD, HELPER, OUTSIDE = "dongmen", "urban", "power", ("market", "nanhu")
PEOPLE = [
    ("", "nobody"),
    ("agent1", "agent"),
    ("dispatcher1", "dispatcher"),
    ("supervisor1", "supervisor"),
    ("leader1", "leader"),
    ("discipline1", "discipline"),
    ("publisher1", "publisher"),
    ("admin1", "admin"),
    ("hall1", "integration"),
    *((f"{unit}.{role}", role) for unit in (STREET, LEAD, HELPER, *OUTSIDE) for role in ("liaison", "handler", "head")),
]
ACTING = {"street": {STREET}, "summoned": {HELPER}, "lead": {LEAD}, "either": {STREET, HELPER}}


@pytest.fixture(scope="module")
def closed(caller) -> tuple[str, int, int]:
    """A closed whistle: what one may not do there is refused before its state is looked at."""
    path = released(caller)
    planned = caller(f"{LEAD}.head").does(
        f"{path}/plans", {"unit": HELPER, "what": "迁出接头", "due": f"{clock.now() + timedelta(days=3):%Y-%m-%d}"}
    )
    graded(caller, path, LEAD)
    done = graded(caller, path, HELPER)
    return path, next(one["id"] for one in done["scores"] if one["unit"] == HELPER), planned["plan"][0]["id"]


def expected(call: table.Call, username: str, role: str, method: str, one: bool) -> set[int]:
    unit = username.partition(".")[0] if "." in username else ""
    if role == "nobody":
        return {401}
    if method == "POST" and role not in call.roles:
        return {403}
    if not one:
        return {200, 201} if method == "GET" or unit in (STREET, "nanhu") else {403}
    if role not in table.WHISTLE_READERS or unit in OUTSIDE:
        return {404}
    if method == "GET":
        return {200, 404}  # a photo that is not there
    return {200, 201, 409} if unit in ACTING.get(call.party, {unit}) or not unit else {403}


@pytest.mark.parametrize(("username", "role"), PEOPLE, ids=[who or "nobody" for who, _ in PEOPLE])
def test_every_whistle_route_for_this_person(caller, closed, username, role):
    path, score, step = closed
    who, wrong = caller(username), []
    for (method, pattern), call in table.WHISTLES.items():
        real = (
            pattern.replace("/whistles/{whistle}", path)
            .replace("{unit}", HELPER)
            .replace("{row_id}", str(score if "scores" in pattern else step if "plans" in pattern else 999999))
        )
        if pattern.endswith("/reopenings") and role in call.roles and username.startswith(STREET):
            continue  # it would open the whistle for the next
        answer = who.get(real) if method == "GET" else who.post(real, call.body)
        assert answer.status_code not in (400, 415, 422, 500), f"{method} {real}: {answer.get_data(as_text=True)}"
        if answer.status_code not in expected(call, username, role, method, "{whistle}" in pattern):
            wrong.append(f"{method} {pattern}: {answer.status_code}")
    assert wrong == []


def test_the_table_has_every_whistle_route(app):
    served = {
        (method, re.sub(r"<(?:[^<>]+:)?(\w+)>", r"{\1}", rule.rule).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/whistles")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert served == set(table.WHISTLES)


def test_a_department_that_is_not_called_learns_nothing(caller):
    path = blown(caller)
    assert caller("market.head").get(path).status_code == 404
    assert caller("east.head").get(path).status_code == 200, "the district above the street reads"
    assert caller("east.head").post(f"{path}/release", {}).status_code == 403
