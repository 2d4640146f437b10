"""Who holds which post at an instant: A, or B while A is away, or a delegate; and the chain of responsibility upward (R70–R72, R84)."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.errors import Forbidden, Invalid, NotFound, WrongState, later
from tickets.actors import ADMIN, LEADER, Actor
from tickets.organisations import Absence, Delegation, DutyShift, Post, Unit

# accounts belong to app/auth; whose people they are is all that is asked of them here
PEOPLE = sa.table(
    "accounts", sa.column("id", sa.Integer), sa.column("unit_id", sa.Integer), sa.column("name", sa.Text), sa.column("active", sa.Boolean)
)
ACCOUNTS = PEOPLE.c
RECUSED = later("这个人已经回避，不能办这一件")


def covered_roles(session: Session, account_id: int, at: datetime) -> dict[str, int]:
    """The roles this account holds for somebody else at `at`: {role: account id of the one stood in for}; one statement."""
    return dict(session.execute(_COVERED, {"who": account_id, "at": at}).all())


def covered_by(who: sa.ColumnElement[int]) -> sa.CompoundSelect:
    """The posts held at bindparam "at" as B of one who is away, as delegate, or by the duty roster: roles and the ones stood in for."""
    at = sa.bindparam("at", type_=Absence.starts_at.type)
    away = sa.exists().where(Absence.account_id == Post.holder_a_id, Absence.starts_at <= at, Absence.ends_at > at)
    as_b = sa.select(Post.role, Post.holder_a_id).where(Post.holder_b_id == who, away).correlate_except(Post)
    as_delegate = (
        sa.select(Post.role, Post.holder_a_id)
        .join(Delegation, Delegation.post_id == Post.id)
        .where(Delegation.delegate_id == who, Delegation.starts_at <= at, Delegation.ends_at > at, Delegation.revoked_at.is_(None))
        .correlate_except(Post, Delegation)
    )
    on_shift = (
        sa.select(Post.role, Post.holder_a_id)
        .join(DutyShift, DutyShift.unit_id == Post.unit_id)
        .where(DutyShift.account_id == who, Post.role.in_(("liaison", "handler")), DutyShift.starts_at <= at, DutyShift.ends_at > at)
        .correlate_except(Post, DutyShift)
    )
    return as_b.union_all(as_delegate, on_shift)


_COVERED = covered_by(sa.bindparam("who", type_=sa.Integer))  # built once: every page of a unit's person asks it


def is_away(session: Session, account_id: int, at: datetime) -> bool:
    """Whether the absence calendar says this person is away at `at`."""
    return bool(
        session.scalar(sa.select(sa.exists().where(Absence.account_id == account_id, Absence.starts_at <= at, Absence.ends_at > at)))
    )


def on_duty(session: Session, unit_id: int, role: str, at: datetime) -> int | None:
    """The account that holds the post at `at`: A unless away, then a delegate, then B; None when nobody does (the unit's fault, §9.7).

    Who is on the duty roster is told beside them (escalation/recipients.py), not instead."""
    post = session.scalar(sa.select(Post).where(Post.unit_id == unit_id, Post.role == role))
    if post is None:
        return None
    if not is_away(session, post.holder_a_id, at):
        return post.holder_a_id
    delegate = session.scalar(
        sa.select(Delegation.delegate_id).where(
            Delegation.post_id == post.id, Delegation.starts_at <= at, Delegation.ends_at > at, Delegation.revoked_at.is_(None)
        )
    )
    return delegate or post.holder_b_id


def handlers_of(
    session: Session, unit_id: int, handler: int | None, backup: int | None, recused: list[int]
) -> tuple[int | None, int | None]:
    """Handler A and B of a ticket the unit takes: those named, else the post's two holders, the other one where only one is named (R70).

    Raises Invalid naming `handler` or `backup`: nobody of the unit or its sections, no longer active, recused, or one and the same person.
    """
    post = session.scalar(sa.select(Post).where(Post.unit_id == unit_id, Post.role == "handler"))
    held = [post.holder_a_id, post.holder_b_id] if post else [None, None]
    bad = {
        field: said
        for field, account_id in (("handler", handler), ("backup", backup))
        if (said := _why_not(session, unit_id, account_id, recused))
    }
    if bad:
        raise Invalid(**bad)
    first = handler or next((one for one in held if one != backup), None)
    second = backup or next((one for one in reversed(held) if one != first), None)
    if first is not None and first == second:
        raise Invalid(backup="A 岗和 B 岗要是两个人")
    return first, second


def _why_not(session: Session, unit_id: int, account_id: int | None, recused: list[int]) -> str:
    """Why this account cannot handle for the unit; "" when it can, or nobody is named."""
    if account_id is None:
        return ""
    if _name_at(session, unit_id, account_id) is None:
        return later("只能指定本单位的人")
    return RECUSED if account_id in recused else ""


def in_charge(session: Session, unit_id: int, account_id: int | None, recused: Collection[int] = ()) -> dict:
    """Who is put in charge of a unit's part of the work (R79c 段长分段主办), as an event says it; {} when nobody is named.

    Raises Invalid naming `person`: nobody of the unit or its sections, no longer active, or recused.
    """
    if account_id is None:
        return {}
    name = _name_at(session, unit_id, account_id)
    if name is None:
        raise Invalid(person="只能指定这家单位在用的账号")
    if account_id in recused:
        raise Invalid(person=RECUSED)
    return {"in_charge": account_id, "in_charge_name": name}


def hand_over(
    session: Session, unit_id: int, former: int | None, account_id: int | None, reason: str, recused: Collection[int] = ()
) -> dict:
    """Another one of the unit is put in charge instead of `former` (R79c): both and the reason, as an event says it.

    Raises Invalid naming `person` (nobody, the same one, or as `in_charge`) and `reason` (empty).
    """
    named: dict = {}
    wrong: dict = {} if reason.strip() else {"reason": later("请写明为什么换人")}
    if account_id is None:
        wrong["person"] = later("请选由谁主办")
    elif account_id == former:
        wrong["person"] = later("现在就是这个人")
    else:
        try:
            named = in_charge(session, unit_id, account_id, recused)
        except Invalid as no:
            wrong |= no.fields
    if wrong:
        raise Invalid(**wrong)
    before = session.scalar(sa.select(ACCOUNTS.name).where(ACCOUNTS.id == former)) if former else None
    return named | {"former": former, "former_name": before or "", "reason": reason.strip()}


def serves(person: sa.SQLColumnExpression, unit_id: sa.SQLColumnExpression) -> sa.ColumnElement[bool]:
    """An SQL test: this account is in use, and of the unit or of one of its sections."""
    people, at, above = PEOPLE.alias(), aliased(Unit), aliased(Unit)
    within = sa.or_(at.id == above.id, sa.and_(at.kind == "section", sa.func.starts_with(at.path, above.path + ".")))
    found = sa.exists().where(people.c.id == person, people.c.active, at.id == people.c.unit_id, above.id == unit_id, within)
    return found.correlate_except(people, at, above)


def _name_at(session: Session, unit_id: int, account_id: int) -> str | None:
    """The name of this active account, if it is of the unit or of one of its sections."""
    return session.scalar(sa.select(ACCOUNTS.name).where(ACCOUNTS.id == account_id, serves(ACCOUNTS.id, sa.literal(unit_id))))


def set_absence(session: Session, account_id: int, starts: datetime, ends: datetime, reason: str, actor: Actor, note: str = "") -> Absence:
    """Put oneself (or, as administrator, anybody) down as away; B takes over by itself. Raises Invalid, Forbidden."""
    if account_id != actor.account_id and not actor.has(ADMIN):
        raise Forbidden("只能登记自己的外出")
    if ends <= starts:
        raise Invalid(ends_at="结束时间要在开始之后")
    row = Absence(account_id=account_id, starts_at=starts, ends_at=ends, reason=reason, note=note.strip())
    session.add(row)
    return row


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


def delegate(session: Session, post: Post, delegate_id: int, starts: datetime, ends: datetime, reason: str, actor: Actor) -> Delegation:
    """The supervising leader authorises somebody to hold a post for a while; the grantor is recorded (R72).

    Raises Forbidden unless the actor supervises the unit (or is a city leader), Invalid on impossible dates or without a reason.
    """
    unit = session.get(Unit, post.unit_id)
    if actor.account_id != unit.superior_id and not actor.has(LEADER):
        raise Forbidden("只有分管领导可以授权顶岗")
    if ends <= starts:
        raise Invalid(ends_at="结束时间要在开始之后")
    if not reason.strip():
        raise Invalid(reason="请写明顶岗事由")
    if delegate_id in (post.holder_a_id, actor.account_id):
        raise Invalid(delegate="顶岗人不能是本人或授权人")
    row = Delegation(
        post_id=post.id, delegate_id=delegate_id, grantor_id=actor.account_id, starts_at=starts, ends_at=ends, reason=reason.strip()
    )
    session.add(row)
    return row


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


def chain(session: Session, unit_id: int) -> list[int]:
    """Account ids upward from a unit: its superior, its parent's superior, … to the top leader; nobody twice (R84)."""
    found: list[int] = []
    seen: set[int] = set()
    unit = session.get(Unit, unit_id)
    while unit is not None and unit.id not in seen:
        seen.add(unit.id)
        if unit.superior_id and unit.superior_id not in found:
            found.append(unit.superior_id)
        unit = session.get(Unit, unit.parent_id) if unit.parent_id else None
    return found
