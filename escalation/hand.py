"""All clocks of one ticket in one hand: start, stop, pause, resume, extend, recount. Which action does which is clocks.py's,
how one clock is counted counting.py's."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.db import unflushed
from app.errors import WrongState
from escalation import ladder
from escalation.counting import forgive, pauses_of, recount, schedule
from escalation.due import WORKING_DAYS, Pause
from escalation.limits import PROMISE, WINDOW, Limit, limits_for
from escalation.models import FIXED, Clock, ClockChange, ClockPause, LedgerEntry
from escalation.rules import Rules, forget, rules_for
from tickets.actors import Actor
from tickets.models import Ticket

CLEARED_BY_ACTING = ("E1", "E2", "E3", "E4")


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

    def begun_by(self, action: str) -> list[Limit]:
        """The limits of this ticket's track, type and urgency that begin with this action."""
        ticket = self.ticket
        return limits_for(ticket.track, ticket.appeal_type, ticket.urgency, self.limits.values(), action)

    def ended_by(self, action: str) -> list[Clock]:
        """The running clocks, sub-tasks' aside, that this action is the end of."""
        return [clock for clock in self.running() if clock.task_id is None and action in self.limit_of(clock).stop]

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
    with unflushed(session, Clock):
        for clock in session.scalars(wanted.execution_options(populate_existing=True)):
            found.setdefault(clock.ticket_id, []).append(clock)
    return found
