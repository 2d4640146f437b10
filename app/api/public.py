"""/public/…: a citizen files, looks, urges, adds and rates without an account. Only what tickets/public.py lets out, and rate-limited."""

import hashlib
from collections.abc import Callable
from datetime import datetime

import marshmallow as ma
from flask import Response, request, url_for
from marshmallow import fields
from sqlalchemy.orm import Session

from app import clock
from app.api import present, rows, throttle
from app.api.fields import Body, Code, Flag, Text, Whole
from app.api.idempotency import HEADER, Answer, once
from app.api.nouns import Nouns, made, marked, said
from app.api.rows import RatingShape
from app.api.shapes import maybe, one_of, text, when
from app.api.tickets import MatterBody, checked_photos, matter_of, register
from app.auth.access import ticket_by_code
from app.auth.principal import open_to_all
from app.errors import WrongState
from app.web.i18n import gettext as _
from app.work import session_now
from tickets import answering, codes, intake, words
from tickets import public as reading
from tickets.actors import CITIZEN_ACTOR
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import mask_numbers
from tickets.workflow import EDGES

nouns = Nouns("public", "市民：不用登录", counted=False)
CODE = "/public/tickets/<digits:code>"
HIDDEN = {"return-requested": "dispatched", "disputed": "dispatched"}  # the citizen is told of no quarrel (domain §3 #9: no change)


class PublicTicketBody(MatterBody):
    """What a citizen says; urgency is not theirs to choose, and the only channel here is the web."""

    channel = Code(("web",), load_default="web")


class PublicUrgeBody(Body):
    words = Text(300, load_default="")


class PublicSupplementBody(Body):
    content = Text(2000, least=1, required=True)


class PublicRatingBody(Body):
    score = Whole(1, 5, required=True)
    solved = Flag(load_default=None, allow_none=True)
    words = Text(1000, load_default="")


class LineShape(ma.Schema):
    at = when(none=False)
    kind = text()
    label = text()
    unit = text()
    by_phone = fields.Boolean()
    data = fields.Dict()


class AnswerShape(ma.Schema):
    at = when(none=False)
    result = one_of(codes.RESULTS)
    content = text()
    promised_at = when()


class PublicTicketShape(ma.Schema):
    """A citizen's own matter, without a word that belongs inside."""

    number = text()
    query_code = text("10 位查询码，留好")
    status = one_of([status for status in codes.STATUSES if status not in HIDDEN])
    label = text("六个进度之一，或结束的方式")
    step = fields.Integer(metadata={"minimum": 1, "maximum": 6})
    appeal_type = one_of(codes.APPEAL_TYPES)
    title = text("密封件不显示")
    content = text("密封件不显示；号码打码")
    category = maybe()
    unit = text("主办单位名称")
    received_at = when(none=False)
    due = when()
    provisional = fields.Boolean()
    overdue = fields.Boolean()
    master = maybe("并入的工单号")
    may_urge = fields.Boolean()
    urge_from = when()
    may_rate = fields.Boolean()
    reply = fields.Nested(AnswerShape, allow_none=True)
    events = fields.List(fields.Nested(LineShape))


@nouns.route("/public/tickets", methods=["POST"])
@open_to_all
@throttle.at_most(throttle.FILINGS, "file")
@nouns.arguments(PublicTicketBody)
@nouns.response(201, PublicTicketShape, headers={"Location": {"schema": {"type": "string"}}})
@marked(open=True)
def file_matter(given: dict) -> Response:
    """市民提交一件诉求"""
    photos = checked_photos(given.pop("photos"))

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        ticket, _person = register(session, matter_of(given, channel="web"), photos, CITIZEN_ACTOR, now)
        return lambda: made(view(session, ticket, now), ticket.version, 201, url_for(".look_up", code=ticket.query_code))

    return once(_key_owner(), do)


@nouns.route(CODE)
@open_to_all
@throttle.at_most(throttle.LOOKS, "look")
@throttle.no_guessing
@nouns.response(200, PublicTicketShape)
@marked(open=True, one=True)
def look_up(code: str) -> Response:
    """凭查询码看进度"""
    session, now = session_now(), clock.now()
    return said(view(session, ticket_by_code(session, code), now))


