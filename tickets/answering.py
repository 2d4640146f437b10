"""After the reply: audit by the centre, the call back with its four questions, the citizen's rating, and the end (domain §7)."""

import hashlib
import hmac
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from tickets import callbacks, codes, loops
from tickets.actors import CITIZEN_ACTOR, SYSTEM_ACTOR, Actor
from tickets.evaluation_models import Rectification
from tickets.events import Event, TicketEvent, record
from tickets.models import FollowUp, Identity, Rating, Reply, Ticket
from tickets.requests import lapse
from tickets.standards import refuse_unchecked
from tickets.text import whole_number
from tickets.workflow import move, permit

RATING_CHANNELS = ("web", "wechat", "sms", "phone", "hall")


def review(session: Session, ticket: Ticket, approve: bool, actor: Actor, now: datetime, defect: str = "", words: str = "") -> None:
    """Edges #16 and #17: the centre audits the reply. Rejected, it goes back for rework with a defect code (JN §27).

    Approved, it goes to follow-up, and at once to closed when there is nobody to call (domain §7 skip). Raises Invalid; WrongState while a
    check on the spot is owed (R37).
    """
    action = "approve-reply" if approve else "reject-reply"
    permit(ticket, action, actor)
    if not approve and defect not in codes.DEFECTS:
        raise Invalid(defect="请选答复缺了什么")
    if approve:
        refuse_unchecked(session, ticket)
    reply = session.scalar(sa.select(Reply).where(Reply.ticket_id == ticket.id, Reply.state == "sent"))
    if reply is not None:
        reply.state, reply.defect = ("approved", "") if approve else ("rejected", defect)
        reply.review_words, reply.reviewed_by_id, reply.reviewed_at = words.strip(), actor.account_id, now
    lapse(session, ticket, now)
    if not approve:
        ticket.reworks += 1
    before, after, _ = move(ticket, action, actor)
    record(session, Event(ticket, action, actor, now, {"defect": defect, "words": words.strip(), "round": ticket.round}, before, after))
    if approve and _to_be_called(session, ticket):
        callbacks.owe_on_reply(session, ticket, now)
    elif approve:
        _close(
            session, ticket, "close-unasked", SYSTEM_ACTOR, now, {"reason": "reply-not-wanted" if not ticket.reply_wanted else "no-contact"}
        )


def follow_up(
    session: Session,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    *,
    reached: bool,
    outcome: str = "",
    contacted: bool | None = None,
    solved: bool | None = None,
    satisfied: int | None = None,
    truthful: bool | None = None,
    words: str = "",
) -> FollowUp:
    """Edges #18 and #19: one call back. Null is no answer, never "good".

    Not reached: the attempt is kept; after 3 attempts on 2 days or more it may be closed as unreachable. Reached: close, explain
    (closed with a flag: unsatisfied, but lawfully explained) or rework (a new round). Raises Invalid, WrongState, Forbidden.
    """
    permit(ticket, "follow-up", actor)
    unit_id = ticket.lead_unit_id
    callbacks.check(session, ticket, "reply", unit_id, actor, now, reached=reached, outcome=outcome, satisfied=satisfied, words=words)
    loop = loops.to_revisit(session, ticket)
    owed = callbacks.live_of(session, ticket, "reply") or callbacks.owe_on_reply(session, ticket, now)
    said: dict[str, Any] = {
        "contacted": contacted,
        "solved": solved,
        "satisfied": satisfied,
        "truthful": truthful,
        "words": words.strip(),
    }
    row = callbacks.keep(session, ticket, "reply", actor, now, reached, outcome, said)
    data = said | {"reached": reached, "outcome": outcome, "round": ticket.round}
    if not reached:
        data |= {"text": callbacks.missed(owed, now), "attempts": owed.attempts}
    if outcome:
        callbacks.finish(owed, "answered" if reached else "unreachable", actor, now)
    if loop is not None and reached:
        second_rating(session, ticket, loop, satisfied, solved, words, now)
    _conclude(session, ticket, outcome, actor, now, data)
    if loop is not None and reached:
        loops.conclude(session, ticket, loop, outcome, words, actor, now)
    elif loop is not None and outcome == "close":
        loops.end(session, ticket, loop, "unreachable", words, actor, now)
    return row


def close_undrawn(session: Session, ticket: Ticket, now: datetime) -> None:
    """The draw did not take it: closed without a call, the rating link stays open; no rating is null, never "good"."""
    if ticket.status == "follow-up":
        _close(session, ticket, "close-unasked", SYSTEM_ACTOR, now, {"reason": "not-drawn"})


def rating_token(ticket: Ticket, key: str) -> str:
    """The one-time link of this ticket and rating round: nothing stored, nothing to guess; the unique row makes it one-time."""
    return _token(ticket.query_code, ticket.rating_round, key)


def ticket_of_token(session: Session, token: str, key: str) -> tuple[Ticket, int]:
    """The ticket (locked) and round a rating link belongs to. Raises NotFound for a made-up link, WrongState for one of an earlier round."""
    code, _, rest = token.partition(".")
    turn = rest.partition(".")[0]
    if not (token.isascii() and whole_number(turn) is not None) or not hmac.compare_digest(token, _token(code, int(turn), key)):
        raise NotFound("这个评价链接不对，请从短信里再点一次")
    ticket = session.scalar(sa.select(Ticket).where(Ticket.query_code == code).with_for_update())
    if ticket is None:
        raise NotFound("这个评价链接不对，请从短信里再点一次")
    if int(turn) != ticket.rating_round:
        raise WrongState("这件已经重新办理，请用新的链接评价")
    return ticket, int(turn)


