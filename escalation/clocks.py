"""What every workflow action does to the clocks, as a table: `react` is called by app/wiring inside the verb's transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from escalation import loop_clocks, request_clocks
from escalation.calendar import city_day
from escalation.hand import Hand
from escalation.limits import PROMISE, SHARE, WINDOW, Limit, limits_for
from escalation.models import Clock
from tickets.events import Event

URGENCY_ORDER = ("ordinary", "urgent", "critical")
OUTLIVES = frozenset(
    {
        "reporter-told",
        "termination-notice",
        "rating-contact",
        "rating-contact-centre",
        "rectify",
        "rectify-hard",
        "rating-review",
        "revisit",
        "exclusion-review",
    }
)  # owed by an ended ticket too
MOMENT = timedelta(microseconds=1)  # a day limit ends at the next midnight: this much before it is still that day


def react(session: Session, event: Event) -> None:
    """Start, stop, pause or move the ticket's clocks as `event` asks, and keep due_at, due_provisional and sign_due_at true.

    Raises WrongState where the limit forbids what the verb allowed: a return after its window, a pause or an extension the
    track does not know. Actions that concern no clock cost no statement.
    """
    act = ACTS.get(event.kind)
    if act is None:
        return
    if event.kind == "register":
        act(Hand(session, event.ticket, event.actor, event.at, []), event)
        return
    hand = Hand(session, event.ticket, event.actor, event.at)
    act(hand, event)
    hand.settle()


def _register(hand: Hand, event: Event) -> None:
    """T04: from registration the centre has its own limit to send it on."""
    for limit in hand.begun_by("register"):
        hand.start(limit)


def _dispatch(hand: Hand, event: Event) -> None:
    """The ticket's clocks start at its first sending only; the unit's start fresh at every sending, marked short after the first."""
    unit, previous = event.data["unit_id"], event.data.get("previous_unit_id")
    hand.stop(hand.ended_by(event.kind))
    supervised = hand.running("supervision", unit=previous) if previous not in (None, unit) else []
    if previous is not None and previous != unit:
        hand.stop(hand.running(unit=previous), "released")
    for clock in supervised:  # the order goes along with the ticket
        hand.start(hand.limit_of(clock), owner=unit, short=True)
    limits = hand.begun_by("dispatch")
    for limit in limits:
        if limit.owner == "ticket":
            if not hand.had(limit.code):
                hand.start(limit, until=hand.ticket.upper_due_at if limit.kind == PROMISE else None)
        elif previous != unit or (limit.code == "sign" and not hand.running("sign", unit=unit)):
            hand.start(limit, owner=unit, short=previous is not None)
    if previous != unit:
        _start_share(hand, limits, unit, hand.at, previous is not None)


def _start_share(hand: Hand, limits: list[Limit], unit: int | None, at: datetime, short: bool) -> None:
    """The unit's own count of the promise, by which it is assessed: lateness is split by these segments (domain §4)."""
    promise = next((limit for limit in limits if limit.kind == PROMISE), None)
    if promise is not None:
        hand.start(promise, code=SHARE, owner=unit, at=at, until=hand.ticket.upper_due_at, short=short)


def _recall(hand: Hand, event: Event) -> None:
    """A slip of the hand: the sending never happened, and the centre's own clock goes on from where it began."""
    hand.stop(hand.running(), "cancelled")
    began = {clock.code: clock.started_at for clock in hand.clocks}
    for limit in hand.begun_by("register"):
        hand.start(limit, at=began.get(limit.code, hand.at))


def _stop(hand: Hand, event: Event) -> None:
    hand.stop(hand.ended_by(event.kind))


def _contact(hand: Hand, event: Event) -> None:
    """An attempt that reached nobody counts as first contact, but an urgent matter wants contact or arrival (T06).

    The instant of recording counts: a claimed earlier time cannot undo a breach.
    """
    found = hand.ended_by(event.kind)
    if event.data.get("result") == "unreachable":
        found = [clock for clock in found if clock.code != "urgent-response"]
    hand.stop(found)


def _reply(hand: Hand, event: Event) -> None:
    """The answer stops what waits for it, and makes every other step of the unit moot: in time or late as it stands now."""
    moot = [
        clock for clock in hand.running() if clock.task_id is None and clock.kind != WINDOW and hand.limit_of(clock).start == "dispatch"
    ]
    hand.stop({*moot, *hand.ended_by("reply")})
    hand.stop(hand.running(kind=WINDOW), "cancelled")


def _rework(hand: Hand, event: Event) -> None:
    """T18: a new promise of its own; the first one keeps its late mark for ever."""
    for limit in hand.begun_by("rework"):
        hand.start(limit, owner=hand.ticket.lead_unit_id, days=event.data.get("days"))


def _confirm_ledger(hand: Hand, event: Event) -> None:
    for limit in hand.begun_by("confirm-ledger"):
        hand.start(limit, owner=hand.ticket.lead_unit_id, until=datetime.fromisoformat(event.data["promised_at"]))


