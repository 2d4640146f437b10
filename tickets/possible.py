"""Which of the actions the table allows a person can be taken now, given what hangs on the ticket: requests that wait, sub-tasks, a sending
of a moment ago. Pure; the verbs ask again. Who may and from which state is workflow.py's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from tickets.actors import Actor
from tickets.codes import ACCEPTED_TRACKS
from tickets.dispatch import RECALL_WINDOW, RETURN_CAP
from tickets.models import Ticket
from tickets.workflow import allowed_actions


@dataclass(frozen=True)
class Part:
    """One sub-task as far as the actions ask."""

    unit_id: int
    state: str
    graded: bool = False


@dataclass(frozen=True)
class Hanging:
    """What hangs on one ticket: its sub-tasks, the kinds of request nobody has decided, and who sent it within the last minute."""

    parts: tuple[Part, ...] = ()
    waiting: frozenset[str] = frozenset()
    sent_by: int | None = None

    @property
    def open_units(self) -> frozenset[int]:
        """The units whose part is neither done nor released."""
        return frozenset(part.unit_id for part in self.parts if part.state in ("open", "signed"))


@dataclass(frozen=True)
class Now:
    """The ticket, who asks, what hangs on it, and when."""

    ticket: Ticket
    actor: Actor
    hanging: Hanging
    at: datetime

    def waits(self, kind: str) -> bool:
        return kind in self.hanging.waiting

    def has_part(self, *states: str, own: bool = False, ungraded: bool = False) -> bool:
        return any(
            part.state in states and (not own or part.unit_id == self.actor.unit_id) and not (ungraded and part.graded)
            for part in self.hanging.parts
        )

    def just_sent(self) -> bool:
        """By this person, within the minute in which a slip of the hand can be undone."""
        sent, ticket = self.ticket.dispatched_at, self.ticket
        return bool(sent and self.at - sent <= RECALL_WINDOW and not ticket.returns and self.hanging.sent_by == self.actor.account_id)

    def may_extend(self) -> bool:
        """Once, before the day, and not while the centre still thinks about it."""
        due = self.ticket.due_at
        return not (self.waits("extension") or self.ticket.extensions or (due is not None and self.at >= due))

    def may_accept(self) -> bool:
        """A consumer complaint or a petition, once, before any extension or reply."""
        ticket = self.ticket
        return ticket.track in ACCEPTED_TRACKS and not (ticket.found_in_id or ticket.accepted_at or ticket.extensions or ticket.replied_at)


# action → whether its object stands; an action that is not here needs none
NEEDS: dict[str, Callable[[Now], bool]] = {
    "dispatch-by-rule": lambda now: not now.ticket.sealed and now.ticket.category_id is not None,
    "recall": Now.just_sent,
    "request-return": lambda now: not now.ticket.locked and now.ticket.returns < RETURN_CAP,
    "dispute": lambda now: not now.ticket.locked,
    "request-extension": Now.may_extend,
    "grant-extension": lambda now: now.waits("extension"),
    "deny-extension": lambda now: now.waits("extension"),
    "request-suspension": lambda now: not now.waits("suspension"),
    "grant-suspension": lambda now: now.waits("suspension"),
    "deny-suspension": lambda now: now.waits("suspension"),
    "draft-reply": lambda now: not now.ticket.found_in_id,
    "reply": lambda now: not now.hanging.open_units and not now.ticket.found_in_id,
    "accept": Now.may_accept,
    "interim-reply": lambda now: not now.ticket.found_in_id,
    "find-violation": lambda now: now.ticket.track == "consumer" and not now.ticket.found_in_id,
    "conclude-check": lambda now: bool(now.ticket.found_in_id or now.ticket.appeal_type == "report") and not now.ticket.checked_at,
    "tell-reporter": lambda now: now.ticket.notice == "reporter" and (now.actor.of_centre or not now.ticket.confidential),
    "tell-parties": lambda now: now.ticket.notice == "parties",
    "sign-task": lambda now: now.has_part("open", own=True),
    "hand-over-task": lambda now: now.has_part("signed", own=True),
    "reply-task": lambda now: now.has_part("signed", own=True),
    "release-task": lambda now: now.has_part("open", "signed"),
    "grade-task": lambda now: now.has_part("replied", "released", ungraded=True),
    "request-termination": lambda now: now.ticket.track == "consumer" and not now.ticket.found_in_id and not now.waits("termination"),
    "deny-termination": lambda now: now.waits("termination"),
    "request-ledger": lambda now: not now.waits("ledger"),
    "confirm-ledger": lambda now: now.waits("ledger"),
}


# what only some tickets are under, or are not: no desk offers it elsewhere
BY_KIND = frozenset(
    {
        "accept",
        "request-termination",
        "interim-reply",
        "find-violation",
        "conclude-check",
        "tell-reporter",
        "tell-parties",
        "reply",
        "draft-reply",
    }
)


def fits_kind(action: str, ticket: Ticket, actor: Actor, at: datetime) -> bool:
    """Whether this kind of ticket, as its procedure stands, knows the action at all; sub-tasks and requests aside."""
    return action not in BY_KIND or NEEDS[action](Now(ticket, actor, Hanging(), at))


def possible_actions(ticket: Ticket, actor: Actor, hanging: Hanging, at: datetime) -> list[str]:
    """What this person can do with the ticket at `at`, in table order."""
    now = Now(ticket, actor, hanging, at)
    return [action for action in allowed_actions(ticket, actor, hanging.open_units) if action not in NEEDS or NEEDS[action](now)]
