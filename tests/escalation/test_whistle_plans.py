"""The story of a TOUGH whistle (issue 4, Must show 2), and what a plan's days, the second look and being on the way do to clocks and words."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Invalid, WrongState
from escalation.models import Clock, LedgerEntry
from escalation.no_shows import mark_due
from escalation.sweep import sweep_batch
from tests.escalation.test_whistle_clocks import city
from tests.tickets import whistle_drive as drive
from tickets import arrivals, grading, summons, whistle_plans, whistles
from tickets.whistle_events import events_of, verify

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BLOWN = city("2026-09-29T15:00:00")  # two working days before the holiday; 10 October is worked


def running(session, whistle, code: str) -> list[Clock]:
    return list(session.scalars(sa.select(Clock).where(Clock.whistle_id == whistle.id, Clock.code == code, Clock.stopped_at.is_(None))))


def working_days_after(calendar, day: date, n: int) -> date:
    """The n-th working day after `day`, counted one by one."""
    while n:
        day += DAY
        n -= calendar.is_workday(day)
    return day


def test_the_story_of_a_tough_whistle(timed, calendar):
    # two signatures: the director blows, which is his; the secretary's makes it whole
    whistle = drive.blown(timed, BLOWN, by="dongmen.head", kind="tough")
    assert whistle.status == "draft"
    with pytest.raises(WrongState):
        whistles.approve(timed, whistle, True, "", drive.person(timed, "dongmen.head", BLOWN), BLOWN)
    whistles.approve(timed, whistle, True, "同意，拖了三年", drive.person(timed, "dongmen.secretary", BLOWN), BLOWN + HOUR / 2)
    assert whistle.status == "approved"

    # triage changes the lead, with reasons; it sounds
    sounded = BLOWN + HOUR
    office = drive.person(timed, "dispatcher1", sounded)
    with pytest.raises(Invalid):
        whistles.triage(timed, whistle, "power", ("urban",), "", office, sounded)
    whistles.triage(timed, whistle, "power", ("urban",), "主要是地下线缆", office, sounded)
    drive.follow(timed)
    power, urban = drive.of(timed, whistle, "power"), drive.of(timed, whistle, "urban")
    assert (whistle.status, power.lead, urban.lead) == ("sounded", True, False)

    # five working days run over the holiday and its make-up day
    fifth = working_days_after(calendar, date(2026, 9, 29), 5)
    assert fifth == date(2026, 10, 12)
    assert {row.check_in_due_at for row in (power, urban)} == {city("2026-10-13T00:00:00")}

    # the objection is denied, and the duty to come stood all the while
    at = sounded + HOUR / 2
    summons.object_to(timed, whistle, urban, "线缆不归城管", drive.person(timed, "urban.head", at), at)
    summons.decide_objection(timed, whistle, urban, False, "围挡和清运归它", office, at + HOUR)
    drive.follow(timed)
    assert (urban.objection_decision, urban.state, urban.check_in_due_at) == ("deny", "called", city("2026-10-13T00:00:00"))
    for unit, day in (("power", "2026-10-10T09:00:00"), ("urban", "2026-10-12T16:00:00")):
        drive.arrive(timed, whistle, unit, city(day))
    assert mark_due(timed, city("2026-10-13T09:00:00")) == 0

    # without a plan with dates the lead does not leave; only the lead writes it
    at = city("2026-10-12T17:00:00")
    with pytest.raises(WrongState, match="方案"):
        drive.let_go(timed, whistle, at)
    timed.info["events"].clear()
    with pytest.raises(Forbidden):
        whistle_plans.plan(timed, whistle, urban, "清运", date(2026, 10, 20), drive.person(timed, "urban.head", at), at)
    with pytest.raises(Invalid) as refused:
        whistle_plans.plan(timed, whistle, urban, " ", date(2026, 10, 11), drive.person(timed, "power.head", at), at)
    assert set(refused.value.fields) == {"what", "due"}
    first = drive.planned(timed, whistle, "power", at, days=2, what="迁出电缆接头")
    drive.planned(timed, whistle, "urban", at, days=4, what="清运、恢复路面")
    assert sorted(clock.due_at for clock in running(timed, whistle, "whistle-plan")) == [
        city("2026-10-15T00:00:00"),
        city("2026-10-17T00:00:00"),
    ]
    drive.let_go(timed, whistle, at + HOUR)
    for unit in ("power", "urban"):
        drive.grade(timed, whistle, unit, at + 2 * HOUR)
    assert whistle.status == "closed"

    # the plan goes on after the whistle: done in time, or carded
    whistle_plans.finish(timed, whistle, first, "接头已迁", drive.person(timed, "power.handler", at), city("2026-10-14T11:00:00"))
    drive.follow(timed)
    assert [clock.owner_unit_id for clock in running(timed, whistle, "whistle-plan")] == [urban.unit_id]
    sweep_batch(timed, city("2026-10-17T09:00:00"))
    late = timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.whistle_id == whistle.id)).one()
    assert (late.unit_id, late.card, late.level) == (urban.unit_id, "red", "E2")

    # the second look is due in five working days, and it did not hold
    look = running(timed, whistle, "whistle-look")[0]
    assert look.due_at == city("2026-10-20T00:00:00")
    closed = date(2026, 10, 12)
    ninth, eleventh = working_days_after(calendar, closed, 9), working_days_after(calendar, closed, 11)
    head = drive.person(timed, "dongmen.head", at)
    whistle_plans.look_again(timed, whistle, False, "又渗水了，照片 12", head, city("2026-10-19T10:00:00"))
    drive.follow(timed)
    assert (look.stop_reason, running(timed, whistle, "whistle-look")) == ("met", [])
    with pytest.raises(WrongState):
        whistle_plans.look_again(timed, whistle, True, "好了", head, city("2026-10-20T10:00:00"))

    # 找茬: refused on working day 11, taken on day 9
    savepoint = timed.begin_nested()
    grading.reopen(timed, whistle, "又渗水了", head, at_ten(eleventh))
    with pytest.raises(WrongState, match="10 个工作日"):
        drive.follow(timed)
    savepoint.rollback()
    timed.info["events"].clear()
    timed.expire_all()
    grading.reopen(timed, whistle, "又渗水了", head, at_ten(ninth))
    drive.follow(timed)
    assert (whistle.status, whistle.round, ninth) == ("sounded", 2, date(2026, 10, 23))
    drive.arrive(timed, whistle, "power", at_ten(ninth) + HOUR)
    with pytest.raises(WrongState, match="方案"):
        drive.let_go(timed, whistle, at_ten(ninth) + 2 * HOUR)
    kinds = [event.kind for event in events_of(timed, whistle.id)]
    assert [
        kind
        for kind in kinds
        if kind in ("co-sign", "approve", "triage", "object", "decide-objection", "plan", "plan-done", "close", "look-again", "reopen")
    ] == ["co-sign", "approve", "triage", "object", "decide-objection", "plan", "plan", "close", "plan-done", "look-again", "reopen"]
    assert not [fault for _, fault in verify(timed) if fault]


def at_ten(day: date) -> datetime:
    return city(f"{day.isoformat()}T10:00:00")


def test_a_plans_clock_is_its_earliest_open_day(timed, now):
    whistle = drive.sounded(timed, now)
    later = drive.planned(timed, whistle, "power", now, days=9)
    sooner = drive.planned(timed, whistle, "power", now, days=2)
    assert [clock.due_at for clock in running(timed, whistle, "whistle-plan")] == [city("2026-09-17T00:00:00")]
    for step, at in ((later, now + DAY), (sooner, now + 4 * DAY)):
        whistle_plans.finish(timed, whistle, step, "办好了", drive.person(timed, "power.handler", at), at)
        drive.follow(timed)
    ended = timed.scalars(
        sa.select(Clock.stop_reason).where(Clock.whistle_id == whistle.id, Clock.code == "whistle-plan").order_by(Clock.id)
    ).all()
    assert ended == ["cancelled", "late"]
    with pytest.raises(WrongState):
        whistle_plans.finish(timed, whistle, sooner, "再说一遍", drive.person(timed, "power.handler", now), now + 5 * DAY)


def test_who_is_in_charge_of_a_step_hears_of_its_day(timed, now):
    """R79c: one of that department, named by the lead; of the steps a clock stands for, no later one's."""
    whistle = drive.sounded(timed, now)
    lead, row = drive.person(timed, "urban.head", now), drive.of(timed, whistle, "power")
    first, later = (drive.person(timed, f"power.{who}", now).account_id for who in ("head", "backup"))
    with pytest.raises(Invalid) as no:
        whistle_plans.plan(timed, whistle, row, "查清", date(2026, 9, 16), lead, now, lead.account_id)
    assert set(no.value.fields) == {"person"}
    for day, who in ((16, first), (20, later)):
        whistle_plans.plan(timed, whistle, row, "查清", date(2026, 9, day), lead, now, who)
    drive.follow(timed)
    told = [one.people for one in sweep_batch(timed, now + 3 * DAY).taken if one.code == "whistle-plan"]
    assert [people[0] for people in told] == [first] * len(told) != []


def test_who_has_set_out_says_when_it_will_be_there(timed, now):
    whistle = drive.sounded(timed, now, "emergency")
    row, actor = drive.of(timed, whistle, "power"), drive.person(timed, "power.handler", now)
    with pytest.raises(WrongState):
        arrivals.set_out(timed, whistle, row, 12, actor, now)
    summons.sign(timed, whistle, row, actor, now)
    with pytest.raises(Invalid):
        arrivals.set_out(timed, whistle, row, 0, actor, now)
    arrivals.set_out(timed, whistle, row, 12, actor, now + HOUR / 12)
    assert (row.state, row.arriving_at - row.set_out_at) == ("signed", timedelta(minutes=12))
    due = row.check_in_due_at
    drive.follow(timed)
    assert row.check_in_due_at == due, "no clock moves"
