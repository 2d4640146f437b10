"""What a unit's requests to the centre and its sub-tasks do to the clocks (T15–T17, R43), as a table that clocks.py takes in."""

from collections.abc import Callable

import sqlalchemy as sa

from app.errors import WrongState
from escalation.calendar import last_day_of
from escalation.hand import Hand
from escalation.limits import PROMISE, WINDOW
from tickets.dispatch_models import Request, Task
from tickets.events import Event


def _request_return(hand: Hand, event: Event) -> None:
    """T15: "not mine" is said inside the window or not at all; the 30-minute signing runs on meanwhile (domain §13.2)."""
    unit = hand.ticket.lead_unit_id
    window = next((clock for clock in reversed(hand.clocks) if clock.kind == WINDOW and clock.owner_unit_id == unit), None)
    if window is not None and hand.at > window.due_at:
        raise WrongState("退单要在 %(day)s 之前提出，现在已过；仍有异议请走争议裁定", day=last_day_of(window.due_at).isoformat())
    _ask(hand, event)


def _ask(hand: Hand, event: Event) -> None:
    """T16: what the unit asks the centre decides in its own limit."""
    hand.stop(hand.ended_by(event.kind))
    for limit in hand.begun_by(event.kind):
        hand.start(limit)


def _request_extension(hand: Hand, event: Event) -> None:
    hand.extendable(event.data["days"])


def _grant_extension(hand: Hand, event: Event) -> None:
    """T17: working days are added to the current due date; the request keeps both dates."""
    hand.extend(event.data["days"], event.data.get("reason", ""))
    hand.settle()
    hand.session.execute(sa.update(Request).where(Request.id == event.data["request"]).values(due_after=hand.ticket.due_at))


def _request_suspension(hand: Hand, event: Event) -> None:
    hand.pausable(event.data["code"])


def _grant_suspension(hand: Hand, event: Event) -> None:
    request = hand.session.get(Request, event.data["request"])
    hand.pause(event.data["code"], request.words if request else "", event.data["request"])


def _resume(hand: Hand, event: Event) -> None:
    hand.resume(hand.running())


def _add_task(hand: Hand, event: Event) -> None:
    """R43: an assistant has its own clocks, in parallel, and answers no later than the lead itself must."""
    task = _task(hand, event)
    if task is None:
        return
    promise = min(hand.running(kind=PROMISE), key=lambda clock: clock.due_at, default=None)
    lead_due = promise.due_at if promise else None
    for limit in hand.begun_by("add-task"):
        whole = limit.code == "task-reply"
        until = lead_due if whole and task.days is None else None
        clock = hand.start(
            limit, owner=task.unit_id, task=task.id, days=task.days if whole else None, until=until, not_after=lead_due if whole else None
        )
        if whole:
            task.due_at = clock.due_at


def _end_task(hand: Hand, event: Event) -> None:
    mine = [
        clock for clock in hand.running(task=event.data["task"]) if event.kind == "release-task" or event.kind in hand.limit_of(clock).stop
    ]
    hand.stop(mine, "released" if event.kind == "release-task" else "")


def _task(hand: Hand, event: Event) -> Task | None:
    """The task an event is about: by its id, or the unit's open one (a sending with assistants names only the unit).

    None when the lead has let it go again within the same unit of work.
    """
    if "task" in event.data:
        return hand.session.get(Task, event.data["task"])
    return hand.session.scalar(
        sa.select(Task).where(Task.ticket_id == hand.ticket.id, Task.unit_id == event.data["unit_id"], Task.state != "released")
    )


ACTS: dict[str, Callable[[Hand, Event], None]] = {
    "request-return": _request_return,
    "dispute": _ask,
    "request-extension": _request_extension,
    "grant-extension": _grant_extension,
    "request-suspension": _request_suspension,
    "grant-suspension": _grant_suspension,
    "resume": _resume,
    "add-task": _add_task,
    "sign-task": _end_task,
    "reply-task": _end_task,
    "release-task": _end_task,
}
