"""Daily sums equal a slow recount from events and are the same counted anew; a frozen month never moves and says what changed after."""

from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app import figuring
from app.clock import CITY_ZONE
from app.errors import WrongState
from escalation.metrics import asking, months, rollup
from escalation.metrics.asking import Period
from escalation.metrics.behind import hidden_behind, tickets_behind
from escalation.metrics.figures import FIGURES
from escalation.metrics.tables import days, facts
from tests import factories
from tests.escalation.slow_figures import recount
from tests.tickets.drive import in_state
from tickets import answering, exclusions, handling
from tickets.awareness import Survey
from tickets.codes import STATUSES

FIRST = datetime(2026, 9, 1, 9, 0, tzinfo=CITY_ZONE)
LATER = datetime(2026, 10, 20, 9, 0, tzinfo=CITY_ZONE)
SEPTEMBER = date(2026, 9, 1)


def no_others(*_asked):
    return {}


def sums(session) -> dict:
    """(figure, day, unit, channel) → n, as the slow recount gives them."""
    keys = days.c.day, days.c.unit_id, days.c.channel
    rows = session.execute(sa.select(*keys, *(sa.func.sum(days.c[name]) for name in FIGURES)).group_by(*keys))
    return {(name, *row[:3]): n for row in rows for name, n in zip(FIGURES, row[3:], strict=True) if n}


def everything(session) -> list:
    return session.execute(sa.select(days).order_by(*(days.c[key] for key in ("day", "unit_id", "category_id", "channel")))).all()


@pytest.fixture
def crowd(timed, happen):
    """A ticket in every state there is, with one repeat of a closed matter."""
    for hours, status in enumerate(STATUSES):
        in_state(timed, status, FIRST + timedelta(hours=hours))
        happen()
    before = factories.a_ticket(timed, FIRST, "closed")
    factories.a_ticket(timed, FIRST + timedelta(days=9), previous=before.number)
    happen()
    return timed


def test_the_daily_sums_equal_a_slow_recount_and_are_the_same_counted_anew(crowd, happen):
    rollup.refresh(crowd, FIRST)
    assert sums(crowd) == recount(crowd)
    ticket = factories.a_ticket(crowd, FIRST + timedelta(days=1), "handling")
    happen()
    rollup.refresh(crowd, FIRST + timedelta(days=1))
    handling.reply(crowd, ticket, factories.person(crowd, "urban.head", LATER), LATER, **factories.a_reply())
    happen()
    rollup.refresh(crowd, LATER)
    kept = everything(crowd)
    assert (sums(crowd), rollup.differences(crowd)) == (recount(crowd), 0)
    rollup.rebuild(crowd, LATER)
    assert everything(crowd) == kept


def test_what_the_log_lost_the_night_finds(crowd):
    rollup.refresh(crowd, FIRST)
    kept = everything(crowd)
    crowd.execute(sa.update(facts).values(version=facts.c.version - 1).where(facts.c.ticket_id % 2 == 0))
    crowd.execute(sa.text("UPDATE metric_marks SET sure = last WHERE name = 'events'"))
    assert rollup.catch_up(crowd, FIRST + timedelta(days=1)) > 0
    assert (everything(crowd), rollup.differences(crowd)) == (kept, 0)


def test_a_limit_counts_from_the_day_after_it_fell_due(timed, happen):
    factories.a_ticket(timed, FIRST, "handling")  # five working days: 8 September 24:00
    happen()
    rollup.refresh(timed, FIRST)
    asked = Period(SEPTEMBER, date(2026, 9, 30))
    on_the_day = asking.total(asking.figures_by(timed, asked, FIRST + timedelta(days=7), asking.BY_UNIT))
    after = asking.total(asking.figures_by(timed, asked, FIRST + timedelta(days=8), asking.BY_UNIT))
    assert (on_the_day["received"], on_the_day["due"], after["due"], after["overdue"]) == (1, 0, 1, 1)


@pytest.fixture
def frozen(timed, happen):
    """September with four tickets, frozen on the fifth of October: two closed in time, one open and overdue, one waiting for its call back."""
    made = {
        "closed": factories.a_ticket(timed, FIRST, "closed"),
        "to-exclude": factories.a_ticket(timed, FIRST, "closed"),
        "late": factories.a_ticket(timed, FIRST, "handling"),
        "to-reopen": factories.a_ticket(timed, FIRST, "follow-up"),
    }
    happen()
    rollup.refresh(timed, FIRST + timedelta(days=2))
    months.freeze(timed, SEPTEMBER, no_others, datetime(2026, 10, 5, tzinfo=CITY_ZONE))
    return made


def _close_late(session, made):
    handling.reply(session, made["late"], factories.person(session, "urban.head", LATER), LATER, **factories.a_reply())
    answering.review(session, made["late"], True, factories.person(session, "auditor1", LATER), LATER)
    answering.follow_up(
        session, made["late"], factories.person(session, "followup1", LATER), LATER, reached=True, outcome="close", satisfied=4
    )


