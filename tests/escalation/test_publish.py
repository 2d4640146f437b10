"""A notice for a provisional year comes in: open promises move with a trace of why, closed ones and others stay."""

import json
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from escalation.calendar import BadCalendar, Calendar, Day
from escalation.models import CalendarDay, Clock, ClockChange
from escalation.notices import parse_notice, statutory_days
from escalation.publish import foresee_notice, load_notice, unpublished_year
from escalation.queries import clocks_of
from escalation.recount_later import recount_some
from escalation.rules import load_calendar
from tests import factories
from tests.tickets import whistle_drive
from tickets.actors import SYSTEM_ACTOR

NOVEMBER = datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
INVENTED = json.dumps(
    {
        "year": 2027,
        "days": [
            {"date": "2027-01-01", "name": "元旦", "isOffDay": True},
            {"date": "2027-01-04", "name": "元旦", "isOffDay": True},
            {"date": "2027-01-09", "name": "元旦", "isOffDay": False},
        ],
    }
)


@pytest.fixture
def consumer(own_rules, happen):
    ticket = factories.a_ticket(own_rules, NOVEMBER, "dispatched", track="consumer")
    happen()
    return ticket


def the_mediation(session, ticket):
    return next(view for view in clocks_of(session, ticket.id) if view.code == "mediation")


def test_loading_the_notice_moves_open_promises_and_says_why(own_rules, consumer):
    before = the_mediation(own_rules, consumer)
    assert (before.provisional, consumer.due_provisional) == (True, True)
    loaded = load_notice(own_rules, parse_notice(INVENTED, "2027.json"), SYSTEM_ACTOR, NOVEMBER + timedelta(days=1))
    own_rules.flush()
    after = the_mediation(own_rules, consumer)
    assert loaded.years == (2027,)
    assert after.due_at == before.due_at, "4 January off, 9 January worked: the 45th working day is the same"
    assert (after.provisional, consumer.due_provisional) == (False, False)
    change = own_rules.scalars(sa.select(ClockChange).where(ClockChange.clock_id == after.id)).one()
    assert (change.why, change.old_provisional, change.new_provisional, change.by_name) == ("calendar", True, False, "系统")
    assert change.old_trace["marks"] != after.marks, "the trace now names the make-up day"


def test_a_swap_that_costs_a_day_moves_the_date_and_the_tickets_own(own_rules, consumer):
    before = consumer.due_at
    off = json.loads(INVENTED) | {
        "days": [{"date": "2027-01-04", "name": "元旦", "isOffDay": True}, {"date": "2027-01-01", "name": "元旦", "isOffDay": True}]
    }
    load_notice(own_rules, parse_notice(json.dumps(off), "2027.json"), SYSTEM_ACTOR, NOVEMBER)
    assert consumer.due_at == before + timedelta(days=1)


def test_loading_the_same_notice_again_changes_nothing(own_rules, consumer):
    load_notice(own_rules, parse_notice(INVENTED, "2027.json"), SYSTEM_ACTOR, NOVEMBER)
    again = load_notice(own_rules, parse_notice(INVENTED, "2027.json"), SYSTEM_ACTOR, NOVEMBER)
    assert (again.days_changed, again.clocks_changed) == (0, 0)


def test_the_provisional_rows_of_that_year_are_gone_and_only_they(own_rules, consumer):
    load_notice(own_rules, parse_notice(INVENTED, "2027.json"), SYSTEM_ACTOR, NOVEMBER)
    calendar = load_calendar(own_rules)
    assert not calendar.any_provisional(date(2026, 12, 31), date(2027, 12, 31))
    assert calendar.provisional(date(2028, 1, 1))


def test_a_notice_that_would_leave_a_hole_is_refused(own_rules):
    far = [Day(day.day.replace(year=2031), day.is_workday) for day in statutory_days(2027)]
    with pytest.raises(BadCalendar, match="2029-01-01"):
        load_notice(own_rules, far, SYSTEM_ACTOR, NOVEMBER)


def test_a_table_without_a_working_day_is_refused(own_rules):
    own_rules.execute(sa.update(CalendarDay).values(is_workday=False))
    with pytest.raises(BadCalendar, match="没有一个工作日"):
        load_calendar(own_rules)


def test_the_alarm_begins_on_the_first_of_november(calendar: Calendar):
    assert unpublished_year(calendar, date(2026, 10, 31)) is None
    assert unpublished_year(calendar, date(2026, 11, 1)) == 2027
    assert unpublished_year(calendar, date(2027, 3, 1)) == 2027


@pytest.mark.parametrize("later", [False, True])
def test_a_whistles_days_move_too_and_its_board_with_them(own_rules, later):
    """Domain §6 counts working days as well: a department called before New Year is awaited later when 4 January is off."""
    whistle = whistle_drive.sounded(own_rules, datetime(2026, 12, 30, 10, tzinfo=CITY_ZONE))
    row = whistle_drive.of(own_rules, whistle, whistle_drive.LEAD)
    before = row.check_in_due_at
    assert before == datetime(2027, 1, 6, tzinfo=CITY_ZONE), "31 December, 4 and 5 January"
    days = parse_notice(INVENTED, "2027.json")
    foreseen = foresee_notice(own_rules, days, datetime(2026, 12, 30, 12, tzinfo=CITY_ZONE)).outcome
    noon = datetime(2026, 12, 30, 12, tzinfo=CITY_ZONE)
    moves = load_notice(own_rules, days, SYSTEM_ACTOR, noon, "2027.json", later).outcome.moves
    while batch := recount_some(own_rules, noon):
        moves += batch.outcome.moves
    assert foreseen.moves == sorted(moves, key=lambda one: (one.new_due, one.clock_id))
    assert whistle.number in {one.number for one in moves}
    own_rules.refresh(row)
    assert row.check_in_due_at == before + timedelta(days=1)
    clock = own_rules.scalars(sa.select(Clock).where(Clock.summons_id == row.id, Clock.code == "whistle-routine-check-in")).one()
    assert (clock.due_at, clock.provisional) == (row.check_in_due_at, False)
