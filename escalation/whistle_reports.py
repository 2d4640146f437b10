"""The figures of the report `whistles` (domain §10, R60): callings and whistles of a period, by department, street and kind. Reads only.

A calling is one department called in one round of a whistle; it is counted in the period in which it was called, once. How it looks on
paper is app/reports'.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.models import Clock
from escalation.reports import Asked
from tickets import whistle_codes as codes
from tickets.grading import Grade
from tickets.models import Ticket
from tickets.organisations import Unit
from tickets.whistle_events import WhistleEvent
from tickets.whistle_models import CheckIn, Reopening, Score, Whistle, WhistleRating

STEPS = ("sign", "contact", "check-in", "close")
ON_TIME, LATE, OVERDUE, PENDING, CANCELLED, RELEASED = OUTCOMES = ("on_time", "late", "overdue", "pending", "cancelled", "released")


@dataclass(frozen=True, slots=True)
class Part(Asked):
    """Days `since` to `until` inclusive; `kind` "" = every kind, `street` None = every street."""

    kind: str = ""
    street: int | None = None


@dataclass(slots=True)
class Step:
    """One kind of duty (sign, contact, …). Late = ended after due; overdue = open past due; apart: not due yet, cancelled, let off in time."""

    on_time: int = 0
    late: int = 0
    overdue: int = 0
    pending: int = 0
    cancelled: int = 0
    released: int = 0

    @property
    def due(self) -> int:
        return self.on_time + self.late + self.overdue

    @property
    def rate(self) -> float | None:
        return share(self.on_time, self.due)


@dataclass(slots=True)
class Calling:
    """Departments called: who came, late or never; minutes to the place (remote arrivals have none); the street's grades, out of 100.

    `points` are as first given, `final` as they stand after appeals. `led`: how many the lead graded as its assistants (R42), `led_points`
    its 1–5 in sum.
    """

    called: int = 0
    came: int = 0
    came_late: int = 0
    absent: int = 0
    remote: int = 0
    on_site: int = 0
    minutes: int = 0
    graded: int = 0
    points: int = 0
    final: int = 0
    low: int = 0
    appealed: int = 0
    upheld: int = 0
    led: int = 0
    led_points: int = 0

    @property
    def mean_minutes(self) -> float | None:
        return share(self.minutes, self.on_site)

    @property
    def mean_points(self) -> float | None:
        return share(self.points, self.graded)

    @property
    def mean_final(self) -> float | None:
        return share(self.final, self.graded)

    @property
    def mean_led(self) -> float | None:
        return share(self.led_points, self.led)


@dataclass(slots=True)
class Blown:
    """Whistles: drafted in the period (`blown`, of them `returned` by the office), and those that first sounded in it. `joint`: how many had
    everybody released, after `joint_hours` in sum (whole hours) from the first sounding. `rated`: citizens of linked matters who gave
    their word (BJS §44), `rated_points` their 1–5 in sum."""

    blown: int = 0
    returned: int = 0
    sounded: int = 0
    withdrawn: int = 0
    closed: int = 0
    reopened: int = 0
    joint: int = 0
    joint_hours: int = 0
    rated: int = 0
    rated_points: int = 0

    @property
    def stood(self) -> int:
        """Sounded and not taken back: what can be closed."""
        return self.sounded - self.withdrawn

    @property
    def closing(self) -> float | None:
        return share(self.closed, self.stood)

    @property
    def mean_hours(self) -> float | None:
        return share(self.joint_hours, self.joint)

    @property
    def mean_rated(self) -> float | None:
        return share(self.rated_points, self.rated)


@dataclass(frozen=True, slots=True)
class Whistles:
    """The report as values. `steps`: (street, kind, unit, step); `callings`: (street, kind, unit); `blown`: (street, kind); `tickets`: street."""

    asked: Part
    as_of: datetime
    steps: dict[tuple[int, str, int, str], Step]
    callings: dict[tuple[int, str, int], Calling]
    blown: dict[tuple[int, str], Blown]
    tickets: dict[int, int]

    def steps_by(self, *places: int) -> dict[tuple, Step]:
        """Steps added up over the parts of the key that are not named: 0 street, 1 kind, 2 unit, 3 step."""
        return _fold(self.steps.items(), places, Step)

    def callings_by(self, *places: int) -> dict[tuple, Calling]:
        return _fold(self.callings.items(), places, Calling)

    def blown_by(self, *places: int) -> dict[tuple, Blown]:
        return _fold(self.blown.items(), places, Blown)


def whistles(session: Session, asked: Part, now: datetime) -> Whistles:
    """The report as of `now` (aware UTC); five statements."""
    streets = {row.id: row.region_code for row in session.execute(sa.select(Unit.id, Unit.region_code).where(Unit.kind == "street"))}
    return Whistles(
        asked, now, _steps(session, asked, now), _callings(session, asked, now), _blown(session, asked), _tickets(session, asked, streets)
    )


def share(above: int, below: int) -> float | None:
    """None over nothing: "—", not 100 % (domain §10)."""
    return above / below if below else None


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
        sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(WhistleRating.score), 0))
        .where(WhistleRating.whistle_id == Whistle.id)
        .correlate(Whistle)
        .lateral()
    )
    rated, points = said.c
    wanted = (
        sa.select(
            Whistle.street_id,
            Whistle.kind,
            within(Whistle.created_at),
            sa.func.coalesce(within(first), sa.false()),
            first,
            Whistle.status,
            Whistle.sent_back,
            Whistle.round,
            Whistle.released_at,
            rated,
            points,
        )
        .join(said, sa.true())
        .where(sa.or_(within(Whistle.created_at), within(first)), *_of(asked))
    )
    found: dict[tuple[int, str], Blown] = {}
    for street, kind, made, rang, rang_at, status, sent_back, turn, released_at, rated_n, rated_sum in session.execute(wanted):
        one = found.setdefault((street, kind), Blown())
        one.blown += made
        one.returned += made and sent_back > 0
        if rang:
            one.sounded += 1
            one.withdrawn += status == "withdrawn"
            one.closed += status == "closed"
            one.reopened += turn > 1
            one.rated += rated_n
            one.rated_points += rated_sum
            if released_at is not None:
                one.joint += 1
                one.joint_hours += int((released_at - rang_at).total_seconds() // 3600)
    return found


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


def _fold(pairs: Iterable, places: tuple[int, ...], kind) -> dict:
    found: dict = {}
    for key, one in pairs:
        into = found.setdefault(tuple(key[at] for at in places), kind())
        for part in fields(one):
            setattr(into, part.name, getattr(into, part.name) + getattr(one, part.name))
    return found