def _exclude(session, made):
    row = exclusions.ask(
        session,
        made["to-exclude"],
        "wrongly-dispatched",
        "三定方案没有此项职责",
        "三定方案第 3 页附后",
        factories.person(session, "urban.liaison", LATER),
        LATER,
    )
    session.flush()
    exclusions.review(session, made["to-exclude"], row, True, "属实", factories.person(session, "auditor1", LATER), LATER)
    exclusions.review(session, made["to-exclude"], row, True, "同意", factories.person(session, "supervisor1", LATER), LATER)


def _rate_again(session, made):
    answering.rate(session, made["closed"], 1, LATER)


def _reopen(session, made):
    answering.follow_up(
        session, made["to-reopen"], factories.person(session, "followup1", LATER), LATER, reached=True, outcome="rework", words="又返水了"
    )


@pytest.mark.parametrize(
    ("change", "moved"),
    [
        (_close_late, {("overdue", 1, 0), ("closed_late", 0, 1), ("outcome_open", 1, 0), ("outcome_closed", 0, 1)}),
        (_exclude, {("due", 1, 0), ("excluded_wrong", 0, 1), ("closed_on_time", 1, 0)}),
        (_rate_again, {("dissatisfied", 0, 1), ("rated", 0, 1)}),
        (_reopen, {("answered", 1, 0), ("reworking", 0, 1), ("reworked", 0, 1)}),
    ],
    ids=["closing late", "excluding", "rating again", "reopening"],
)
def test_after_the_freeze_no_figure_moves_and_the_change_is_written_down(timed, happen, frozen, change, moved):
    asked = Period(SEPTEMBER, date(2026, 9, 30))
    before = asking.figures_by(timed, asked, LATER, asking.BY_UNIT)
    change(timed, frozen)
    happen()
    rollup.refresh(timed, LATER)
    assert asking.figures_by(timed, asked, LATER, asking.BY_UNIT) == before
    assert asking.figures_by(timed, Period(SEPTEMBER, date(2026, 9, 30), live=True), LATER, asking.BY_UNIT) != before
    rows, more = months.restated(timed, SEPTEMBER)
    assert moved <= {(row.figure, row.was, row.becomes) for row in rows}
    assert more is None
    assert all(row.at == LATER and row.by_name and row.number for row in rows)
    assert months.frozen_months(timed)[0][::2] == (SEPTEMBER, len(rows))


def test_a_month_is_frozen_once_at_its_cut_off_and_not_before_its_end(timed, happen, frozen):
    with pytest.raises(WrongState, match="已经冻结"):
        months.freeze(timed, SEPTEMBER, no_others, LATER)
    with pytest.raises(WrongState, match="还没过完"):
        months.freeze(timed, date(2026, 10, 1), no_others, LATER)
    factories.a_ticket(timed, LATER, "handling")
    happen()
    rollup.refresh(timed, LATER)
    assert months.freeze_due(timed, no_others, datetime(2026, 11, 4, 23, 59, tzinfo=CITY_ZONE)) == []
    assert months.freeze_due(timed, no_others, datetime(2026, 11, 5, tzinfo=CITY_ZONE)) == [date(2026, 10, 1)]


def test_every_figure_leads_to_its_tickets_for_those_who_may_read_them(crowd):
    rollup.refresh(crowd, FIRST)
    asked = Period(SEPTEMBER, date(2026, 9, 30))
    found = asking.total(asking.figures_by(crowd, asked, LATER, asking.BY_UNIT))
    for name in ("received", "due", "closed_on_time", "outcome_open", "sent", "invited"):
        rows, _more = tickets_behind(crowd, asked, (name,), LATER, sa.true())
        assert len(rows) == len({row.id for row in rows}) <= found[name], name
        assert rows or not found[name], name
    assert tickets_behind(crowd, asked, ("received",), LATER, sa.false()) == ([], None)
    assert hidden_behind(crowd, asked, ("received",), LATER, sa.false()) == found["received"]


def test_a_survey_that_comes_late_restates_its_month_and_so_does_its_correction(timed, happen, frozen):
    """R76, domain §10: what was frozen never moves; a survey of another month moves nothing."""
    publisher, before = factories.person(timed, "publisher1", LATER), asking.frozen_month(timed, SEPTEMBER)
    late = Survey(date(2026, 8, 28), date(2026, 9, 2), 500, 300, "入户调查")
    row, restated = figuring.enter_survey(timed, late, publisher, LATER)
    assert restated == [SEPTEMBER]
    fixed, restated = figuring.enter_survey(timed, late._replace(aware=310), publisher, LATER, row.id, "漏计了")
    assert restated == [SEPTEMBER]
    _august, restated = figuring.enter_survey(timed, late._replace(last_on=date(2026, 8, 31)), publisher, LATER, fixed.id, "日子录错了")
    assert restated == [SEPTEMBER], "August was never frozen"
    assert figuring.enter_survey(timed, late._replace(source="再问一次", last_on=date(2026, 10, 2)), publisher, LATER)[1] == []
    told = [(one.figure.removeprefix("awareness_"), one.was, one.becomes, one.number) for one in months.restated(timed, SEPTEMBER)[0]]
    assert told == [
        ("asked", 0, 500, ""),
        ("aware", 0, 300, ""),
        ("aware", 300, 310, ""),
        ("asked", 500, 0, ""),
        ("aware", 310, 0, ""),
    ]
    assert asking.frozen_month(timed, SEPTEMBER) == before
