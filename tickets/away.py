"""Absences and delegations after they are written: who is away, who stands in, what may still be taken back (R52, R71, R72)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, NotFound, WrongState
from tickets.actors import ADMIN, LEADER, Actor
from tickets.organisations import Absence, Delegation, Post, Unit


def absences_of(session: Session, account_id: int, now: datetime) -> list[Absence]:
    """This person's absences that are not over, soonest first."""
    return list(session.scalars(sa.select(Absence).where(Absence.account_id == account_id, Absence.ends_at > now).order_by(Absence.starts_at)))


def all_absences(session: Session, now: datetime) -> list[Absence]:
    """Everybody's, not over."""
    return list(session.scalars(sa.select(Absence).where(Absence.ends_at > now).order_by(Absence.starts_at)))


def end_absence(session: Session, absence_id: int, actor: Actor, now: datetime) -> Absence:
    """Back earlier than thought, or it was a mistake: what is over stays on record. Raises NotFound, Forbidden, WrongState."""
    row = session.get(Absence, absence_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条外出记录")
    if row.account_id != actor.account_id and not actor.has(ADMIN):
        raise Forbidden("只能改自己的外出")
    if row.ends_at <= now:
        raise WrongState("这段外出已经结束")
    if row.starts_at >= now:
        session.delete(row)
    else:
        row.ends_at = now
    return row


def posts_supervised(session: Session, actor: Actor) -> list[tuple[Post, Unit]]:
    """The posts this person may delegate: of the units they supervise, all for a city leader."""
    mine = sa.true() if actor.has(LEADER) else Unit.superior_id == actor.account_id
    rows = session.execute(sa.select(Post, Unit).join(Unit, Unit.id == Post.unit_id).where(mine).order_by(Unit.path, Post.role))
    return [(post, unit) for post, unit in rows]


def delegations_of(session: Session, post_ids: list[int], now: datetime) -> list[Delegation]:
    """Delegations of these posts that still hold or will."""
    return list(session.scalars(sa.select(Delegation).where(Delegation.post_id.in_(post_ids), Delegation.ends_at > now, Delegation.revoked_at.is_(None))
                                .order_by(Delegation.starts_at)))


def revoke(session: Session, delegation_id: int, actor: Actor, now: datetime) -> Delegation:
    """The grantor, or a city leader, takes it back; the row stays. Raises NotFound, Forbidden, WrongState."""
    row = session.get(Delegation, delegation_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条授权")
    if row.grantor_id != actor.account_id and not actor.has(LEADER):
        raise Forbidden("只有授权的人能收回")
    if row.revoked_at is not None or row.ends_at <= now:
        raise WrongState("这条授权已经结束")
    row.revoked_at = now
    return row
