"""Sending a ticket to the one responsible unit, and everything that may be said against it: return, decision, dispute, ruling (domain §9)."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets import codes
from tickets.actors import SYSTEM_ACTOR, Actor
from tickets.catalogue import boundary_for, entry_for, is_on_duty_list, replace_entry
from tickets.dispatch_models import Dispatch, Request, Task
from tickets.events import Event, record
from tickets.models import Ticket
from tickets.organisations import Unit
from tickets.requests import ask, decide, waiting
from tickets.workflow import move, permit

RETURN_CAP = 2
RECALL_WINDOW = timedelta(seconds=60)


def dispatch(
    session: Session,
    ticket: Ticket,
    lead: str,
    actor: Actor,
    now: datetime,
    assisting: tuple[str, ...] = (),
    *,
    track: str = "",
    urgency: str = "",
    note: str = "",
) -> None:
    """Edge #6: to exactly one lead unit (R40), with assisting units working in parallel (R43). From now the clocks run.

    `lead`, `assisting`: unit codes. `note` is the task slip; a unit sees it in place of a sealed report.
    Raises Invalid for an unknown or resting unit, or a street the duty list does not name (R62).
    """
    permit(ticket, "dispatch", actor)
    unit = live_unit(session, lead, "lead")
    _refuse_push_down(session, unit, ticket, now)
    course = _set_course(ticket, track, urgency, note)
    entry = entry_for(session, ticket.category_id, ticket.region_code, now)
    basis = entry.basis if entry and entry.unit_id == unit.id else ""
    _send(session, ticket, "dispatch", unit, actor, now, basis, {"note": note.strip(), "basis": basis} | course)
    for code in dict.fromkeys(assisting):
        helper = live_unit(session, code, "assisting")
        if helper.id == unit.id:
            raise Invalid(assisting="主办单位不能同时是协办单位")
        told = {"unit": helper.code, "unit_id": helper.id, "ask": note.strip()}
        _add_assistant(session, ticket, helper.id, note.strip() or ticket.title, actor, now, told)


def dispatch_by_rule(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """Edge #6 by the catalogue's own answer, with the boundary list's assistants: what an agent may do at the seat.

    Raises WrongState when the catalogue is silent, or for a sealed report, which the unit could not read without a slip: then a
    dispatcher decides.
    """
    permit(ticket, "dispatch-by-rule", actor)
    if ticket.sealed:
        raise WrongState("举报件要派单员写好交办要点再派，已登记、已密封。")
    entry = entry_for(session, ticket.category_id, ticket.region_code, now)
    if entry is None:
        raise WrongState("派单目录里没有这一类，已登记，请派单员来派")
    unit = session.get(Unit, entry.unit_id)
    if not unit.live:
        raise WrongState("目录上的单位还没有开通，已登记，请派单员来派")
    boundary = boundary_for(session, ticket.category_id, now)
    _send(session, ticket, "dispatch-by-rule", unit, actor, now, entry.basis, {"basis": entry.basis, "version": entry.version})
    for part in boundary.division if boundary and boundary.lead_unit_id == unit.id else []:
        told = {"unit": part["unit"], "unit_id": part["unit_id"], "ask": part["ask"], "boundary": boundary.title}
        _add_assistant(session, ticket, part["unit_id"], part["ask"], SYSTEM_ACTOR, now, told)


def recall(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> None:
    """Undo a dispatch within a minute, by whoever sent it, while nobody has signed. Raises WrongState later than that."""
    permit(ticket, "recall", actor)
    live = live_dispatch(session, ticket)
    if (
        live is None
        or live.by_id != actor.account_id
        or now - live.at > RECALL_WINDOW
        or ticket.returns
        or live.reason not in ("dispatch", "dispatch-by-rule")
    ):
        raise WrongState("只有派单人能在一分钟内撤回")
    before, after, _ = move(ticket, "recall", actor)
    live.ended_at, live.end_reason = now, "recall"
    session.execute(sa.update(Task).where(Task.ticket_id == ticket.id).values(state="released", released_at=now, release_reason="recall"))
    ticket.lead_unit_id = ticket.dispatched_at = None
    record(session, Event(ticket, "recall", actor, now, {}, before, after))


def request_return(session: Session, ticket: Ticket, reason: str, basis: str, actor: Actor, now: datetime, suggested: str = "") -> Request:
    """Edge #9: "not mine", with a reason code and a legal basis, always back to the centre (domain §9.5).

    Raises Invalid, or WrongState after two returns or a ruling: then only a dispute is left.
    """
    permit(ticket, "request-return", actor)
    if reason not in codes.RETURN_REASONS:
        raise Invalid(reason="请从退单理由里选一个")
    if len(basis.strip()) < 4:
        raise Invalid(basis="请写明退单依据（哪条规定、为什么不归本单位）")
    if ticket.locked:
        raise WrongState("已有裁定，不能再退单")
    if ticket.returns >= RETURN_CAP:
        raise WrongState("这件已经退过两次，请走争议裁定")
    other = live_unit(session, suggested, "suggested_unit") if suggested else None
    request = ask(session, ticket, "return", actor, now, code=reason, basis=basis.strip(), suggested_unit_id=other.id if other else None)
    before, after, _ = move(ticket, "request-return", actor)
    ticket.returns += 1
    told = {"request": request.id, "reason": reason, "basis": basis.strip(), "suggested": suggested}
    record(session, Event(ticket, "request-return", actor, now, told, before, after))
    return request


def decide_return(
    session: Session, ticket: Ticket, request: Request, accept: bool, reason: str, actor: Actor, now: datetime, lead: str = ""
) -> None:
    """Edge #10: send on to `lead` (default the suggested unit), or back to where it stood. Raises Invalid without a reason."""
    action = "accept-return" if accept else "deny-return"
    permit(ticket, action, actor)
    decide(request, "return", accept, reason, actor, now)
    if not accept:
        before, after, _ = move(ticket, action, actor, back_to=request.from_status)
        record(session, Event(ticket, action, actor, now, {"request": request.id, "reason": reason.strip()}, before, after))
        return
    code = lead or (session.get(Unit, request.suggested_unit_id).code if request.suggested_unit_id else "")
    unit = live_unit(session, code, "lead")
    if unit.id == ticket.lead_unit_id:
        raise Invalid(lead="同意退单就要改派给别的单位")
    _refuse_push_down(session, unit, ticket, now)
    _send(session, ticket, action, unit, actor, now, "", {"request": request.id, "reason": reason.strip()})


