"""POST /tickets/N/urges · /supplements · /reveals: the citizen's voice passed on by an agent, and a look at who the citizen is."""

import marshmallow as ma

from app.api.fields import Body, Text
from app.api.nouns import Nouns, act
from app.api.shapes import text
from tickets import identity, intake

nouns = Nouns("additions", "催办、补充、查看身份")


class UrgeBody(Body):
    words = Text(1000, load_default="")


class SupplementBody(Body):
    content = Text(5000, least=1, required=True)


class RevealBody(Body):
    reason = Text(200, required=True, metadata={"description": "为什么要看，例如“首次联系”；记入台账"})


class IdentityShape(ma.Schema):
    """The identity in clear. Every look is a row with its reason."""

    name = text()
    phone = text()
    kind = text()
    gender = text()
    phone2 = text()
    credit_code = text()
    industry = text()


def as_found(session, found, actor, now) -> dict:
    """The identity is answered as it was opened."""
    return found


@act(nouns, "/urges", UrgeBody, "urge")
def urge_ticket(session, ticket, said, actor, now):
    """催办"""
    intake.urge(session, ticket, actor, now, said["words"])


@act(nouns, "/supplements", SupplementBody, "supplement")
def supplement_ticket(session, ticket, said, actor, now):
    """补充事实"""
    intake.supplement(session, ticket, said["content"], actor, now)


@act(nouns, "/reveals", RevealBody, shape=IdentityShape, shows=as_found, status=201, secret=True)
def reveal_identity(session, ticket, said, actor, now):
    """查看诉求人身份，写明理由，留痕"""
    return identity.reveal(session, ticket, said["reason"], actor, now)
