"""What goes on after the departments have met: the lead's plan with dates, its steps done one by one, and the street's second look (R41, R79b)."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid, NotFound, WrongState, later
from tickets.actors import Actor
from tickets.organisations import Unit
from tickets.posts import hand_over, in_charge
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import Look, PlanStep, Summons, Whistle
from tickets.whistle_workflow import permit

LONGEST = timedelta(days=366)
MOST = 60
DONE = later("这一步已经销了")


def plan(
    session: Session,
    whistle: Whistle,
    summons: Summons,
    what: str,
    due_on: date,
    actor: Actor,
    now: datetime,
    person: int | None = None,
) -> PlanStep:
    """The lead writes down one step: which department does what by which day (city day, inclusive), and who there is in charge of it, if it
    names one (`person`: an account id of that department; R79c 段长). It cannot be changed, only handed over and done.

    Raises Invalid naming `what`, `due` or `person`, Forbidden for anybody but the lead.
    """
    lead = session.scalar(sa.select(Summons.unit_id).where(Summons.whistle_id == whistle.id, Summons.lead))
    permit(whistle, "plan", actor, summons, lead)
    today = local(now).date()
    wrong = {}
    if not what.strip():
        wrong["what"] = later("请写明做什么")
    if not today <= due_on <= today + LONGEST:
        wrong["due"] = later("日期要在今天以后、一年以内")
    if wrong:
        raise Invalid(**wrong)
    if (session.scalar(sa.select(sa.func.count()).where(PlanStep.whistle_id == whistle.id)) or 0) >= MOST:
        raise WrongState("一哨的方案最多 60 步")
    named = in_charge(session, summons.unit_id, person)
    row = PlanStep(
        whistle_id=whistle.id,
        summons_id=summons.id,
        round=whistle.round,
        what=what.strip(),
        due_on=due_on,
        person_id=person,
        by_id=actor.account_id,
        by_name=actor.name,
        at=now,
    )
    session.add(row)
    session.flush()
    _note(session, whistle, "plan", summons, actor, now, {"step": row.id, "words": row.what, "due": due_on.isoformat()} | named)
    return row


def finish(session: Session, whistle: Whistle, row: PlanStep, words: str, actor: Actor, now: datetime) -> None:
    """The department has done its step and says what came of it. Raises Invalid, WrongState the second time."""
    summons = session.get(Summons, row.summons_id)
    permit(whistle, "plan-done", actor, summons)
    if row.done_at is not None:
        raise WrongState(DONE)
    if not words.strip():
        raise Invalid(words="请写明做了什么、结果怎样")
    row.done_at, row.done_words, row.done_by_name = now, words.strip(), actor.name
    session.flush()
    _note(session, whistle, "plan-done", summons, actor, now, {"step": row.id, "words": row.done_words, "due": row.due_on.isoformat()})


def hand_over_step(session: Session, whistle: Whistle, row: PlanStep, person: int | None, reason: str, actor: Actor, now: datetime) -> None:
    """The department puts another one of its people in charge of its step, and says why (R79c).

    Raises Invalid naming `person` or `reason`, WrongState once the step is done.
    """
    summons = session.get(Summons, row.summons_id)
    permit(whistle, "hand-over-step", actor, summons)
    if row.done_at is not None:
        raise WrongState(DONE)
    said = hand_over(session, summons.unit_id, row.person_id, person, reason)
    row.person_id = person
    session.flush()
    data = {"step": row.id, "what": row.what, "due": row.due_on.isoformat()} | said
    _note(session, whistle, "hand-over-step", summons, actor, now, data)


def look_again(session: Session, whistle: Whistle, held: bool, words: str, actor: Actor, now: datetime) -> Look:
    """回头看: the street has been there again. Once a round; what did not hold is for a 找茬. Raises Invalid, WrongState."""
    permit(whistle, "look-again", actor)
    if not words.strip():
        raise Invalid(words="请写明去看到了什么")
    if session.scalar(sa.select(Look.id).where(Look.whistle_id == whistle.id, Look.round == whistle.round)):
        raise WrongState("这一轮已经回头看过了")
    row = Look(
        whistle_id=whistle.id, round=whistle.round, held=held, words=words.strip(), by_id=actor.account_id, by_name=actor.name, at=now
    )
    session.add(row)
    session.flush()
    record(session, WhistleHappened(whistle, "look-again", actor, now, {"held": held, "words": row.words}, whistle.status, whistle.status))
    return row


def steps_of(session: Session, whistle: Whistle) -> list[PlanStep]:
    """The whole plan, of every round, the earliest day first."""
    return list(session.scalars(sa.select(PlanStep).where(PlanStep.whistle_id == whistle.id).order_by(PlanStep.due_on, PlanStep.id)))


def step_of(session: Session, whistle: Whistle, step_id: int) -> PlanStep:
    """The step with this id of this whistle. Raises NotFound."""
    row = session.scalar(
        sa.select(PlanStep).where(PlanStep.id == step_id, PlanStep.whistle_id == whistle.id).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("方案里没有这一步")
    return row


def has_plan(session: Session, whistle: Whistle) -> bool:
    """Is there a plan with dates of this round?"""
    return bool(session.scalar(sa.select(sa.exists().where(PlanStep.whistle_id == whistle.id, PlanStep.round == whistle.round))))


def _note(session: Session, whistle: Whistle, kind: str, summons: Summons, actor: Actor, now: datetime, data: dict) -> None:
    unit = session.get(Unit, summons.unit_id)
    record(
        session,
        WhistleHappened(whistle, kind, actor, now, {"unit": unit.code, "unit_id": unit.id} | data, whistle.status, whistle.status, summons),
    )
