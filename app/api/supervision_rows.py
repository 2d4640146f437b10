"""Ledger entries and supervision orders → JSON, and their documented shapes. Who may read them is app/auth/oversight.py's."""

from collections.abc import Iterable
from datetime import datetime

import marshmallow as ma
import sqlalchemy as sa
from marshmallow import fields
from sqlalchemy.orm import Session

from app.api.present import moment
from app.api.rows import unit_code
from app.api.shapes import maybe, one_of, text, when, whole
from app.auth.models import Account
from escalation.ledger_queries import LEVELS, Card
from escalation.models import LEDGER_STATUSES, RULINGS
from escalation.supervision_models import CLASSES, FAULTS, MEETINGS, MODES, REASONS, STANDINGS, STATES, Accountability, Inspection, Meeting
from escalation.supervision_queries import File, Order


class CoordinationShape(ma.Schema):
    person = text()
    post = text()
    due = when(none=False)
    words = text()
    at = when(none=False)
    by = text()


class InspectionShape(ma.Schema):
    id = whole()
    mode = one_of(MODES)
    finding = text()
    at = when(none=False)
    by = text()


class MeetingShape(ma.Schema):
    id = whole()
    kind = one_of(MEETINGS)
    held_at = when(none=False)
    place = text()
    people = text()
    words = text()
    at = when(none=False)
    by = text()


class AccountabilityShape(ma.Schema):
    id = whole()
    unit = text()
    person = text()
    fault = one_of(FAULTS)
    words = text()
    facts = fields.Dict(metadata={"description": "那一天的退单、超期、催办、重办"})
    at = when(none=False)
    by = text()


class EntryShape(ma.Schema):
    """One entry of the supervision ledger: a card or higher."""

    id = whole()
    ticket = maybe("工单号；哨的牌没有")
    whistle = maybe("哨号；工单的牌没有")
    clock = text("哪个时限")
    level = one_of(LEVELS)
    step = text()
    card = one_of(("yellow", "red"))
    unit = maybe()
    due = when(none=False)
    fired_at = when(none=False)
    late_seconds = whole("比该走的时刻晚了多少秒")
    recipients = fields.List(fields.String(), metadata={"description": "报给了谁（账号）"})
    status = one_of(LEDGER_STATUSES)
    closed_at = when()
    urged_at = when()
    explanation = text()
    explained_at = when()
    ruling = one_of(RULINGS, allow_none=True)
    ruling_words = text()
    evidence = text()
    supervision = whole("督办单的 id", none=True)


class SupervisionShape(ma.Schema):
    """A supervision order."""

    id = whole()
    number = text("DB2026-118")
    ticket = text("工单号")
    unit = text()
    reason = one_of(REASONS)
    words = text()
    state = one_of(STATES)
    standing = one_of(STANDINGS)
    issued_at = when(none=False)
    issued_by = text()
    due = when()
    provisional = fields.Boolean()
    overdue = fields.Boolean()
    acknowledged_at = when()
    acknowledged_by = text()
    plan = text()
    listed_since = when()
    listed_until = fields.Date(allow_none=True)
    closed_at = when()
    closed_by = text()
    written_off_as = one_of(CLASSES, allow_none=True)
    evidence = text()
    coordination = fields.Nested(CoordinationShape, allow_none=True)


class SupervisionFileShape(SupervisionShape):
    """An order with all that hangs on it."""

    inspections = fields.List(fields.Nested(InspectionShape))
    coordinations = fields.List(fields.Nested(CoordinationShape))
    meetings = fields.List(fields.Nested(MeetingShape))
    entries = fields.List(fields.Integer())


class SupervisionPageShape(ma.Schema):
    items = fields.List(fields.Nested(SupervisionShape))
    next = maybe("下一页的 cursor；没有下一页时为 null")


