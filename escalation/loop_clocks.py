"""What the bad-rating loop and the exclusion requests do to their clocks (T29, T30, domain §7), as a table that clocks.py takes in."""

from collections.abc import Callable

import sqlalchemy as sa

from escalation.hand import Hand
from escalation.models import Clock, EscalationStep, LedgerEntry
from tickets.events import Event

CONTACT, BY_CENTRE, RECTIFY, HARD, REVIEW, REVISIT = (
    "rating-contact",
    "rating-contact-centre",
    "rectify",
    "rectify-hard",
    "rating-review",
    "revisit",
)
REFUSED = "refused"


def _bad_rating(hand: Hand, event: Event) -> None:
    """T29 and T30 both run from the rating. Of a confidential matter the centre owes the contact."""
    unit = event.data["unit_id"]
    for limit in hand.begun_by("bad-rating"):
        if limit.code != CONTACT or not event.data["by_centre"]:
            hand.start(limit, owner=unit)
    if event.data["by_centre"]:
        _start(hand, BY_CENTRE, None)


def _redo(hand: Hand, event: Event) -> None:
    """Not put right: the time to rectify once more, fresh; the first count stays as it ended."""
    _start(hand, RECTIFY, event.data["unit_id"])


def _contact(hand: Hand, event: Event) -> None:
    hand.stop(hand.running(CONTACT, BY_CENTRE))


def _classify(hand: Hand, event: Event) -> None:
    """A complex one has 15 working days instead of 5, from the rating on; one that is not complex after all has its 5 again."""
    wanted, other = (HARD, RECTIFY) if event.data["class"] == "complex" else (RECTIFY, HARD)
    for clock in hand.running(other):
        began, owner = clock.started_at, clock.owner_unit_id
        hand.stop([clock], "released", cards=False)
        limit = hand.limits.get(wanted)
        if limit is not None:
            hand.start(limit, owner=owner, at=began)


def _appeal(hand: Hand, event: Event) -> None:
    """The unit says it is mistaken: the centre has its own limit to say so or not; the unit's runs on."""
    _start(hand, REVIEW, None)


def _rule(hand: Hand, event: Event) -> None:
    hand.stop(hand.running(REVIEW))
    if event.data["decision"] == "uphold":
        hand.stop(hand.running(RECTIFY, HARD, CONTACT, BY_CENTRE), "cancelled")
        _start(hand, REVISIT, None)


def _refuse(hand: Hand, event: Event) -> None:
    """Refusing a clear one is a breach (SHB §96): an E5 entry in the ledger at once, whatever time is left."""
    clock = next(iter(hand.running(RECTIFY, HARD)), None)
    if clock is None:
        return
    hand.session.flush()
    if hand.session.scalar(sa.select(EscalationStep.id).where(EscalationStep.clock_id == clock.id, EscalationStep.step == REFUSED)):
        return
    step = EscalationStep(
        clock_id=clock.id,
        ticket_id=clock.ticket_id,
        unit_id=clock.owner_unit_id,
        code=clock.code,
        step=REFUSED,
        level="E5",
        for_due=clock.due_at,
        planned_at=hand.at,
        fired_at=hand.at,
        late=False,
        recipients=[],
        told_at=hand.at,
    )
    hand.session.add(step)
    hand.session.flush()
    hand.session.add(
        LedgerEntry(
            step_id=step.id,
            clock_id=clock.id,
            ticket_id=clock.ticket_id,
            unit_id=clock.owner_unit_id,
            level="E5",
            card="red",
            status="open",
            opened_at=hand.at,
        )
    )


def _rectify(hand: Hand, event: Event) -> None:
    """Done and told: in time or late. Now the centre's turn."""
    hand.stop(hand.running(CONTACT, BY_CENTRE, RECTIFY, HARD))
    _start(hand, REVISIT, None)


def _revisit(hand: Hand, event: Event) -> None:
    hand.stop(hand.running(REVISIT))


def _ask_exclusion(hand: Hand, event: Event) -> None:
    if not hand.running("exclusion-review"):
        _start(hand, "exclusion-review", None)


def _decide_exclusion(hand: Hand, event: Event) -> None:
    if not event.data.get("others"):
        hand.stop(hand.running("exclusion-review"))


def _start(hand: Hand, code: str, owner: int | None) -> Clock | None:
    """Start one by name, unless it runs or this profile does not use it."""
    limit = hand.limits.get(code)
    return hand.start(limit, owner=owner) if limit is not None and not hand.running(code) else None


ACTS: dict[str, Callable[[Hand, Event], None]] = {
    "bad-rating": _bad_rating,
    "redo-rectification": _redo,
    "contact-rater": _contact,
    "classify-rating": _classify,
    "appeal-rating": _appeal,
    "rule-rating": _rule,
    "refuse-rectification": _refuse,
    "rectify": _rectify,
    "revisit": _revisit,
    "ask-exclusion": _ask_exclusion,
    "decide-exclusion": _decide_exclusion,
    "withdraw-exclusion": _decide_exclusion,
}
