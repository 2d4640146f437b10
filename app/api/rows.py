"""The rows that hang on a ticket → JSON: requests, sub-tasks, replies, call-backs, sendings, files, events; and their documented shapes."""

from datetime import datetime

import marshmallow as ma
import sqlalchemy as sa
from marshmallow import fields
from sqlalchemy.orm import Session

from app.api.actions import ACTIONS
from app.api.present import is_slip, moment
from app.api.shapes import SCORES, maybe, one_of, text, when, whole
from app.auth.models import Account
from tickets import codes
from tickets.actors import Actor
from tickets.dispatch_models import Dispatch, Request, Task
from tickets.events import TicketEvent
from tickets.models import Attachment, FollowUp, Rating, Reply, Ticket
from tickets.reference import reference

SAID = {
    "return": {"reason": "code", "basis": "basis"},
    "extension": {"days": "days", "reason": "words", "plan": "basis"},
    "suspension": {"code": "code", "evidence": "words"},
    "ledger": {"measures": "words"},
    "dispute": {"statement": "words"},
    "termination": {"code": "code", "statement": "words"},
}
CENTRE_ONLY = frozenset({"recuse", "reveal"})
OPEN_TO_SLIP = frozenset({"dispatch", "dispatch-by-rule", "accept-return", "deny-return", "rule", "add-task"})


class RequestShape(ma.Schema):
    """What a unit asks and the centre decides. The asking words stand under the names they were given by."""

    id = whole()
    kind = one_of(codes.REQUEST_KINDS)
    unit = maybe()
    reason = text("退单理由代码，或延期理由")
    basis = text("退单依据")
    days = whole("申请延几个工作日", none=True)
    plan = text("延期后的计划")
    code = text("暂停情形")
    evidence = text("暂停依据")
    measures = text("挂账措施")
    statement = text("争议陈述")
    suggested_unit = maybe()
    promised_at = when()
    asked_at = when(none=False)
    decision = one_of(("accept", "deny"), allow_none=True)
    decision_reason = text()
    decided_at = when()
    ended_at = when("暂停何时结束")
    due_before = when()
    due_after = when()


class TaskShape(ma.Schema):
    id = whole()
    unit = text()
    ask = text()
    days = whole(none=True)
    person = whole("段长的账号 id", none=True)
    person_name = maybe("段长")
    state = one_of(codes.TASK_STATES)
    asked_at = when(none=False)
    due = when()
    signed_at = when()
    replied_at = when()
    reply = text()
    released_at = when()
    release_reason = text()
    score = whole(none=True, **SCORES)
    score_reason = text()
    graded_at = when()


class ReplyShape(ma.Schema):
    id = whole()
    round = whole("第几轮")
    unit = text()
    state = one_of(("draft", "sent", "approved", "rejected"))
    result = one_of(codes.RESULTS)
    content = text()
    measures = text()
    time = text()
    person = text()
    promised_at = when()
    at = when(none=False)
    defect = text()
    review_words = text()
    reviewed_at = when()


class FollowUpShape(ma.Schema):
    id = whole()
    round = whole()
    at = when(none=False)
    reached = fields.Boolean()
    contacted = fields.Boolean(allow_none=True)
    solved = fields.Boolean(allow_none=True)
    satisfied = whole(none=True, **SCORES)
    truthful = fields.Boolean(allow_none=True)
    words = text()
    outcome = one_of(codes.FOLLOW_UP_OUTCOMES, allow_none=True)


class RatingShape(ma.Schema):
    id = whole()
    round = whole()
    unit = maybe()
    score = whole(**SCORES)
    solved = fields.Boolean(allow_none=True)
    words = text()
    channel = text()
    at = when(none=False)


class DispatchShape(ma.Schema):
    id = whole()
    unit = text()
    reason = text()
    basis = text()
    at = when(none=False)
    signed_at = when()
    ended_at = when()
    end_reason = text()


class AttachmentShape(ma.Schema):
    id = whole()
    kind = one_of(("photo", "audio", "document"))
    purpose = text()
    name = text()
    mime = text()
    size = whole("字节")
    sha256 = text()
    width = whole(none=True)
    height = whole(none=True)
    at = when(none=False)


class EventShape(ma.Schema):
    """One link of the chain: `hash` covers the row and the previous hash."""

    seq = whole()
    kind = text()
    at = when(none=False)
    actor = text()
    unit = maybe()
    from_status = text()
    to_status = text()
    article = text()
    data = fields.Dict()
    hash = text()