def dispute(session: Session, ticket: Ticket, statement: str, actor: Actor, now: datetime) -> Request:
    """Edge #11: the unit objects; the panel will bind. Raises Invalid without a statement, WrongState after a ruling."""
    permit(ticket, "dispute", actor)
    if len(statement.strip()) < 4:
        raise Invalid(statement="请写明争议事实和理由")
    if ticket.locked:
        raise WrongState("已有裁定，不能再提争议")
    request = ask(session, ticket, "dispute", actor, now, words=statement.strip())
    before, after, _ = move(ticket, "dispute", actor)
    record(session, Event(ticket, "dispute", actor, now, {"request": request.id, "statement": statement.strip()}, before, after))
    return request


def rule(
    session: Session,
    ticket: Ticket,
    unit_code: str,
    reason: str,
    actor: Actor,
    now: datetime,
    *,
    locked: bool = True,
    update_catalogue: bool = False,
) -> None:
    """Edge #11: a binding ruling. A locked ticket cannot be returned or disputed again; the catalogue may follow (WF §22).

    The panel may not belong to the disputing unit. Raises Invalid, Forbidden.
    """
    permit(ticket, "rule", actor)
    unit = live_unit(session, unit_code, "unit")
    request = waiting(session, ticket, "dispute")
    if request is None:
        raise WrongState("没有等着裁定的争议")
    if actor.unit_id == request.unit_id:
        raise Forbidden("争议一方不能裁定自己的争议")
    decide(request, "dispute", True, reason, actor, now)
    ticket.locked = locked
    version = None
    if update_catalogue and ticket.category_id:
        version = replace_entry(session, ticket.category_id, ticket.region_code, unit.id, reason, now, actor.account_id, ticket.id).version
    told = {"request": request.id, "reason": reason.strip(), "locked": locked, "version": version}
    _send(session, ticket, "rule", unit, actor, now, reason.strip(), told)


