"""POST /tickets/N/dispatches · /recalls and the list of sendings."""

import sqlalchemy as sa

from app.api import rows
from app.api.fields import Body, Code, Listed, Text
from app.api.lists import listed
from app.api.nouns import Nouns, act
from app.api.rows import DispatchShape
from tickets import codes, dispatch
from tickets.actors import DISPATCHER
from tickets.dispatch_models import Dispatch

nouns = Nouns("dispatches", "派单：派给一个主办单位，可带协办；撤回")


class DispatchBody(Body):
    lead = Text(50, load_default="", metadata={"description": "主办单位代码；受理员不填即按派单目录派"})
    assisting = Listed(Text(50), 20, load_default=list)
    track = Code(codes.TRACKS, load_default="")
    urgency = Code(codes.URGENCIES, load_default="")
    note = Text(1000, load_default="", metadata={"description": "派单说明；密封件单位只看得到它"})


class NothingBody(Body):
    """No fields: an empty body or {}."""


@act(nouns, "/dispatches", DispatchBody, "dispatch", "dispatch-by-rule")
def dispatch_ticket(session, ticket, said, actor, now):
    """派单"""
    if said["lead"] or actor.has(DISPATCHER):
        dispatch.dispatch(
            session,
            ticket,
            said["lead"],
            actor,
            now,
            tuple(said["assisting"]),
            track=said["track"],
            urgency=said["urgency"],
            note=said["note"],
        )
    else:
        dispatch.dispatch_by_rule(session, ticket, actor, now)


@act(nouns, "/recalls", NothingBody, "recall")
def recall_ticket(session, ticket, said, actor, now):
    """一分钟内撤回刚派出的"""
    dispatch.recall(session, ticket, actor, now)


@listed(nouns, "/dispatches", DispatchShape)
def list_dispatches(session, ticket, actor, now):
    """派过哪些单位，各到什么时候"""
    found = session.scalars(sa.select(Dispatch).where(Dispatch.ticket_id == ticket.id).order_by(Dispatch.id))
    return [rows.dispatch(session, row, actor, now) for row in found]
