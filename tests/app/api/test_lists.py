"""GET /tickets: pages, filters, search, scope."""

import base64
import json

import pytest

from tests.app.api.conftest import a_body
from tickets import queries


def numbers(caller, who: str, **query) -> list[str]:
    """All pages of a list."""
    found, cursor = [], ""
    while True:
        page = caller(who).get("/tickets", cursor=cursor, **query).get_json()
        found += [item["number"] for item in page["items"]]
        cursor = page["next"]
        if not cursor:
            return found


@pytest.mark.parametrize(("few", "words"), [(queries.FEW, "翻页测试甲乙丙"), (6, "翻页测试丁戊己")])
def test_pages_hold_everything_once_newest_first(caller, registered, monkeypatch, few, words):
    """Few that hold the words are named one by one, many are met on the way along the dates."""
    monkeypatch.setattr(queries, "FEW", few)
    made = [registered(title=words) for _ in range(7)]
    assert numbers(caller, "dispatcher1", q=words, limit=3) == made[::-1]
    assert numbers(caller, "publisher1", q=words) == []


def test_a_ticket_that_comes_meanwhile_disturbs_no_page(caller, registered):
    made = [registered(title="插队测试子丑寅") for _ in range(4)]
    first = caller("dispatcher1").get("/tickets", q="插队测试子丑寅", limit=2).get_json()
    registered(title="插队测试子丑寅")
    second = caller("dispatcher1").get("/tickets", q="插队测试子丑寅", limit=2, cursor=first["next"]).get_json()
    assert [item["number"] for item in first["items"] + second["items"]] == made[::-1]


def sealed(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!",
        "AAAA",
        sealed([]),
        sealed(["2026-01-01", 1]),
        sealed(["2026-01-01T00:00:00", 1]),
        sealed([5, 1]),
        sealed(["2026-01-01T00:00:00+00:00", 2**70]),
        sealed(["2026-01-01T00:00:00+00:00", "x"]),
        sealed({"a": 1}),
        sealed(["0001-01-01T00:00:00+14:00", 1]),
        "é",
    ],
)
def test_a_bad_cursor_is_named(caller, cursor):
    answer = caller("agent1").get("/tickets", cursor=cursor)
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["cursor"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"),
        ("status", "signed,nope"),
        ("channel", "fax"),
        ("urgency", "high"),
        ("overdue", "maybe"),
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "x"),
        ("since", "yesterday"),
        ("since", "2026-01-01T00:00:00"),
        ("unit", "nowhere"),
        ("order", "random"),
        ("stauts", "signed"),
        ("q", "水"),
        ("waiting_for", "love"),
    ],
)
def test_a_bad_filter_is_named(caller, name, value):
    answer = caller("dispatcher1").get("/tickets", **{name: value})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [name])


def test_filters_narrow(caller, at):
    signed, handling = at("signed", title="筛选测试金木水"), at("handling", lead="water", title="筛选测试金木水", channel="visit")

    def asked(**more) -> list[str]:
        return numbers(caller, "dispatcher1", q="筛选测试金木水", **more)

    assert asked() == [handling, signed]
    assert asked(status="signed,replied") == [signed]
    assert asked(unit="water") == [handling]
    assert asked(channel="visit") == [handling]
    assert asked(category="urban") == [handling, signed]
    assert asked(category="commerce") == []
    assert asked(since="2100-01-01T00:00:00+08:00") == []
    assert asked(since="2000-01-01T00:00:00+08:00") == [handling, signed]
    assert asked(overdue="true") == []
    assert asked(region="990101") == [handling, signed]


def test_search_finds_two_characters_numbers_and_telephones(caller):
    made = caller("agent1").does(
        "/tickets", a_body(content="窨井盖翘起来了", title="井盖", appellant={"name": "吴", "phone": "13911112222"})
    )
    for q in ("窨井", made["number"], made["number"][-6:], made["query_code"], "13911112222", "2222"):
        assert made["number"] in numbers(caller, "agent1", q=q), q


def test_a_unit_lists_its_own_only(caller, at):
    mine, theirs, helped = (
        at("dispatched", title="范围测试日月星"),
        at("dispatched", lead="water", title="范围测试日月星"),
        at("dispatched", lead="market", assisting=("urban",), title="范围测试日月星"),
    )
    assert numbers(caller, "urban.handler", q="范围测试日月星") == [helped, mine]
    assert theirs not in numbers(caller, "urban.head", limit=100)
    assert numbers(caller, "publisher1", q="范围测试日月星") == []


def test_search_never_tells_a_unit_what_it_may_not_read(caller, at):
    report = at("dispatched", appeal_type="report", title="举报某所长收钱", content="举报某所长收钱放行")
    hushed = at("dispatched", confidential=True, title="保密测试风雨雷", appellant={"name": "赵", "phone": "13700008888"})
    assert report in numbers(caller, "urban.liaison", limit=100)
    assert numbers(caller, "urban.liaison", q="所长收钱") == []
    assert numbers(caller, "supervisor1", q="所长收钱") == [report]
    assert numbers(caller, "urban.liaison", q="保密测试风雨雷") == [hushed]
    assert numbers(caller, "urban.liaison", q="13700008888") == []
    assert numbers(caller, "agent1", q="13700008888") == [hushed]
