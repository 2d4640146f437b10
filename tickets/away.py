"""Absences and delegations that hold or will: who is away, who stands in, for which posts (R52, R71, R72). Reads only; verbs are posts.py's."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.actors import LEADER, Actor
from tickets.organisations import Absence, Delegation, Post, Unit


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
