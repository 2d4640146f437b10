"""Open clocks counted again because the rules changed: first on paper (`foresee`), then in earnest (`carry_out`), by the same judgement.

A due date that still lies ahead is never moved into the past: whoever would be late at once keeps what was promised.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.calendar import last_day_of
from escalation.counting import pauses_of, recount
from escalation.due import DAY_UNITS, Pause
from escalation.hand import Hand, locked_clocks
from escalation.limits import Limit
from escalation.models import FIXED, Clock
from escalation.rules import Rules
from escalation.whistle_clocks import locked_whistle_clocks, show_due
from tickets.actors import Actor
from tickets.dispatch_models import Task
from tickets.models import Ticket
from tickets.whistle_models import Whistle

BATCH = 500
MOVES, SAME, KEPT, LEFT = "moves", "same", "kept", "left"
COUNTED_BY = (
    "id",
    "ticket_id",
    "task_id",
    "code",
    "limit_id",
    "owner_unit_id",
    "length",
    "unit",
    "hours",
    "started_at",
    "due_at",
    "not_after",
    "provisional",
    "extended_by",
    "trace",
    "paused_at",
)


@dataclass(frozen=True)
class Change:
    """What changed. `why`: a word of models.CHANGE_REASONS; `rules`: those that will hold; `touched`: the SQL test for open clocks that may move.

    `version_for`: the version of its limit a clock shall be counted by from now on; None leaves the clock alone.
    """

    why: str
    rules: Rules
    touched: sa.ColumnElement[bool]
    version_for: Callable[["Paper", datetime], Limit | None]
    words: str = ""


@dataclass(frozen=True, slots=True)
class Move:
    """One due date that moves, or becomes certain."""

    clock_id: int
    number: str
    code: str
    unit_id: int | None
    old_due: datetime
    new_due: datetime
    old_provisional: bool
    new_provisional: bool


@dataclass
class Outcome:
    """What a change does to open clocks: which move, how many were looked at, how many keep their date lest they be late at once."""

    moves: list[Move] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

    @property
    def looked_at(self) -> int:
        return self.counts.total()

    @property
    def tickets(self) -> int:
        """How many tickets have a date that moves; a promise and the unit's share in it are two clocks of one."""
        return len({one.number for one in self.moves})

    @property
    def kept(self) -> int:
        return self.counts[KEPT]

    @property
    def by_day(self) -> list[tuple[date, date, int]]:
        """(from day, to day, how many), the soonest new day first."""
        pairs = Counter((last_day_of(one.old_due), last_day_of(one.new_due)) for one in self.moves)
        return sorted(((old, new, n) for (old, new), n in pairs.items()), key=lambda row: (row[1], row[0]))

    @property
    def by_limit(self) -> list[tuple[str, int]]:
        """(limit code, how many), most first."""
        return Counter(one.code for one in self.moves).most_common()


@dataclass(frozen=True, slots=True)
class Done:
    """How far a walk through open clocks has come: the last ticket and whistle ids; `over` when nothing is left."""

    ticket: int = 0
    whistle: int = 0
    over: bool = False


class Paper:
    """A clock's inputs copied out of its row, to be counted without touching the row."""

    __slots__ = COUNTED_BY
    id: int
    ticket_id: int | None
    task_id: int | None
    code: str
    limit_id: int
    owner_unit_id: int | None
    length: int
    unit: str
    hours: dict | None
    started_at: datetime
    due_at: datetime
    not_after: datetime | None
    provisional: bool
    extended_by: int
    trace: dict | None
    paused_at: datetime | None

    def __init__(self, row):
        for name in COUNTED_BY:
            setattr(self, name, getattr(row, name))


def foresee(session: Session, change: Change, now: datetime) -> Outcome:
    """What `carry_out` would do at `now`, as the database stands. Reads only, locks nothing; a few seconds for 100,000 clocks."""
    number = sa.func.coalesce(Ticket.number, Whistle.number).label("number")
    wanted = sa.select(*(getattr(Clock, name) for name in COUNTED_BY), number).outerjoin(Ticket, Ticket.id == Clock.ticket_id)
    wanted = (
        wanted.outerjoin(Whistle, Whistle.id == Clock.whistle_id)
        .where(Clock.stopped_at.is_(None), Clock.unit != FIXED, change.touched)
        .order_by(Clock.id)
    )
    outcome = Outcome()
    for rows in session.execute(wanted).partitions(BATCH * 4):
        pauses = pauses_of(session, rows)
        for row in rows:
            _note(outcome, row.number, row, *judge(Paper(row), change, pauses.get(row.id, ()), now))
    outcome.moves.sort(key=lambda one: (one.new_due, one.clock_id))
    return outcome


def carry_out(session: Session, change: Change, actor: Actor, now: datetime) -> Outcome:
    """Count the touched open clocks again, ticket by ticket, whistle by whistle, each locked before its clocks; every move is kept as a
    change row."""
    outcome, done = Outcome(), Done()
    while not done.over:
        done = carry_out_some(session, change, actor, now, done, outcome)
    outcome.moves.sort(key=lambda one: (one.new_due, one.clock_id))
    return outcome


