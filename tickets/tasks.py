"""Joint handling on one ticket: the lead's parallel sub-tasks for assisting units, each signed, answered, released or graded (R41–R43)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState, later
from tickets.actors import Actor
from tickets.dispatch import live_unit
from tickets.dispatch_models import Task
from tickets.events import Event, record
from tickets.models import Ticket
from tickets.organisations import Unit
from tickets.posts import hand_over, in_charge
from tickets.workflow import permit


def add_task(session: Session, ticket: Ticket, unit_code: str, ask: str, actor: Actor, now: datetime, days: int | None = None) -> Task:
    """The lead asks another unit for its part. `days`: working days, default the lead's own limit. Raises Invalid or WrongState."""
    permit(ticket, "add-task", actor)
    unit = live_unit(session, unit_code, "unit")
    if unit.id == ticket.lead_unit_id:
        raise Invalid(unit="主办单位不用给自己派协办")
    if not ask.strip():
        raise Invalid(ask="请写明要它做什么")
    if days is not None and not 1 <= days <= 45:
        raise Invalid(days="协办期限是 1 到 45 个工作日")
    if session.scalar(sa.select(Task.id).where(Task.ticket_id == ticket.id, Task.unit_id == unit.id, Task.state != "released")):
        raise WrongState("这个单位已经在协办这件了")
    task = Task(ticket_id=ticket.id, unit_id=unit.id, ask=ask.strip(), days=days, state="open", asked_by_id=actor.account_id, asked_at=now)
    session.add(task)
    session.flush()
    data = {"task": task.id, "unit": unit.code, "unit_id": unit.id, "ask": task.ask, "days": days}
    record(session, Event(ticket, "add-task", actor, now, data, ticket.status, ticket.status))
    return task


def sign_task(session: Session, ticket: Ticket, task: Task, actor: Actor, now: datetime, person: int | None = None) -> None:
    """The assisting unit has received its part; it may name who is in charge of it (`person`: an account id; R79c 段长).

    Raises Invalid naming `person`, WrongState the second time.
    """
    permit(ticket, "sign-task", actor, task.unit_id)
    _refuse_unless(task, "open", later("这一项已经签收过了"))
    named = in_charge(session, task.unit_id, person, ticket.recused)
    task.state, task.signed_at, task.person_id = "signed", now, person
    _record(session, ticket, task, "sign-task", actor, now, named)


def hand_over_task(session: Session, ticket: Ticket, task: Task, person: int | None, reason: str, actor: Actor, now: datetime) -> None:
    """The assisting unit puts another one of its people in charge of its part, and says why (R79c).

    Raises Invalid naming `person` or `reason`, WrongState before signing and once it is answered or released.
    """
    permit(ticket, "hand-over-task", actor, task.unit_id)
    _refuse_unless(task, "signed", later("请先签收（签收时可以指定段长）；已回复或已放行的不用再换"))
    said = hand_over(session, task.unit_id, task.person_id, person, reason, ticket.recused)
    task.person_id = person
    _record(session, ticket, task, "hand-over-task", actor, now, said)


def reply_task(session: Session, ticket: Ticket, task: Task, content: str, actor: Actor, now: datetime) -> None:
    """The assisting unit answers the lead, not the citizen (一口对外). Raises Invalid when empty, WrongState before signing."""
    permit(ticket, "reply-task", actor, task.unit_id)
    if not content.strip():
        raise Invalid(content="请写明办了什么、结果怎样")
    _refuse_unless(task, "signed", later("请先签收，再回复；已回复或已放行的不用再回"))
    task.state, task.replied_at, task.reply = "replied", now, content.strip()
    _record(session, ticket, task, "reply-task", actor, now, {"content": task.reply})


def release_task(session: Session, ticket: Ticket, task: Task, reason: str, actor: Actor, now: datetime) -> None:
    """The lead lets an assisting unit go without its answer, and says why."""
    permit(ticket, "release-task", actor)
    if not reason.strip():
        raise Invalid(reason="请写明为什么不再等它")
    if task.state not in ("open", "signed"):
        raise WrongState("这一项已经回复或放行了")
    task.state, task.released_at, task.release_reason = "released", now, reason.strip()
    _record(session, ticket, task, "release-task", actor, now, {"reason": task.release_reason})


def grade_task(session: Session, ticket: Ticket, task: Task, score: int, reason: str, actor: Actor, now: datetime) -> None:
    """The lead grades an assistant once, 1–5; a low grade (1, 2) says why (R42). Raises Invalid or WrongState."""
    permit(ticket, "grade-task", actor)
    if not 1 <= score <= 5:
        raise Invalid(score="打分是 1 到 5")
    if score <= 2 and not reason.strip():
        raise Invalid(reason="打低分要写理由")
    if task.state not in ("replied", "released"):
        raise WrongState("回复或放行之后才能打分")
    if task.score is not None:
        raise WrongState("已经打过分，不能改")
    task.score, task.score_reason, task.graded_at = score, reason.strip(), now
    _record(session, ticket, task, "grade-task", actor, now, {"score": score, "reason": task.score_reason})


def task_of(session: Session, ticket: Ticket, task_id: int) -> Task:
    """The task with this id on this ticket. Raises NotFound."""
    task = session.get(Task, task_id, with_for_update=True)
    if task is None or task.ticket_id != ticket.id:
        raise NotFound("没有这项协办")
    return task


def refuse_open_tasks(session: Session, ticket: Ticket) -> None:
    """The lead cannot end its work while an assisting unit is open, unless it is released with a reason (R43). Raises WrongState."""
    if session.scalar(sa.select(sa.func.count()).where(Task.ticket_id == ticket.id, Task.state.in_(("open", "signed")))):
        raise WrongState("还有协办单位没回复；请等它，或写明理由放行")


def _refuse_unless(task: Task, state: str, sentence: str) -> None:
    if task.state != state:
        raise WrongState(sentence)


def _record(session: Session, ticket: Ticket, task: Task, action: str, actor: Actor, now: datetime, data: dict) -> None:
    unit = session.get(Unit, task.unit_id)
    full = {"task": task.id, "unit": unit.code, "unit_id": unit.id} | data
    record(session, Event(ticket, action, actor, now, full, ticket.status, ticket.status))
