"""The verbs of a dossier (E7): raise what stays unsolved to the government office, submit it, enter the meeting's decision, withdraw it.

Each is called with the ticket locked, refuses loudly, and appends one event to the ticket's chain. What the paper says is the desks'.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid, NotFound, WrongState
from escalation.dossier_models import DOSSIER_LIVE, Dossier
from escalation.models import Clock, EscalationStep, LedgerEntry
from escalation.supervision import CLOCK, coordinate, live_of, take_in
from escalation.supervision_models import Coordination, Supervision
from escalation.supervision_rules import SUPERVISABLE, permit, said
from tickets.actors import Actor
from tickets.events import Event, record
from tickets.models import Ticket

ONE_NUMBER = 0x5348_0037  # advisory lock: numbers of a year run without gaps or doubles
LEVEL, STEP = "E7", "dossier"


def raise_dossier(session: Session, ticket: Ticket, question: str, obstacle: str, actor: Actor, now: datetime) -> Dossier:
    """Top coordination has had its time and the matter is still unsolved: it goes up, with what is asked of the meeting and what stands in the way.

    Raises Invalid; WrongState when there is no live order with a coordination, its limit still runs, or a dossier is live already.
    """
    order = live_of(session, ticket)
    permit("raise-dossier", actor, order.unit_id if order else ticket.lead_unit_id)
    asked = said(question, Invalid(question="请写明请会议定什么"))
    stuck = said(obstacle, Invalid(obstacle="请写明卡在哪里、试过什么"))
    there = live_dossier_of(session, ticket)
    if there is not None:
        raise WrongState("这件已有上会材料 %(number)s，不再另报", number=there.number)
    order = _unsolved(session, ticket, order, now)
    year, serial = next_number(session, Dossier, ONE_NUMBER, now)
    row = Dossier(
        year=year,
        serial=serial,
        ticket_id=ticket.id,
        unit_id=order.unit_id,
        supervision_id=order.id,
        state="raised",
        question=asked,
        obstacle=stuck,
        raised_at=now,
        raised_by_id=actor.account_id,
        raised_by_name=actor.name,
    )
    session.add(row)
    session.flush()
    take_in(order, [_entry(session, ticket, order, now)])
    _note(session, ticket, "raise-dossier", row, actor, now, words=asked)
    return row


def submit(session: Session, ticket: Ticket, row: Dossier, opinion: str, actor: Actor, now: datetime) -> None:
    """The leader signs it and it goes to the government office. Raises Invalid, WrongState."""
    permit("submit-dossier", actor, row.unit_id)
    if row.state != "raised":
        raise WrongState("%(number)s 已经报出或已了结", number=row.number)
    row.opinion = said(opinion, Invalid(opinion="请写明领导意见"))
    row.state, row.submitted_at, row.submitted_by_name = "submitted", now, actor.name
    _note(session, ticket, "submit-dossier", row, actor, now, words=row.opinion)


def decide(
    session: Session,
    ticket: Ticket,
    row: Dossier,
    meeting: str,
    held_on: date | None,
    decision: str,
    person: str,
    post: str,
    due_at: datetime | None,
    actor: Actor,
    now: datetime,
) -> Coordination:
    """What the standing meeting decided: person, post and limit, which the live order runs by from now on (R47). Raises Invalid, WrongState."""
    permit("decide-dossier", actor, row.unit_id)
    if row.state != "submitted":
        raise WrongState("%(number)s 还没报出，或已了结", number=row.number)
    order = live_of(session, ticket)
    if order is None or order.id != row.supervision_id:
        raise WrongState("督办单已经销号，这份材料只能撤回")
    if held_on is None or not local(row.submitted_at or now).date() <= held_on <= local(now).date():
        raise Invalid(held_on="请写开会那一天：在报出之后，不晚于今天")
    named = said(meeting, Invalid(meeting="请写明是哪次会议"), 100)
    words = said(decision, Invalid(decision="请写明会议定了什么"))
    made = coordinate(session, ticket, order, person, post, due_at, actor, now, words)
    session.flush()
    row.state, row.meeting, row.held_on, row.decision, row.coordination_id = "decided", named, held_on, words, made.id
    row.closed_at, row.closed_by_name = now, actor.name
    _note(session, ticket, "decide-dossier", row, actor, now, meeting=named, held_on=held_on.isoformat(), words=words)
    return made


def withdraw(session: Session, ticket: Ticket, row: Dossier, why: str, actor: Actor, now: datetime) -> None:
    """Solved meanwhile, or raised in error: it is taken back with a reason and stays on record. Raises Invalid, WrongState."""
    permit("withdraw-dossier", actor, row.unit_id)
    if row.state not in DOSSIER_LIVE:
        raise WrongState("%(number)s 已经了结", number=row.number)
    row.withdrawn_why = said(why, Invalid(why="请写明为什么撤回"))
    row.state, row.closed_at, row.closed_by_name = "withdrawn", now, actor.name
    _note(session, ticket, "withdraw-dossier", row, actor, now, words=row.withdrawn_why)


def live_dossier_of(session: Session, ticket: Ticket) -> Dossier | None:
    """The dossier of this ticket that nobody has decided or withdrawn."""
    return session.scalar(sa.select(Dossier).where(Dossier.ticket_id == ticket.id, Dossier.state.in_(DOSSIER_LIVE)))


def dossier_of(session: Session, ticket: Ticket, row_id: int) -> Dossier:
    """A dossier of this ticket, locked (the ticket is first). Raises NotFound."""
    row = session.get(Dossier, row_id, with_for_update=True)
    if row is None or row.ticket_id != ticket.id:
        raise NotFound("没有这份上会材料，或者不归您看")
    return row


def next_number(session: Session, model, lock: int, now: datetime) -> tuple[int, int]:
    """The next (year, serial) of a table numbered by year; two at once take turns."""
    year = local(now).year
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
    last = session.scalar(sa.select(sa.func.max(model.serial)).where(model.year == year))
    return year, (last or 0) + 1


def may_be_raised(session: Session, ticket: Ticket, now: datetime) -> bool:
    """Whether a dossier of this ticket could be raised at `now`, for a desk that offers it."""
    if live_dossier_of(session, ticket) is not None:
        return False
    try:
        _unsolved(session, ticket, live_of(session, ticket), now)
    except WrongState:
        return False
    return True


def _unsolved(session: Session, ticket: Ticket, order: Supervision | None, now: datetime) -> Supervision:
    """The order whose top coordination did not help. Raises WrongState saying what has to be done first."""
    if order is None or ticket.status not in SUPERVISABLE:
        raise WrongState("先开督办，再由领导顶格协调；到了时限仍未解决才上会")
    last = session.scalar(sa.select(Coordination).where(Coordination.supervision_id == order.id).order_by(Coordination.id.desc()).limit(1))
    if last is None:
        raise WrongState("还没有顶格协调；先落实到人、岗位、时限")
    if order.standing == "done":
        raise WrongState("单位已经答复，先查效果；没解决的发回重办")
    if now < last.due_at:
        raise WrongState("顶格协调的时限还没到，先督查；难落实的再协调")
    return order


def _entry(session: Session, ticket: Ticket, order: Supervision, now: datetime) -> LedgerEntry:
    """E7 in the ledger: one step and one entry per clock and due date, however often the dossier is raised again."""
    clock = session.get(Clock, order.clock_id) if order.clock_id else None
    clock = (
        clock
        or session.scalars(
            sa.select(Clock).where(Clock.ticket_id == ticket.id, Clock.code == CLOCK).order_by(Clock.id.desc()).limit(1)
        ).one()
    )
    there = session.scalar(
        sa.select(LedgerEntry)
        .join(EscalationStep, EscalationStep.id == LedgerEntry.step_id)
        .where(EscalationStep.clock_id == clock.id, EscalationStep.step == STEP, EscalationStep.for_due == clock.due_at)
    )
    if there is not None:
        return there
    step = EscalationStep(
        clock_id=clock.id,
        ticket_id=ticket.id,
        unit_id=order.unit_id,
        code=clock.code,
        step=STEP,
        level=LEVEL,
        for_due=clock.due_at,
        planned_at=now,
        fired_at=now,
        late=False,
        recipients=[],
        told_at=now,
    )
    session.add(step)
    session.flush()
    entry = LedgerEntry(
        step_id=step.id,
        clock_id=clock.id,
        ticket_id=ticket.id,
        unit_id=order.unit_id,
        level=LEVEL,
        card="red",
        status="open",
        opened_at=now,
    )
    session.add(entry)
    session.flush()
    return entry


def _note(session: Session, ticket: Ticket, kind: str, row: Dossier, actor: Actor, now: datetime, **data) -> None:
    record(
        session,
        Event(
            ticket, kind, actor, now, {"dossier": row.id, "number": row.number, "unit_id": row.unit_id} | data, ticket.status, ticket.status
        ),
    )
