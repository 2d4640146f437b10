"""The report `escalations`: every figure equals a slow recount made another way; denominators, exclusions, what is open and overdue."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE, local
from app.errors import Invalid
from escalation import reports
from escalation.models import Clock, EscalationStep, LedgerEntry, LimitRow
from escalation.reports import CENTRE, CITIZEN, Asked
from escalation.sweep import sweep_batch
from tests import factories
from tickets.organisations import Unit

DAY = timedelta(days=1)
MARCH = Asked(date(2026, 3, 1), date(2026, 3, 31))
NOW = datetime(2026, 3, 25, 10, 30, tzinfo=CITY_ZONE)


@pytest.fixture
def crowd(timed, happen):
    """400 clocks of every owner and fate around March, a third of them due exactly at a midnight."""
    rng = random.Random(26)
    tickets = [factories.a_ticket(timed, NOW - 40 * DAY, "dispatched", urgency="urgent") for _ in range(4)]
    happen()
    timed.execute(sa.delete(Clock))
    owners = [
        (unit, limit)
        for limit in timed.scalars(
            sa.select(LimitRow).where(LimitRow.code.in_(("sign", "general-reply", "dispatch", "first-contact", "return-window")))
        )
        for unit in ([*timed.scalars(sa.select(Unit.id).where(Unit.code.in_(("urban", "water"))))] if limit.owner == "unit" else [None])
    ]
    for n in range(400):
        unit, limit = rng.choice(owners)
        due = datetime(2026, 2, 20, tzinfo=CITY_ZONE) + timedelta(days=rng.randrange(45), minutes=rng.choice((0, rng.randrange(1440))))
        fate = rng.choice(("met", "late", "cancelled", "released", "running", "paused"))
        breached = fate == "late" or (due < NOW and rng.random() < 0.5 and fate != "met")
        stopped = (
            None
            if fate in ("running", "paused")
            else due + timedelta(minutes=rng.choice((1, 20, 300, 5000, 20000)))
            if breached
            else due - DAY
        )
        timed.add(
            Clock(
                ticket_id=rng.choice(tickets).id,
                code=limit.code if stopped else f"{limit.code}-{n}",
                kind=limit.kind,
                limit_id=limit.id,
                owner_unit_id=unit,
                length=1,
                unit="minutes",
                started_at=due - 3 * DAY,
                due_at=due,
                provisional=False,
                extended_by=0,
                short=False,
                paused_at=due - DAY if fate == "paused" else None,
                stopped_at=stopped,
                stop_reason=fate if stopped else None,
                breached_at=due if breached else None,
                steps_done=[],
            )
        )
    timed.flush()
    return timed


def slowly(session, asked, now):
    """The same figures one clock at a time: (owner, code) → Counter of outcomes, lateness buckets, day → Counter."""
    rows, buckets, days = {}, Counter(), {}
    limits = {limit.id: limit for limit in session.scalars(sa.select(LimitRow))}
    for clock in session.scalars(sa.select(Clock)):
        day = local(clock.due_at - timedelta(seconds=1)).date()
        if clock.kind in ("window", "rule") or day > asked.until:
            continue
        open_late = clock.stopped_at is None and clock.due_at < now and not (clock.paused_at and not clock.breached_at)
        if day < asked.since and not open_late:
            continue
        if clock.stop_reason == "cancelled":
            fate = "cancelled"
        elif clock.stopped_at:
            fate = (
                "late"
                if clock.breached_at or clock.stopped_at > clock.due_at
                else "released"
                if clock.stop_reason == "released"
                else "on_time"
            )
        elif open_late or clock.breached_at:
            fate = "overdue" if day >= asked.since else "carried"
        else:
            fate = "paused" if clock.paused_at else "pending"
        owner = clock.owner_unit_id or (CITIZEN if limits[clock.limit_id].owner == "ticket" else CENTRE)
        rows.setdefault((owner, clock.code), Counter())[fate] += 1
        if day >= asked.since:
            days.setdefault(day, Counter())[fate] += 1
        if fate in ("late", "overdue"):
            minutes = ((clock.stopped_at or now) - clock.due_at).total_seconds() / 60
            buckets[sum(minutes > edge for edge in reports.LATE_BY)] += 1
    return rows, buckets, days


def fates(tally) -> dict:
    return {name: n for name in reports.OUTCOMES if (n := getattr(tally, name))}


def test_it_equals_a_slow_recount(crowd):
    found = reports.escalations(crowd, MARCH, NOW)
    rows, buckets, days = slowly(crowd, MARCH, NOW)
    assert {key: fates(tally) for key, tally in found.clocks.items()} == {key: dict(count) for key, count in rows.items()}
    assert found.total().late_by == [buckets[at] for at in range(len(reports.LATE_BY) + 1)]
    assert {day: fates(tally) for day, tally in found.days.items()} == {day: dict(count) for day, count in days.items()}
    assert set(sum(rows.values(), Counter())) == set(reports.OUTCOMES), "the crowd has every fate"


def test_every_breakdown_adds_up_to_the_whole(crowd):
    found = reports.escalations(crowd, MARCH, NOW)
    for part in (found.by_owner(), found.by_limit()):
        assert sum(tally.counted for tally in part.values()) == found.total().counted
        assert sum(tally.standing for tally in part.values()) == found.total().standing
    assert sum(tally.counted for tally in found.days.values()) == found.total().counted


def test_a_part_is_the_whole_narrowed(crowd):
    whole = reports.escalations(crowd, MARCH, NOW)
    urban = crowd.scalar(sa.select(Unit.id).where(Unit.code == "urban"))
    for owners in ((urban,), (CENTRE,), (CITIZEN,), (urban, CENTRE)):
        part = reports.escalations(crowd, Asked(MARCH.since, MARCH.until, owners), NOW)
        assert part.clocks == {key: tally for key, tally in whole.clocks.items() if key[0] in owners}
    signing = reports.escalations(crowd, Asked(MARCH.since, MARCH.until, code="sign"), NOW)
    assert signing.clocks == {key: tally for key, tally in whole.clocks.items() if key[1] == "sign"}


def test_every_figure_leads_to_its_clocks(crowd):
    found = reports.escalations(crowd, MARCH, NOW)
    for name in reports.OUTCOMES:
        seen, after = [], 0
        while after is not None:
            rows, after = reports.clocks_behind(crowd, MARCH, NOW, sa.true(), (name,), after=after)
            seen += [clock.id for clock, *_ in rows]
        assert len(seen) == len(set(seen)) == getattr(found.total(), name)
    for at, n in enumerate(found.total().late_by):
        rows, _ = reports.clocks_behind(crowd, MARCH, NOW, sa.true(), ("late", "overdue"), bucket=at)
        assert len(rows) == min(n, reports.PAGE)
    day, tally = next((day, tally) for day, tally in found.days.items() if tally.on_time)
    rows, _ = reports.clocks_behind(crowd, MARCH, NOW, sa.true(), ("on_time",), day=day)
    assert len(rows) == tally.on_time


def test_the_open_and_overdue_is_in_the_denominator_and_never_waits_itself_out(timed, happen):
    """Trap: a rate that leaves out what is open and overdue gets better by doing nothing (Austin)."""
    ticket = factories.a_ticket(timed, NOW - 2 * DAY, "dispatched", urgency="urgent")
    happen()
    timed.flush()
    day = Asked(local(NOW - 2 * DAY).date(), local(NOW - 2 * DAY).date())
    sign = reports.escalations(timed, day, NOW).by_limit()["sign"]
    assert (sign.counted, sign.on_time, sign.overdue, sign.rate) == (1, 0, 1, 0.0)
    later = reports.escalations(timed, Asked(local(NOW).date(), local(NOW).date(), code="sign"), NOW).total()
    assert (later.counted, later.rate, later.standing) == (0, None, 1), "due earlier, still standing today"
    assert ticket.lead_unit_id in reports.escalations(timed, day, NOW).by_owner()


def test_nothing_due_is_no_rate(timed):
    assert reports.escalations(timed, Asked(date(2019, 1, 1), date(2019, 1, 31)), NOW).total().rate is None


def test_the_last_minute_of_a_day_is_that_day(crowd):
    """Trap: weekday tested in UTC (Signalen). Due at 24:00 of the 31st is March, due at 0:00 UTC of it is too."""
    edge = [clock.id for clock in crowd.scalars(sa.select(Clock).where(Clock.due_at == datetime(2026, 4, 1, tzinfo=CITY_ZONE)))]
    seen = {
        clock.id
        for outcome in reports.OUTCOMES
        for clock, *_ in reports.clocks_behind(crowd, Asked(date(2026, 3, 31), date(2026, 3, 31)), NOW, sa.true(), (outcome,))[0]
    }
    assert set(edge) - seen <= {clock.id for clock in crowd.scalars(sa.select(Clock).where(Clock.kind == "window"))}
    assert edge


def test_steps_with_their_cards(timed, happen, now):
    ticket = factories.a_ticket(timed, now, "handling")
    happen()
    timed.flush()
    for at in (ticket.due_at - DAY, ticket.due_at + DAY):
        sweep_batch(timed, at)
        timed.expire_all()
    found = reports.escalations(timed, Asked(local(now).date(), local(ticket.due_at + DAY).date()), ticket.due_at + 2 * DAY)
    rows = list(timed.scalars(sa.select(EscalationStep)))
    assert {key: one.taken for key, one in found.by_step().items()} == Counter((row.level, row.step) for row in rows)
    assert sum(one.late for one in found.by_step().values()) == sum(row.late for row in rows)
    cards = list(timed.scalars(sa.select(LedgerEntry)))
    assert sum(one.cards for one in found.steps.values()) == len(cards) == sum(one.open for one in found.steps.values())
    assert found.levels_of()[ticket.lead_unit_id]["E1"] == sum(row.level == "E1" for row in rows if row.unit_id == ticket.lead_unit_id)
    listed, more = reports.steps_behind(timed, found.asked, sa.true(), level="E1")
    assert (len(listed), more) == (sum(row.level == "E1" for row in rows), None)
    assert {
        step.unit_id
        for step, *_ in reports.steps_behind(timed, Asked(found.asked.since, found.asked.until, (ticket.lead_unit_id,)), sa.true())[0]
    } == {ticket.lead_unit_id}


@pytest.mark.parametrize(("since", "until"), [(date(2026, 3, 2), date(2026, 3, 1)), (date(2025, 1, 1), date(2026, 3, 1))])
def test_an_impossible_period_is_refused(since, until):
    with pytest.raises(Invalid):
        Asked(since, until)


def test_it_is_two_statements(crowd, statements):
    with statements() as seen:
        reports.escalations(crowd, MARCH, NOW)
    assert len([words for words in seen if not words.startswith("SAVEPOINT")]) == 2
