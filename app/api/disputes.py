"""POST /tickets/N/disputes · /rulings: a unit objects, the panel binds."""

from app.api import rows
from app.api.fields import Body, Flag, Text
from app.api.lists import requests_of
from app.api.nouns import Nouns, act
from app.api.rows import RequestShape
from tickets import dispatch

nouns = Nouns("disputes", "派单争议和裁定")
requests_of(nouns, "/disputes", "dispute", "提出的争议")


class DisputeBody(Body):
    statement = Text(2000, required=True, metadata={"description": "争议的事实和理由"})


class RulingBody(Body):
    unit = Text(50, required=True)
    locked = Flag(load_default=True, metadata={"description": "裁定后不能再退、再争"})
    reason = Text(2000, required=True)
    update_catalogue = Flag(load_default=False, metadata={"description": "以后同类同区都按这个派"})


@act(nouns, "/disputes", DisputeBody, "dispute", shape=RequestShape, shows=rows.request, status=201)
def open_dispute(session, ticket, said, actor, now):
    """提出争议"""
    return dispatch.dispute(session, ticket, said["statement"], actor, now)


@act(nouns, "/rulings", RulingBody, "rule")
def rule_dispute(session, ticket, said, actor, now):
    """裁定归谁办"""
    dispatch.rule(
        session, ticket, said["unit"], said["reason"], actor, now, locked=said["locked"], update_catalogue=said["update_catalogue"]
    )
