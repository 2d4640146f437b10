"""The boundary list: a line is drafted by one administrator and published by another; a division names what each does."""

import pytest

from app.errors import Forbidden, Invalid, WrongState
from tests.factories import person
from tickets import boundaries


def test_a_line_is_published_by_a_second_administrator(session, now):
    author, reader = person(session, "admin1", now), person(session, "agent1", now)
    reader = type(reader)(name="另一位", roles=frozenset({"admin"}), account_id=reader.account_id)
    said = {"category": "urban.street-trade", "title": "夜市", "lead": "urban", "basis": "清单第 2 条", "parts": [("market", "查证照")]}
    row = boundaries.draft(session, None, author, now, **said)
    with pytest.raises(WrongState):
        boundaries.review(session, row, True, "", reader, now)
    boundaries.submit(row, author)
    with pytest.raises(Forbidden):
        boundaries.review(session, row, True, "", author, now)
    with pytest.raises(Invalid):
        boundaries.review(session, row, False, " ", reader, now)
    line = boundaries.review(session, row, True, "", reader, now)
    assert line in boundaries.published(session, now)
    assert line.version == 2
    follow = boundaries.draft(session, None, author, now, replaces=line.id, **(said | {"title": "夜市综合治理"}))
    boundaries.submit(follow, author)
    newer = boundaries.review(session, follow, True, "", reader, now)
    assert [one.title for one in boundaries.published(session, now) if one.category_id == newer.category_id] == ["夜市综合治理"]


@pytest.mark.parametrize(
    "parts", [[], [("urban", "自己配合自己")], [("market", "")], [("market", "一"), ("market", "二")], [("nobody", "三")]]
)
def test_a_division_must_divide(session, now, parts):
    with pytest.raises(Invalid):
        boundaries.draft(
            session, None, person(session, "admin1", now), now, category="urban", title="什么事", lead="urban", basis="依据", parts=parts
        )
