"""All clocks of one ticket in one hand: start, stop, pause, resume, extend, recount. Which action does which is clocks.py's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import WrongState
from escalation import ladder
from escalation.calendar import Calendar
from escalation.due import DAY_UNITS, WORKING_DAYS, Pause, due
from escalation.hours import Hours
from escalation.limits import PROMISE, WINDOW, Limit
from escalation.models import FIXED, Clock, ClockChange, ClockPause, LedgerEntry
from escalation.rules import Rules, forget, rules_for
from tickets.actors import Actor
from tickets.models import Ticket

CLEARED_BY_ACTING = ("E1", "E2", "E3", "E4")


class Counted(Protocol):
    """What `recount` reads and sets: a clock's row, or a copy of it on paper."""

    started_at: datetime
    length: int
    unit: str
    hours: dict | None
    extended_by: int
    not_after: datetime | None
    due_at: datetime
    provisional: bool
    trace: dict | None


class Hand:
    """The clocks of a locked (or new) ticket at one instant, `at` (aware UTC), moved by one actor. Writes rows, never commits.

    `clocks`: the ticket's clocks when they are at hand already (none for a new ticket); `rules`: others than those in force.
    """

    def __init__(
        self, session: Session, ticket: Ticket, actor: Actor, at: datetime, clocks: list[Clock] | None = None, rules: Rules | None = None
    ):
        self.session, self.ticket, self.actor, self.at = session, ticket, actor, at
        self.subject = {"ticket_id": ticket.id}
        self.rules = rules or rules_for(session)
        self.clocks = clocks if clocks is not None else locked_clocks(session, [ticket.id]).get(ticket.id, [])

    @property
    def limits(self) -> dict[str, Limit]:
        """Code → limit in force now, for clocks that start now."""
        return self.rules.book.of_profile(self.session.info.get("profile", "default"), self.at)

    def running(self, *codes: str, kind: str = "", task: int | None = None, unit: int | None = None) -> list[Clock]:
        """Clocks not stopped (paused ones too), narrowed by whatever is given."""
        return [
            clock
            for clock in self.clocks
            if clock.stopped_at is None
            and (not codes or clock.code in codes)
            and (not kind or clock.kind == kind)
            and (task is None or clock.task_id == task)
            and (unit is None or (clock.owner_unit_id == unit and clock.task_id is None))
        ]

    def had(self, code: str) -> bool:
        """Has this ticket ever had such a clock, a cancelled one aside?"""
        return any(clock.code == code and clock.stop_reason != "cancelled" for clock in self.clocks)

    def start(
        self,
        limit: Limit,
        *,
        code: str = "",
        owner: int | None = None,
        task: int | None = None,
        at: datetime | None = None,
        days: int | None = None,
        until: datetime | None = None,
        not_after: datetime | None = None,
        short: bool = False,
    ) -> Clock:
        """A new running clock. `days`: another length in working days; `until`: a given due date; `not_after`: a ceiling for it."""
        length, unit = (days, WORKING_DAYS) if days is not None else (limit.length, limit.unit)
        clock = Clock(
            **self.subject,
            task_id=task,
            code=code or limit.code,
            kind=limit.kind if not code else "duty",
            limit_id=limit.id,
            owner_unit_id=owner,
            length=length,
            unit=FIXED if until else unit,
            hours=None if until else self._hours(limit, None if code else owner),
            started_at=at or self.at,
            due_at=until,
            not_after=not_after,
            provisional=False,
            extended_by=0,
            short=short,
            trace=None,
            paused_at=None,
            stopped_at=None,
            stop_reason=None,
            breached_at=None,
            next_step=None,
            next_step_at=None,
            steps_done=[],
        )
        recount(clock, limit, (), self.rules.calendar)
        schedule(clock, self.rules.calendar)
        self.session.add(clock)
        self.clocks.append(clock)
        return clock

    def _hours(self, limit: Limit, owner: int | None) -> dict | None:
        """The business hours a clock begins with. A unit's share of a promise is counted as the promise is."""
        hours = self.rules.book.hours_for(limit, owner)
        return hours.stored if hours else None

    def stop(self, clocks: Iterable[Clock], reason: str = "", cards: bool = True) -> None:
        """Stop now: met or late by the due date, unless a `reason` is given. Late stays late (domain §10): `breached_at` is the due date.

        A window that ran out is expired, never late. Cards up to 通报 are cleared by the act itself; what a leader took up is not.
        `cards` False: nothing was done, another clock takes over; the cards stay.
        """
        clocks = list(clocks)
        if cards:
            self.clear_cards(clocks)
        for clock in clocks:
            if clock.paused_at is not None:
                self.resume([clock])
            late = self.at > clock.due_at
            if late and clock.kind != WINDOW:
                clock.breached_at = clock.due_at
            outcome = "expired" if clock.kind == WINDOW else "late"
            clock.stopped_at, clock.stop_reason = self.at, reason or (outcome if late else "met")
            clock.next_step = clock.next_step_at = None

    def pausable(self, code: str) -> list[Clock]:
        """Running clocks whose limit knows this pause code. Raises WrongState when there is none (domain §4: the list is per track)."""
        found = [
            clock for clock in self.running() if clock.paused_at is None and clock.unit != FIXED and code in self.limit_of(clock).pauses
        ]
        if not found:
            raise WrongState("这件工单的期限不允许按这一情形暂停")
        return found

    def pause(self, code: str, evidence: str, request: int | None) -> None:
        """The clocks that may stand still do, from now; the others run on."""
        found = self.pausable(code)
        self.clear_cards(found)
        for clock in found:
            clock.paused_at = self.at
            clock.next_step = clock.next_step_at = None
            self.session.add(
                ClockPause(
                    clock_id=clock.id,
                    request_id=request,
                    from_at=self.at,
                    to_at=None,
                    code=code,
                    evidence=evidence,
                    approved_by_id=self.actor.account_id,
                )
            )

    def resume(self, clocks: Iterable[Clock]) -> None:
        """End the pause now; the due date moves by what was left out, and the change is kept."""
        waiting = [clock for clock in clocks if clock.paused_at is not None]
        if not waiting:
            return
        self.session.execute(
            sa.update(ClockPause)
            .where(ClockPause.clock_id.in_([clock.id for clock in waiting]), ClockPause.to_at.is_(None))
            .values(to_at=self.at)
        )
        for clock in waiting:
            clock.paused_at = None
        self.move(waiting, "pause")

    def extendable(self, days: int) -> list[Clock]:
        """The running clocks an extension would move. Raises WrongState when the limit cannot be extended, or not by that much."""
        found = [
            clock
            for clock in self.running()
            if clock.task_id is None and clock.paused_at is None and clock.unit != FIXED and self.limit_of(clock).extension
        ]
        if not found:
            raise WrongState("这个期限不能延期")
        cap = min(extension.cap for clock in found if (extension := self.limit_of(clock).extension))
        if days > cap:
            raise WrongState("这个期限最多延 %(cap)s 天", cap=cap)
        return found

    def extend(self, days: int, words: str) -> None:
        """Add days to the current due date of the promise and of the unit's share in it."""
        found = self.extendable(days)
        self.clear_cards(found)
        for clock in found:
            clock.extended_by += days
        self.move(found, "extension", words)

    def clear_cards(self, clocks: Iterable[Clock]) -> None:
        """Only a reply, a granted extension or a granted pause clears a card (domain §5); no statement where none was shown."""
        carded = [clock.id for clock in clocks if not ladder.CARDED.isdisjoint(clock.steps_done)]
        if carded:
            self.session.execute(
                sa.update(LedgerEntry)
                .where(LedgerEntry.clock_id.in_(carded), LedgerEntry.closed_at.is_(None), LedgerEntry.level.in_(CLEARED_BY_ACTING))
                .values(status="cleared", closed_at=self.at)
            )

    def move(self, clocks: Iterable[Clock], why: str, words: str = "", pauses: Mapping[int, list[Pause]] | None = None) -> None:
        """Recount due dates from what is stored, keep each change with its old trace, and set the next step anew.

        `pauses`: the clocks' pauses when they are at hand already.
        """
        clocks = list(clocks)
        pauses = pauses_of(self.session, clocks) if pauses is None else pauses
        for clock in clocks:
            change = recount(clock, self.limit_of(clock), pauses.get(clock.id, ()), self.rules.calendar)
            if change is not None:
                forgive(clock, self.at, self.rules.calendar)
                self.session.add(
                    ClockChange(
                        clock_id=clock.id, at=self.at, by_id=self.actor.account_id, by_name=self.actor.name, why=why, words=words, **change
                    )
                )
            schedule(clock, self.rules.calendar)

    def limit_of(self, clock: Clock) -> Limit:
        """The limit as it was when the clock started: later versions do not reach back."""
        if clock.limit_id not in self.rules.book.by_id:  # another process has just changed the limits
            forget(self.session)
            self.rules = rules_for(self.session)
        return self.rules.book.by_id[clock.limit_id]

    def _last_promise(self) -> Clock | None:
        """What was promised last, kept or not: an answered ticket still says its day."""
        given = (
            clock for clock in self.clocks if clock.kind == PROMISE and clock.owner_unit_id is None and clock.stop_reason != "cancelled"
        )
        return max(given, key=lambda clock: (clock.stopped_at, clock.due_at), default=None)

    def settle(self) -> None:
        """Make the ticket's own columns say what its clocks say."""
        promise = min(self.running(kind=PROMISE), key=lambda clock: clock.due_at, default=None) or self._last_promise()
        self.ticket.due_at = promise.due_at if promise else None
        self.ticket.due_provisional = promise.provisional if promise else False
        self.ticket.sign_due_at = next((clock.due_at for clock in self.running("sign")), None)