@nouns.route(CODE + "/urges", methods=["POST"])
@open_to_all
@throttle.at_most(throttle.WRITES, "write")
@throttle.no_guessing
@nouns.arguments(PublicUrgeBody)
@nouns.response(200, PublicTicketShape)
@marked(open=True, one=True)
def urge_matter(given: dict, code: str) -> Response:
    """催办，一天一次"""

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        ticket, whole = _locked(session, code)
        if not reading.urging(session, whole, now).now:
            raise WrongState("现在还不用催：还没转到单位，或者刚转、刚催过，或者已经答复")
        intake.urge(session, whole, CITIZEN_ACTOR, now, given["words"])
        return lambda: made(view(session, ticket, now), ticket.version)

    return once(_key_owner(), do)


@nouns.route(CODE + "/supplements", methods=["POST"])
@open_to_all
@throttle.at_most(throttle.WRITES, "write")
@throttle.no_guessing
@nouns.arguments(PublicSupplementBody)
@nouns.response(200, PublicTicketShape)
@marked(open=True, one=True)
def supplement_matter(given: dict, code: str) -> Response:
    """补充事实"""

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        ticket = ticket_by_code(session, code, lock=True)
        intake.supplement(session, ticket, given["content"], CITIZEN_ACTOR, now)
        return lambda: made(view(session, ticket, now), ticket.version)

    return once(_key_owner(), do)


@nouns.route("/public/ratings/<token:token>", methods=["POST"])
@open_to_all
@throttle.no_guessing
@nouns.arguments(PublicRatingBody)
@nouns.response(201, RatingShape)
@marked(open=True, one=True)
def rate_matter(given: dict, token: str) -> Response:
    """用一次性链接评价，一轮一次"""

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        ticket, _turn = answering.ticket_of_token(session, token, session.info["code_key"])
        row = answering.rate(session, ticket, given["score"], now, solved=given["solved"], words=given["words"])

        def finish() -> Answer:
            session.flush()
            return made(rows.rating(session, row, CITIZEN_ACTOR, now), ticket.version, 201)

        return finish

    return once(_key_owner(), do)


def view(session: Session, ticket: Ticket, now: datetime) -> dict:
    """The citizen's view of their matter; a merged one goes on with its master's."""
    session.flush()
    master, names = reading.master_of(session, ticket), reference(session)
    whole = master or ticket
    label, step = words.PUBLIC[whole.status]
    urging, reply = reading.urging(session, whole, now), reading.latest_reply(session, whole)
    lead = names.units.get(whole.lead_unit_id or 0)
    return {
        "number": ticket.number,
        "query_code": ticket.query_code,
        "status": HIDDEN.get(ticket.status, ticket.status),
        "label": _(label),
        "step": step,
        "appeal_type": ticket.appeal_type,
        "title": "" if ticket.sealed else ticket.title,
        "content": "" if ticket.sealed else mask_numbers(ticket.content),
        "category": names.categories[ticket.category_id].path_name if ticket.category_id in names.categories else None,
        "unit": lead.name if lead else "",
        "received_at": present.moment(ticket.received_at),
        "due": present.moment(whole.due_at),
        "provisional": whole.due_provisional,
        "overdue": present.is_overdue(whole, now),
        "master": master.number if master else None,
        "may_urge": urging.now,
        "urge_from": present.moment(urging.since),
        "may_rate": reading.is_rateable(ticket, master) and reading.rated(session, ticket) is None,
        "reply": {
            "at": present.moment(reply.at),
            "result": reply.result,
            "content": reply.content,
            "promised_at": present.moment(reply.promised_at),
        }
        if reply
        else None,
        "events": [_line(line) for line in reading.story(session, ticket, master)],
    }


def _line(line: reading.Line) -> dict:
    edge = EDGES.get(line.kind)
    label = edge.tells if edge and edge.tells else words.ACTION.get(line.kind, "")
    shown = {name: present.moment(value) if isinstance(value, datetime) else value for name, value in line.data.items()}
    return {
        "at": present.moment(line.at),
        "kind": line.kind,
        "label": _(label),
        "unit": line.data.get("unit_name", ""),
        "by_phone": line.by_phone,
        "data": shown,
    }


def _locked(session: Session, code: str) -> tuple[Ticket, Ticket]:
    """The citizen's ticket and the one it goes on in, both locked."""
    ticket = ticket_by_code(session, code, lock=True)
    master = reading.master_of(session, ticket)
    if master is not None:
        session.refresh(master, with_for_update=True)
    return ticket, master or ticket


def _key_owner() -> str:
    """Long keys are their own owner (phones change address between two tries); short ones belong to the address they came from."""
    key = request.headers.get(HEADER, "")
    return "public:" + hashlib.sha256((key if len(key) >= 16 else throttle.address()).encode()).hexdigest()
