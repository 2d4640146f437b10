"""The figures of the report `whistles` (domain §10, R60): callings and whistles of a period, by department, street and kind. Reads only.

A calling is one department called in one round of a whistle; it is counted in the period in which it was called, once. What the figures
are is whistle_figures.py's, how they look on paper app/reports'.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.models import Clock
from escalation.whistle_figures import CANCELLED, LATE, ON_TIME, OVERDUE, PENDING, RELEASED, STEPS, Blown, Calling, Part, Step, Whistles
from tickets import whistle_codes as codes
from tickets.grading import Grade
from tickets.models import Ticket
from tickets.organisations import Unit
from tickets.whistle_events import WhistleEvent
from tickets.whistle_models import CheckIn, Reopening, Score, Whistle, WhistleRating


def whistles(session: Session, asked: Part, now: datetime) -> Whistles:
    """The report as of `now` (aware UTC); five statements."""
    streets = {row.id: row.region_code for row in session.execute(sa.select(Unit.id, Unit.region_code).where(Unit.kind == "street"))}
    return Whistles(
        asked, now, _steps(session, asked, now), _callings(session, asked, now), _blown(session, asked), _tickets(session, asked, streets)
    )


def _of(asked: Part) -> list:
    tests = [Whistle.kind == asked.kind] if asked.kind else []
    return tests + ([Whistle.street_id == asked.street] if asked.street is not None else [])


def called_in(asked: Part) -> list:
    return [
        Clock.whistle_id.is_not(None),
        Clock.summons_id.is_not(None),
        Clock.started_at >= asked.begins,
        Clock.started_at < asked.ends,
        *_of(asked),
    ]


def outcome_at(now: datetime):
    """What became of a duty, as SQL; late stays late."""
    broken = sa.or_(Clock.breached_at.is_not(None), Clock.stopped_at > Clock.due_at)
    return sa.case(
        (Clock.stop_reason == "cancelled", CANCELLED),
        (sa.and_(Clock.stopped_at.is_not(None), broken), LATE),
        (Clock.stop_reason == "released", RELEASED),
        (Clock.stopped_at.is_not(None), ON_TIME),
        (sa.and_(Clock.breached_at.is_(None), Clock.due_at >= now), PENDING),
        else_=OVERDUE,
    )


def _steps(session: Session, asked: Part, now: datetime) -> dict[tuple[int, str, int, str], Step]:
    key = (Whistle.street_id, Whistle.kind, Clock.owner_unit_id, Clock.code, outcome_at(now))
    found: dict[tuple[int, str, int, str], Step] = {}
    for street, kind, unit, code, outcome, n in session.execute(
        sa.select(*key, sa.func.count()).join(Whistle, Whistle.id == Clock.whistle_id).where(*called_in(asked)).group_by(*key)
    ):
        step = code.removeprefix(f"whistle-{kind}-")
        if step in STEPS:
            one = found.setdefault((street, kind, unit, step), Step())
            setattr(one, outcome, getattr(one, outcome) + n)
    return found


def callings_of(asked: Part, now: datetime, *columns):
    """One row a calling: `columns` of its clock and its whistle, then what became of it, its arrival, its grade (SQL).

    A calling is its check-in clock: every kind has one. Its round: one more than the 找茬 before it.
    """
    before = _reopened_until(Clock.started_at)
    return (
        sa.select(*columns, outcome_at(now), CheckIn, Score)
        .join(Whistle, Whistle.id == Clock.whistle_id)
        .outerjoin(CheckIn, sa.and_(CheckIn.summons_id == Clock.summons_id, CheckIn.round == before + 1))
        .outerjoin(Score, sa.and_(Score.summons_id == Clock.summons_id, Score.round == before + 1))
        .where(*called_in(asked), Clock.code.like("whistle-%-check-in"))
    )


def _reopened_until(instant):
    """How often the clock's whistle had been reopened by then (SQL): the round it was in, from nought."""
    return (
        sa.select(sa.func.count())
        .where(Reopening.whistle_id == Clock.whistle_id, Reopening.at <= instant)
        .correlate_except(Reopening)
        .scalar_subquery()
    )


