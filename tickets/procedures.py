"""What statutes ask for beside the hotline's own way: acceptance from which a limit runs, the interim reply, a violation found in mediation
as a case of its own, and the notices somebody is owed (R21–R24, R29). Handling proper is handling.py."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, WrongState
from tickets import codes
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.dispatch_models import Dispatch, Request
from tickets.events import Event, record
from tickets.handling import refuse_case, terminate
from tickets.identity import Appellant
from tickets.intake import Matter, register
from tickets.models import Attachment, Category, Identity, Ticket
from tickets.requests import ask, decide, lapse
from tickets.tasks import refuse_open_tasks
from tickets.workflow import move, permit

LEAST_WORDS = 4


@dataclass(frozen=True)
class Told:
    """One party was told: how, and when (aware UTC)."""

    method: str
    at: datetime | None


def accept(
    session: Session, ticket: Ticket, actor: Actor, now: datetime, checks: tuple[str, ...] = (), instant: bool = False, words: str = ""
) -> str:
    """The unit takes a consumer complaint or a petition up: its statutory limit counts from today (T20, T24, T26).

    A simple petition needs the four checks of R29; when one fails it is an ordinary one from now on. `instant`: what cannot wait is
    settled the same day. Gives the procedure: consumer, instant, simple or ordinary. Raises Invalid, WrongState.
    """
    permit(ticket, "accept", actor)
    if ticket.track not in codes.ACCEPTED_TRACKS or ticket.found_in_id:
        raise WrongState("只有消费纠纷和信访件要单位另外受理")
    if ticket.accepted_at:
        raise WrongState("已经受理过了")
    if ticket.extensions or ticket.replied_at:
        raise WrongState("已经答复过或延过期，不能再补受理")
    if not set(checks) <= set(codes.ELIGIBILITY):
        raise Invalid(checks="核对项不认识")
    procedure = _procedure(ticket.track, set(checks), instant)
    if procedure == "ordinary":
        ticket.track = "petition-ordinary"
    ticket.accepted_at = now
    data = {"procedure": procedure, "checks": [one for one in codes.ELIGIBILITY if one in checks], "words": words.strip()}
    record(session, Event(ticket, "accept", actor, now, data, ticket.status, ticket.status))
    return procedure


def interim_reply(session: Session, ticket: Ticket, content: str, actor: Actor, now: datetime) -> None:
    """How far it is and how long the law gives, told to the citizen before the statutory limit is over (JN §24(2)). May be repeated."""
    permit(ticket, "interim-reply", actor)
    refuse_case(ticket)
    if len(content.strip()) < 10:
        raise Invalid(content="写清楚办到哪一步、还要做什么，至少 10 个字")
    data = {"content": content.strip(), "due": ticket.due_at.isoformat() if ticket.due_at else None}
    record(session, Event(ticket, "interim-reply", actor, now, data, ticket.status, ticket.status))


def find_violation(session: Session, ticket: Ticket, facts: str, actor: Actor, now: datetime, accused: str = "") -> Ticket:
    """A violation came to light in mediation: a linked case of its own begins with the same unit, 15 working days to check (R23).

    `facts`: what was found, without the citizen's name. The mediation goes on by itself. Raises Invalid, WrongState.
    """
    permit(ticket, "find-violation", actor)
    if ticket.track != "consumer" or ticket.found_in_id:
        raise WrongState("只有调解消费纠纷时发现的违法线索才另案核查")
    if len(facts.strip()) < LEAST_WORDS:
        raise Invalid(facts="请写明发现了什么违法线索")
    case = _open_case(session, ticket, facts.strip(), accused.strip() or ticket.accused, actor, now)
    record(
        session, Event(ticket, "find-violation", actor, now, {"case": case.number, "facts": facts.strip()}, ticket.status, ticket.status)
    )
    return case


def request_termination(session: Session, ticket: Ticket, ground: str, words: str, actor: Actor, now: datetime) -> Request:
    """The unit asks in writing that a mediation be ended, on a ground of law; the centre decides (R22, SAMR §21).

    Where a party ends it by its own will, its writing must hang on the ticket: a file of purpose "proof". Raises Invalid naming what is
    missing, WrongState for what is no mediation or was asked already.
    """
    permit(ticket, "request-termination", actor)
    if ticket.track != "consumer" or ticket.found_in_id:
        raise WrongState("只有消费纠纷的调解才申请终止")
    if ground not in codes.TERMINATION_GROUNDS:
        raise Invalid(ground="请从终止办理的法定情形里选一个")
    if len(words.strip()) < LEAST_WORDS:
        raise Invalid(words="请写明经过和理由")
    proofs = _proofs(session, ticket)
    if ground in codes.OWN_WILL and not proofs:
        raise Invalid(proof="请附当事人的书面意思：撤回申请、和解协议，或通话录音")
    request = ask(session, ticket, "termination", actor, now, code=ground, words=words.strip())
    data = {"request": request.id, "ground": ground, "words": words.strip(), "proofs": proofs}
    record(session, Event(ticket, "request-termination", actor, now, data, ticket.status, ticket.status))
    return request


def decide_termination(session: Session, ticket: Ticket, request: Request, grant: bool, reason: str, actor: Actor, now: datetime) -> None:
    """Granted: the mediation ends on the ground that was asked, and both parties are owed a notice in 7 working days (T21). Denied: it goes on."""
    permit(ticket, "terminate" if grant else "deny-termination", actor)
    decide(request, "termination", grant, reason, actor, now)
    if grant:
        terminate(session, ticket, request.code, actor, now, reason)
    else:
        record(
            session,
            Event(ticket, "deny-termination", actor, now, {"request": request.id, "reason": reason.strip()}, ticket.status, ticket.status),
        )


def conclude_check(session: Session, ticket: Ticket, outcome: str, words: str, actor: Actor, now: datetime) -> None:
    """Checked: filed, not filed, or handed over. A case ends with it; a report goes on to its reply. Whoever can be reached is then owed
    the decision in 5 working days (T23). Raises Invalid, WrongState."""
    permit(ticket, "conclude-check", actor)
    if not ticket.found_in_id and ticket.appeal_type != "report":
        raise WrongState("只有举报件和违法线索核查件要写核查结论")
    if ticket.checked_at:
        raise WrongState("核查结论已经写过了")
    if outcome not in codes.CHECK_OUTCOMES:
        raise Invalid(outcome="请选核查结论")
    if len(words.strip()) < LEAST_WORDS:
        raise Invalid(words="请写明查到什么、依据哪一条")
    refuse_open_tasks(session, ticket)
    ticket.checked_at, ticket.notice = now, "reporter" if _reachable(session, ticket) else ""
    data = {"outcome": outcome, "words": words.strip(), "notice": ticket.notice}
    record(session, Event(ticket, "conclude-check", actor, now, data, ticket.status, ticket.status))
    if ticket.found_in_id:
        lapse(session, ticket, now)
        before, after, _ = move(ticket, "close-case", SYSTEM_ACTOR)
        ticket.closed_at = now
        record(session, Event(ticket, "close-case", SYSTEM_ACTOR, now, {"outcome": outcome}, before, after))


def tell_reporter(session: Session, ticket: Ticket, told: Told, actor: Actor, now: datetime, words: str = "") -> None:
    """The named reporter, or the citizen of the mediation, was told of the decision (T23). Of a confidential matter only the centre
    speaks to them (domain §7). Raises Invalid, WrongState, Forbidden."""
    permit(ticket, "tell-reporter", actor)
    if ticket.notice != "reporter":
        raise WrongState("没有要告知的举报人：还没有核查结论、已经告知，或者没有留联系方式")
    if ticket.confidential and not actor.of_centre:
        raise Forbidden("保密件由热线中心告知举报人")
    _check_told({"reporter": told}, ticket.checked_at, now)
    ticket.notice = "told"
    data = {"method": told.method, "at": told.at.isoformat(), "words": words.strip()}
    record(session, Event(ticket, "tell-reporter", actor, now, data, ticket.status, ticket.status))


def tell_parties(session: Session, ticket: Ticket, appellant: Told, respondent: Told, actor: Actor, now: datetime) -> None:
    """Both sides of a mediation that was ended were told, with proof on the ticket: a file of purpose "proof" (R22, T21).

    Raises Invalid naming who, when or what is missing; WrongState when nobody is owed a notice.
    """
    permit(ticket, "tell-parties", actor)
    if ticket.notice != "parties":
        raise WrongState("没有要告知的双方：不是终止的调解，或者已经告知")
    _check_told({"appellant": appellant, "respondent": respondent}, ticket.closed_at, now)
    proofs = _proofs(session, ticket)
    if not proofs:
        raise Invalid(proof="请附送达凭证：签收单、邮寄回执、通话录音或短信截图")
    ticket.notice = "told"
    data = {"appellant": _as_data(appellant), "respondent": _as_data(respondent), "proofs": proofs}
    record(session, Event(ticket, "tell-parties", actor, now, data, ticket.status, ticket.status))


def _proofs(session: Session, ticket: Ticket) -> list[int]:
    """The files that prove what was said or delivered."""
    return list(
        session.scalars(
            sa.select(Attachment.id).where(Attachment.ticket_id == ticket.id, Attachment.purpose == "proof").order_by(Attachment.id)
        )
    )


def _procedure(track: str, checks: set[str], instant: bool) -> str:
    if track == "consumer":
        return "consumer"
    simple = track == "petition-simple" and checks == set(codes.ELIGIBILITY)
    if instant and not simple:
        raise Invalid(instant="四项都符合的初信初访才能即时办结")
    return "instant" if instant else "simple" if simple else "ordinary"


def _open_case(session: Session, ticket: Ticket, facts: str, accused: str, actor: Actor, now: datetime) -> Ticket:
    """Registered without anybody's name and with the finding unit at once: it needs no dispatch and no signature."""
    category = session.get(Category, ticket.category_id) if ticket.category_id else None
    title = f"违法线索核查：{accused or ticket.title}"[:100]
    case = register(
        session,
        Matter(
            channel="patrol",
            appeal_type="other",
            title=title,
            content=facts,
            category=category.code if category and category.active else "",
            region=ticket.region_code or "",
            address=ticket.address,
            lng=ticket.lng,
            lat=ticket.lat,
            grid_cell=ticket.grid_cell,
            accused=accused,
            appellant=Appellant(kind="anonymous"),
            confidential=ticket.confidential,
            reply_wanted=False,
            track="consumer",
        ),
        actor,
        now,
    )
    session.flush()
    case.found_in_id, case.lead_unit_id = ticket.id, ticket.lead_unit_id
    case.handler_a_id, case.handler_b_id = ticket.handler_a_id, ticket.handler_b_id
    case.dispatched_at = case.signed_at = now
    before, after, _ = move(case, "open-case", SYSTEM_ACTOR)
    session.add(
        Dispatch(
            ticket_id=case.id,
            unit_id=ticket.lead_unit_id,
            reason="open-case",
            basis="R23",
            by_id=actor.account_id,
            at=now,
            signed_at=now,
            signed_by_id=actor.account_id,
        )
    )
    record(session, Event(case, "open-case", actor, now, {"found_in": ticket.number, "unit_id": ticket.lead_unit_id}, before, after))
    return case


def _reachable(session: Session, ticket: Ticket) -> bool:
    """Somebody left a number: the reporter, or the citizen of the mediation."""
    return bool(session.scalar(sa.select(Identity.contactable).where(Identity.ticket_id == (ticket.found_in_id or ticket.id))))


def _check_told(people: dict[str, Told], since: datetime, now: datetime) -> None:
    """Told by a known means, after the decision and not in the future. Raises Invalid naming `appellant`, `respondent` or `reporter`."""
    bad = {}
    for who, told in people.items():
        if told.method not in codes.NOTICE_METHODS:
            bad[who] = "请选怎么告知的"
        elif told.at is None or told.at > now or told.at < since:
            bad[who] = "告知时间要在作出决定之后、现在之前"
    if bad:
        raise Invalid(**bad)


def _as_data(told: Told) -> dict:
    return {"method": told.method, "at": told.at.isoformat()}
