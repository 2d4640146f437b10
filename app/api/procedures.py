"""POST /tickets/N/acceptances · /interim-replies · /violations · /check-conclusions · /reporter-notices · /party-notices · /termination-requests:
what statutes ask for beside the hotline's own way."""

from app.api import present, rows
from app.api.attachments import checked_pictures, keep_pictures
from app.api.fields import Body, Code, Flag, Listed, Moment, Part, Picture, Text
from app.api.lists import requests_of
from app.api.nouns import ID, Nouns, act
from app.api.rows import RequestShape
from tickets import codes, procedures
from tickets.procedures import Told
from tickets.requests import request_of

nouns = Nouns("procedures", "受理、先行答复、违法线索另案核查、告知")
MOST_PROOFS = 6
requests_of(nouns, "/termination-requests", "termination", "终止调解的申请")


class AcceptanceBody(Body):
    checks = Listed(
        Code(codes.ELIGIBILITY),
        4,
        load_default=list,
        metadata={"description": "初信初访：符合的几项；四项都符合才走简易办理，否则转普通程序"},
    )
    instant = Flag(load_default=False, metadata={"description": "时效性强的初信初访：当天办结"})
    words = Text(1000, load_default="")


class InterimReplyBody(Body):
    content = Text(3000, least=1, required=True)


class ViolationBody(Body):
    facts = Text(3000, least=1, required=True, metadata={"description": "发现的违法线索，不写市民姓名"})
    accused = Text(100, load_default="")


class ConclusionBody(Body):
    outcome = Code(codes.CHECK_OUTCOMES, required=True)
    words = Text(3000, least=1, required=True)


class ToldBody(Body):
    method = Code(codes.NOTICE_METHODS, required=True)
    at = Moment(load_default=None, allow_none=True, metadata={"description": "什么时候告知的；不填是现在"})


class ReporterNoticeBody(ToldBody):
    words = Text(1000, load_default="")


class PartyNoticeBody(Body):
    appellant = Part(ToldBody, required=True)
    respondent = Part(ToldBody, required=True)
    proof = Listed(Picture(), MOST_PROOFS, load_default=list, metadata={"description": "送达凭证；也可先以 purpose=proof 上传"})


class TerminationRequestBody(Body):
    ground = Code(codes.TERMINATION_GROUNDS, required=True)
    statement = Text(1000, least=4, required=True, metadata={"description": "经过和理由"})
    proof = Listed(Picture(), MOST_PROOFS, load_default=list, metadata={"description": "当事人的书面意思；也可先以 purpose=proof 上传"})


class TerminationDecisionBody(Body):
    decision = Code(("grant", "deny"), required=True)
    reason = Text(1000, required=True)


def check_proof(session, actor, number: str, given: dict) -> None:
    """Files are sniffed and re-encoded before the ticket is locked. Raises Invalid naming `proof`."""
    given["proof"] = checked_pictures(given["proof"], "proof")


def told(said: dict, now) -> Told:
    return Told(said["method"], said["at"] or now)


@act(nouns, "/acceptances", AcceptanceBody, "accept")
def accept_ticket(session, ticket, said, actor, now):
    """单位受理：法定期限从受理日起算"""
    procedures.accept(session, ticket, actor, now, tuple(said["checks"]), said["instant"], said["words"])


@act(nouns, "/interim-replies", InterimReplyBody, "interim-reply")
def reply_meanwhile(session, ticket, said, actor, now):
    """先行答复：办到哪一步、法定期限到哪天"""
    procedures.interim_reply(session, ticket, said["content"], actor, now)


@act(nouns, "/violations", ViolationBody, "find-violation", shows=present.ticket, status=201)
def find_violation(session, ticket, said, actor, now):
    """调解中发现违法线索：另案核查，回答是新的那一件"""
    return procedures.find_violation(session, ticket, said["facts"], actor, now, said["accused"])


@act(nouns, "/check-conclusions", ConclusionBody, "conclude-check")
def conclude_check(session, ticket, said, actor, now):
    """举报或违法线索的核查结论"""
    procedures.conclude_check(session, ticket, said["outcome"], said["words"], actor, now)


@act(nouns, "/reporter-notices", ReporterNoticeBody, "tell-reporter")
def tell_reporter(session, ticket, said, actor, now):
    """把核查结论告知实名举报人"""
    procedures.tell_reporter(session, ticket, told(said, now), actor, now, said["words"])


@act(
    nouns,
    "/termination-requests",
    TerminationRequestBody,
    "request-termination",
    shape=RequestShape,
    shows=rows.request,
    status=201,
    before=check_proof,
)
def request_termination(session, ticket, said, actor, now):
    """单位书面申请终止调解"""
    keep_proofs(session, ticket, said, actor, now)
    return procedures.request_termination(session, ticket, said["ground"], said["statement"], actor, now)


@act(nouns, "/termination-requests" + ID + "/decision", TerminationDecisionBody, "terminate", "deny-termination")
def decide_termination(session, ticket, said, actor, now, row_id):
    """同意或不同意终止调解"""
    procedures.decide_termination(
        session, ticket, request_of(session, ticket, "termination", row_id), said["decision"] == "grant", said["reason"], actor, now
    )


def keep_proofs(session, ticket, said, actor, now) -> None:
    keep_pictures(session, ticket, said["proof"], "proof", actor, now)


@act(nouns, "/party-notices", PartyNoticeBody, "tell-parties", before=check_proof)
def tell_parties(session, ticket, said, actor, now):
    """终止调解告知双方，附送达凭证"""
    keep_proofs(session, ticket, said, actor, now)
    procedures.tell_parties(session, ticket, told(said["appellant"], now), told(said["respondent"], now), actor, now)
