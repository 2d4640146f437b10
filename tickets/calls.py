"""One call back of any kind, by the centre: on the reply, at the end of the limit, after a rectification, some time after closing
(domain §7, R78, R79b)."""

from datetime import datetime
from typing import Any

import orjson
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, WrongState
from tickets import answering, callbacks, intake, loops
from tickets.actors import FOLLOW_UP, Actor
from tickets.evaluation_codes import LOOK_BACKS
from tickets.evaluation_models import Callback
from tickets.events import Event, record
from tickets.identity import Appellant
from tickets.models import Category, FollowUp, Identity, Ticket


def revisit(
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
    """整改回访: is it really put right? close (settled), explain (lawfully explained, flagged) or rework (another turn, clock fresh).

    What the citizen says of their satisfaction is the second rating, unless they gave it themselves. A ticket that still waits for its
    own follow-up call is called once for both. Raises WrongState when nothing waits for a revisit, Invalid, Forbidden.
    """
    loop = loops.to_revisit(session, ticket)
    if loop is None:
        raise WrongState("这件没有等回访的差评整改")
    said: dict[str, Any] = {"contacted": contacted, "solved": solved, "satisfied": satisfied, "truthful": truthful, "words": words}
    if ticket.status == "follow-up":
        return answering.follow_up(session, ticket, actor, now, reached=reached, outcome=outcome, **said)
    _check(session, ticket, "revisit", loop.unit_id, actor, now, reached=reached, outcome=outcome, satisfied=satisfied, words=words)
    row = callbacks.keep(session, ticket, "revisit", actor, now, reached, outcome, said)
    if not reached:
        _missed(session, ticket, callbacks.owe(session, ticket, "revisit", "bad", now, loop.unit_id, rectification_id=loop.id), actor, now)
        if outcome == "close":
            loops.end(session, ticket, loop, "unreachable", words, actor, now)
        return row
    answering.second_rating(session, ticket, loop, satisfied, solved, words, now)
    loops.conclude(session, ticket, loop, outcome, words, actor, now)
    return row


def call_on_due(
    session: Session,
    ticket: Ticket,
    actor: Actor,
    now: datetime,
    *,
    reached: bool,
    contacted: bool | None = None,
    solved: bool | None = None,
    satisfied: int | None = None,
    truthful: bool | None = None,
    words: str = "",
    outcome: str = "",
) -> FollowUp:
    """到期回访 (BJ §23): the limit ended, the unit is still at it; the answers count, the ticket stays where it is."""
    row = _owed(session, ticket, "due")
    _check(
        session,
        ticket,
        "due",
        row.unit_id,
        actor,
        now,
        reached=reached,
        outcome=outcome or ("close" if reached else ""),
        satisfied=satisfied,
        words=words,
    )
    said: dict[str, Any] = {"contacted": contacted, "solved": solved, "satisfied": satisfied, "truthful": truthful, "words": words}
    made = callbacks.keep(session, ticket, "due", actor, now, reached, "", said)
    if reached:
        callbacks.finish(row, "answered", actor, now)
        _note(session, ticket, "ask-on-due", actor, now, reached=True, **said)
    else:
        _missed(session, ticket, row, actor, now)
        if outcome == "close":
            callbacks.finish(row, "unreachable", actor, now)
    return made


def look_back(
    session: Session, ticket: Ticket, actor: Actor, now: datetime, *, reached: bool, finding: str = "", words: str = "", outcome: str = ""
) -> Ticket | None:
    """回头看 (R79b): some time after closing, is it still good? A relapse is a new ticket linked to the old one (domain §3 #23), which is
    returned. Raises Invalid, WrongState, Forbidden."""
    row = _owed(session, ticket, "look-back")
    if reached and finding not in LOOK_BACKS:
        raise Invalid(finding="请选：还是好的，还是又出问题了")
    if reached and finding == "relapse" and len(words.strip()) < 4:
        raise Invalid(words="请记下现在是什么情况")
    _check(
        session,
        ticket,
        "look-back",
        row.unit_id,
        actor,
        now,
        reached=reached,
        outcome=outcome or ("close" if reached else ""),
        satisfied=None,
        words=words,
    )
    said = {"solved": finding == "good" if reached else None, "words": words}
    callbacks.keep(session, ticket, "look-back", actor, now, reached, "", said)
    if not reached:
        _missed(session, ticket, row, actor, now)
        if outcome == "close":
            callbacks.finish(row, "unreachable", actor, now)
        return None
    row.finding = finding
    callbacks.finish(row, "answered", actor, now)
    again = _relapsed(session, ticket, words.strip(), actor, now) if finding == "relapse" else None
    _note(session, ticket, "look-back", actor, now, finding=finding, words=words.strip(), again=again.number if again else None)
    return again


def _owed(session: Session, ticket: Ticket, kind: str) -> Callback:
    row = callbacks.live_of(session, ticket, kind)
    if row is None:
        raise WrongState("这件没有要打的这一通回访，可能同事刚打过")
    return row


def _check(session: Session, ticket: Ticket, kind: str, unit_id: int | None, actor: Actor, now: datetime, **answers) -> None:
    if not actor.has(FOLLOW_UP) or actor.account_id in ticket.recused:
        raise Forbidden("您的岗位不能办这一步")
    callbacks.check(session, ticket, kind, unit_id, actor, now, **answers)


def _missed(session: Session, ticket: Ticket, row: Callback, actor: Actor, now: datetime) -> None:
    text = callbacks.missed(row, now)
    _note(session, ticket, "miss-call", actor, now, call=row.kind, attempts=row.attempts, text=text)


def _note(session: Session, ticket: Ticket, kind: str, actor: Actor, now: datetime, **said) -> None:
    record(session, Event(ticket, kind, actor, now, said, ticket.status, ticket.status))


def _relapsed(session: Session, ticket: Ticket, words: str, actor: Actor, now: datetime) -> Ticket:
    """A new ticket of the same person about the same thing, as far as the old one says."""
    person = session.get(Identity, ticket.id)
    opened = orjson.loads(session.info["vault"].open(person.sealed)) if person else {"kind": "anonymous"}
    category = session.get(Category, ticket.category_id) if ticket.category_id else None
    return intake.register(
        session,
        intake.Matter(
            channel="phone",
            appeal_type=ticket.appeal_type,
            title=f"回头看：{ticket.title}"[:100],
            content=f"{words}\n（{ticket.number} 办结后又出问题）",
            category=category.code if category and category.active else "",
            region=ticket.region_code or "",
            address=ticket.address,
            lng=ticket.lng,
            lat=ticket.lat,
            grid_cell=ticket.grid_cell,
            accused=ticket.accused,
            appellant=Appellant(**opened),
            confidential=ticket.confidential,
            urgency=ticket.urgency,
            previous=ticket.number,
        ),
        actor,
        now,
    )
