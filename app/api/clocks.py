"""GET /tickets/N/clocks: every limit that runs or ran, and with ?trace=1 why it ends on that day."""

import marshmallow as ma
from flask import Response
from marshmallow import fields

from app import clock
from app.api.fields import Body, Flag
from app.api.nouns import TICKET, Nouns, marked, said
from app.api.shapes import one_of, text, when, whole
from app.auth.access import current_actor, fetch_ticket
from app.work import session_now
from escalation.faces import as_api
from escalation.limits import KINDS
from escalation.queries import clocks_of
from escalation.rules import calendar_for
from escalation.words import STATE

nouns = Nouns("clocks", "时限")


class ClockQuery(Body):
    trace = Flag(load_default=False, metadata={"description": "1：逐日说明为什么是这一天"})


class PauseShape(ma.Schema):
    from_ = when(none=False)
    to = when()
    code = text()

    from_.data_key = "from"


class TraceShape(ma.Schema):
    day = fields.Date()
    counts = fields.Boolean()
    reason = text()


class ClockShape(ma.Schema):
    code = text()
    owner = text("单位代码，或 ticket、centre")
    started = when(none=False)
    due = when(none=False)
    provisional = fields.Boolean()
    paused = when("停在什么时候；没停为 null")
    stopped = when()
    breached_at = when("到期那一刻，不是发现那一刻")
    extended_by = whole()
    state = one_of(STATE)
    kind = one_of(KINDS)
    article = text()
    short = fields.Boolean(metadata={"description": "改派后的剩余时间"})
    task = whole(none=True)
    pauses = fields.List(fields.Nested(PauseShape))
    trace = fields.List(fields.Nested(TraceShape), metadata={"description": "只在 ?trace=1"})


@nouns.route(TICKET + "/clocks")
@nouns.arguments(ClockQuery, location="query")
@nouns.response(200, ClockShape(many=True))
@marked(one=True)
def list_clocks(given: dict, number: str) -> Response:
    """这一件的全部时限"""
    session, now = session_now(), clock.now()
    ticket = fetch_ticket(session, current_actor(), number)
    calendar = calendar_for(session) if given["trace"] else None
    return said([as_api(view, now, calendar) for view in clocks_of(session, ticket.id)])
