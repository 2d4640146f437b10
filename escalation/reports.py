"""The figures of the report `escalations`: clocks due in a period and steps taken in it, by unit, limit, step and day. Reads only.

What is counted is a clock, not a ticket, and each clock once: under the unit that owned it, under the centre, or under the promise to
the citizen. How it looks on paper is app/reports'.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE
from app.errors import Invalid
from escalation.calendar import end_of
from escalation.limits import DUTY, PROMISE
from escalation.models import Clock, EscalationStep, LedgerEntry, LimitRow
from tickets.models import Ticket
from tickets.whistle_models import Whistle

LONGEST = 366
LATE_BY = (15, 60, 240, 1440, 4320, 10080)  # upper edges of the lateness buckets in minutes; the last bucket has none
CENTRE, CITIZEN = "centre", "citizen"  # owners that are no unit
ON_TIME, LATE, OVERDUE, PAUSED, PENDING, CANCELLED, RELEASED, CARRIED = OUTCOMES = (
    "on_time",
    "late",
    "overdue",
    "paused",
    "pending",
    "cancelled",
    "released",
    "carried",
)
EXCLUDED = (PAUSED, PENDING, CANCELLED, RELEASED)
PAGE = 50
INSTANT = sa.literal(timedelta(microseconds=1), sa.Interval)

Owner = int | str  # a unit's id, CENTRE or CITIZEN


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of the city's time: days `since` to `until` inclusive; `owners` None = all; `code` "" = every limit."""

    since: date
    until: date
    owners: tuple[Owner, ...] | None = None
    code: str = ""

    def __post_init__(self) -> None:
        """Raises Invalid naming the field."""
        if self.until < self.since:
            raise Invalid(to="结束那天要不早于开始那天")
        if (self.until - self.since).days >= LONGEST:
            raise Invalid(to="一次最多看 366 天")

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), CITY_ZONE)

    @property
    def ends(self) -> datetime:
        return end_of(self.until)


@dataclass(slots=True)
class Tally:
    """Clocks by outcome. In the rate: on_time, late (ended after due) and overdue (open past due, paused ones too). Apart: paused before
    due, pending (not due yet), cancelled, released in time; carried = due before the period and still open and overdue.
    """

    on_time: int = 0
    late: int = 0
    overdue: int = 0
    paused: int = 0
    pending: int = 0
    cancelled: int = 0
    released: int = 0
    carried: int = 0
    late_by: list[int] = field(default_factory=lambda: [0] * (len(LATE_BY) + 1))

    def add(self, outcome: str, bucket: int | None, n: int) -> None:
        setattr(self, outcome, getattr(self, outcome) + n)
        if bucket is not None and outcome in (LATE, OVERDUE):
            self.late_by[bucket] += n

    @property
    def counted(self) -> int:
        """The denominator: clocks that fell due in the period and were to be kept."""
        return self.on_time + self.late + self.overdue

    @property
    def breached(self) -> int:
        return self.late + self.overdue

    @property
    def standing(self) -> int:
        """Open and overdue at this moment, whenever it fell due: nothing is left out by waiting."""
        return self.overdue + self.carried

    @property
    def rate(self) -> float | None:
        """On time ÷ counted; None over nothing (domain §10: "—", not 100 %)."""
        return self.on_time / self.counted if self.counted else None


@dataclass(slots=True)
class StepTally:
    """Steps taken: how many, how many of them late, and what became of the cards they raised."""

    taken: int = 0
    late: int = 0
    cards: int = 0
    cleared: int = 0
    written_off: int = 0

    @property
    def open(self) -> int:
        return self.cards - self.cleared - self.written_off


@dataclass(frozen=True, slots=True)
class Escalations:
    """The report as values. `clocks`: (owner, limit) → tally; `steps`: (unit or None, limit, level, step) → tally; `days`: day → tally."""

    asked: Asked
    as_of: datetime
    clocks: dict[tuple[Owner, str], Tally]
    steps: dict[tuple[int | None, str, str, str], StepTally]
    days: dict[date, Tally]

    def by_owner(self) -> dict[Owner, Tally]:
        return _fold(self.clocks.items(), lambda key: key[0], Tally)

    def by_limit(self) -> dict[str, Tally]:
        return _fold(self.clocks.items(), lambda key: key[1], Tally)

    def by_step(self) -> dict[tuple[str, str], StepTally]:
        """(level, step), lowest level first."""
        return dict(sorted(_fold(self.steps.items(), lambda key: key[2:], StepTally).items()))

    def levels_of(self) -> dict[int | None, dict[str, int]]:
        """Unit (None: the centre) → level → steps taken."""
        found: dict[int | None, dict[str, int]] = {}
        for (unit, _, level, _), one in self.steps.items():
            row = found.setdefault(unit, {})
            row[level] = row.get(level, 0) + one.taken
        return found

    def total(self) -> Tally:
        return _fold(self.clocks.items(), lambda _: "", Tally).get("", Tally())


