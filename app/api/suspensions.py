"""POST /tickets/N/suspensions, its decision, and /resumptions: the clock stands still for a reason the law knows."""

from app.api import rows
from app.api.fields import Body, Code, Text
from app.api.lists import requests_of
from app.api.nouns import ID, Nouns, act
from app.api.rows import RequestShape
from tickets import codes, handling
from tickets.requests import request_of

nouns = Nouns("suspensions", "暂停计时：申请、决定、恢复")
requests_of(nouns, "/suspensions", "suspension", "暂停申请")


class SuspensionBody(Body):
    code = Code(codes.PAUSE_CODES, required=True)
    evidence = Text(1000, required=True, metadata={"description": "材料清单、检测委托书编号等"})


class SuspensionDecisionBody(Body):
    decision = Code(("grant", "deny"), required=True)
    reason = Text(1000, required=True)


class ResumptionBody(Body):
    note = Text(1000, load_default="")


@act(nouns, "/suspensions", SuspensionBody, "request-suspension", shape=RequestShape, shows=rows.request, status=201)
def request_suspension(session, ticket, said, actor, now):
    """申请暂停计时"""
    return handling.request_suspension(session, ticket, said["code"], said["evidence"], actor, now)


@act(nouns, "/suspensions" + ID + "/decision", SuspensionDecisionBody, "grant-suspension", "deny-suspension")
def decide_suspension(session, ticket, said, actor, now, row_id):
    """同意或不同意暂停"""
    handling.decide_suspension(
        session, ticket, request_of(session, ticket, "suspension", row_id), said["decision"] == "grant", said["reason"], actor, now
    )


@act(nouns, "/resumptions", ResumptionBody, "resume")
def resume_ticket(session, ticket, said, actor, now):
    """等的东西到了，恢复计时"""
    handling.resume(session, ticket, actor, now, said["note"])
