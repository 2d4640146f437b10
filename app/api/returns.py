"""POST /tickets/N/returns and its decision: "not mine", always back to the centre."""

from app.api import rows
from app.api.fields import Body, Code, Text
from app.api.lists import requests_of
from app.api.nouns import ID, Nouns, act
from app.api.rows import RequestShape
from tickets import codes, dispatch
from tickets.requests import request_of

nouns = Nouns("returns", "退单：申请和决定")
requests_of(nouns, "/returns", "return", "退单申请")


class ReturnBody(Body):
    reason = Code(codes.RETURN_REASONS, required=True)
    basis = Text(1000, required=True, metadata={"description": "哪条规定、为什么不归本单位"})
    suggested_unit = Text(50, load_default="")


class ReturnDecisionBody(Body):
    decision = Code(("accept", "deny"), required=True)
    reason = Text(1000, required=True)
    lead = Text(50, load_default="", metadata={"description": "改派给谁；不填用建议的单位"})


@act(nouns, "/returns", ReturnBody, "request-return", shape=RequestShape, shows=rows.request, status=201)
def request_return(session, ticket, said, actor, now):
    """申请退单"""
    return dispatch.request_return(session, ticket, said["reason"], said["basis"], actor, now, said["suggested_unit"])


@act(nouns, "/returns" + ID + "/decision", ReturnDecisionBody, "accept-return", "deny-return")
def decide_return(session, ticket, said, actor, now, row_id):
    """同意退单并改派，或不同意"""
    request = request_of(session, ticket, "return", row_id)
    dispatch.decide_return(session, ticket, request, said["decision"] == "accept", said["reason"], actor, now, said["lead"])
