"""What breaks next, drawn as a line: labels never overlap, limits of one matter are one mark, ticks stand in order. No rows."""

import itertools
from datetime import timedelta

import pytest

from app.web.supervision.soonline import CROWDED, LANES, Point, draw, horizon


def point(now, minutes, unit="水务", href="/a"):
    return Point(now + timedelta(minutes=minutes), unit, "签收", "化粪池外溢", href)


def test_marks_with_words_never_overlap_in_a_lane(untouched, now):
    with untouched.test_request_context("/"):
        line = draw([point(now, minutes, href=f"/{minutes}") for minutes in range(1, 60, 2)], "hour", now, 30)
    for lane in LANES:
        xs = [mark.x for mark in line.marks if mark.labelled and mark.y == lane]
        assert all(b - a >= 100 for a, b in itertools.pairwise(xs)), xs
    assert {mark.y for mark in line.marks if not mark.labelled} == {CROWDED}
    assert [mark.tone for mark in line.marks[:1]] == ["r"]


def test_limits_of_one_matter_at_one_instant_are_one_mark(untouched, now):
    with untouched.test_request_context("/"):
        line = draw([point(now, 20), Point(now + timedelta(minutes=20), "水务", "紧急响应", "化粪池外溢", "/a")], "hour", now, 2)
        empty = draw([], "day", now, 0)
    assert [(mark.count, mark.label) for mark in line.marks] == [(2, "水务 签收、紧急响应")]
    assert empty.say == "没有时限会断"


@pytest.mark.parametrize("name", ["hour", "day", "week"])
def test_every_horizon_lies_ahead_with_ticks_in_order(untouched, now, name):
    with untouched.test_request_context("/"):
        until, ticks = horizon(name, now)
    assert until > now
    assert [at for at, _ in ticks] == sorted(at for at, _ in ticks)