def _accept(hand: Hand, event: Event) -> None:
    """T20, T24, T26 run from acceptance; until then the sending was taken for it, so that the citizen had a date. Counted again from the
    day the unit took it up, at the latest the last day it had to: who accepts late gains nothing. The first count is laid aside, not late.
    """
    told = hand.ended_by("accept")
    windows = [clock.due_at - MOMENT for clock in hand.clocks if clock.kind == WINDOW and clock.owner_unit_id == hand.ticket.lead_unit_id]
    began = min([hand.at, *(clock.due_at - MOMENT for clock in told), *([] if told else windows)])
    hand.stop(told)
    presumed = [clock for clock in hand.running() if clock.task_id is None and (clock.kind == PROMISE or clock.code == SHARE)]
    wanted = _promised_by(hand, event.data["procedure"])
    if wanted is None or (
        all(hand.limit_of(clock).code == wanted.code for clock in presumed) and all(_same_day(clock, began) for clock in presumed)
    ):
        return
    hand.stop(presumed, "cancelled")
    until = hand.ticket.upper_due_at
    hand.start(wanted, at=began, until=until)
    hand.start(wanted, code=SHARE, owner=hand.ticket.lead_unit_id, at=began, until=until, short=any(clock.short for clock in presumed))


def _promised_by(hand: Hand, procedure: str) -> Limit | None:
    """The statutory limit of a procedure: the instant one by its name, the others as the track has them."""
    if procedure == "instant":
        return hand.limits.get("petition-instant")
    return next((limit for limit in hand.begun_by("dispatch") if limit.kind == PROMISE), None)


def _same_day(clock: Clock, at: datetime) -> bool:
    return city_day(clock.started_at) == city_day(at)


def _open_case(hand: Hand, event: Event) -> None:
    """T22: the finding unit has it at once; the centre need not send it anywhere."""
    hand.stop(hand.running(), "cancelled")
    for limit in hand.begun_by("find-violation"):
        hand.start(limit, owner=hand.ticket.lead_unit_id)


def _conclude_check(hand: Hand, event: Event) -> None:
    """T23: who reported it under their name is told of the decision."""
    hand.stop(hand.ended_by("conclude-check"))
    for limit in hand.begun_by("conclude-check") if event.data["notice"] else ():
        hand.start(limit, owner=hand.ticket.lead_unit_id)


def _terminate(hand: Hand, event: Event) -> None:
    """A mediation that is ended owes both parties a notice (T21, SAMR §21)."""
    hand.stop(_ending(hand), "cancelled")
    for limit in hand.begun_by("terminate"):
        hand.start(limit, owner=hand.ticket.lead_unit_id)


def _supervise(hand: Hand, event: Event) -> None:
    """T18: a supervision order has its own time; a leader's limit takes its place, and clears no card (domain §5)."""
    until = event.data.get("due")
    hand.stop(hand.running("supervision"), "released", cards=False)
    for limit in hand.begun_by("supervise"):
        hand.start(limit, owner=event.data["unit_id"], until=datetime.fromisoformat(until) if until else None)


def _dispose(hand: Hand, event: Event) -> None:
    """Answered, refused, handed over or merged at the centre: its own limit is met, or late."""
    hand.stop(hand.running())


def _close(hand: Hand, event: Event) -> None:
    hand.stop(_ending(hand), "cancelled")


def _ending(hand: Hand) -> list[Clock]:
    """What an end puts aside: everything but a notice somebody is still owed."""
    return [clock for clock in hand.running() if clock.code not in OUTLIVES]


def _set_urgency(hand: Hand, event: Event) -> None:
    """Raised: what now applies starts now. Lowered by the centre: what no longer applies ends, the ordinary limits count from the start,
    the window for a return too."""
    running = hand.running()
    if not running or hand.running("rework", "ledger-promise"):
        return
    lowered = URGENCY_ORDER.index(event.data["to"]) < URGENCY_ORDER.index(event.data["from"])
    began = min(clock.started_at for clock in running)
    stage = "dispatch" if hand.running(kind=PROMISE) else "register"
    wanted = limits_for(hand.ticket.track, hand.ticket.appeal_type, event.data["to"], hand.limits.values(), stage)
    codes = {limit.code for limit in wanted}
    if lowered or stage == "register":
        hand.stop(
            [
                clock
                for clock in running
                if clock.task_id is None and clock.code not in codes | {SHARE} and hand.limit_of(clock).start == stage
            ],
            "cancelled",
        )
    unit = hand.ticket.lead_unit_id
    promised_before = hand.running(kind=PROMISE)
    for limit in wanted:
        if not hand.had(limit.code) and (lowered or limit.kind != WINDOW):
            hand.start(limit, owner=unit if limit.owner == "unit" else None, at=began if lowered else hand.at)
    if stage == "dispatch" and hand.running(kind=PROMISE) != promised_before:
        hand.stop(hand.running(SHARE), "cancelled")
        _start_share(hand, wanted, unit, began if lowered else hand.at, True)


ACTS: dict[str, Callable[[Hand, Event], None]] = {
    "register": _register,
    "split": _register,
    "set-urgency": _set_urgency,
    "dispatch": _dispatch,
    "dispatch-by-rule": _dispatch,
    "accept-return": _dispatch,
    "rule": _dispatch,
    "recall": _recall,
    "sign": _stop,
    "contact": _contact,
    "contact-again": _contact,
    "interim-reply": _stop,
    "accept": _accept,
    "deny-return": _stop,
    "reply": _reply,
    "reject-reply": _rework,
    "rework": _rework,
    "confirm-ledger": _confirm_ledger,
    "fulfil": _stop,
    "open-case": _open_case,
    "conclude-check": _conclude_check,
    "tell-reporter": _stop,
    "tell-parties": _stop,
    "terminate": _terminate,
    "close": _close,
    "close-unasked": _close,
    "merge": _dispose,
    "refuse": _dispose,
    "answer-directly": _dispose,
    "transfer-emergency": _dispose,
    "supervise": _supervise,
    "coordinate": _supervise,
    "write-off": _stop,
    **request_clocks.ACTS,
    **loop_clocks.ACTS,
}
