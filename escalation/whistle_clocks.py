"""What every whistle action does to the whistle's clocks, as a table: `react` is called by app/wiring inside the verb's transaction.

The limits are rows named whistle-KIND-STEP (domain §6); the citizen's own clocks are never touched.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import WrongState
from escalation.calendar import end_of, last_day_of
from escalation.hand import Hand
from escalation.models import Clock
from tickets.whistle_codes import EMERGENCY, ENFORCEMENT, TOUGH
from tickets.whistle_events import WhistleHappened
from tickets.whistle_models import PlanStep, Summons, Whistle

STEPS = ("sign", "contact", "check-in", "close")
DUE = {"sign": "sign_due_at", "contact": "contact_due_at", "check-in": "check_in_due_at"}
RATIFY, REOPEN, PLAN, LOOK = "whistle-ratify", "whistle-reopen", "whistle-plan", "whistle-look"


class WhistleHand(Hand):
    """The clocks of a locked whistle and of its summonses, moved by one actor at one instant."""

    def __init__(self, session: Session, event: WhistleHappened):
        super().__init__(session, event.whistle, event.actor, event.at, clocks=locked_whistle_clocks(session, event.whistle.id))
        self.subject = {"whistle_id": event.whistle.id}
        self.whistle: Whistle = event.whistle

    def call(self, rows: Sequence[Summons]) -> None:
        """Every limit of the whistle's kind begins for each of these departments."""
        for row in rows:
            for step in STEPS:
                limit = self.limits.get(f"whistle-{self.whistle.kind}-{step}")
                if limit is not None:
                    until, ceiling = self._meeting(step)
                    clock = self.start(limit, owner=row.unit_id, until=until, not_after=ceiling)
                    clock.summons_id = row.id
                    if step in DUE:
                        setattr(row, DUE[step], clock.due_at)

    def of(self, summons: Summons, *steps: str) -> list[Clock]:
        """The running clocks of this department, all of them but its plan's, or those of some steps."""
        found = [clock for clock in self.running() if clock.summons_id == summons.id and clock.code != PLAN]
        return [clock for clock in found if not steps or clock.code.endswith(tuple(f"-{step}" for step in steps))]

    def _meeting(self, step: str) -> tuple[datetime | None, datetime | None]:
        """(a given due date, a ceiling) for arrival: an enforcement is at the time called for, others at it or the limit's end, whichever is first."""
        meet_at = self.whistle.meet_at
        if step != "check-in" or meet_at is None or meet_at <= self.at:
            return None, None
        return (meet_at, None) if self.whistle.kind == ENFORCEMENT else (None, meet_at)


def react(session: Session, event: WhistleHappened) -> None:
    """Start and stop the clocks as `event` asks. Actions that concern none cost no statement. Raises WrongState for a 找茬 past its window."""
    act = ACTS.get(event.kind)
    if act is not None:
        act(WhistleHand(session, event), event)


def _sound(hand: WhistleHand, event: WhistleHappened) -> None:
    """Everybody is called in the same instant; an emergency that sounds before anybody has signed for it is to be ratified."""
    hand.call(_rows(hand))
    if hand.whistle.kind == EMERGENCY and hand.whistle.ratified_at is None and not hand.running(RATIFY):
        limit = hand.limits.get(RATIFY)
        if limit is not None:
            hand.start(limit, owner=hand.whistle.street_id)


def _add(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.call([event.summons])


def _sign(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.of(event.summons, "sign"))


def _contact(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.of(event.summons, "sign", "contact"))


def _check_in(hand: WhistleHand, event: WhistleHappened) -> None:
    """Who is there has received it and speaks with the street."""
    hand.stop(hand.of(event.summons, "sign", "contact", "check-in"))


def _excuse(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.of(event.summons), "cancelled")


def _release(hand: WhistleHand, event: WhistleHappened) -> None:
    """What was still owed and not yet late is let off; what was late stays late; the whole is done, in time or not."""
    hand.stop(hand.of(event.summons, "close"))
    left = hand.of(event.summons)
    hand.stop([clock for clock in left if hand.at > clock.due_at])
    hand.stop([clock for clock in left if clock.stopped_at is None], "released")


def _ratify(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.running(RATIFY))


def _withdraw(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.running(), "cancelled")


def _close(hand: WhistleHand, event: WhistleHappened) -> None:
    """From now the street has its days for 找茬; at a TOUGH one it looks again before they are over (R79b)."""
    for code in (REOPEN, LOOK) if hand.whistle.kind == TOUGH else (REOPEN,):
        limit = hand.limits.get(code)
        if limit is not None:
            hand.start(limit, owner=hand.whistle.street_id)


def _look(hand: WhistleHand, event: WhistleHappened) -> None:
    hand.stop(hand.running(LOOK))


def _plan(hand: WhistleHand, event: WhistleHappened) -> None:
    """One running clock a department: the day of its earliest open step. A step done in time or late ends the clock that stood for its day."""
    day = hand.session.scalar(
        sa.select(sa.func.min(PlanStep.due_on)).where(PlanStep.summons_id == event.summons.id, PlanStep.done_at.is_(None))
    )
    until = end_of(day).astimezone(UTC) if day else None
    running = [clock for clock in hand.running(PLAN) if clock.summons_id == event.summons.id]
    if running and running[0].due_at == until:
        return
    hand.stop(running, "cancelled" if event.kind == "plan" else "")
    limit = hand.limits.get(PLAN)
    if limit is not None and until is not None:
        hand.start(limit, owner=event.summons.unit_id, until=until).summons_id = event.summons.id


def _reopen(hand: WhistleHand, event: WhistleHappened) -> None:
    window = next((clock for clock in reversed(hand.clocks) if clock.code == REOPEN), None)
    if window is None or hand.at > window.due_at:
        day = last_day_of(window.due_at).isoformat() if window else "—"
        raise WrongState("找茬要在办结后 10 个工作日内提出，期限到 %(day)s，现在已过", day=day)
    if window.stopped_at is None:
        hand.stop([window])
    hand.stop(hand.running(LOOK))
    hand.call(_rows(hand))


def _rows(hand: WhistleHand) -> list[Summons]:
    """The departments that are called now."""
    return list(
        hand.session.scalars(
            sa.select(Summons).where(Summons.whistle_id == hand.whistle.id, Summons.state == "called").order_by(Summons.id)
        )
    )


def show_due(session: Session, clocks: Sequence[Clock]) -> None:
    """Make the summonses say what their clocks say, after dates have moved."""
    for clock in clocks:
        column = next((name for step, name in DUE.items() if clock.code.endswith("-" + step)), None)
        if clock.summons_id is not None and column:
            session.execute(sa.update(Summons).where(Summons.id == clock.summons_id).values({column: clock.due_at}))


def locked_whistle_clocks(session: Session, whistle_id: int) -> list[Clock]:
    """All clocks of the whistle, locked, as the database has them now. The whistle must be locked first: that is the order."""
    session.flush()
    wanted = sa.select(Clock).where(Clock.whistle_id == whistle_id).order_by(Clock.id).with_for_update()
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


ACTS: dict[str, Callable[[WhistleHand, WhistleHappened], None]] = {
    "sound-at-once": _sound,
    "triage": _sound,
    "add-summons": _add,
    "sign": _sign,
    "contact": _contact,
    "check-in": _check_in,
    "uphold-objection": _excuse,
    "release": _release,
    "let-go": _release,
    "ratify": _ratify,
    "withdraw": _withdraw,
    "reject": _withdraw,
    "close": _close,
    "reopen": _reopen,
    "plan": _plan,
    "plan-done": _plan,
    "look-again": _look,
}
