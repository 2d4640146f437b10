"""GET and POST /tickets/N/calls: the telephone calls that hang on a ticket, and calling its citizen through the masked bridge. No number leaves here."""

from collections.abc import Callable
from datetime import datetime

import orjson
from flask import Response
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from app.api import idempotency, words
from app.api.fields import Body, Code
from app.api.idempotency import Answer, once
from app.api.lists import listed
from app.api.nouns import TICKET, Nouns, key_owner, marked
from app.api.rows import moment
from app.api.shapes import one_of, text, when, whole
from app.auth.access import current_actor
from app.errors import Forbidden
from app.phone import placing, queries
from app.phone.models import OUTCOMES, STATES, Call
from app.phone.telephony import TelephonyFailed
from tickets.actors import AGENT, FOLLOW_UP

nouns = Nouns("calls", "电话：这一件的通话，经隐号桥打给市民")
MAY_CALL = (AGENT, FOLLOW_UP)


class CallBody(Body):
    purpose = Code(("follow-up", "contact"), load_default="contact")


class CallShape(Schema):
    id = whole()
    direction = one_of(("inbound", "outbound"))
    state = one_of(STATES)
    outcome = one_of(OUTCOMES)
    purpose = text("call-back、follow-up、contact；打进来的为空")
    call_id = text("电话系统自己的编号", allow_none=True)
    arrived_at = when("来电，或我们开始拨的时刻", none=False)
    answered_at = when()
    ended_at = when()
    answer_seconds = whole("打进来的：多少秒有人接", none=True)
    line = text("三方转接的专线：110、119、120、122")
    recording_seconds = whole(none=True)
    attachment = whole("录音的附件编号；还没取回为空", none=True)
    recorded = fields.Boolean()


def shown(call: Call) -> dict:
    """A call without its number."""
    return {
        "id": call.id,
        "direction": call.direction,
        "state": call.state,
        "outcome": call.outcome,
        "purpose": call.purpose,
        "call_id": call.provider_id,
        "arrived_at": moment(call.arrived_at),
        "answered_at": moment(call.answered_at),
        "ended_at": moment(call.ended_at),
        "answer_seconds": call.answer_seconds,
        "line": call.line,
        "recording_seconds": call.recording_seconds,
        "attachment": call.attachment_id,
        "recorded": call.recording_id is not None,
    }


@listed(nouns, "/calls", CallShape)
def list_calls(session, ticket, actor, now):
    """这一件的通话"""
    return [shown(call) for call in queries.of_ticket(session, ticket.id)]


@nouns.route(TICKET + "/calls", methods=["POST"])
@nouns.arguments(CallBody)
@nouns.response(201, CallShape)
@marked(one=True, roles=MAY_CALL)
def place_call(given: dict, number: str) -> Response:
    """打给这一件的市民：先响自己的话机，接起来再拨；双方只看到 12345。手上有通话时 409。同一个 Idempotency-Key 只拨一次"""
    actor, dials = current_actor(), []
    if not actor.has(*MAY_CALL):
        raise Forbidden(words.NOT_YOURS)

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        call, dial = placing.bridging(session, number, actor, now, given["purpose"])
        dials.append(dial)
        return lambda: Answer(201, orjson.dumps(shown(call)).decode())

    answer = once(key_owner(), do)
    for dial in dials:
        try:
            dial()
        except TelephonyFailed:
            idempotency.forget(key_owner())
            raise
    return answer
