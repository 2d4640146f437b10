"""回访: which calls are owed to citizens, who may make one, what it must say, how often one is tried. The calls themselves are
calls.py's and answering.py's."""

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, WrongState
from tickets.actors import Actor
from tickets.codes import FOLLOW_UP_OUTCOMES, WITH_UNIT
from tickets.evaluation_codes import BAD
from tickets.evaluation_models import Callback
from tickets.evaluation_rules import rule_of
from tickets.models import FollowUp, Identity, Rating, Ticket
from tickets.reference import reference

ATTEMPTS = 3
ATTEMPT_DAYS = 2
ATTEMPT_HOURS = 2  # at different hours of the day
LIVE = ("drawing", "waiting")


def owe_on_reply(session: Session, ticket: Ticket, now: datetime) -> Callback:
    """The audited reply asks for a call: of everybody, or of whom the draw takes; bad and sealed ones always (domain §7).

    With `on_due` alone (BJ §23) it may be made from the end of the limit on.
    """
    rule, old = rule_of(session), live_of(session, ticket, "reply")
    if old is not None:
        moved_on(old, now)
        session.flush()
    from_at = now if rule.on_reply or ticket.due_at is None else max(now, ticket.due_at)
    reason = _reason(session, ticket, rule.call_share)
    row = Callback(
        ticket_id=ticket.id,
        kind="reply",
        round=ticket.round,
        unit_id=ticket.lead_unit_id,
        reason=reason,
        from_at=from_at,
        state="drawing" if reason == "sampled" else "waiting",
        attempts=0,
    )
    session.add(row)
    session.flush()
    return row


def owe(
    session: Session,
    ticket: Ticket,
    kind: str,
    reason: str,
    now: datetime,
    unit_id: int | None,
    sample_id: int | None = None,
    rectification_id: int | None = None,
) -> Callback:
    """A call of another kind, from now on; the one that waits already is given back."""
    old = live_of(session, ticket, kind)
    if old is not None:
        return old
    row = Callback(
        ticket_id=ticket.id,
        kind=kind,
        round=ticket.round,
        unit_id=unit_id,
        reason=reason,
        from_at=now,
        state="waiting",
        attempts=0,
        sample_id=sample_id,
        rectification_id=rectification_id,
    )
    session.add(row)
    session.flush()
    return row


def owe_due(session: Session, now: datetime, most: int = 500) -> list[Ticket]:
    """到期回访 (BJ §23): limits that ended while the unit still has the matter; the citizen is asked all the same, once a round.

    Returns the tickets, at most `most`; nothing where the profile does not call on due.
    """
    if not rule_of(session).on_due:
        return []
    asked = sa.exists().where(Callback.ticket_id == Ticket.id, Callback.kind == "due", Callback.round == Ticket.reworks + 1)
    reachable = sa.exists().where(Identity.ticket_id == Ticket.id, Identity.contactable)
    found = list(
        session.scalars(
            sa.select(Ticket)
            .where(Ticket.status.in_(WITH_UNIT), Ticket.due_at <= now, Ticket.reply_wanted, reachable, sa.not_(asked))
            .order_by(Ticket.due_at)
            .limit(most)
            .with_for_update(of=Ticket, skip_locked=True)
        )
    )
    for ticket in found:
        owe(session, ticket, "due", "sealed" if ticket.sealed else "all", now, ticket.lead_unit_id)
    return found


def live_of(session: Session, ticket: Ticket, kind: str) -> Callback | None:
    """The call of this kind that is still owed."""
    return session.scalar(sa.select(Callback).where(Callback.ticket_id == ticket.id, Callback.kind == kind, Callback.state.in_(LIVE)))


def call_at_once(session: Session, ticket: Ticket) -> None:
    """A bad rating is never left to the draw."""
    row = live_of(session, ticket, "reply")
    if row is not None and row.reason != "sealed":
        row.reason, row.state = "bad", "waiting"


def moved_on(row: Callback, now: datetime) -> None:
    """The ticket went elsewhere (to be redone, say) before anybody called: nothing was asked."""
    row.state, row.result, row.done_at = "skipped", "moved-on", now


