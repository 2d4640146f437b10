"""POST /tickets/N/extensions and its decision."""

from app.api import rows
from app.api.fields import Body, Code, Text, Whole
from app.api.lists import requests_of
from app.api.nouns import ID, Nouns, act
from app.api.rows import RequestShape
from tickets import handling
from tickets.requests import request_of

nouns = Nouns("extensions", "延期：申请和决定")
requests_of(nouns, "/extensions", "extension", "延期申请")


class ExtensionBody(Body):
    days = Whole(1, 30, required=True, metadata={"description": "工作日；一般最多 10，企业诉求 15，普通信访 30 日"})
    reason = Text(1000, required=True)
    plan = Text(1000, required=True)


class ExtensionDecisionBody(Body):
    decision = Code(("grant", "deny"), required=True)
    reason = Text(1000, required=True)


@act(nouns, "/extensions", ExtensionBody, "request-extension", shape=RequestShape, shows=rows.request, status=201)
def request_extension(session, ticket, said, actor, now):
    """到期前申请延期，一次"""
    return handling.request_extension(session, ticket, said["days"], said["reason"], said["plan"], actor, now)


@act(nouns, "/extensions" + ID + "/decision", ExtensionDecisionBody, "grant-extension", "deny-extension")
def decide_extension(session, ticket, said, actor, now, row_id):
    """同意或不同意延期"""
    handling.decide_extension(
        session, ticket, request_of(session, ticket, "extension", row_id), said["decision"] == "grant", said["reason"], actor, now
    )
