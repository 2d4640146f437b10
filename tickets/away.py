"""Absences and delegations that hold or will: who is away, who stands in, for which posts (R52, R71, R72), which person in charge is not there
(R79c). Reads only; verbs are posts.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.actors import LEADER, Actor
from tickets.dispatch_models import Task
from tickets.organisations import Absence, Delegation, Post, Unit
from tickets.posts import PEOPLE, serves
from tickets.whistle_models import PlanStep, Summons


def absences_of(session: Session, account_id: int, now: datetime) -> list[Absence]:
    """This person's absences that are not over, soonest first."""
    return list(
        session.scalars(sa.select(Absence).where(Absence.account_id == account_id, Absence.ends_at > now).order_by(Absence.starts_at))
    )


def all_absences(session: Session, now: datetime) -> list[Absence]:
    """Everybody's, not over."""
    return list(session.scalars(sa.select(Absence).where(Absence.ends_at > now).order_by(Absence.starts_at)))


def posts_supervised(session: Session, actor: Actor) -> list[tuple[Post, Unit]]:
    """The posts this person may delegate: of the units they supervise, all for a city leader."""
    mine = sa.true() if actor.has(LEADER) else Unit.superior_id == actor.account_id
    rows = session.execute(sa.select(Post, Unit).join(Unit, Unit.id == Post.unit_id).where(mine).order_by(Unit.path, Post.role))
    return [(post, unit) for post, unit in rows]


def delegations_of(session: Session, post_ids: list[int], now: datetime) -> list[Delegation]:
    """Delegations of these posts that still hold or will."""
    return list(
        session.scalars(
            sa.select(Delegation)
            .where(Delegation.post_id.in_(post_ids), Delegation.ends_at > now, Delegation.revoked_at.is_(None))
            .order_by(Delegation.starts_at)
        )
    )


def gone(person: sa.SQLColumnExpression, unit_id: sa.SQLColumnExpression, at: datetime) -> sa.Case:
    """Why who was named in this unit is not there, as an SQL value: "at-rest" (the account), "moved" (to another unit), "away" (by the
    absence calendar), "" when they are, or nobody is named."""
    absent = sa.exists().where(Absence.account_id == person, Absence.starts_at <= at, Absence.ends_at > at).correlate_except(Absence)
    people = PEOPLE.alias()
    resting = sa.exists().where(people.c.id == person, sa.not_(people.c.active)).correlate_except(people)
    return sa.case((person.is_(None), ""), (resting, "at-rest"), (sa.not_(serves(person, unit_id)), "moved"), (absent, "away"), else_="")


def gone_of_tasks(session: Session, ticket_id: int, at: datetime) -> dict[int, str]:
    """Sub-task → why the one in charge of it is not there, of the open ones of a ticket where it is so; one statement."""
    why = gone(Task.person_id, Task.unit_id, at)
    rows = session.execute(sa.select(Task.id, why).where(Task.ticket_id == ticket_id, Task.state == "signed"))
    return {task: said for task, said in rows if said}


def gone_of_steps(session: Session, whistle_id: int, at: datetime) -> dict[int, str]:
    """Step of a whistle's plan → why the one in charge of it is not there, of the open ones where it is so; one statement."""
    why = gone(PlanStep.person_id, Summons.unit_id, at)
    rows = session.execute(
        sa.select(PlanStep.id, why)
        .join(Summons, Summons.id == PlanStep.summons_id)
        .where(PlanStep.whistle_id == whistle_id, PlanStep.done_at.is_(None))
    )
    return {step: said for step, said in rows if said}
