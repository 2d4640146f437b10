"""What the lead unit does with a ticket: sign, contact, note, extension, suspension, draft, reply, ledger; and its termination by the centre."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, WrongState
from tickets import codes
from tickets.actors import DISPATCHER, Actor
from tickets.dispatch import live_dispatch
from tickets.dispatch_models import Request, Task
from tickets.events import Event, record
from tickets.models import Reply, Ticket
from tickets.posts import handlers_of
from tickets.requests import ask, decide, lapse, waiting
from tickets.standards import refuse_unshown
from tickets.tasks import refuse_open_tasks
from tickets.workflow import move, permit

LONGEST_EXTENSION = {"enterprise": 15, "petition-ordinary": 30}  # T14, T26; all others 10 (T17); the profile may allow less
LONGEST_CHECK = 15  # T22: a violation's check, once more the same


def sign(session: Session, ticket: Ticket, actor: Actor, now: datetime, handler: int | None = None, backup: int | None = None) -> None:
    """Edge #7: received, not "mine" (a return stays possible). Allots handler A and B; by default the post's two holders (R70).

    `handler`, `backup`: account ids. Raises Invalid naming the one that is not of the unit, not active, recused, or the other one too.
    """
    permit(ticket, "sign", actor)
    first, second = handlers_of(session, ticket.lead_unit_id, handler, backup, ticket.recused)
    live = live_dispatch(session, ticket)
    before, after, _ = move(ticket, "sign", actor)
    live.signed_at, live.signed_by_id = now, actor.account_id
    ticket.signed_at, ticket.handler_a_id, ticket.handler_b_id = now, first, second
    record(
        session,
        Event(
            ticket, "sign", actor, now, {"handler": first, "backup": second, "covering": actor.covering.get("liaison", "")}, before, after
        ),
    )


def contact(
    session: Session, ticket: Ticket, method: str, result: str, actor: Actor, now: datetime, at: datetime | None = None, words: str = ""
) -> None:
    """Edge #8, and every later contact. `at`: when it happened, if earlier (R54); never in the future or before dispatch.

    Raises Invalid on unknown codes or an impossible time.
    """
    action = "contact" if ticket.status == "signed" else "contact-again"
    permit(ticket, action, actor)
    if method not in codes.CONTACT_METHODS:
        raise Invalid(method="联系方式不认识")
    if result not in codes.CONTACT_RESULTS:
        raise Invalid(result="联系结果不认识")
    when = at or now
    if when > now or (ticket.dispatched_at and when < ticket.dispatched_at):
        raise Invalid(at="联系时间要在派单之后、现在之前")
    before, after, _ = move(ticket, action, actor)
    if result in ("reached", "arrived", "not-possible"):
        ticket.first_contact_at = ticket.first_contact_at or when
    data = {"method": method, "result": result, "at": when.isoformat(), "words": words.strip()}
    record(session, Event(ticket, action, actor, now, data, before, after))


def note(session: Session, ticket: Ticket, words: str, actor: Actor, now: datetime) -> None:
    """What was done elsewhere is written here afterwards (R54 杜绝体外循环). Raises Invalid when empty."""
    permit(ticket, "note", actor)
    if not words.strip():
        raise Invalid(words="请写下做了什么")
    record(session, Event(ticket, "note", actor, now, {"words": words.strip()}, ticket.status, ticket.status))


def request_extension(session: Session, ticket: Ticket, days: int, reason: str, plan: str, actor: Actor, now: datetime) -> Request:
    """Edge #12: more working days, asked before the due date, once, with a plan (T17). Raises Invalid or WrongState."""
    permit(ticket, "request-extension", actor)
    if not 1 <= days <= longest_extension(ticket):
        raise Invalid(days="延期最多 10 个工作日；企业诉求和违法线索核查 15，普通信访 30")
    if not reason.strip():
        raise Invalid(reason="请写明为什么要延期")
    if not plan.strip():
        raise Invalid(plan="请写明延期后的办理计划")
    if ticket.extensions:
        raise WrongState("已经延过一次，不能再延")
    if ticket.due_at is not None and now >= ticket.due_at:
        raise WrongState("已经到期，到期前才能申请延期")
    request = ask(session, ticket, "extension", actor, now, days=days, words=reason.strip(), basis=plan.strip(), due_before=ticket.due_at)
    record(
        session,
        Event(
            ticket,
            "request-extension",
            actor,
            now,
            {"request": request.id, "days": days, "reason": reason.strip(), "plan": plan.strip()},
            ticket.status,
            ticket.status,
        ),
    )
    return request