def rate(
    session: Session,
    ticket: Ticket,
    score: int,
    now: datetime,
    *,
    solved: bool | None = None,
    words: str = "",
    channel: str = "web",
    actor: Actor = CITIZEN_ACTOR,
) -> Rating:
    """One rating per ticket and round (一事一评), kept beside all earlier ones. Raises Invalid, or WrongState the second time."""
    permit(ticket, "rate", actor)
    if not 1 <= score <= 5:
        raise Invalid(score="请从五档里选一档")
    if channel not in RATING_CHANNELS:
        raise Invalid(channel="评价渠道不认识")
    if len(words) > 1000:
        raise Invalid(words="最多写 1000 字")
    if session.scalar(sa.select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.round == ticket.rating_round)):
        raise WrongState("您已经评价过了，谢谢")
    return keep_rating(session, ticket, score, now, solved, words, channel, actor)


def keep_rating(
    session: Session, ticket: Ticket, score: int, now: datetime, solved: bool | None, words: str, channel: str, actor: Actor = CITIZEN_ACTOR
) -> Rating:
    """The row of a rating that may be given, attributed to unit and handler, or to who answered at the seat (R13);
    a bad one opens its loop (R10). Raises WrongState before there is an answer."""
    rated = _answered_ticket(session, ticket)
    row = Rating(
        ticket_id=ticket.id,
        round=ticket.rating_round,
        unit_id=rated.lead_unit_id,
        handler_id=rated.handler_a_id or _answerer(session, rated),
        score=score,
        solved=solved,
        words=words.strip(),
        channel=channel,
        at=now,
    )
    session.add(row)
    if ticket.first_rating is None:
        ticket.first_rating = score
    ticket.final_rating = score
    data = {"score": score, "solved": solved, "words": words.strip(), "channel": channel, "round": ticket.rating_round}
    record(session, Event(ticket, "rate", actor, now, data, ticket.status, ticket.status))
    session.flush()
    loops.open_for(session, ticket, row, now)
    return row


def second_rating(
    session: Session, ticket: Ticket, loop: Rectification, satisfied: int | None, solved: bool | None, words: str, now: datetime
) -> None:
    """The level the citizen names on the phone after a rectification, kept beside the first rating; what they gave by link goes before."""
    given = session.scalar(sa.select(Rating.id).where(Rating.ticket_id == ticket.id, Rating.round == ticket.rating_round))
    if satisfied is not None and not given and loop.second_rating_id is None and loop.state == "told":
        keep_rating(session, ticket, satisfied, now, solved, words.strip(), "phone")


def archive(session: Session, ticket: Ticket, now: datetime) -> None:
    """Edge #22: sealed for good by the system. Raises WrongState while somebody is still owed a notice, or a bad rating is not put right."""
    if ticket.notice in codes.OWED:
        raise WrongState("还有人没告知，不能归档")
    if loops.live_of(session, ticket) is not None:
        raise WrongState("还有差评没整改完，不能归档")
    before, after, _ = move(ticket, "archive", SYSTEM_ACTOR)
    record(session, Event(ticket, "archive", SYSTEM_ACTOR, now, {}, before, after))


def _answered_ticket(session: Session, ticket: Ticket) -> Ticket:
    """The ticket whose answer is rated: its own, or the master's for a merged one. Raises WrongState before there is an answer."""
    if ticket.status != "merged":
        return ticket
    master = session.get(Ticket, ticket.master_id)
    if master.replied_at is None:
        raise WrongState("还没有答复，答复之后再请您评价")
    return master


def _answerer(session: Session, ticket: Ticket) -> int | None:
    """Who answered it directly; None when nobody did."""
    return session.scalar(
        sa.select(TicketEvent.actor_id)
        .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "answer-directly")
        .order_by(TicketEvent.seq.desc())
        .limit(1)
    )


def _conclude(session: Session, ticket: Ticket, outcome: str, actor: Actor, now: datetime, data: dict) -> None:
    if outcome == "rework":
        before, after, _ = move(ticket, "rework", actor)
        ticket.reworks += 1
        record(session, Event(ticket, "rework", actor, now, data, before, after))
    elif outcome in ("close", "explain"):
        ticket.explained = outcome == "explain"
        _close(session, ticket, "close", actor, now, data)
    else:
        record(session, Event(ticket, "follow-up", actor, now, data, ticket.status, ticket.status))


def _close(session: Session, ticket: Ticket, action: str, actor: Actor, now: datetime, data: dict) -> None:
    before, after, _ = move(ticket, action, actor)
    ticket.closed_at = now
    record(session, Event(ticket, action, actor, now, data, before, after))


def _to_be_called(session: Session, ticket: Ticket) -> bool:
    """Somebody wants an answer and can be reached: the ticket's own citizen or one of the children merged into it."""
    if ticket.reply_wanted and (person := session.get(Identity, ticket.id)) is not None and person.contactable:
        return True
    return bool(session.scalar(sa.select(sa.exists().where(Ticket.master_id == ticket.id, Ticket.reply_wanted))))


def _token(code: str, turn: int, key: str) -> str:
    mac = hmac.new(key.encode(), f"rate:{code}:{turn}".encode(), hashlib.sha256).hexdigest()[:20]
    return f"{code}.{turn}.{mac}"
