"""POST /tickets/N/classifications · /urgencies · /recusals: the centre sets right what a ticket is and who keeps away from it."""

from app.api.fields import Body, Code, Text, Whole
from app.api.nouns import Nouns, act
from app.auth.models import Account
from app.errors import Invalid
from tickets import codes, sorting

nouns = Nouns("sorting", "改分类、改紧急程度、回避")


class ClassificationBody(Body):
    category = Text(100, load_default="")
    appeal_type = Code(codes.APPEAL_TYPES, load_default="")


class UrgencyBody(Body):
    urgency = Code(codes.URGENCIES, required=True)
    reason = Text(1000, load_default="", metadata={"description": "调低要写理由"})


class RecusalBody(Body):
    account = Whole(required=True, metadata={"description": "谁回避"})
    reason = Text(1000, required=True)


@act(nouns, "/classifications", ClassificationBody, "classify")
def classify_ticket(session, ticket, said, actor, now):
    """改分类或诉求类型"""
    sorting.classify(session, ticket, actor, now, said["category"], said["appeal_type"])


@act(nouns, "/urgencies", UrgencyBody, "set-urgency")
def set_urgency(session, ticket, said, actor, now):
    """改紧急程度"""
    sorting.set_urgency(session, ticket, said["urgency"], said["reason"], actor, now)


@act(nouns, "/recusals", RecusalBody, "recuse")
def recuse_account(session, ticket, said, actor, now):
    """有利害关系的人回避"""
    if session.get(Account, said["account"]) is None:
        raise Invalid(account="没有这个账号")
    sorting.recuse(session, ticket, said["account"], said["reason"], actor, now)
