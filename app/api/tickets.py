"""GET and POST /tickets, GET /tickets/N: the ticket itself. What is done to one stands in the other nouns."""

from collections.abc import Callable
from datetime import datetime

from flask import Response, current_app, url_for
from sqlalchemy.orm import Session

from app import clock
from app.api import etag, present
from app.api.fields import Body, Code, Codes, Degrees, Flag, Listed, Moment, Part, Picture, Text, Whole
from app.api.idempotency import Answer, once
from app.api.nouns import TICKET, Nouns, key_owner, made, marked, said
from app.api.shapes import TicketPageShape, TicketShape
from app.auth.access import current_actor, fetch_ticket, findable, require
from app.errors import Invalid
from app.work import session_now
from tickets import attachments, codes, intake, queries
from tickets.actors import AGENT, INTEGRATION, Actor
from tickets.identity import Appellant
from tickets.intake import Matter
from tickets.models import Identity, Ticket

nouns = Nouns("tickets", "工单：登记、查找、看")
MOST_PHOTOS = 9


class PlaceBody(Body):
    region = Text(12, load_default="")
    address = Text(200, load_default="")
    lng = Degrees(180, allow_none=True, load_default=None)
    lat = Degrees(90, allow_none=True, load_default=None)


class AppellantBody(Body):
    name = Text(50, load_default="")
    phone = Text(30, load_default="")
    kind = Code(codes.APPELLANT_KINDS, load_default="person")
    credit_code = Text(30, load_default="")
    gender = Text(10, load_default="")
    phone2 = Text(30, load_default="")
    industry = Text(50, load_default="")


class ExternalBody(Body):
    source = Text(50, least=1, required=True)
    id = Text(100, least=1, required=True)


class MatterBody(Body):
    """What anybody may say about a matter."""

    largest = None  # photos: the application's own limit on requests holds

    appeal_type = Code(codes.APPEAL_TYPES, required=True)
    title = Text(100, load_default="")
    content = Text(5000, least=1, required=True)
    category = Text(100, load_default="")
    place = Part(PlaceBody, load_default=dict)
    appellant = Part(AppellantBody, load_default=dict)
    confidential = Flag(load_default=False)
    reply_wanted = Flag(load_default=True)
    accused = Text(100, load_default="")
    photos = Listed(Picture(), MOST_PHOTOS, load_default=list)


class TicketBody(MatterBody):
    """What the house and its partners may say besides."""

    channel = Code(codes.CHANNELS, required=True)
    urgency = Code(codes.URGENCIES, load_default="")
    track = Code(codes.TRACKS, load_default="")
    call_id = Text(100, load_default="")
    external = Part(ExternalBody, load_default=None, allow_none=True, metadata={"description": "来源系统和那里的编号；同一编号只登记一次"})
    grid_cell = Text(30, load_default="")
    previous = Text(40, load_default="", metadata={"description": "原来那件已办结的工单号：有新情况另立一件"})
    upper_due = Moment(load_default=None, allow_none=True, metadata={"description": "上级转办件的上级时限"})


class TicketQuery(Body):
    status = Codes(codes.STATUSES, load_default=())
    unit = Text(50, load_default="")
    assisting = Text(50, load_default="")
    q = Text(100, load_default="", metadata={"description": "工单号或后六位、查询码、电话或后四位、两个字以上的词"})
    overdue = Flag(load_default=False)
    channel = Code(codes.CHANNELS, load_default="")
    category = Text(100, load_default="")
    urgency = Code(codes.URGENCIES, load_default="")
    appeal_type = Code(codes.APPEAL_TYPES, load_default="")
    region = Text(12, load_default="")
    rework = Flag(load_default=False)
    since = Moment(load_default=None)
    until = Moment(load_default=None)
    waiting_for = Code(codes.REQUEST_KINDS, load_default="")
    order = Code(tuple(queries.ORDERS), load_default="received")
    cursor = Text(200, load_default="")
    limit = Whole(1, queries.LONGEST_PAGE, load_default=25, strict=False)


@nouns.route("/tickets")
@nouns.arguments(TicketQuery, location="query")
@nouns.response(200, TicketPageShape)
@marked()
def list_tickets(given: dict) -> Response:
    """一页工单：本人范围内，按条件筛选，翻页用 cursor"""
    actor, session, now = current_actor(), session_now(), clock.now()
    order, cursor, limit = given.pop("order"), given.pop("cursor"), given.pop("limit")
    page = queries.page(session, findable(actor, given["q"]), queries.Filters(**given), now, order, cursor, limit)
    return said({"items": present.tickets(session, page.items, actor, now), "next": page.next})


@nouns.route("/tickets", methods=["POST"])
@nouns.arguments(TicketBody)
@nouns.response(201, TicketShape, headers={"Location": {"schema": {"type": "string"}}, "ETag": {"schema": {"type": "string"}}})
@marked(roles=(AGENT, INTEGRATION))
def register_ticket(given: dict) -> Response:
    """登记一件诉求"""
    actor = require(AGENT, INTEGRATION)
    photos = checked_photos(given.pop("photos"))

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        if given["previous"]:
            fetch_ticket(session, actor, given["previous"])
        ticket, person = register(session, matter_of(given), photos, actor, now)
        return lambda: made(
            present.new_ticket(session, ticket, person, actor, now), ticket.version, 201, url_for(".one_ticket", number=ticket.number)
        )

    return once(key_owner(), do)


@nouns.route(TICKET)
@nouns.response(200, TicketShape)
@marked(one=True, tagged=True)
def one_ticket(number: str) -> Response:
    """一件工单"""
    actor, session, now = current_actor(), session_now(), clock.now()
    ticket = fetch_ticket(session, actor, number)
    headers = {"ETag": etag.mark(ticket.version)}
    if etag.is_known(ticket, now):
        return said(None, 304, headers)
    return said(present.ticket(session, ticket, actor, now), headers=headers)


def register(session: Session, matter: Matter, photos: list[attachments.Checked], actor: Actor, now: datetime) -> tuple[Ticket, Identity]:
    """A new ticket with its photos; gives the identity's masked row with it, while it is still in hand."""
    ticket = intake.register(session, matter, actor, now)
    person = next(row for row in session.new if isinstance(row, Identity))
    folder = current_app.config["SETTINGS"].uploads
    for count, photo in enumerate(photos, start=1):
        attachments.attach(session, ticket, f"photo-{count}.{photo.suffix}", photo, folder, "citizen", actor, now)
    return ticket, person


def matter_of(given: dict, **fixed) -> Matter:
    """The validated body as the domain takes it. `fixed`: what the caller may not choose (the public channel)."""
    plain = {name: value for name, value in given.items() if name not in ("place", "appellant", "external", "upper_due")}
    place, external = given["place"] or {}, given.get("external")
    return Matter(
        **(plain | place | fixed),
        appellant=Appellant(**given["appellant"]),
        upper_due_at=given.get("upper_due"),
        external=(external["source"], external["id"]) if external else None,
    )


def checked_photos(pictures: list[bytes]) -> list[attachments.Checked]:
    """Sniffed and re-encoded before any transaction begins. Raises Invalid naming `photos`, TooLarge."""
    limit = current_app.config["SETTINGS"].upload_limit_mb * 1024 * 1024
    try:
        return [attachments.check(picture, limit) for picture in pictures]
    except Invalid as bad:
        raise Invalid(photos=bad.fields.get("file", [bad.text])) from bad