def _led_grade():
    """What the lead gave this department in this round, once at most (SQL); a 找茬 clears it from the summons, its event stays."""
    said = WhistleEvent.data
    return (
        sa.select(said["score"].as_integer())
        .where(
            WhistleEvent.whistle_id == Clock.whistle_id,
            WhistleEvent.kind == "rate-assistant",
            said["unit_id"].as_integer() == Clock.owner_unit_id,
            _reopened_until(WhistleEvent.at) == _reopened_until(Clock.started_at),
        )
        .correlate(Clock)
        .scalar_subquery()
    )


def _callings(session: Session, asked: Part, now: datetime) -> dict[tuple[int, str, int], Calling]:
    wanted = callings_of(asked, now, Whistle.street_id, Whistle.kind, Clock.owner_unit_id, Clock.started_at, Clock.due_at, _led_grade())
    found: dict[tuple[int, str, int], Calling] = {}
    for street, kind, unit, started_at, due_at, led, outcome, arrival, score in session.execute(wanted):
        one = found.setdefault((street, kind, unit), Calling())
        if outcome == CANCELLED:
            continue
        one.called += 1
        if arrival is not None:
            _came(one, arrival, started_at, due_at)
        elif outcome in (LATE, OVERDUE):
            one.absent += 1
        if score is not None:
            _graded(one, score)
        if led is not None:
            one.led += 1
            one.led_points += led
    return found


def _came(one: Calling, arrival: CheckIn, started_at: datetime, due_at: datetime) -> None:
    one.came += 1
    one.came_late += arrival.at > due_at
    if arrival.how == "remote":
        one.remote += 1
    else:
        one.on_site += 1
        one.minutes += int((arrival.at - started_at).total_seconds() // 60)


def _graded(one: Calling, score: Score) -> None:
    given = Grade(score.speed, score.handling, score.result, score.bonus)
    one.graded += 1
    one.points += given.total
    one.final += Grade(**score.revised).total if score.revised else given.total
    one.low += given.low
    one.appealed += score.appealed_at is not None
    one.upheld += score.appeal_decision == "accept"


def first_sounded():
    """First sounding (SQL): at triage; an emergency sounds as it is drafted. A 找茬 moves sounded_at, these two never."""
    return sa.case((Whistle.kind == codes.EMERGENCY, Whistle.created_at), else_=Whistle.triaged_at)


def _blown(session: Session, asked: Part) -> dict[tuple[int, str], Blown]:
    first = first_sounded()

    def within(instant):
        return sa.and_(instant >= asked.begins, instant < asked.ends)

    said = (
        sa.select(sa.func.count().label("rated"), sa.func.coalesce(sa.func.sum(WhistleRating.score), 0).label("points"))
        .where(WhistleRating.whistle_id == Whistle.id)
        .correlate(Whistle)
        .lateral()
    )
    wanted = (
        sa.select(
            Whistle.street_id,
            Whistle.kind,
            within(Whistle.created_at).label("made"),
            sa.func.coalesce(within(first), sa.false()).label("rang"),
            first.label("rang_at"),
            Whistle.status,
            Whistle.sent_back,
            Whistle.round,
            Whistle.released_at,
            *said.c,
        )
        .join(said, sa.true())
        .where(sa.or_(within(Whistle.created_at), within(first)), *_of(asked))
    )
    found: dict[tuple[int, str], Blown] = {}
    for row in session.execute(wanted):
        one = found.setdefault((row.street_id, row.kind), Blown())
        one.blown += row.made
        one.returned += row.made and row.sent_back > 0
        if row.rang:
            _sounded(one, row)
    return found


def _sounded(one: Blown, row: sa.Row) -> None:
    one.sounded += 1
    one.withdrawn += row.status == "withdrawn"
    one.closed += row.status == "closed"
    one.reopened += row.round > 1
    one.rated += row.rated
    one.rated_points += row.points
    if row.released_at is not None:
        one.joint += 1
        one.joint_hours += int((row.released_at - row.rang_at).total_seconds() // 3600)


def _tickets(session: Session, asked: Part, streets: dict[int, str | None]) -> dict[int, int]:
    """Tickets received in each street's area in the period: what the whistle rate is divided by."""
    wanted = (
        sa.select(Ticket.region_code, sa.func.count())
        .where(Ticket.received_at >= asked.begins, Ticket.received_at < asked.ends)
        .group_by(Ticket.region_code)
    )
    counted = [(region or "", n) for region, n in session.execute(wanted)]
    shown = streets if asked.street is None else {asked.street: streets.get(asked.street)}
    return {street: sum(n for region, n in counted if region.startswith(area)) for street, area in shown.items() if area}