def carry_out_some(session: Session, change: Change, actor: Actor, now: datetime, done: Done, outcome: Outcome) -> Done:
    """The next BATCH of tickets after `done`, else the next of whistles; what became of them is added to `outcome`. Returns how far it got."""
    tickets = _next(session, change, Ticket, Clock.ticket_id, done.ticket)
    if tickets:
        ids = [ticket.id for ticket in tickets]
        clocks = locked_clocks(session, ids)
        touched = set(session.scalars(_touched(change).where(Clock.ticket_id.in_(ids))))
        pauses = pauses_of(session, [clock for several in clocks.values() for clock in several if clock.id in touched])
        for ticket in tickets:
            hand = Hand(session, ticket, actor, now, clocks.get(ticket.id, []), change.rules)
            _carry_out_one(hand, [clock for clock in hand.running() if clock.id in touched], change, pauses, outcome)
            hand.settle()
        session.flush()
        return Done(ids[-1], done.whistle)
    whistles = _next(session, change, Whistle, Clock.whistle_id, done.whistle)
    for whistle in whistles:
        touched = set(session.scalars(_touched(change).where(Clock.whistle_id == whistle.id)))
        hand = Hand(session, whistle, actor, now, locked_whistle_clocks(session, whistle.id), change.rules)
        _carry_out_one(hand, [clock for clock in hand.running() if clock.id in touched], change, {}, outcome)
        show_due(session, hand.running())
    session.flush()
    return Done(done.ticket, whistles[-1].id if whistles else done.whistle, not whistles)


def judge(paper: Paper, change: Change, pauses: Iterable[Pause], now: datetime) -> tuple[str, Paper]:
    """MOVES, SAME, KEPT or LEFT, and the clock on paper as it would be. A paused clock is judged by the instant it was paused at."""
    version = change.version_for(paper, now)
    if version is None:
        return LEFT, paper
    was, at = (paper.due_at, paper.provisional), paper.paused_at or now
    adopt(paper, version, change.rules)
    recount(paper, version, pauses, change.rules.calendar)
    if paper.due_at <= at < was[0]:
        return KEPT, paper
    return (SAME if (paper.due_at, paper.provisional) == was else MOVES), paper


def adopt(clock: Clock | Paper, version: Limit, rules: Rules) -> None:
    """Another version of its limit: the clock takes its length, unit and business hours. The version it has changes nothing."""
    if clock.limit_id != version.id:
        hours = rules.book.hours_for(version, clock.owner_unit_id if clock.code == version.code else None)
        clock.limit_id, clock.length, clock.unit, clock.hours = version.id, version.length, version.unit, hours.stored if hours else None


def _carry_out_one(hand: Hand, touched: list[Clock], change: Change, pauses: dict[int, list[Pause]], outcome: Outcome) -> None:
    moving = []
    for clock in touched:
        verdict, paper = judge(Paper(clock), change, pauses.get(clock.id, ()), hand.at)
        _note(outcome, hand.ticket.number, clock, verdict, paper)
        if verdict in (MOVES, SAME):
            adopt(clock, change.rules.book.by_id[paper.limit_id], change.rules)
            moving.append(clock)
    hand.move(moving, change.why, change.words, pauses)
    for clock in moving:
        if clock.task_id is not None and clock.code == "task-reply":
            hand.session.execute(sa.update(Task).where(Task.id == clock.task_id).values(due_at=clock.due_at))


def _note(outcome: Outcome, number: str, row, verdict: str, paper: Paper) -> None:
    outcome.counts[verdict] += 1
    if verdict == MOVES:
        outcome.moves.append(
            Move(row.id, number, row.code, row.owner_unit_id, row.due_at, paper.due_at, row.provisional, paper.provisional)
        )


def count_touched(session: Session, change: Change) -> int:
    """How many open clocks there are to look at."""
    return session.scalar(sa.select(sa.func.count()).select_from(_touched(change).subquery())) or 0


def _touched(change: Change) -> sa.Select:
    return sa.select(Clock.id).where(Clock.stopped_at.is_(None), Clock.unit != FIXED, change.touched)


def _next(session: Session, change: Change, model, subject, after: int) -> list:
    """The next BATCH of tickets (or whistles) after this id that have such a clock, by id, locked. Reads each clock once in the whole walk."""
    ids = list(
        session.scalars(_touched(change).with_only_columns(subject).where(subject > after).distinct().order_by(subject).limit(BATCH))
    )
    if not ids:
        return []
    return list(
        session.scalars(
            sa.select(model).where(model.id.in_(ids)).order_by(model.id).with_for_update(of=model).execution_options(populate_existing=True)
        )
    )


def day_clocks_from(since: datetime) -> sa.ColumnElement[bool]:
    """The SQL test for clocks that lean on the calendar and end at `since` or later."""
    return sa.and_(Clock.due_at >= since, sa.or_(Clock.unit.in_(sorted(DAY_UNITS)), Clock.extended_by > 0, Clock.hours.is_not(None)))