def longest_extension(ticket: Ticket) -> int:
    """The most days one may ask for; the profile's limit may allow less."""
    return LONGEST_CHECK if ticket.found_in_id else LONGEST_EXTENSION.get(ticket.track, 10)


def decide_extension(session: Session, ticket: Ticket, request: Request, grant: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Edge #12: grant moves the due date by the days asked; the time engine writes the new date
    beside the old one on the request. Deciding late is possible, asking late is not."""
    action = "grant-extension" if grant else "deny-extension"
    permit(ticket, action, actor)
    decide(request, "extension", grant, reason, actor, now)
    if grant:
        ticket.extensions += 1
    record(
        session,
        Event(
            ticket,
            action,
            actor,
            now,
            {"request": request.id, "days": request.days, "reason": reason.strip()},
            ticket.status,
            ticket.status,
        ),
    )


def request_suspension(session: Session, ticket: Ticket, code: str, evidence: str, actor: Actor, now: datetime) -> Request:
    """Edge #13: stop the clock for a reason the law knows, with evidence. Waiting for another unit or a leader is none (domain §4)."""
    permit(ticket, "request-suspension", actor)
    if code not in codes.PAUSE_CODES:
        raise Invalid(code="这不是可以暂停的情形；等别的单位、等领导都不能暂停")
    if len(evidence.strip()) < 4:
        raise Invalid(evidence="请写明依据（材料清单、检测委托书编号等）")
    request = ask(session, ticket, "suspension", actor, now, code=code, words=evidence.strip())
    record(
        session,
        Event(
            ticket,
            "request-suspension",
            actor,
            now,
            {"request": request.id, "code": code, "evidence": evidence.strip()},
            ticket.status,
            ticket.status,
        ),
    )
    return request


def decide_suspension(session: Session, ticket: Ticket, request: Request, grant: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Edge #13: granted, the pause begins now."""
    action = "grant-suspension" if grant else "deny-suspension"
    permit(ticket, action, actor)
    decide(request, "suspension", grant, reason, actor, now)
    before, after, _ = move(ticket, action, actor)
    record(
        session, Event(ticket, action, actor, now, {"request": request.id, "code": request.code, "reason": reason.strip()}, before, after)
    )


def resume(session: Session, ticket: Ticket, actor: Actor, now: datetime, words: str = "") -> None:
    """Edge #13 back: what was awaited is here; the clock goes on from today."""
    before, after, _ = move(ticket, "resume", actor)
    open_pause = session.scalar(
        sa.select(Request).where(
            Request.ticket_id == ticket.id, Request.kind == "suspension", Request.decision == "accept", Request.ended_at.is_(None)
        )
    )
    if open_pause is not None:
        open_pause.ended_at = now
    record(session, Event(ticket, "resume", actor, now, {"words": words.strip()}, before, after))


def terminate(session: Session, ticket: Ticket, ground: str, actor: Actor, now: datetime, words: str = "") -> None:
    """Edge #14: ended by the centre on a legal ground (WF §21, JN §25), told to the citizen. Raises Invalid on an unknown ground."""
    permit(ticket, "terminate", actor)
    if ground not in codes.TERMINATION_GROUNDS:
        raise Invalid(ground="请从终止办理的法定情形里选一个")
    before, after, _ = move(ticket, "terminate", actor)
    ticket.closed_at = now
    if ticket.track == "consumer" and not ticket.found_in_id:
        ticket.notice = "parties"
    lapse(session, ticket, now)
    session.execute(
        sa.update(Task)
        .where(Task.ticket_id == ticket.id, Task.state.in_(("open", "signed")))
        .values(state="released", released_at=now, release_reason=ground)
    )
    record(session, Event(ticket, "terminate", actor, now, {"ground": ground, "words": words.strip()}, before, after))


def draft_reply(session: Session, ticket: Ticket, actor: Actor, now: datetime, **said) -> Reply:
    """The handler writes, the head will approve (答复预审). A newer draft takes the place of the last one."""
    permit(ticket, "draft-reply", actor)
    refuse_case(ticket)
    reply = _put_reply(session, ticket, "draft", actor, now, said)
    reply.drafted_by_id = actor.account_id
    record(session, Event(ticket, "draft-reply", actor, now, {"result": reply.result}, ticket.status, ticket.status))
    return reply


def reply(session: Session, ticket: Ticket, actor: Actor, now: datetime, **said) -> Reply:
    """Edges #15 and #21: the unit's one voice to the citizen (R43b), released by the head, with the four elements (YX).

    `said`: result, content, measures, time, person, promised_at. Raises Invalid, also while photos the closing standard asks for
    are missing (R38); WrongState while an assisting unit is neither done nor released.
    """
    action = "fulfil" if ticket.status == "ledgered" else "reply"
    permit(ticket, action, actor)
    refuse_case(ticket)
    if action == "reply":
        refuse_open_tasks(session, ticket)
    refuse_unshown(session, ticket)
    sent = _put_reply(session, ticket, "sent", actor, now, said)
    sent.approved_by_id = actor.account_id
    ticket.result, ticket.replied_at = sent.result, now
    ticket.promised_at = sent.promised_at
    before, after, _ = move(ticket, action, actor)
    lapse(session, ticket, now)
    data = {
        "result": sent.result,
        "content": sent.content,
        "measures": sent.measures,
        "time": sent.time,
        "person": sent.person,
        "promised_at": sent.promised_at.isoformat() if sent.promised_at else None,
        "round": sent.round,
    }
    record(session, Event(ticket, action, actor, now, data, before, after))
    return sent


def ledger(
    session: Session, ticket: Ticket, actor: Actor, now: datetime, measures: str = "", promised_at: datetime | None = None
) -> Request:
    """Edge #20: objectively not solvable now. The unit proposes measures and a dated promise; the dispatcher confirms (JN §24(3)).

    Called by the unit it asks; called by the dispatcher it confirms what was asked. Raises Invalid or WrongState.
    """
    if actor.has(DISPATCHER):
        return _confirm_ledger(session, ticket, actor, now, measures)
    permit(ticket, "request-ledger", actor)
    if not measures.strip():
        raise Invalid(measures="请写明采取的措施")
    if promised_at is None or promised_at <= now:
        raise Invalid(promised_at="请给出一个将来的承诺日期")
    request = ask(session, ticket, "ledger", actor, now, words=measures.strip(), promised_at=promised_at)
    record(
        session,
        Event(
            ticket,
            "request-ledger",
            actor,
            now,
            {"request": request.id, "measures": measures.strip(), "promised_at": promised_at.isoformat()},
            ticket.status,
            ticket.status,
        ),
    )
    return request


def _confirm_ledger(session: Session, ticket: Ticket, actor: Actor, now: datetime, words: str) -> Request:
    permit(ticket, "confirm-ledger", actor)
    request = waiting(session, ticket, "ledger")
    if request is None:
        raise WrongState("单位还没有提出挂账申请")
    decide(request, "ledger", True, words or request.words, actor, now)
    _close_reply(session, ticket)
    before, after, _ = move(ticket, "confirm-ledger", actor)
    ticket.promised_at = request.promised_at
    record(
        session,
        Event(
            ticket,
            "confirm-ledger",
            actor,
            now,
            {"request": request.id, "measures": request.words, "promised_at": request.promised_at.isoformat()},
            before,
            after,
        ),
    )
    return request


def _close_reply(session: Session, ticket: Ticket) -> None:
    """The reply that led to the ledger has been read by the centre: it is no longer the live one."""
    session.execute(sa.update(Reply).where(Reply.ticket_id == ticket.id, Reply.state == "sent").values(state="approved"))


def _put_reply(session: Session, ticket: Ticket, state: str, actor: Actor, now: datetime, said: dict) -> Reply:
    _check_reply(said, strict=state == "sent", now=now)
    row = session.scalar(sa.select(Reply).where(Reply.ticket_id == ticket.id, Reply.state == "draft"))
    if row is None:
        row = Reply(ticket_id=ticket.id, round=ticket.round, unit_id=ticket.lead_unit_id, state=state, at=now, result="", content="")
        session.add(row)
    for name in ("result", "content", "measures", "time", "person"):
        setattr(row, name, (said.get(name) or "").strip())
    row.promised_at, row.state, row.at, row.round = said.get("promised_at"), state, now, ticket.round
    return row


def refuse_case(ticket: Ticket) -> None:
    """A violation's check has no citizen to answer; it ends with its conclusion (procedures.py)."""
    if ticket.found_in_id:
        raise WrongState("违法线索核查件没有市民要答复，请写核查结论")


def _check_reply(said: dict, strict: bool, now: datetime) -> None:
    """The four elements 时间/对象/措施/时限 are audited, not demanded here one by one; result and content always are."""
    bad = {}
    if said.get("result") not in codes.RESULTS:
        bad["result"] = "请选办理结果"
    if len((said.get("content") or "").strip()) < (10 if strict else 1):
        bad["content"] = "答复太短，请写清楚做了什么、结果怎样"
    promised = said.get("promised_at")
    if strict and said.get("result") in ("partly", "objectively-blocked") and promised is None:
        bad["promised_at"] = "没有全部办好的，要给出承诺日期"
    if promised is not None and promised <= now:
        bad["promised_at"] = "承诺日期要在将来"
    if bad:
        raise Invalid(**bad)
