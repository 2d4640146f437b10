"""GET /supervisions, and under a ticket what is done with an order; urges, meetings and accountability beside it."""

from collections.abc import Callable
from functools import wraps

from flask import Response

from app import clock
from app.api import supervision_rows
from app.api.fields import Body, Code, Day, Flag, Moment, Text, Whole
from app.api.lists import listed
from app.api.nouns import ID, Nouns, act, marked, said
from app.api.supervision_rows import AccountabilityShape, MeetingShape, SupervisionFileShape, SupervisionPageShape, SupervisionShape
from app.auth.access import current_actor, require
from app.auth.oversight import READERS, orders_of
from app.work import session_now
from escalation import ledger, meetings, supervision
from escalation.paging import LONGEST_PAGE
from escalation.supervision_models import CLASSES, FAULTS, MEETINGS, MODES, REASONS, STANDINGS, STATES
from escalation.supervision_queries import file_of, order_by_id, orders_page

nouns = Nouns("supervisions", "督办单：开、回执、督查、顶格协调、挂牌、销号；催办、现场办公和约谈、追责")
ONE = "/supervisions" + ID


class SupervisionQuery(Body):
    state = Code(STATES, load_default="")
    standing = Code(STANDINGS, load_default="")
    reason = Code(REASONS, load_default="")
    unit = Text(50, load_default="")
    ticket = Text(40, load_default="")
    live = Flag(load_default=False, metadata={"description": "只看没销号的"})
    listed = Flag(load_default=False, metadata={"description": "只看挂牌的"})
    cursor = Text(20, load_default="")
    limit = Whole(1, LONGEST_PAGE, load_default=25, strict=False)


class SupervisionBody(Body):
    reason = Code(REASONS, required=True)
    words = Text(2000, least=2, required=True, metadata={"description": "要求单位做什么"})


class PlanBody(Body):
    plan = Text(2000, least=2, required=True, metadata={"description": "打算怎么办、什么时候办好"})


class InspectionBody(Body):
    mode = Code(MODES, required=True)
    finding = Text(2000, least=2, required=True)


class CoordinationBody(Body):
    person = Text(50, least=1, required=True)
    post = Text(50, least=1, required=True)
    due = Moment(required=True)
    words = Text(2000, load_default="")


class ListingBody(Body):
    until = Day(required=True, metadata={"description": "挂到哪一天"})
    words = Text(2000, least=2, required=True)


class WriteOffBody(Body):
    written_off_as = Code(CLASSES, required=True)
    evidence = Text(2000, least=2, required=True)
    attachment = Whole(1, 2**53, load_default=None, allow_none=True, metadata={"description": "这件工单上的附件 id"})


class UnitUrgeBody(Body):
    words = Text(2000, least=2, required=True)


class MeetingBody(Body):
    kind = Code(MEETINGS, required=True)
    held_at = Moment(required=True)
    place = Text(100, least=2, required=True)
    people = Text(300, least=2, required=True)
    words = Text(2000, least=2, required=True)


class AccountabilityBody(Body):
    fault = Code(FAULTS, required=True)
    words = Text(2000, least=2, required=True)
    person = Text(50, load_default="")


@nouns.route("/supervisions")
@nouns.arguments(SupervisionQuery, location="query")
@nouns.response(200, SupervisionPageShape)
@marked(roles=READERS)
def list_supervisions(given: dict) -> Response:
    """督办单，新的在前：督办员看全部，单位看自己的"""
    actor, session, now = require(*READERS), session_now(), clock.now()
    page, following = orders_page(session, orders_of(actor), **given)
    return said({"items": [supervision_rows.order(session, row, now) for row in page], "next": following})


@nouns.route(ONE)
@nouns.response(200, SupervisionFileShape)
@marked(one=True, roles=READERS)
def one_supervision(row_id: int) -> Response:
    """一张督办单和它的全部经过"""
    actor, session, now = current_actor(), session_now(), clock.now()
    row = order_by_id(session, orders_of(actor), row_id)
    return said(supervision_rows.order_file(session, row, file_of(session, row.order), now))