def finish(row: Callback, result: str, actor: Actor, now: datetime) -> None:
    """Answered, or unreachable by the rule: its own result, never "good"."""
    row.state, row.result, row.done_at, row.done_by_id = "done", result, now, actor.account_id


def missed(row: Callback, now: datetime) -> bool:
    """Nobody answered. True when this was the one after which a text message goes out."""
    row.attempts, row.last_at = row.attempts + 1, now
    if row.attempts < ATTEMPTS or row.texted_at is not None:
        return False
    row.texted_at = now
    return True


def tried_enough(times: Iterable[datetime]) -> bool:
    """3 attempts, on 2 days or more, at different hours (domain §7). Pure."""
    tried = [local(at) for at in times]
    return len(tried) >= ATTEMPTS and len({at.date() for at in tried}) >= ATTEMPT_DAYS and len({at.hour for at in tried}) >= ATTEMPT_HOURS


def attempts_of(session: Session, ticket: Ticket, kind: str) -> list[datetime]:
    """When nobody answered, in this round, for this kind of call."""
    return list(
        session.scalars(
            sa.select(FollowUp.at).where(
                FollowUp.ticket_id == ticket.id, FollowUp.round == ticket.round, FollowUp.kind == kind, ~FollowUp.reached
            )
        )
    )


def refuse_rated_unit(session: Session, actor: Actor, unit_id: int | None) -> None:
    """Nobody who works for the unit that is judged, or for one above or below it, asks how it did. Raises Forbidden (domain §2, §7)."""
    if unit_id is None or actor.unit_id is None:
        return
    names = reference(session)
    above = names.units[unit_id].parent_id if unit_id in names.units else None
    own = actor.unit_id == unit_id or unit_id in actor.unit_ids or (actor.of_unit and actor.unit_id == above)
    if own:
        raise Forbidden("承办单位的人不能回访自己办的件")


def check(
    session: Session,
    ticket: Ticket,
    kind: str,
    unit_id: int | None,
    actor: Actor,
    now: datetime,
    *,
    reached: bool,
    outcome: str,
    satisfied: int | None,
    words: str,
) -> None:
    """Whether this person may make this call about the unit, and has said what any call must say.

    Raises Forbidden, Invalid naming the field, WrongState for "unreachable" before it has been tried as the rule asks.
    """
    refuse_rated_unit(session, actor, unit_id)
    if outcome and outcome not in FOLLOW_UP_OUTCOMES:
        raise Invalid(outcome="结论只有办结、重办、解释")
    if reached and not outcome:
        raise Invalid(outcome="打通了就要给结论：办结、重办或解释")
    if satisfied is not None and not 1 <= satisfied <= 5:
        raise Invalid(satisfied="满意度是 1 到 5")
    if outcome in ("rework", "explain") and not words.strip():
        raise Invalid(words="请记下市民的原话")
    if not reached and outcome in ("rework", "explain"):
        raise Invalid(outcome="没打通不能下这个结论")
    if not reached and outcome == "close" and not tried_enough([*attempts_of(session, ticket, kind), now]):
        raise WrongState("要在两天以上、不同钟点打满三次都没打通，才能按“联系不上”办结")


def keep(session: Session, ticket: Ticket, kind: str, actor: Actor, now: datetime, reached: bool, outcome: str, said: dict) -> FollowUp:
    """The row of one call of this round; `said`: what the citizen answered, null where they did not."""
    row = FollowUp(
        ticket_id=ticket.id,
        round=ticket.round,
        kind=kind,
        by_id=actor.account_id,
        at=now,
        reached=reached,
        outcome=outcome or None,
        **said | {"words": said.get("words", "").strip()},
    )
    session.add(row)
    return row


def _reason(session: Session, ticket: Ticket, share: int) -> str:
    if ticket.sealed:
        return "sealed"
    bad = session.scalar(sa.select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.score <= BAD).limit(1))
    return "bad" if bad else "all" if share >= 100 else "sampled"