def locked_clocks(session: Session, ticket_ids: Sequence[int]) -> dict[int, list[Clock]]:
    """Ticket id → all its clocks, locked, as the database has them now. The tickets must be locked first: that is the order."""
    wanted = sa.select(Clock).where(Clock.ticket_id.in_(ticket_ids)).order_by(Clock.id).with_for_update()
    found: dict[int, list[Clock]] = {}
    for clock in session.scalars(wanted.execution_options(populate_existing=True)):
        found.setdefault(clock.ticket_id, []).append(clock)
    return found


def recount(clock: Counted, limit: Limit, pauses: Iterable[Pause], calendar: Calendar) -> dict | None:
    """Set due date, provisional flag and trace from the clock's inputs; a given due date stays. Returns what changed, or None."""
    if clock.unit == FIXED:
        return None
    before = {"old_due": clock.due_at, "old_provisional": clock.provisional, "old_trace": clock.trace}
    unit = limit.extension.unit if limit.extension else WORKING_DAYS
    answer = due(clock.started_at, clock.length, clock.unit, calendar, list(pauses), clock.extended_by, unit, Hours.of(clock.hours))
    clock.due_at, clock.provisional = answer.instant.astimezone(UTC), answer.provisional
    if clock.unit in DAY_UNITS or clock.extended_by or clock.hours:
        clock.trace = {"from": answer.start_day.isoformat(), "marks": answer.marks}
    if clock.not_after and clock.not_after < clock.due_at:
        clock.due_at = clock.not_after
    if before["old_due"] in (None, clock.due_at) and before["old_provisional"] == clock.provisional:
        return None
    return before | {"new_due": clock.due_at, "new_provisional": clock.provisional}


