"""The bad-rating loop as a row: how it opens with a rating, which one is live, how it ends. Its verbs are rectification.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets import callbacks
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.evaluation_codes import BAD, LOOP_TO_REVISIT
from tickets.evaluation_models import Rectification
from tickets.events import Event, record
from tickets.models import Identity, Rating, Ticket

ENDED = ("counted", "closed")
OUTCOMES = {"close": "settled", "explain": "explained", "rework": "redone"}


def open_for(session: Session, ticket: Ticket, rating: Rating, now: datetime) -> Rectification | None:
    """A rating came in. Bad and named: the loop opens and its clocks start (T29, T30). Bad and anonymous: counted, nobody to contact.

    A rating that comes while a loop is live is its second one, kept beside the first.
    """
    live = live_of(session, ticket)
    if live is not None:
        live.second_rating_id = rating.id
        return live
    if rating.score > BAD:
        return None
    named = _is_named(session, ticket)
    loop = Rectification(
        ticket_id=ticket.id,
        rating_id=rating.id,
        turn=1,
        unit_id=rating.unit_id,
        handler_id=rating.handler_id,
        named=named,
        opened_at=now,
        by_centre=ticket.confidential or ticket.sealed or rating.unit_id is None,
        state="open" if named else "counted",
        attempts=0,
    )
    session.add(loop)
    session.flush()
    callbacks.call_at_once(session, ticket)
    if named:
        note(session, ticket, "bad-rating", loop, SYSTEM_ACTOR, now, score=rating.score)
    return loop


def open_again(session: Session, ticket: Ticket, old: Rectification, now: datetime) -> Rectification:
    """The centre found it not rectified: another turn for the same rating, its clock fresh, the first one kept as it ended."""
    loop = Rectification(
        ticket_id=ticket.id,
        rating_id=old.rating_id,
        turn=old.turn + 1,
        unit_id=old.unit_id,
        handler_id=old.handler_id,
        named=True,
        opened_at=now,
        by_centre=old.by_centre,
        state="contacted",
        attempts=0,
        contacted_at=now,
    )
    session.add(loop)
    session.flush()
    note(session, ticket, "redo-rectification", loop, SYSTEM_ACTOR, now)
    return loop


def live_of(session: Session, ticket: Ticket) -> Rectification | None:
    """The loop of this ticket that has not ended."""
    return session.scalar(sa.select(Rectification).where(Rectification.ticket_id == ticket.id, Rectification.state.not_in(ENDED)))


def to_revisit(session: Session, ticket: Ticket) -> Rectification | None:
    """The loop that only waits for the centre's call."""
    loop = live_of(session, ticket)
    return loop if loop is not None and loop.state in LOOP_TO_REVISIT else None


def end(session: Session, ticket: Ticket, loop: Rectification, outcome: str, words: str, actor: Actor, now: datetime) -> None:
    """The centre has called: settled, explained, upheld, unreachable, or to be done again."""
    loop.state, loop.outcome, loop.outcome_words = "closed", outcome, words.strip()
    loop.revisited_at, loop.revisited_by_id, loop.closed_at = now, actor.account_id, now
    session.flush()
    row = callbacks.live_of(session, ticket, "revisit")
    if row is not None:
        callbacks.finish(row, "unreachable" if outcome == "unreachable" else "answered", actor, now)
    note(session, ticket, "revisit", loop, actor, now, outcome=outcome, words=words.strip())


def conclude(session: Session, ticket: Ticket, loop: Rectification, outcome: str, words: str, actor: Actor, now: datetime) -> None:
    """What the citizen's answer to the revisit means: an upheld appeal ends upheld; one to be redone gets another turn."""
    how = "upheld" if loop.state == "upheld" and outcome != "rework" else OUTCOMES[outcome]
    end(session, ticket, loop, how, words, actor, now)
    if how == "redone":
        open_again(session, ticket, loop, now)


def note(session: Session, ticket: Ticket, kind: str, loop: Rectification, actor: Actor, now: datetime, **said) -> None:
    """One line in the ticket's chain; `unit_id` in it wakes that unit's desk."""
    record(
        session,
        Event(
            ticket,
            kind,
            actor,
            now,
            {"loop": loop.id, "unit_id": loop.unit_id, "by_centre": loop.by_centre, **said},
            ticket.status,
            ticket.status,
        ),
    )


def _is_named(session: Session, ticket: Ticket) -> bool:
    row = session.execute(sa.select(Identity.kind, Identity.contactable).where(Identity.ticket_id == ticket.id)).first()
    return row is not None and row.kind != "anonymous" and row.contactable