def escalations(session: Session, asked: Asked, now: datetime) -> Escalations:
    """The report as of `now` (aware UTC). Two statements: one reads clocks, one reads steps with their cards.

    A clock belongs to the day its due date is shown as: 24:00 is the end of that day, not the beginning of the next.
    """
    outcome, bucket, day = (
        _outcome(asked, now),
        _bucket(now),
        sa.cast(sa.func.timezone(CITY_ZONE.key, sa.cast(Clock.due_at, sa.DateTime(timezone=True)) - INSTANT), sa.Date),
    )
    each = (
        sa.select(
            Clock.owner_unit_id.label("unit"),
            LimitRow.owner.label("owner"),
            Clock.code.label("code"),
            outcome.label("outcome"),
            bucket.label("bucket"),
            day.label("day"),
        )
        .join(LimitRow, LimitRow.id == Clock.limit_id)
        .where(*_due_tests(asked, now))
        .subquery()
    )
    whole = sa.func.grouping_sets(
        sa.tuple_(each.c.unit, each.c.owner, each.c.code, each.c.outcome, each.c.bucket), sa.tuple_(each.c.day, each.c.outcome)
    )
    clocks: dict[tuple[Owner, str], Tally] = {}
    days: dict[date, Tally] = {}
    for unit, owner, code, how, late_by, due_day, n in session.execute(
        sa.select(each.c.unit, each.c.owner, each.c.code, each.c.outcome, each.c.bucket, each.c.day, sa.func.count()).group_by(whole)
    ):
        if code is not None:
            clocks.setdefault((_owner(unit, owner), code), Tally()).add(how, late_by, n)
        elif how != CARRIED:
            days.setdefault(due_day, Tally()).add(how, None, n)
    return Escalations(asked, now, clocks, _steps(session, asked), dict(sorted(days.items())))


def clocks_behind(
    session: Session,
    asked: Asked,
    now: datetime,
    scope,
    outcomes: Sequence[str],
    bucket: int | None = None,
    day: date | None = None,
    after: int = 0,
) -> tuple[list[tuple[Clock, Ticket | None, Whistle | None]], int | None]:
    """The clocks a figure counts with their ticket or whistle, in the order they were started, and the id the next page begins after.

    `scope`: an SQL test on Ticket; a whistle has nothing sealed in it.
    """
    tests = [*_due_tests(asked, now), _outcome(asked, now).in_(outcomes), sa.or_(Clock.ticket_id.is_(None), scope), Clock.id > after]
    tests += [_bucket(now) == bucket] if bucket is not None else []
    tests += [Clock.due_at > datetime.combine(day, time(), CITY_ZONE), Clock.due_at <= end_of(day)] if day else []
    wanted = (
        sa.select(Clock, Ticket, Whistle)
        .outerjoin(Ticket, Ticket.id == Clock.ticket_id)
        .outerjoin(Whistle, Whistle.id == Clock.whistle_id)
        .join(LimitRow, LimitRow.id == Clock.limit_id)
        .where(*tests)
        .order_by(Clock.id)
        .limit(PAGE + 1)
    )
    found = [(row[0], row[1], row[2]) for row in session.execute(wanted)]
    return found[:PAGE], found[PAGE - 1][0].id if len(found) > PAGE else None


def steps_behind(
    session: Session, asked: Asked, scope, level: str = "", step: str = "", after: int = 0
) -> tuple[list[tuple[EscalationStep, Ticket | None, Whistle | None]], int | None]:
    """The steps a figure counts, oldest first, and the id the next page begins after."""
    tests = [*_fired_tests(asked), sa.or_(EscalationStep.ticket_id.is_(None), scope), EscalationStep.id > after]
    tests += [EscalationStep.level == level] if level else []
    tests += [EscalationStep.step == step] if step else []
    wanted = (
        sa.select(EscalationStep, Ticket, Whistle)
        .outerjoin(Ticket, Ticket.id == EscalationStep.ticket_id)
        .outerjoin(Whistle, Whistle.id == EscalationStep.whistle_id)
        .where(*tests)
        .order_by(EscalationStep.id)
        .limit(PAGE + 1)
    )
    found = [(row[0], row[1], row[2]) for row in session.execute(wanted)]
    return found[:PAGE], found[PAGE - 1][0].id if len(found) > PAGE else None