def schedule(clock: Clock, calendar: Calendar) -> None:
    """Set the next step of a clock that runs; a paused or stopped one climbs no ladder."""
    running = clock.stopped_at is None and clock.paused_at is None
    coming = ladder.next_step(clock, calendar) if running else None
    clock.next_step, clock.next_step_at = (coming.step, coming.at.astimezone(UTC)) if coming else (None, None)


def forgive(clock: Clock, at: datetime, calendar: Calendar) -> None:
    """A due date moved past `at`: the breach is gone, and steps that hang on the due date may come again for the new one."""
    if clock.due_at <= at:
        return
    clock.breached_at = None
    again = {
        rung.step
        for rung in ladder.ladder_of(clock.code, clock.kind, clock.length, clock.unit)
        if rung.share is None and ladder.when(rung, clock, calendar) > at
    }
    clock.steps_done = [step for step in clock.steps_done if step not in again]


def pauses_of(session: Session, clocks: Iterable) -> dict[int, list[Pause]]:
    """Clock id → its finished pauses, for those that have any; one statement, none when there is no clock."""
    ids = [clock.id for clock in clocks if clock.id is not None]
    found: dict[int, list[Pause]] = {}
    if ids:
        rows = session.execute(sa.select(ClockPause.clock_id, ClockPause.from_at, ClockPause.to_at).where(ClockPause.clock_id.in_(ids)))
        for clock_id, begin, end in rows:
            if end is not None:
                found.setdefault(clock_id, []).append((begin, end))
    return found