def entries(session: Session, cards: Iterable[Card]) -> list[dict]:
    """Many entries; one statement for the names of those told."""
    cards = list(cards)
    people = _usernames(session, {account for card in cards for account in card.step.recipients})
    return [_entry(session, card, people) for card in cards]


def _entry(session: Session, card: Card, people: dict[int, str]) -> dict:
    entry, step = card.entry, card.step
    return {
        "id": entry.id,
        "ticket": card.ticket.number if card.ticket else None,
        "whistle": card.whistle.number if card.whistle else None,
        "clock": step.code,
        "level": entry.level,
        "step": step.step,
        "card": entry.card,
        "unit": unit_code(session, entry.unit_id),
        "due": moment(step.for_due),
        "fired_at": moment(step.fired_at),
        "late_seconds": max(0, int((step.fired_at - step.planned_at).total_seconds())),
        "recipients": [people[account] for account in step.recipients if account in people],
        "status": entry.status,
        "closed_at": moment(entry.closed_at),
        "urged_at": moment(entry.urged_at),
        "explanation": entry.explanation or "",
        "explained_at": moment(entry.explained_at),
        "ruling": entry.ruling,
        "ruling_words": entry.ruling_words or "",
        "evidence": entry.evidence or "",
        "supervision": entry.supervision_id,
    }


def order(session: Session, row: Order, now: datetime) -> dict:
    """An order without what hangs on it."""
    one, clock = row.order, row.clock
    return {
        "id": one.id,
        "number": one.number,
        "ticket": row.ticket.number,
        "unit": unit_code(session, one.unit_id),
        "reason": one.reason,
        "words": one.words,
        "state": one.state,
        "standing": one.standing,
        "issued_at": moment(one.issued_at),
        "issued_by": one.issued_by_name,
        "due": moment(clock.due_at) if clock else None,
        "provisional": bool(clock and clock.provisional),
        "overdue": bool(clock and clock.due_at < (clock.stopped_at or one.closed_at or now)),
        "acknowledged_at": moment(one.acknowledged_at),
        "acknowledged_by": one.acknowledged_by_name or "",
        "plan": one.plan or "",
        "listed_since": moment(one.listed_since),
        "listed_until": one.listed_until.isoformat() if one.listed_until else None,
        "closed_at": moment(one.closed_at),
        "closed_by": one.closed_by_name or "",
        "written_off_as": one.written_off_as,
        "evidence": one.evidence or "",
        "coordination": coordination(row.coordination) if row.coordination else None,
    }


def order_file(session: Session, row: Order, file: File, now: datetime) -> dict:
    """An order with all that hangs on it."""
    return order(session, row, now) | {
        "inspections": [inspection(one) for one in file.inspections],
        "coordinations": [coordination(one) for one in file.coordinations],
        "meetings": [meeting(one) for one in file.meetings],
        "entries": [one.id for one in file.entries],
    }


def coordination(row) -> dict:
    return {
        "person": row.person,
        "post": row.post,
        "due": moment(row.due_at),
        "words": row.words or "",
        "at": moment(row.at),
        "by": row.by_name,
    }


def inspection(row: Inspection) -> dict:
    return {"id": row.id, "mode": row.mode, "finding": row.finding, "at": moment(row.at), "by": row.by_name}


def meeting(row: Meeting) -> dict:
    return {
        "id": row.id,
        "kind": row.kind,
        "held_at": moment(row.held_at),
        "place": row.place,
        "people": row.people,
        "words": row.words,
        "at": moment(row.at),
        "by": row.by_name,
    }


def accountability(session: Session, row: Accountability) -> dict:
    return {
        "id": row.id,
        "unit": unit_code(session, row.unit_id),
        "person": row.person or "",
        "fault": row.fault,
        "words": row.words,
        "facts": row.facts,
        "at": moment(row.at),
        "by": row.by_name,
    }


def _usernames(session: Session, ids: set[int]) -> dict[int, str]:
    return dict(session.execute(sa.select(Account.id, Account.username).where(Account.id.in_(ids))).all()) if ids else {}
