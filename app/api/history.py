"""GET /tickets/N/events · /units: what happened to a ticket, and who has a part in it."""

import marshmallow as ma
from marshmallow import fields

from app.api import present, rows
from app.api.lists import listed
from app.api.nouns import Nouns
from app.api.rows import EventShape
from app.api.shapes import one_of, text, when
from tickets import queries
from tickets.history import events_of
from tickets.reference import reference

nouns = Nouns("history", "经过和单位")


class UnitPartShape(ma.Schema):
    """A unit's part in a ticket."""

    code = text()
    name = text()
    role = one_of(("lead", "assisting"))
    state = text("主办：工单状态；协办：open signed replied released")
    asked_at = when()
    signed_at = when()
    replied_at = when()
    due = when()
    live = fields.Boolean()


@listed(nouns, "/events", EventShape)
def list_events(session, ticket, actor, now):
    """全部经过，一条不少，前后相扣"""
    return [rows.event(session, ticket, row, actor) for row in events_of(session, ticket.id)]


@listed(nouns, "/units", UnitPartShape)
def list_unit_parts(session, ticket, actor, now):
    """主办和协办单位"""
    found = []
    lead = reference(session).units.get(ticket.lead_unit_id or 0)
    if lead:
        found.append(
            {
                "code": lead.code,
                "name": lead.name,
                "role": "lead",
                "state": ticket.status,
                "asked_at": present.moment(ticket.dispatched_at),
                "signed_at": present.moment(ticket.signed_at),
                "replied_at": present.moment(ticket.replied_at),
                "due": present.moment(ticket.due_at),
                "live": lead.live,
            }
        )
    for task, unit in queries.tasks_of(session, ticket):
        found.append(
            {
                "code": unit.code,
                "name": unit.name,
                "role": "assisting",
                "state": task.state,
                "asked_at": present.moment(task.asked_at),
                "signed_at": present.moment(task.signed_at),
                "replied_at": present.moment(task.replied_at),
                "due": present.moment(task.due_at),
                "live": unit.live,
            }
        )
    return found
