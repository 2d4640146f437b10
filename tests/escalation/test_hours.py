"""Business hours: a table of edges, and a slow walk minute by minute that shares no code with it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import CITY_ZONE
from app.errors import Invalid, NotFound, WrongState
from escalation import business_hours as verbs
from escalation.due import HOURS, MINUTES, WORKING_DAYS, due
from escalation.hours import Hours, read_spans, say_spans
from escalation.ladder import left_of
from escalation.limit_data import DEFAULT
from escalation.models import Clock
from escalation.rules import forget, load_book
from tests import factories
from tests.escalation.test_ladder import a_clock
from tickets.actors import SYSTEM_ACTOR

OFFICE = Hours(read_spans("08:30-12:00 13:30-17:30"))
PATROL = Hours(read_spans("07:00-21:00"), every_day=True)
NIGHT = Hours(read_spans("18:00-24:00"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CITY_ZONE)


@pytest.mark.parametrize(
    ("start", "length", "unit", "hours", "pauses", "end"),
    [
        ("2026-11-23 09:00", 2, HOURS, OFFICE, [], "2026-11-23 11:00"),
        ("2026-11-23 11:00", 2, HOURS, OFFICE, [], "2026-11-23 14:30"),  # over noon
        ("2026-11-23 11:00", 1, HOURS, OFFICE, [], "2026-11-23 12:00"),  # at the close, not at the next opening
        ("2026-11-23 17:30", 30, MINUTES, OFFICE, [], "2026-11-24 09:00"),
        ("2026-11-23 23:50", 30, MINUTES, OFFICE, [], "2026-11-24 09:00"),
        ("2026-11-20 17:00", 1, HOURS, OFFICE, [], "2026-11-23 09:00"),  # over a weekend
        ("2026-09-30 17:00", 2, HOURS, OFFICE, [], "2026-10-08 10:00"),  # over the golden week
        ("2026-10-10 09:00", 1, HOURS, OFFICE, [], "2026-10-10 10:00"),  # a make-up Saturday is open
        ("2026-11-22 12:00", 15, HOURS, OFFICE, [], "2026-11-24 17:30"),  # two whole days from a Sunday
        ("2026-11-23 00:00", 450, MINUTES, OFFICE, [], "2026-11-23 17:30"),
        ("2026-11-21 20:00", 4, HOURS, PATROL, [], "2026-11-22 10:00"),  # patrols have no weekend
        ("2026-11-21 20:00", 29, HOURS, PATROL, [], "2026-11-23 21:00"),
        ("2026-11-23 23:30", 30, MINUTES, NIGHT, [], "2026-11-24 00:00"),
        ("2026-11-23 23:30", 31, MINUTES, NIGHT, [], "2026-11-24 18:01"),
        (
            "2026-11-23 09:00",
            2,
            HOURS,
            OFFICE,
            [("2026-11-23 10:00", "2026-11-23 13:45")],
            "2026-11-23 14:45",
        ),  # the noon in a pause is not counted twice
        ("2026-11-23 09:00", 2, HOURS, OFFICE, [("2026-11-23 10:00", "2026-11-25 08:30")], "2026-11-25 09:30"),
        ("2026-11-23 09:00", 2, HOURS, OFFICE, [("2026-11-23 18:00", "2026-11-24 10:00")], "2026-11-23 11:00"),  # it had ended
        ("2026-11-23 11:00", 2, HOURS, OFFICE, [("2026-11-23 12:10", "2026-11-23 13:20")], "2026-11-23 14:30"),  # nothing was open
        ("2026-11-23 10:00", 1, WORKING_DAYS, OFFICE, [], "2026-11-24 17:30"),
        ("2026-11-23 19:00", 5, WORKING_DAYS, OFFICE, [], "2026-11-30 17:30"),
        ("2026-11-23 10:00", 3, WORKING_DAYS, NIGHT, [], "2026-11-27 00:00"),
        ("2026-11-23 10:00", 1, WORKING_DAYS, OFFICE, [("2026-11-24 17:29", "2026-11-26 09:00")], "2026-11-26 17:30"),
        (
            "2026-11-23 10:00",
            1,
            WORKING_DAYS,
            OFFICE,
            [("2026-11-24 17:30", "2026-11-26 09:00")],
            "2026-11-24 17:30",
        ),  # closed: the limit is over
    ],
)
def test_edges(calendar, start, length, unit, hours, pauses, end):
    answer = due(at(start), length, unit, calendar, [(at(begin), at(until)) for begin, until in pauses], hours=hours)
    assert answer.instant == at(end)


def test_the_trace_says_which_days_were_closed_and_what_is_provisional(calendar):
    over = due(at("2026-09-30 17:00"), 2, HOURS, calendar, hours=OFFICE)
    assert (over.marks, over.provisional) == ("chhhhhhhc", False)
    assert due(at("2026-12-31 17:00"), 1, HOURS, calendar, hours=OFFICE).provisional
    assert not due(at("2026-12-31 20:30"), 1, HOURS, calendar, hours=PATROL).provisional


def test_reminders_come_when_the_office_is_open(calendar):
    clock = a_clock(calendar, "2026-11-23 17:00", 2, HOURS)
    clock.hours, clock.due_at = OFFICE.stored, at("2026-11-24 10:00")
    assert [when for when, _ in left_of(clock, calendar)][:3] == [
        at("2026-11-24 08:30") + timedelta(minutes=30),
        at("2026-11-24 09:36"),
        at("2026-11-24 10:00"),
    ]


def slow(start: datetime, minutes: int, hours: Hours, calendar) -> datetime:
    """Minute by minute."""
    now = start
    while minutes:
        minute = now.hour * 60 + now.minute
        minutes -= (hours.every_day or calendar.is_workday(now.date())) and any(begin <= minute < end for begin, end in hours.spans)
        now += timedelta(minutes=1)
    return now


spans = st.lists(st.integers(0, 288), min_size=2, max_size=8, unique=True).map(
    lambda ticks: tuple((5 * begin, 5 * end) for begin, end in zip(*[iter(sorted(ticks)[: len(ticks) // 2 * 2])] * 2, strict=True))
)


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, 330 * 1440).map(lambda minute: datetime(2026, 1, 1, tzinfo=CITY_ZONE) + timedelta(minutes=minute)),
    st.integers(1, 900),
    spans,
    st.booleans(),
)
def test_agrees_with_walking(calendar, start, minutes, spans, every_day):
    hours = Hours(spans, every_day)

    end = hours.add(start, timedelta(minutes=minutes), calendar)
    assert end == slow(start, minutes, hours, calendar)
    assert hours.between(start, end, calendar) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "text", ["", "9点到5点", "08:30", "12:00-08:30", "08:30-12:00 11:00-17:00", "08:30-25:00", "08:60-09:00", "0-1 2-3 4-5 6-7 8-9", "-1-3"]
)
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(Invalid):
        read_spans(text)


def test_hours_are_said_as_they_are_read():
    assert say_spans(read_spans("8:30—12:00，13:30–24:00")) == "08:30–12:00 13:30–24:00"
    assert Hours.of(PATROL.stored) == PATROL
    assert Hours.of(None) is None


NOW = at("2026-11-23 10:00")


def the_clock(session, ticket, code):
    return session.query(Clock).filter_by(ticket_id=ticket.id, code=code).one()


def test_a_unit_s_own_hours_hold_for_its_new_clocks_only(own_rules, happen):
    urban, water = (factories.person(own_rules, f"{unit}.head", NOW).unit_id for unit in ("urban", "water"))
    old = factories.a_ticket(own_rules, NOW, "dispatched")
    happen()
    row = verbs.make_hours(own_rules, "机关", "", "08:30-12:00 13:30-17:30", False, SYSTEM_ACTOR, NOW)
    verbs.set_unit_hours(own_rules, urban, "first-contact", row.id, "街道公示", SYSTEM_ACTOR, NOW)
    forget(own_rules)
    mine, theirs = factories.a_ticket(own_rules, NOW, "dispatched"), factories.a_ticket(own_rules, NOW, "dispatched", "water")
    happen()
    assert the_clock(own_rules, old, "first-contact").due_at == at("2026-11-24 10:01")
    assert the_clock(own_rules, mine, "first-contact").due_at == at("2026-11-26 11:31")
    assert the_clock(own_rules, mine, "first-contact").trace["marks"] == "cccc"
    assert the_clock(own_rules, theirs, "first-contact").due_at == at("2026-11-24 10:01")
    assert the_clock(own_rules, mine, "sign").due_at == at("2026-11-23 10:31")
    assert load_book(own_rules).unit_hours == {(urban, "first-contact"): row.id} != {(water, "first-contact"): row.id}
    with pytest.raises(WrongState):
        verbs.retire_hours(own_rules, row.id, NOW)
    other = verbs.set_unit_hours(own_rules, urban, "first-contact", row.id, "街道另行公示", SYSTEM_ACTOR, NOW)
    verbs.end_unit_hours(own_rules, other.id, NOW)
    assert verbs.retire_hours(own_rules, row.id, NOW).retired_at == NOW
    with pytest.raises(NotFound):
        verbs.end_unit_hours(own_rules, other.id, NOW)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"unit_id": None}, "unit"),
        ({"code": "sign"}, "code"),
        ({"code": "general-reply"}, "code"),
        ({"code": "nothing"}, "code"),
        ({"hours_id": 999}, "hours"),
        ({"basis": " "}, "basis"),
    ],
)
def test_what_cannot_be_is_named_by_field(own_rules, changes, field):
    row = verbs.make_hours(own_rules, "机关", "", "08:30-17:30", False, SYSTEM_ACTOR, NOW)
    given = {
        "unit_id": factories.person(own_rules, "urban.head", NOW).unit_id,
        "code": "first-contact",
        "hours_id": row.id,
        "basis": "公示",
    } | changes
    with pytest.raises(Invalid) as refused:
        verbs.set_unit_hours(own_rules, **given, actor=SYSTEM_ACTOR, now=NOW)
    assert list(refused.value.fields) == [field]


def test_what_must_not_wait_for_the_morning_never_takes_hours():
    assert not [
        limit.code
        for limit in DEFAULT
        if verbs.takes_hours(limit)
        and limit.unit in ("seconds", MINUTES)
        and limit.length <= 30
        and limit.code not in ("sms-response", "whistle-enforcement-sign")
    ]
