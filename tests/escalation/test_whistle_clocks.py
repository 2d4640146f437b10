"""The clocks of a whistle: each kind's limits, what stops them, the no-show at the limit, ratifying in 24 hours, 找茬 in ten working days."""

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from app.errors import WrongState
from escalation.models import Clock, EscalationStep, LedgerEntry
from escalation.no_shows import mark_due
from escalation.sweep import sweep_batch
from escalation.telling import notices_of
from tests import factories
from tests.escalation.test_whistle_report import LIMITS as LIMITS_AGAIN
from tests.escalation.test_whistle_report import due_of
from tests.tickets import whistle_drive as drive
from tickets import grading, summons, whistles
from tickets.models import Ticket

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def city(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def clocks(session, whistle, unit="power") -> dict[str, Clock]:
    """Step → the clock of this department."""
    row = drive.of(session, whistle, unit)
    found = session.scalars(sa.select(Clock).where(Clock.summons_id == row.id).order_by(Clock.id))
    return {clock.code.removeprefix(f"whistle-{whistle.kind}-"): clock for clock in found}


# kind, sounded, step → due: hours run round the clock, days are working days and end at midnight (domain §6)
LIMITS = [
    ("emergency", "2026-10-02T02:10:00", {"sign": "2026-10-02T02:20:00", "check-in": "2026-10-02T02:40:00"}),
    (
        "enforcement",
        "2026-09-14T10:00:00",
        {"sign": "2026-09-14T11:00:00", "contact": "2026-09-15T10:00:00", "check-in": "2026-09-14T10:30:00"},
    ),
    (
        "routine",
        "2026-09-14T10:00:00",
        {
            "sign": "2026-09-14T11:00:00",
            "contact": "2026-09-15T10:00:00",
            "check-in": "2026-09-18T00:00:00",
            "close": "2026-09-29T00:00:00",
        },
    ),
    ("tough", "2026-09-29T16:00:00", {"sign": "2026-09-29T17:00:00", "contact": "2026-09-30T16:00:00", "check-in": "2026-10-13T00:00:00"}),
]


@pytest.mark.parametrize(("kind", "at", "wanted"), LIMITS, ids=[row[0] for row in LIMITS])
def test_each_kinds_limits(timed, kind, at, wanted):
    whistle = drive.sounded(timed, city(at), kind)
    for unit in (drive.LEAD, drive.HELPER):
        assert {step: clock.due_at for step, clock in clocks(timed, whistle, unit).items()} == {
            step: city(due) for step, due in wanted.items()
        }
    row = drive.of(timed, whistle, "power")
    assert (row.sign_due_at, row.check_in_due_at) == (city(wanted["sign"]), city(wanted["check-in"]))


def test_the_street_sets_the_hour(timed, now):
    enforcement = drive.sounded(timed, now, "enforcement", meet_at=now + 5 * HOUR)
    assert clocks(timed, enforcement)["check-in"].due_at == now + 5 * HOUR
    routine = drive.sounded(timed, now, meet_at=now + 20 * HOUR)
    assert clocks(timed, routine)["check-in"].due_at == now + 20 * HOUR
    far = drive.sounded(timed, now, meet_at=now + 200 * HOUR)
    assert clocks(timed, far)["check-in"].due_at == city("2026-09-18T00:00:00"), "not later than the limit"


def test_arriving_counts_as_signed_and_contacted(timed, now):
    whistle = drive.sounded(timed, now)
    drive.arrive(timed, whistle, "power", now + HOUR / 2)
    assert {step: clock.stop_reason for step, clock in clocks(timed, whistle).items()} == {
        "sign": "met",
        "contact": "met",
        "check-in": "met",
        "close": None,
    }
    assert all(clock.stop_reason is None for clock in clocks(timed, whistle, "urban").values())


def test_a_no_show_is_in_the_ledger_at_the_limit_and_the_district_knows(timed, now):
    whistle = drive.sounded(timed, now, "emergency")
    drive.arrive(timed, whistle, "urban", now + 18 * MINUTE)
    swept = sweep_batch(timed, now + 30 * MINUTE)
    entry = timed.scalars(sa.select(LedgerEntry).where(LedgerEntry.whistle_id == whistle.id, LedgerEntry.level == "E6")).one()
    assert (entry.card, entry.ticket_id, entry.unit_id) == ("red", None, drive.of(timed, whistle, "power").unit_id)
    told = {item.account_id for item in notices_of(swept.taken) if any(part.level == "E6" for part in item.items)}
    assert {factories.person(timed, name, now).account_id for name in ("power.head", "east.head", "dongmen.head", "supervisor1")} <= told
    assert mark_due(timed, now + 31 * MINUTE) == 1
    assert drive.of(timed, whistle, "power").state == "no-show"
    assert mark_due(timed, now + 32 * MINUTE) == 0
    assert sweep_batch(timed, now + 31 * MINUTE).steps == 0
    drive.arrive(timed, whistle, "power", now + 45 * MINUTE)
    late = clocks(timed, whistle)["check-in"]
    assert (late.stop_reason, late.breached_at) == ("late", now + 30 * MINUTE)
    assert entry.closed_at is None, "coming late clears no level above 通报"


def test_every_rung_is_taken_once(timed, now):
    whistle = drive.sounded(timed, now, "emergency")
    for minute in (5, 9, 16, 31, 31):
        sweep_batch(timed, now + minute * MINUTE)
    steps = timed.execute(
        sa.select(EscalationStep.code, EscalationStep.step).where(
            EscalationStep.whistle_id == whistle.id, EscalationStep.unit_id == drive.of(timed, whistle, "power").unit_id
        )
    ).all()
    assert len(set(steps)) == len(steps) == 6


def test_ratifying_stops_its_clock_in_a_day(timed, now):
    whistle = drive.sounded(timed, now, "emergency")
    clock = timed.scalars(sa.select(Clock).where(Clock.whistle_id == whistle.id, Clock.code == "whistle-ratify")).one()
    assert clock.due_at == now + 24 * HOUR
    whistles.approve(timed, whistle, True, "", drive.person(timed, "dongmen.head", now), now + HOUR)
    drive.follow(timed)
    assert clock.stop_reason == "met"


def test_release_lets_off_what_is_not_late_and_keeps_what_is(timed, now):
    whistle = drive.sounded(timed, now)
    drive.let_go(timed, whistle, now + 2 * HOUR)
    assert {step: clock.stop_reason for step, clock in clocks(timed, whistle).items()} == {
        "sign": "late",
        "contact": "released",
        "check-in": "released",
        "close": "met",
    }
    assert whistle.status == "closed", "nobody came and nobody should have: nothing is left to grade"


def test_withdrawing_and_an_upheld_objection_cancel(timed, now):
    whistle = drive.sounded(timed, now)
    row = drive.of(timed, whistle, "power")
    summons.object_to(timed, whistle, row, "不归我们管", drive.person(timed, "power.head", now), now)
    summons.decide_objection(timed, whistle, row, True, "确不归它", drive.person(timed, "dispatcher1", now), now)
    drive.follow(timed)
    assert {clock.stop_reason for clock in clocks(timed, whistle).values()} == {"cancelled"}
    whistles.withdraw(timed, whistle, "社区自己处理了", drive.person(timed, "dongmen.head", now), now)
    drive.follow(timed)
    assert timed.scalar(sa.select(sa.func.count()).where(Clock.whistle_id == whistle.id, Clock.stopped_at.is_(None))) == 0


@pytest.mark.parametrize(("days", "allowed"), [(9, True), (11, False)])
def test_fault_finding_within_ten_working_days(timed, now, days, allowed):
    whistle = drive.in_status(timed, "closed", now)
    closed = whistle.closed_at
    at = {9: city("2026-09-27T10:00:00"), 11: city("2026-09-30T10:00:00")}[
        days
    ]  # the 20th is worked, the 25th to 27th are not: the tenth is the 28th
    window = timed.scalars(sa.select(Clock).where(Clock.whistle_id == whistle.id, Clock.code == "whistle-reopen")).one()
    assert (at <= window.due_at) is allowed
    head = drive.person(timed, "dongmen.head", at)
    if not allowed:
        grading.reopen(timed, whistle, "又返水了", head, at)
        with pytest.raises(WrongState):
            drive.follow(timed)
        return
    grading.reopen(timed, whistle, "又返水了", head, at)
    drive.follow(timed)
    assert (whistle.status, whistle.round, whistle.closed_at) == ("sounded", 2, None)
    assert clocks(timed, whistle)["sign"].due_at == at + HOUR
    assert closed == timed.scalar(sa.select(grading.Reopening.closed_before).where(grading.Reopening.whistle_id == whistle.id))


def test_the_citizens_clocks_are_untouched(timed, happen, now):
    ticket = factories.a_ticket(timed, now, "handling")
    happen()
    due = ticket.due_at
    whistle = drive.sounded(timed, now + HOUR, tickets=(ticket.number,))
    drive.arrive(timed, whistle, "urban", now + 2 * HOUR)
    drive.let_go(timed, whistle, now + 3 * HOUR)
    assert timed.get(Ticket, ticket.id).due_at == due
    assert not timed.scalar(sa.select(sa.func.count()).where(Clock.ticket_id == ticket.id, Clock.whistle_id.is_not(None)))


@pytest.mark.parametrize("kind", sorted(LIMITS_AGAIN))
def test_each_kinds_limits_equal_counting_day_by_day(timed, calendar, kind):
    """The same table written a second time, and a reference that only adds minutes or steps over the calendar."""
    for instant in (
        "2026-01-01T00:00:00",
        "2026-02-13T23:59:59",
        "2026-04-04T08:00:00",
        "2026-09-19T12:00:00",
        "2026-09-20T17:30:00",
        "2026-09-24T23:50:00",
        "2026-10-01T02:10:00",
        "2026-10-10T09:00:00",
        "2026-12-30T16:00:00",
    ):
        at = city(instant)
        found = clocks(timed, drive.sounded(timed, at, kind))
        assert {step: clock.due_at for step, clock in found.items()} == {
            step: due_of(calendar, kind, step, at) for step in LIMITS_AGAIN[kind]
        }, instant
