"""剔除: a unit asks, on a legal ground and with evidence, that a ticket not count in its assessment; two people of the centre agree, or it
counts. Nothing is dropped: what is excluded is listed beside the figures. `excluded` is what metrics ask."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets import callbacks
from tickets.actors import AUDITOR, HEAD, LEADER, LIAISON, SUPERVISOR, Actor
from tickets.dispatch_models import Dispatch
from tickets.evaluation_codes import EXCLUSION_GROUNDS
from tickets.evaluation_models import Exclusion
from tickets.events import Event, record
from tickets.models import Attachment, Ticket

OPEN = ("asked", "seconded")
STANDING = (*OPEN, "approved")


@dataclass(frozen=True)
class Excluded:
    """One ticket that does not count for one unit: since when, and on what ground."""

    ticket_id: int
    unit_id: int
    ground: str
    basis: str
    decided_at: datetime


def excluded(session: Session, as_of: datetime, unit_ids: set[int] | None = None) -> list[Excluded]:
    """The exclusions approved by `as_of` (aware UTC), oldest first; of some units only, if named. One statement."""
    query = (
        sa.select(Exclusion)
        .where(Exclusion.state == "approved", Exclusion.decided_at <= as_of)
        .order_by(Exclusion.decided_at, Exclusion.id)
    )
    rows = session.scalars(query if unit_ids is None else query.where(Exclusion.unit_id.in_(unit_ids)))
    return [Excluded(row.ticket_id, row.unit_id, row.ground, row.basis, row.decided_at) for row in rows]


def ask(
    session: Session, ticket: Ticket, ground: str, basis: str, evidence: str, actor: Actor, now: datetime, attachment_id: int | None = None
) -> Exclusion:
    """The unit that has or had the ticket asks. `basis`: the article; `evidence`: what shows it. Raises Forbidden, Invalid, WrongState."""
    if not actor.has(LIAISON, HEAD) or actor.unit_id is None or not _had(session, ticket, actor.unit_id):
        raise Forbidden("剔除由办过这件的单位申请")
    bad = {}
    if ground not in EXCLUSION_GROUNDS:
        bad["ground"] = "请选剔除理由"
    if len(basis.strip()) < 6:
        bad["basis"] = "请写明依据哪一条法规或规定"
    if len(evidence.strip()) < 6:
        bad["evidence"] = "请写明证据是什么、在哪里"
    if attachment_id is not None and session.scalar(sa.select(Attachment.ticket_id).where(Attachment.id == attachment_id)) != ticket.id:
        bad["attachment"] = "附件要是这件工单上的"
    if bad:
        raise Invalid(**bad)
    if session.scalar(
        sa.select(Exclusion.id).where(Exclusion.ticket_id == ticket.id, Exclusion.unit_id == actor.unit_id, Exclusion.state.in_(STANDING))
    ):
        raise WrongState("已经申请过，或者已经剔除")
    row = Exclusion(
        ticket_id=ticket.id,
        unit_id=actor.unit_id,
        ground=ground,
        basis=basis.strip(),
        evidence=evidence.strip(),
        attachment_id=attachment_id,
        state="asked",
        asked_by_id=actor.account_id,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    _note(session, ticket, "ask-exclusion", row, actor, now, ground=ground, basis=row.basis, evidence=row.evidence)
    return row


def review(session: Session, ticket: Ticket, row: Exclusion, agree: bool, words: str, actor: Actor, now: datetime) -> None:
    """The auditor first, then another person, supervisor or leader: both agree, or it is denied. Nobody judges for the own unit.

    Raises Forbidden, WrongState when it is decided, Invalid without a reason.
    """
    if row.state not in OPEN:
        raise WrongState("这条剔除申请已经有决定了")
    first = row.state == "asked"
    if not actor.has(*((AUDITOR,) if first else (SUPERVISOR, LEADER))):
        raise Forbidden("剔除先由审核员初审，再由督办员或领导复核")
    callbacks.refuse_rated_unit(session, actor, row.unit_id)
    if not first and actor.account_id == row.first_by_id:
        raise Forbidden("初审和复核不能是同一个人")
    if len(words.strip()) < 2:
        raise Invalid(words="请写明理由")
    if first:
        row.first_by_id, row.first_words, row.first_at = actor.account_id, words.strip(), now
        row.state = "seconded" if agree else "denied"
    else:
        row.second_by_id, row.second_words = actor.account_id, words.strip()
        row.state = "approved" if agree else "denied"
    if row.state == "seconded":
        _note(session, ticket, "second-exclusion", row, actor, now, words=words.strip())
        return
    row.decided_at = now
    _note(session, ticket, "decide-exclusion", row, actor, now, decision=row.state, words=words.strip(), others=_others(session, row))


def withdraw(session: Session, ticket: Ticket, row: Exclusion, actor: Actor, now: datetime) -> None:
    """The unit takes it back while nobody has decided. Raises Forbidden, WrongState."""
    if not actor.has(LIAISON, HEAD) or actor.unit_id != row.unit_id:
        raise Forbidden("剔除由申请的单位撤回")
    if row.state not in OPEN:
        raise WrongState("这条剔除申请已经有决定了")
    row.state, row.decided_at = "withdrawn", now
    _note(session, ticket, "withdraw-exclusion", row, actor, now, others=_others(session, row))


def exclusion_of(session: Session, ticket: Ticket, row_id: int) -> Exclusion:
    """The request with this id on this ticket. Raises NotFound."""
    row = session.get(Exclusion, row_id)
    if row is None or row.ticket_id != ticket.id:
        raise NotFound("没有这条剔除申请")
    return row


def _had(session: Session, ticket: Ticket, unit_id: int) -> bool:
    return ticket.lead_unit_id == unit_id or bool(
        session.scalar(sa.select(Dispatch.id).where(Dispatch.ticket_id == ticket.id, Dispatch.unit_id == unit_id).limit(1))
    )


def _others(session: Session, row: Exclusion) -> bool:
    """Whether another unit's request on the same ticket still waits."""
    session.flush()
    return bool(
        session.scalar(
            sa.select(Exclusion.id).where(Exclusion.ticket_id == row.ticket_id, Exclusion.id != row.id, Exclusion.state.in_(OPEN)).limit(1)
        )
    )


def _note(session: Session, ticket: Ticket, kind: str, row: Exclusion, actor: Actor, now: datetime, **said) -> None:
    record(session, Event(ticket, kind, actor, now, {"exclusion": row.id, "unit_id": row.unit_id, **said}, ticket.status, ticket.status))
