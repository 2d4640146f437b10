"""The rungs of domain §5 at their instants, one table per kind of clock."""

from datetime import datetime
from types import SimpleNamespace

import pytest

from app.clock import CITY_ZONE
from escalation import words
from escalation.due import due
from escalation.ladder import DAILY, HOURLY, QUICK, ladder_of, left_of, next_step


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


def a_clock(calendar, start, length, unit, code="x", kind="duty", done=()):
    return SimpleNamespace(
        code=code,
        kind=kind,
        length=length,
        unit=unit,
        hours=None,
        started_at=at(start),
        due_at=due(at(start), length, unit, calendar).instant,
        steps_done=list(done),
    )


def rungs(clock, calendar) -> list[str]:
    return [f"{when.strftime('%m-%d %H:%M')} {rung.step}" for when, rung in left_of(clock, calendar)]


def test_thirty_minutes_at_night_on_a_holiday(calendar):
    assert rungs(a_clock(calendar, "2024-10-01 23:50", 30, "minutes"), calendar) == [
        "10-02 00:05 remind-half",
        "10-02 00:15 remind-last",
        "10-02 00:20 breach",
        "10-02 00:35 breach-15",
        "10-02 00:50 breach-30",
    ]


def test_five_working_days_as_the_prototype_shows_them(calendar):
    assert rungs(a_clock(calendar, "2026-09-28 11:11", 5, "working-days"), calendar) == [
        "10-08 12:00 remind-half",
        "10-09 00:00 yellow",
        "10-10 00:00 remind-last",
        "10-11 00:00 breach",
        "10-12 00:00 red",
        "10-12 09:00 urge",
        "10-16 09:00 bulletin",
        "10-20 09:00 supervise",
    ]


def test_one_working_day_has_no_yellow_card(calendar):
    assert rungs(a_clock(calendar, "2026-11-23 09:00", 1, "working-days"), calendar)[:4] == [
        "11-24 12:00 remind-half",
        "11-24 19:12 remind-last",
        "11-25 00:00 breach",
        "11-25 00:00 red",
    ]


def test_twenty_four_hours(calendar):
    assert rungs(a_clock(calendar, "2026-11-20 09:00", 24, "hours"), calendar)[:4] == [
        "11-20 21:00 remind-half",
        "11-21 04:12 remind-last",
        "11-21 09:00 breach",
        "11-23 09:00 urge",
    ]


@pytest.mark.parametrize(("code", "kind", "steps"), [("return-window", "window", ["expire"]), ("unit-reply", "duty", ["breach"])])
def test_a_window_only_closes_and_a_share_is_only_written_down(code, kind, steps):
    assert [rung.step for rung in ladder_of(code, kind, 5, "working-days")] == steps


def test_what_was_taken_does_not_come_again(calendar):
    clock = a_clock(calendar, "2024-10-01 23:50", 30, "minutes", done=["remind-half", "breach"])
    assert next_step(clock, calendar).step == "remind-last"
    assert next_step(a_clock(calendar, "2024-10-01 23:50", 30, "minutes", done=[rung.step for rung in QUICK]), calendar) is None


def test_a_rung_beyond_the_calendar_waits_at_its_end(calendar):
    last = left_of(a_clock(calendar, "2028-12-20 09:00", 5, "working-days"), calendar)[-1]
    assert last[0] == at("2029-01-01 00:00")


def test_every_rung_has_words():
    for rung in (*QUICK, *HOURLY, *DAILY):
        assert rung.step in words.STEP
        assert rung.level in words.LEVEL
