"""The verbs of a ledger entry (a card or higher) of a ticket or a whistle: the unit explains, the supervisor rules, urges, looks again, writes off on evidence.

What clears a card by itself (a reply, a granted extension, a granted pause) is hand.py's; a new due date never does (domain §5).
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState
from escalation.models import LedgerEntry
from escalation.supervision import issue, live_of, take_in
from escalation.supervision_models import Inspection, Supervision
from escalation.supervision_rules import permit, said
from tickets import whistle_events
from tickets.actors import Actor
from tickets.events import Event, record
from tickets.models import Ticket
from tickets.whistle_events import WhistleHappened
from tickets.whistle_models import Whistle

Subject = Ticket | Whistle  # what an entry is about: its own verbs are the same for both


def entry_of(session: Session, subject: Subject, entry_id: int) -> LedgerEntry:
    """An entry of this ticket or whistle, locked (the subject is first). Raises NotFound."""
    entry = session.get(LedgerEntry, entry_id, with_for_update=True)
    about = None if entry is None else entry.ticket_id if isinstance(subject, Ticket) else entry.whistle_id
    if entry is None or about != subject.id:
        raise NotFound("台账里没有这一条，或者不归您看")
    return entry


def explain(session: Session, subject: Subject, entry: LedgerEntry, words: str, actor: Actor, now: datetime) -> None:
    """The unit has seen its card and says why, or disputes it. The card stays; only its status tells that there is an explanation.

    Raises Invalid, Forbidden, WrongState (closed, already explained, or under an order, which has its own 回执).
    """
    permit("explain-card", actor, entry.unit_id)
    _must_stand(entry)
    if entry.status == "ordered":
        raise WrongState("这一条已经开了督办，请在督办单上回执")
    if entry.status == "acknowledged":
        raise WrongState("已经说明过了，等督办员看")
    entry.explanation = said(words, Invalid(words="请写明原因，以及打算怎么办"))
    entry.explained_at, entry.explained_by_name, entry.status = now, actor.name, "acknowledged"
    entry.ruling, entry.ruling_words, entry.ruled_at, entry.ruled_by_name = None, "", None, ""
    _note(session, subject, "explain-card", entry, actor, now, words=entry.explanation)


def rule(session: Session, subject: Subject, entry: LedgerEntry, accept: bool, words: str, actor: Actor, now: datetime) -> None:
    """The supervisor takes the explanation, or denies it: denied, the card stands open again. Neither clears it. Raises Invalid, WrongState."""
    permit("rule-card", actor, entry.unit_id)
    _must_stand(entry)
    if entry.status != "acknowledged":
        raise WrongState("单位还没有说明，没有可裁的")
    entry.ruling, entry.ruling_words = ("accepted" if accept else "denied"), said(words, Invalid(words="请写明理由"))
    entry.ruled_at, entry.ruled_by_name = now, actor.name
    entry.status = "acknowledged" if accept else "open"
    _note(session, subject, "rule-card", entry, actor, now, ruling=entry.ruling, words=entry.ruling_words)


def urge(session: Session, ticket: Ticket, words: str, actor: Actor, now: datetime) -> None:
    """催办: the supervisor presses the lead unit; every standing card of the ticket says when. Raises Invalid, WrongState."""
    permit("urge-unit", actor, ticket.lead_unit_id)
    if ticket.lead_unit_id is None:
        raise WrongState("这件工单不在单位手里，没有可催的单位")
    asked = said(words, Invalid(words="请写明催什么"))
    session.execute(sa.update(LedgerEntry).where(LedgerEntry.ticket_id == ticket.id, LedgerEntry.closed_at.is_(None)).values(urged_at=now))
    record(session, Event(ticket, "urge-unit", actor, now, {"unit_id": ticket.lead_unit_id, "words": asked}, ticket.status, ticket.status))


def put_under_order(
    session: Session, ticket: Subject, entry: LedgerEntry, reason: str, words: str, actor: Actor, now: datetime
) -> Supervision:
    """The order this entry leads to: the live one of the ticket, for there is never a second (R50), else a new one. Raises WrongState; a
    whistle has no orders: whoever does not come is graded by the street."""
    permit("supervise", actor, entry.unit_id)
    _must_stand(entry)
    if isinstance(ticket, Whistle):
        raise WrongState("哨不开督办单：没来的由街道打分，这一条凭证据销账")
    order = live_of(session, ticket) or issue(session, ticket, reason, words, actor, now)
    take_in(order, [entry])
    session.flush()
    return order


def look_again(session: Session, subject: Subject, entry: LedgerEntry, finding: str, actor: Actor, now: datetime) -> Inspection:
    """再督查 of an entry without an order (one under an order is inspected there). Raises Invalid, WrongState."""
    permit("inspect", actor, entry.unit_id)
    _must_stand(entry)
    row = Inspection(
        entry_id=entry.id,
        mode="re-inspect",
        finding=said(finding, Invalid(finding="请写下查到了什么")),
        at=now,
        by_id=actor.account_id,
        by_name=actor.name,
    )
    session.add(row)
    _note(session, subject, "inspect", entry, actor, now, mode=row.mode, words=row.finding)
    return row


def write_off(session: Session, subject: Subject, entry: LedgerEntry, evidence: str, actor: Actor, now: datetime) -> None:
    """销账 of one entry on evidence (R49). The breach behind it stays on the clock for ever. Raises Invalid, WrongState.

    An entry under an order is written off with the order.
    """
    permit("write-off-card", actor, entry.unit_id)
    _must_stand(entry)
    if entry.status == "ordered":
        raise WrongState("这一条在督办单下，请连督办单一起销号")
    entry.evidence = said(evidence, Invalid(evidence="请写明凭什么销账"))
    entry.status, entry.closed_at, entry.closed_by_name = "written-off", now, actor.name
    _note(session, subject, "write-off-card", entry, actor, now, words=entry.evidence)


def _must_stand(entry: LedgerEntry) -> None:
    if entry.closed_at is not None:
        raise WrongState("这一条已经销了")


def _note(session: Session, subject: Subject, kind: str, entry: LedgerEntry, actor: Actor, now: datetime, **data) -> None:
    what = {"entry": entry.id, "card": entry.card, "level": entry.level, "unit_id": entry.unit_id} | data
    if isinstance(subject, Whistle):
        whistle_events.record(session, WhistleHappened(subject, kind, actor, now, what, subject.status, subject.status))
    else:
        record(session, Event(subject, kind, actor, now, what, subject.status, subject.status))