def request(session: Session, row: Request, actor: Actor, now: datetime) -> dict:
    named = {name: getattr(row, column) for name, column in SAID[row.kind].items()}
    return (
        {"id": row.id, "kind": row.kind, "unit": unit_code(session, row.unit_id)}
        | named
        | {
            "suggested_unit": unit_code(session, row.suggested_unit_id),
            "promised_at": moment(row.promised_at),
            "asked_at": moment(row.asked_at),
            "decision": row.decision,
            "decision_reason": row.decision_words or "",
            "decided_at": moment(row.decided_at),
            "ended_at": moment(row.ended_at),
            "due_before": moment(row.due_before),
            "due_after": moment(row.due_after),
        }
    )


def task(session: Session, row: Task, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "unit": unit_code(session, row.unit_id),
        "ask": row.ask,
        "days": row.days,
        "person": row.person_id,
        "person_name": session.scalar(sa.select(Account.name).where(Account.id == row.person_id)) if row.person_id else None,
        "state": row.state,
        "asked_at": moment(row.asked_at),
        "due": moment(row.due_at),
        "signed_at": moment(row.signed_at),
        "replied_at": moment(row.replied_at),
        "reply": row.reply or "",
        "released_at": moment(row.released_at),
        "release_reason": row.release_reason or "",
        "score": row.score,
        "score_reason": row.score_reason or "",
        "graded_at": moment(row.graded_at),
    }


def reply(session: Session, row: Reply, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "round": row.round,
        "unit": unit_code(session, row.unit_id),
        "state": row.state,
        "result": row.result,
        "content": row.content,
        "measures": row.measures or "",
        "time": row.time or "",
        "person": row.person or "",
        "promised_at": moment(row.promised_at),
        "at": moment(row.at),
        "defect": row.defect or "",
        "review_words": row.review_words or "",
        "reviewed_at": moment(row.reviewed_at),
    }


def follow_up(session: Session, row: FollowUp, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "round": row.round,
        "at": moment(row.at),
        "reached": row.reached,
        "contacted": row.contacted,
        "solved": row.solved,
        "satisfied": row.satisfied,
        "truthful": row.truthful,
        "words": row.words or "",
        "outcome": row.outcome,
    }


def rating(session: Session, row: Rating, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "round": row.round,
        "unit": unit_code(session, row.unit_id),
        "score": row.score,
        "solved": row.solved,
        "words": row.words or "",
        "channel": row.channel,
        "at": moment(row.at),
    }


def dispatch(session: Session, row: Dispatch, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "unit": unit_code(session, row.unit_id),
        "reason": row.reason,
        "basis": row.basis or "",
        "at": moment(row.at),
        "signed_at": moment(row.signed_at),
        "ended_at": moment(row.ended_at),
        "end_reason": row.end_reason or "",
    }


def attachment(session: Session, row: Attachment, actor: Actor, now: datetime) -> dict:
    return {
        "id": row.id,
        "kind": row.kind,
        "purpose": row.purpose,
        "name": row.name,
        "mime": row.mime,
        "size": row.size,
        "sha256": row.sha256,
        "width": row.width,
        "height": row.height,
        "at": moment(row.at),
    }


def event(session: Session, ticket: Ticket, row: TicketEvent, actor: Actor) -> dict:
    """A unit reads what concerns the handling: not who looked at an identity, and of a sealed report only its own words and the orders."""
    unit_eyes = actor.of_unit and not actor.of_centre
    hidden = unit_eyes and (
        row.kind in CENTRE_ONLY or (is_slip(ticket, actor) and row.unit_id not in actor.unit_ids and row.kind not in OPEN_TO_SLIP)
    )
    edge = ACTIONS.get(row.kind)
    return {
        "seq": row.seq,
        "kind": row.kind,
        "at": moment(row.at),
        "actor": row.actor_name,
        "unit": unit_code(session, row.unit_id),
        "from_status": row.from_status,
        "to_status": row.to_status,
        "article": edge.article if edge else "",
        "data": {} if hidden else row.data,
        "hash": row.hash,
    }


def unit_code(session: Session, unit_id: int | None) -> str | None:
    """The unit's code, from memory."""
    return reference(session).units[unit_id].code if unit_id else None
