"""Who is asking, what they may see, and the one road from a ticket number to a ticket. Routes are closed unless opened by name."""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from flask import g
from sqlalchemy.orm import Session, joinedload

from app.auth.models import Account
from app.errors import Forbidden, NotFound, Stale, Unauthenticated
from tickets.actors import AGENT, CENTRE_ROLES, INTEGRATION, UNIT_ROLES, Actor
from tickets.dispatch_models import Task
from tickets.models import Ticket
from tickets.posts import covered_roles
from tickets.reference import reference
from tickets.whistle_models import Summons, Whistle

WITH_IDENTITY = joinedload(Ticket.identity)  # nearly every verb and page says who it is from
SEALED_READERS = CENTRE_ROLES - {AGENT}


def actor_of(session: Session, account: Account | sa.Row, now: datetime, covered: Mapping[str, int] | None = None) -> Actor:
    """The account as an actor at `now`: its own roles, those of posts it covers (asked for unless given), and the units below its own."""
    names = reference(session)
    unit = names.units[account.unit_id]
    roles, covering, below = set(account.roles), {}, frozenset({unit.id})
    if roles & UNIT_ROLES:
        covered = covered_roles(session, account.id, now) if covered is None else covered
        roles |= set(covered)
        covering = {role: str(holder) for role, holder in covered.items()}
        below = names.below(unit.id)
    return Actor(
        name=account.name,
        roles=frozenset(roles),
        account_id=account.id,
        unit_id=unit.id,
        unit_ids=below,
        unit_name=unit.short_name,
        covering=covering,
    )


def current_actor() -> Actor:
    """Who is asking. Raises Unauthenticated when nobody signed in."""
    actor = g.get("actor")
    if actor is None:
        raise Unauthenticated("请先登录")
    return actor


def require(*roles: str) -> Actor:
    """The current actor, who must hold one of the roles. Raises Unauthenticated, Forbidden."""
    actor = current_actor()
    if not actor.has(*roles):
        raise Forbidden("您的岗位不能看这里")
    return actor


def visible(actor: Actor):
    """The SQL test for the tickets this person may read (domain §2 row scope, §11).

    The centre reads all but sealed reports, which agents read only when they took them. A unit reads what it or a unit below it
    leads or assists. Nobody recused reads. Administrators and publishers read none.
    """
    not_recused = sa.literal(actor.account_id or 0) != sa.all_(Ticket.recused)
    if actor.has(*SEALED_READERS):
        return not_recused
    if actor.has(AGENT):
        return sa.and_(not_recused, sa.or_(sa.not_(Ticket.sealed), Ticket.registered_by_id == actor.account_id))
    if actor.has(INTEGRATION):
        return sa.and_(not_recused, Ticket.registered_by_id == actor.account_id)
    if actor.of_unit:
        units = sorted(actor.unit_ids)
        assists = sa.exists().where(Task.ticket_id == Ticket.id, Task.unit_id.in_(units), Task.state != "released")
        return sa.and_(not_recused, sa.or_(Ticket.lead_unit_id.in_(units), assists))
    return sa.false()


def findable(actor: Actor, q: str):
    """The SQL test for a list that is searched by `q`: words or a telephone number must not find for a unit what it may not read,
    for that alone would tell who or what (domain §11)."""
    scope = visible(actor)
    if q.strip() and actor.of_unit and not actor.of_centre:
        return sa.and_(scope, sa.not_(Ticket.confidential if q.strip().isdigit() else Ticket.sealed))
    return scope


def fetch_ticket(session: Session, actor: Actor, number: str, *, lock: bool = False, version: int | None = None) -> Ticket:
    """The one road from a number to a ticket. `lock` for a verb; `version` is what the person saw (If-Match).

    Raises NotFound also for what one may not know exists, Stale when somebody else acted first.
    """
    query = sa.select(Ticket).where(Ticket.number == number, visible(actor)).options(WITH_IDENTITY)
    if lock:
        query = query.with_for_update(of=Ticket).execution_options(populate_existing=True)
    ticket = session.scalar(query)
    if ticket is None:
        raise NotFound("没有找到这件工单，或者不归您看")
    if version is not None and version != ticket.version:
        raise Stale("有人先一步改了这件工单，请看最新的再办")
    return ticket


def visible_whistles(actor: Actor):
    """The SQL test for the whistles this person may read: the centre (agents aside) all; a street and those above it what it blew; a
    department what calls it, or calls a unit below it, from the moment it sounds."""
    if actor.has(*SEALED_READERS):
        return sa.true()
    if actor.of_unit:
        units = sorted(actor.unit_ids)
        called = sa.exists().where(Summons.whistle_id == Whistle.id, Summons.unit_id.in_(units))
        return sa.or_(Whistle.street_id.in_(units), sa.and_(Whistle.sounded_at.is_not(None), called))
    return sa.false()


def fetch_whistle(session: Session, actor: Actor, number: str, *, lock: bool = False, version: int | None = None) -> Whistle:
    """The one road from a number to a whistle, as `fetch_ticket` is to a ticket. Raises NotFound, Stale."""
    query = sa.select(Whistle).where(Whistle.number == number, visible_whistles(actor))
    if lock:
        query = query.with_for_update(of=Whistle).execution_options(populate_existing=True)
    whistle = session.scalar(query)
    if whistle is None:
        raise NotFound("没有这一哨，或者不归您看")
    if version is not None and version != whistle.version:
        raise Stale("有人先一步办了这一哨，请看最新的再办")
    return whistle


def ticket_by_code(session: Session, code: str, *, lock: bool = False) -> Ticket:
    """The citizen's road: ten digits. Raises NotFound."""
    query = sa.select(Ticket).where(Ticket.query_code == code)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    ticket = session.scalar(query)
    if ticket is None:
        raise NotFound("没有这个查询码，请核对短信里的 10 位数字")
    return ticket
