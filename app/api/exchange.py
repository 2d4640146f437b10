"""GET and POST /ratings: ratings from a hall's device by the code on the citizen's slip (R12), and the stream by which a rating system of the city follows all (R17)."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

import marshmallow as ma
import sqlalchemy as sa
from flask import Response, url_for
from marshmallow import fields
from sqlalchemy.orm import Session

from app.api import rows, throttle
from app.api.fields import Body, Flag, Text, Whole
from app.api.idempotency import Answer, once
from app.api.nouns import Nouns, key_owner, made, marked, said
from app.api.present import moment
from app.api.rows import RatingShape
from app.api.shapes import SCORES, maybe, one_of, text, when, whole
from app.auth.access import require, ticket_by_code
from app.errors import Invalid, NotFound
from app.work import session_now
from tickets import answering, codes
from tickets.actors import INTEGRATION, SUPERVISOR
from tickets.models import Rating, Ticket
from tickets.reference import reference

nouns = Nouns("ratings", "评价：大厅评价器送来，好差评系统取走")
MOST = 500
LARGEST = 2**31 - 1


class DeviceRatingBody(Body):
    query_code = Text(20, least=10, required=True, metadata={"description": "回执上的 10 位查询码"})
    score = Whole(1, 5, required=True)
    solved = Flag(load_default=None, allow_none=True)
    words = Text(1000, load_default="")


class RatingQuery(Body):
    after = Whole(0, LARGEST, load_default=0, strict=False, metadata={"description": "上次取到的最后一个 id，从它后面接着取"})
    limit = Whole(1, MOST, load_default=100, strict=False)


class ExchangeShape(ma.Schema):
    id = whole()
    number = text()
    round = whole()
    appeal_type = one_of(codes.APPEAL_TYPES)
    category = maybe()
    unit = maybe()
    score = whole(**SCORES)
    solved = fields.Boolean(allow_none=True)
    channel = text()
    at = when(none=False)


def _guessed(answer: Response) -> bool:
    """A code that does not exist counts, so that nobody tries codes at leisure."""
    return answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY


@nouns.route("/ratings", methods=["POST"])
@throttle.at_most(throttle.MISSES, "device-miss", deduct_when=_guessed)
@nouns.arguments(DeviceRatingBody)
@nouns.response(201, RatingShape)
@marked(roles=(INTEGRATION,))
def rate_at_device(given: dict) -> Response:
    """大厅评价器：凭查询码评价，一轮一次；断网重送用同一个 Idempotency-Key"""
    actor = require(INTEGRATION)

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        try:
            ticket = ticket_by_code(session, given["query_code"], lock=True)
        except NotFound as unknown:
            raise Invalid(query_code="没有这个查询码，请核对短信里的 10 位数字") from unknown
        row = answering.rate(
            session, ticket, given["score"], now, solved=given["solved"], words=given["words"], channel="hall", actor=actor
        )

        def finish() -> Answer:
            session.flush()
            return made(rows.rating(session, row, actor, now), ticket.version, 201)

        return finish

    return once(key_owner(), do)


@nouns.route("/ratings")
@nouns.arguments(RatingQuery, location="query")
@nouns.response(200, ExchangeShape(many=True), headers={"Link": {"schema": {"type": "string"}}})
@marked(roles=(INTEGRATION, SUPERVISOR))
def list_all_ratings(given: dict) -> Response:
    """和“好差评”系统交换：按先后给出每条评价，只有分数和编码，没有原话和市民；举报和保密的不在里面"""
    require(INTEGRATION, SUPERVISOR)
    session = session_now()
    names = reference(session)
    found = session.execute(
        sa.select(Rating, Ticket.number, Ticket.appeal_type, Ticket.category_id)
        .join(Ticket, Ticket.id == Rating.ticket_id)
        .where(Rating.id > given["after"], sa.not_(Ticket.sealed), sa.not_(Ticket.confidential))
        .order_by(Rating.id)
        .limit(given["limit"])
    ).all()
    shown = [
        {
            "id": row.id,
            "number": number,
            "round": row.round,
            "appeal_type": kind,
            "category": names.categories[category].code if category in names.categories else None,
            "unit": rows.unit_code(session, row.unit_id),
            "score": row.score,
            "solved": row.solved,
            "channel": row.channel,
            "at": moment(row.at),
        }
        for row, number, kind, category in found
    ]
    further = url_for(".list_all_ratings", after=shown[-1]["id"], limit=given["limit"]) if len(shown) == given["limit"] else ""
    return said(shown, headers={"Link": f'<{further}>; rel="next"'} if further else None)
