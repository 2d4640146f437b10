"""The queue of the follow-up desk: who is to be called, why, in which order; one statement. The desk itself is followup.py."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import visible
from app.web.i18n import later
from tickets.actors import Actor
from tickets.evaluation_codes import BAD, LOOP_OPEN
from tickets.evaluation_models import Callback, Rectification
from tickets.models import FollowUp, Rating, Ticket

MOST = 100
ENDED = ("closed", "archived", "direct-closed")
# code → (what stands over the group, what under it)
GROUPS = {
    "revisit": (later("整改回访"), later("单位说改好了，问市民是不是真改好")),
    "bad": (later("差评"), later("每件都打，先打")),
    "sealed": (later("密封举报"), later("每件都打，只有中心能打")),
    "call": (later("答复回访"), later("等得最久的先打")),
    "due": (later("到期回访"), later("期限到了单位还在办，照样问")),
    "look-back": (later("回头看"), later("办结一段时间后再问一次")),
    "held": (later("等单位整改"), later("改好告知市民后排到最前；着急可以先打")),
}
WANTED = {"bad": ("revisit", "bad", "held"), "sealed": ("sealed",), "call": ("call",), "due": ("due",), "look-back": ("look-back",)}


class Waiting(NamedTuple):
    """One call owed: its newest rating, the loop's state if one lives, how often nobody answered, how long it waits (seconds)."""

    owed: Callback
    ticket: Ticket
    score: int | None
    loop: str | None
    group: str
    seconds: int

    @property
    def attempts(self) -> int:
        return self.owed.attempts


def waiting(session: Session, actor: Actor, now: datetime) -> list[Waiting]:
    """Everything that may be called now, the most pressing group first, within it the oldest first; one line a ticket."""
    score = (
        sa.select(Rating.score).where(Rating.ticket_id == Ticket.id).order_by(Rating.id.desc()).limit(1).correlate(Ticket).scalar_subquery()
    )
    loop = (
        sa.select(Rectification.state)
        .where(Rectification.ticket_id == Ticket.id, Rectification.state.not_in(("closed", "counted")))
        .correlate(Ticket)
        .scalar_subquery()
    )
    stands = sa.case(
        (Callback.kind == "reply", Ticket.status == "follow-up"),
        (Callback.kind == "look-back", Ticket.status.in_(ENDED)),
        (Callback.kind == "due", Ticket.status.in_(("dispatched", "signed", "handling", "suspended", "return-requested", "disputed"))),
        else_=sa.true(),
    )
    rank = sa.case(
        (sa.and_(Callback.kind == "reply", loop.in_(LOOP_OPEN)), 9),
        (Callback.kind == "revisit", 0),
        (Callback.kind == "look-back", 6),
        (Callback.kind == "due", 5),
        (sa.or_(Callback.reason == "bad", score <= BAD), 1),
        (Callback.reason == "sealed", 2),
        else_=3,
    )
    found = session.execute(
        sa.select(Callback, Ticket, score, loop)
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(Callback.state == "waiting", Callback.from_at <= now, stands, visible(actor))
        .order_by(rank, Callback.from_at, Callback.id)
        .limit(MOST)
    ).all()
    rows: dict[int, Waiting] = {}
    for owed, ticket, rated, state in found:
        rows.setdefault(
            ticket.id, Waiting(owed, ticket, rated, state, _group(owed, rated, state), int((now - owed.from_at).total_seconds()))
        )
    return list(rows.values())


def owed_for(session: Session, ticket: Ticket, kind: str = "") -> Callback | None:
    """The call to be made for this ticket now: of the kind asked for, else the most pressing."""
    order = sa.case({"revisit": 0, "reply": 1, "due": 2, "look-back": 3}, value=Callback.kind)
    query = sa.select(Callback).where(Callback.ticket_id == ticket.id, Callback.state == "waiting").order_by(order)
    return session.scalar((query.where(Callback.kind == kind) if kind else query).limit(1))


def count(_actor: Actor) -> sa.Select:
    """SELECT how many wait to be called, for the tab."""
    return (
        sa.select(sa.func.count(sa.distinct(Callback.ticket_id)))
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(
            Callback.state == "waiting", Callback.from_at <= sa.func.now(), sa.or_(Callback.kind != "reply", Ticket.status == "follow-up")
        )
    )


def tried(rows: list[FollowUp], turn: int, kind: str) -> list[FollowUp]:
    """The calls of this kind and round that nobody answered."""
    return [row for row in rows if row.round == turn and not row.reached and row.kind == kind]


def _group(owed: Callback, score: int | None, loop: str | None) -> str:
    if owed.kind != "reply":
        return owed.kind
    if loop in LOOP_OPEN:
        return "held"
    if owed.reason == "bad" or (score is not None and score <= BAD):
        return "bad"
    return "sealed" if owed.reason == "sealed" else "call"