def _steps(session: Session, asked: Asked) -> dict[tuple[int | None, str, str, str], StepTally]:
    key = (EscalationStep.unit_id, EscalationStep.code, EscalationStep.level, EscalationStep.step)
    counted = (
        sa.func.count(),
        sa.func.count().filter(EscalationStep.late),
        sa.func.count(LedgerEntry.id),
        sa.func.count().filter(LedgerEntry.status == "cleared"),
        sa.func.count().filter(LedgerEntry.status == "written-off"),
    )
    wanted = (
        sa.select(*key, *counted)
        .outerjoin(LedgerEntry, LedgerEntry.step_id == EscalationStep.id)
        .where(*_fired_tests(asked))
        .group_by(*key)
    )
    return {(unit, code, level, step): StepTally(*n) for unit, code, level, step, *n in session.execute(wanted)}


def _due_tests(asked: Asked, now: datetime) -> list:
    """Promises and duties due in the period, and those that fell due before it and are open and overdue; windows close without blame."""
    open_before = sa.and_(
        Clock.stopped_at.is_(None),
        Clock.due_at <= asked.begins,
        Clock.due_at < now,
        sa.or_(Clock.paused_at.is_(None), Clock.breached_at.is_not(None)),
    )
    tests = [Clock.kind.in_((PROMISE, DUTY)), sa.or_(sa.and_(Clock.due_at > asked.begins, Clock.due_at <= asked.ends), open_before)]
    tests += [Clock.code == asked.code] if asked.code else []
    if asked.owners is not None:
        tests.append(
            sa.or_(
                Clock.owner_unit_id.in_(_units(asked.owners)),
                *(
                    sa.and_(
                        Clock.owner_unit_id.is_(None), (LimitRow.owner == "ticket") if owner == CITIZEN else (LimitRow.owner != "ticket")
                    )
                    for owner in asked.owners
                    if owner in (CENTRE, CITIZEN)
                ),
            )
        )
    return tests


def _fired_tests(asked: Asked) -> list:
    """Steps taken in the period; whom a step acted on is its unit, none for the centre's own."""
    tests = [EscalationStep.fired_at >= asked.begins, EscalationStep.fired_at < asked.ends]
    tests += [EscalationStep.code == asked.code] if asked.code else []
    if asked.owners is not None:
        none = [EscalationStep.unit_id.is_(None)] if CENTRE in asked.owners else []
        tests.append(sa.or_(EscalationStep.unit_id.in_(_units(asked.owners)), *none))
    return tests


def _outcome(asked: Asked, now: datetime):
    """What became of a clock, as SQL. Late stays late: a breached clock that was handed over still counts (domain §10)."""
    broken = sa.or_(Clock.breached_at.is_not(None), Clock.stopped_at > Clock.due_at)
    return sa.case(
        (Clock.stop_reason == "cancelled", CANCELLED),
        (sa.and_(Clock.stopped_at.is_not(None), broken), LATE),
        (Clock.stop_reason == "released", RELEASED),
        (Clock.stopped_at.is_not(None), ON_TIME),
        (sa.and_(Clock.paused_at.is_not(None), Clock.breached_at.is_(None)), PAUSED),
        (sa.and_(Clock.breached_at.is_(None), Clock.due_at >= now), PENDING),
        (Clock.due_at <= asked.begins, CARRIED),
        else_=OVERDUE,
    )


def _bucket(now: datetime):
    """Index of the lateness bucket at its end, or by now while it is open; null when it was kept."""
    minutes = sa.func.extract("epoch", sa.func.coalesce(Clock.stopped_at, now) - Clock.due_at) / 60
    return sa.case((minutes > 0, sa.case(*((minutes <= edge, at) for at, edge in enumerate(LATE_BY)), else_=len(LATE_BY))), else_=None)


def _owner(unit: int | None, owner: str) -> Owner:
    return unit if unit is not None else CITIZEN if owner == "ticket" else CENTRE


def _units(owners: Iterable[Owner]) -> list[int]:
    return [owner for owner in owners if isinstance(owner, int)]


def _fold(pairs, key, kind) -> dict:
    """Tallies of one key added up."""
    found: dict = {}
    for of, one in pairs:
        into = found.setdefault(key(of), kind())
        for part in fields(one):
            here, there = getattr(into, part.name), getattr(one, part.name)
            setattr(into, part.name, [a + b for a, b in zip(here, there, strict=True)] if isinstance(here, list) else here + there)
    return found
