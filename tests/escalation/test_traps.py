"""The traps other systems fell into (what the study of 14 of them ended with), one test each, in its order; the longer story of some is elsewhere."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE
from escalation import ladder
from escalation.calendar import BadCalendar, Calendar, CalendarRanOut, Day
from escalation.due import HOURS, WORKING_DAYS, due
from escalation.editing import Edit, try_limit
from escalation.limits import OWNERS
from escalation.models import CalendarDay, Clock, ClockChange, EscalationStep, LedgerEntry, LimitRow
from escalation.notices import parse_notice
from escalation.publish import foresee_notice, load_notice
from escalation.queries import clocks_of
from escalation.recipients import CENTRE, CENTRE_POSTS
from escalation.reports import Asked, escalations
from escalation.sweep import sweep_batch
from notifiers.message import CAN_WAIT
from notifiers.quiet import leaves_at
from notifiers.wording import WORDING
from tests import factories
from tickets import handling, intake, sorting
from tickets.actors import SYSTEM_ACTOR
from tickets.whistle_workflow import EDGES as WHISTLE_EDGES
from tickets.workflow import EDGES

DAY = timedelta(days=1)
FRIDAY_NIGHT = datetime(2026, 11, 6, 0, 30, tzinfo=CITY_ZONE)  # Thursday 16:30 in UTC
SPECIAL = {"street", "street-district", "superior", "district-leader", "liaison", "handler-a", "handler-b", "head"}


def sweep(session, now, batch: int = 500):
    session.flush()
    swept = sweep_batch(session, now, batch)
    session.expire_all()
    return swept


def counts(session) -> list[int]:
    session.flush()
    return [
        session.scalar(sa.select(sa.func.count()).select_from(model))
        for model in (CalendarDay, Clock, ClockChange, EscalationStep, LedgerEntry, LimitRow)
    ]


def test_a_weekday_is_the_citys(calendar):
    """Trap 1 (Signalen): the weekday was tested in UTC. Half past midnight on Friday is no Thursday: one working day ends on Monday."""
    assert due(FRIDAY_NIGHT, 1, WORKING_DAYS, calendar).day == date(2026, 11, 9)
    assert due(FRIDAY_NIGHT - timedelta(hours=1), 1, WORKING_DAYS, calendar).day == date(2026, 11, 6)


def test_a_calendar_that_ran_out_says_so(calendar):
    """Trap 2 (FixMyStreet): the list of holidays expired in silence. A year without a notice is provisional, one without days an error."""
    assert due(datetime(2026, 12, 25, 10, tzinfo=CITY_ZONE), 15, WORKING_DAYS, calendar).provisional
    with pytest.raises(CalendarRanOut):
        due(datetime(calendar.last_day.year, 12, 20, 10, tzinfo=CITY_ZONE), 30, WORKING_DAYS, calendar)


def test_the_oldest_goes_first_and_an_edit_resets_nothing(timed, happen, now):
    """Trap 3 (DIGIT): the newest batch starved the oldest, and every edit began the clock anew."""
    old = factories.a_ticket(timed, now, "dispatched")
    happen()
    young = factories.a_ticket(timed, now + timedelta(hours=1), "dispatched")
    happen()
    before = {view.code: (view.started_at, view.due_at) for view in clocks_of(timed, old.id)}
    agent = factories.person(timed, "agent1", now)
    sorting.classify(timed, old, agent, now + DAY, category="urban.street-trade")
    intake.supplement(timed, old, "又漏了", agent, now + DAY)
    intake.urge(timed, old, agent, now + DAY)
    happen()
    assert {view.code: (view.started_at, view.due_at) for view in clocks_of(timed, old.id)} == before
    assert {one.ticket_id for one in sweep(timed, now + timedelta(hours=9), batch=1).taken} == {old.id}
    assert young.due_at >= old.due_at


def test_what_has_climbed_to_the_end_is_not_looked_at_again_and_nobody_is_woken(timed, happen, now):
    """Trap 4 (Zammad): breached rows were scanned for ever, and mail went out at 00:00."""
    ticket = factories.a_ticket(timed, now, "dispatched")
    happen()
    assert sweep(timed, now + 60 * DAY).claimed > 0
    taken = Counter(timed.scalars(sa.select(EscalationStep.step).where(EscalationStep.ticket_id == ticket.id)))
    assert [sweep(timed, now + days * DAY).claimed for days in (61, 90, 400)] == [0, 0, 0]
    assert Counter(timed.scalars(sa.select(EscalationStep.step).where(EscalationStep.ticket_id == ticket.id))) == taken
    midnight = datetime(2026, 9, 21, tzinfo=CITY_ZONE)
    assert leaves_at(CAN_WAIT, midnight).astimezone(CITY_ZONE).hour == 7


def test_the_marker_and_the_action_are_one(timed, happen, now):
    """Trap 5 (GLPI): the marker was deleted before the action, so a crash between them lost it. Both roll back, both come again (see test_crash)."""
    ticket = factories.a_ticket(timed, now, "dispatched")
    happen()
    timed.flush()
    moment = now + timedelta(minutes=40)
    with timed.begin_nested() as savepoint:
        first = sweep_batch(timed, moment)
        savepoint.rollback()
    again = sweep_batch(timed, moment)
    assert first.steps == again.steps > 0
    assert {one.ticket_id for one in again.taken} == {ticket.id}


@pytest.mark.parametrize("days", [[], [Day(date(2026, 1, 1) + n * DAY, False, "", "test", False) for n in range(365)]])
def test_a_calendar_without_working_days_is_refused_at_once(days):
    """Trap 6 (Frappe, Baikal, GLPI): counting on an empty calendar never ended."""
    with pytest.raises(BadCalendar):
        Calendar(days)


def test_holidays_lengthen_the_wait_and_trying_writes_nothing(own_rules, happen, now, calendar):
    """Trap 7 (django-helpdesk): holidays shortened the wait, and the dry run wrote."""
    start = datetime(2026, 9, 24, 16, tzinfo=CITY_ZONE)
    for length in range(1, 40):
        assert due(start, length, WORKING_DAYS, calendar).instant >= due(start, length, "calendar-days", calendar).instant
    factories.a_ticket(own_rules, now, "dispatched", track="consumer")
    happen()
    before, dues = counts(own_rules), [clock.due_at for clock in own_rules.scalars(sa.select(Clock).order_by(Clock.id))]
    notice = parse_notice(
        '{"year": 2027, "days": [{"date": "2027-01-01", "name": "元旦", "isOffDay": true}, {"date": "2027-01-04", "name": "元旦", "isOffDay": true}]}',
        "2027.json",
    )
    assert foresee_notice(own_rules, notice, now).days_changed > 0
    try_limit(own_rules, "general-reply", Edit(4, WORKING_DAYS, 10, ("applicant-supplement",), "市办〔2026〕1 号", "试一试"), now)
    assert (counts(own_rules), [clock.due_at for clock in own_rules.scalars(sa.select(Clock).order_by(Clock.id))]) == (before, dues)


def test_every_option_has_somebody_who_calls_it(timed):
    """Trap 8 (osTicket): a choice on the page that nothing read. Every rung has words and somebody who hears it; every limit an owner and an action that begins it."""
    rungs = {*ladder.QUICK, *ladder.HOURLY, *ladder.DAILY, *ladder.CLOSING, *ladder.SILENT}
    assert {rung.notice for rung in rungs if rung.notice} <= set(WORDING)
    assert {post for rung in rungs for post in rung.to} <= set(CENTRE) | set(CENTRE_POSTS) | SPECIAL
    limits = list(timed.scalars(sa.select(LimitRow).where(LimitRow.effective_to.is_(None))))
    assert {limit.owner for limit in limits} <= set(OWNERS)
    endless = {
        limit.code
        for limit in limits
        if limit.start in EDGES and limit.kind != "window" and not set(limit.stop) & ({*EDGES} | {*WHISTLE_EDGES} | {"write-off"})
    }
    assert endless == set(), "what an action begins, an action ends"


def test_a_rebuild_rebuilds_and_a_day_is_a_working_day(own_rules, happen, calendar):
    """Trap 9 (Baikal): a rebuild that did nothing, and 24 service hours called a day."""
    friday = datetime(2026, 11, 6, 16, tzinfo=CITY_ZONE)
    assert due(friday, 1, WORKING_DAYS, calendar).day == date(2026, 11, 9)
    assert due(friday, 24, HOURS, calendar).instant == friday + DAY
    november = datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
    ticket = factories.a_ticket(own_rules, november, "dispatched", track="consumer")
    happen()
    was = next(view for view in clocks_of(own_rules, ticket.id) if view.code == "mediation").due_at
    notice = parse_notice(
        '{"year": 2027, "days": [{"date": "2027-01-01", "name": "元旦", "isOffDay": true}, {"date": "2027-01-04", "name": "元旦", "isOffDay": true}]}',
        "2027.json",
    )
    assert load_notice(own_rules, notice, SYSTEM_ACTOR, november + DAY).clocks_changed > 0
    own_rules.flush()
    own_rules.expire_all()
    assert next(view for view in clocks_of(own_rules, ticket.id) if view.code == "mediation").due_at > was


def test_a_pause_outlives_whatever_is_changed_later(own_rules, happen):
    """Trap 10 (GLPI): the time spent waiting was lost when the limit changed. A new calendar counts the pause in."""
    session, november = own_rules, datetime(2026, 11, 23, 10, tzinfo=CITY_ZONE)
    ticket = factories.a_ticket(session, november, "handling")
    happen()
    asked = handling.request_suspension(
        session, ticket, "applicant-supplement", "补正通知书 3 号", factories.person(session, "urban.handler", november), november + DAY
    )
    handling.decide_suspension(session, ticket, asked, True, "同意", factories.person(session, "dispatcher1", november), november + DAY)
    happen()
    handling.resume(session, ticket, factories.person(session, "urban.handler", november), november + 11 * DAY)
    happen()
    paused = next(view for view in clocks_of(session, ticket.id) if view.code == "general-reply")
    assert paused.due_at > november + 14 * DAY
    off = paused.due_at.astimezone(CITY_ZONE).date() - DAY  # the last day of the limit becomes a day off
    notice = [Day(off, False, "临时放假", "test", False)]
    load_notice(session, notice, SYSTEM_ACTOR, november + 12 * DAY)
    session.flush()
    session.expire_all()
    moved = next(view for view in clocks_of(session, ticket.id) if view.code == "general-reply")
    assert DAY <= moved.due_at - paused.due_at <= 4 * DAY
    assert len(moved.pauses) == 1


def test_a_figure_holds_what_is_open_and_overdue(timed, happen, now):
    """Trap 11 (Austin): a rate over closed matters only. Doing nothing makes it worse, never better."""
    factories.a_ticket(timed, now, "dispatched", urgency="urgent")
    happen()
    timed.flush()
    period = Asked(now.date(), now.date() + DAY)
    rates = [escalations(timed, period, now + wait).by_limit()["sign"].rate for wait in (timedelta(minutes=32), DAY, 300 * DAY)]
    assert rates == [0.0, 0.0, 0.0]