@listed(nouns, "/supervisions", SupervisionShape)
def list_ticket_supervisions(session, ticket, actor, now):
    """这一件的督办单，新的在前"""
    page, _ = orders_page(session, orders_of(actor), ticket=ticket.number, limit=LONGEST_PAGE)
    return [supervision_rows.order(session, row, now) for row in page]


def _order(session, made, actor, now):
    """The order as it stands when the reactions have started its clock."""
    session.refresh(made)
    return supervision_rows.order(session, order_by_id(session, orders_of(actor), made.id), now)


@act(nouns, "/supervisions", SupervisionBody, "supervise", shape=SupervisionShape, shows=_order, status=201)
def issue_supervision(session, ticket, said, actor, now):
    """开督办；一件只有一个在办督办"""
    return supervision.issue(session, ticket, said["reason"], said["words"], actor, now)


def order_act(rule: str, takes, *actions: str):
    """Decorates `verb(session, ticket, order, said, actor, now)`: the ticket locked first, then its order; answers with the order."""

    def decorate(verb: Callable) -> Callable:
        @act(nouns, ONE + rule, takes, *actions, shape=SupervisionShape, shows=_order)
        @wraps(verb)
        def on_order(session, ticket, said, actor, now, row_id):
            order = supervision.order_of(session, ticket, row_id)
            verb(session, ticket, order, said, actor, now)
            return order

        return on_order

    return decorate


@order_act("/acknowledgements", PlanBody, "accept-order")
def acknowledge_supervision(session, ticket, order, said, actor, now):
    """单位回执"""
    supervision.acknowledge(session, ticket, order, said["plan"], actor, now)


@order_act("/inspections", InspectionBody, "inspect")
def inspect_supervision(session, ticket, order, said, actor, now):
    """督查：查效果、查进度、查原因、再督查"""
    supervision.inspect(session, ticket, order, said["mode"], said["finding"], actor, now)


@order_act("/coordinations", CoordinationBody, "coordinate")
def coordinate_supervision(session, ticket, order, said, actor, now):
    """顶格协调：人、岗位、时限都要写明"""
    supervision.coordinate(session, ticket, order, said["person"], said["post"], said["due"], actor, now, said["words"])


@order_act("/listings", ListingBody, "list-publicly")
def list_supervision_publicly(session, ticket, order, said, actor, now):
    """挂牌督办"""
    supervision.list_publicly(session, ticket, order, said["until"], said["words"], actor, now)


@order_act("/write-offs", WriteOffBody, "write-off")
def write_off_supervision(session, ticket, order, said, actor, now):
    """凭证据销号"""
    supervision.write_off(session, ticket, order, said["written_off_as"], said["evidence"], actor, now, said["attachment"])


@act(nouns, "/unit-urges", UnitUrgeBody, "urge-unit")
def urge_unit(session, ticket, said, actor, now):
    """督办员催办单位"""
    ledger.urge(session, ticket, said["words"], actor, now)


@act(
    nouns,
    "/meetings",
    MeetingBody,
    "meet",
    shape=MeetingShape,
    shows=lambda session, row, actor, now: supervision_rows.meeting(row),
    status=201,
)
def record_meeting(session, ticket, said, actor, now):
    """记现场办公，或约谈"""
    return meetings.record_meeting(session, ticket, said["kind"], said["held_at"], said["place"], said["people"], said["words"], actor, now)


@act(
    nouns,
    "/accountabilities",
    AccountabilityBody,
    "hold-to-account",
    shape=AccountabilityShape,
    status=201,
    shows=lambda session, row, actor, now: supervision_rows.accountability(session, row),
)
def hold_to_account(session, ticket, said, actor, now):
    """追责，连同当天的退单、超期记录"""
    return meetings.hold_to_account(session, ticket, said["fault"], said["words"], actor, now, said["person"])