def live_dispatch(session: Session, ticket: Ticket) -> Dispatch | None:
    """The sending the ticket is under now."""
    return session.scalar(sa.select(Dispatch).where(Dispatch.ticket_id == ticket.id, Dispatch.ended_at.is_(None)))


def live_unit(session: Session, code: str, field: str) -> Unit:
    """The unit with this code, open for tickets. Raises Invalid naming `field`."""
    if not code:
        raise Invalid(**{field: "请选一个单位"})
    unit = session.scalar(sa.select(Unit).where(Unit.code == code))
    if unit is None or unit.kind in ("city", "centre"):
        raise Invalid(**{field: "没有这个承办单位"})
    if not unit.live:
        raise Invalid(**{field: "这个单位还没有联络员，不能收单"})
    return unit


def unit_of(session: Session, code: str) -> Unit:
    """Any unit by its code. Raises NotFound."""
    unit = session.scalar(sa.select(Unit).where(Unit.code == code))
    if unit is None:
        raise NotFound("没有这个单位")
    return unit


def _send(session: Session, ticket: Ticket, action: str, unit: Unit, actor: Actor, now: datetime, basis: str, data: dict) -> None:
    """Close the running segment, open the next, take the edge. The citizen's clock started at the first sending and goes on."""
    previous = live_dispatch(session, ticket) if ticket.lead_unit_id else None
    if previous is not None:
        previous.ended_at, previous.end_reason = now, action
        session.flush()
    ticket.lead_unit_id = unit.id
    ticket.handler_a_id = ticket.handler_b_id = ticket.signed_at = None
    ticket.dispatched_at = ticket.dispatched_at or now
    before, after, _ = move(ticket, action, actor)
    session.add(Dispatch(ticket_id=ticket.id, unit_id=unit.id, reason=action, basis=basis, by_id=actor.account_id, at=now))
    full = {
        "unit": unit.code,
        "unit_id": unit.id,
        "unit_name": unit.name,
        "previous_unit_id": previous.unit_id if previous else None,
    } | data
    record(session, Event(ticket, action, actor, now, full, before, after))


def _add_assistant(session: Session, ticket: Ticket, unit_id: int, ask: str, actor: Actor, now: datetime, told: dict) -> None:
    """A unit that works in parallel from the start (R43); `told`: what the event says."""
    session.add(Task(ticket_id=ticket.id, unit_id=unit_id, ask=ask, state="open", asked_by_id=actor.account_id, asked_at=now))
    record(session, Event(ticket, "add-task", actor, now, told, ticket.status, ticket.status))


def _set_course(ticket: Ticket, track: str, urgency: str, note: str) -> dict:
    """Track, urgency and slip as the dispatcher wants them; gives what changed, for the event. Lowering the urgency asks for words, which
    the slip holds. Raises Invalid."""
    if track and track not in codes.TRACKS:
        raise Invalid(track="办理轨道不认识")
    if urgency and urgency not in codes.URGENCIES:
        raise Invalid(urgency="紧急程度只有普通、紧急、特急")
    wanted = urgency or ticket.urgency
    if codes.URGENCIES.index(wanted) < codes.URGENCIES.index(ticket.urgency) and not note.strip():
        raise Invalid(note="调低紧急程度要写理由")
    if urgency and not track and ticket.track in ("general", "urgent"):
        track = "general" if urgency == "ordinary" else "urgent"
    before = {"track": ticket.track, "urgency": ticket.urgency}
    ticket.track, ticket.urgency, ticket.slip = track or ticket.track, wanted, note.strip()
    return {name: getattr(ticket, name) for name, was in before.items() if was != getattr(ticket, name)}


def _refuse_push_down(session: Session, unit: Unit, ticket: Ticket, now: datetime) -> None:
    """What is a department's function must not be pushed down to the grassroots (R62, G66 cl.5)."""
    if unit.kind in ("street", "section") and not is_on_duty_list(session, unit, ticket.category_id, now):
        raise Invalid(lead="这一类不在该街道的职责清单上，不能下压；请派给主管部门，街道可作协办")


DISPATCH_ACTIONS = frozenset({"dispatch", "dispatch-by-rule", "accept-return", "rule"})
