"""GET /dossiers and /referrals: the two highest rungs (E7, E8), their papers, and under a ticket what is done with them."""

import marshmallow as ma
from flask import Response, current_app
from marshmallow import fields
from sqlalchemy.orm import Session

from app import clock, referring
from app.api.fields import Body, Code, Day, Flag, Moment, Text, Whole
from app.api.nouns import ID, Nouns, act, marked, said
from app.api.present import moment
from app.api.rows import unit_code
from app.api.shapes import maybe, one_of, text, when, whole
from app.api.supervision_rows import CoordinationShape, coordination
from app.auth.access import current_actor, require
from app.auth.oversight import OVERSEEING, referrals_of
from app.errors import NotFound
from app.work import session_now, work
from escalation import dossier_queries as queries
from escalation import dossiers, referrals
from escalation.dossier_models import CONCLUSIONS, DOSSIER_STATES, MISCONDUCTS, Dossier, Referral
from escalation.dossier_queries import Raised, Referred
from escalation.paging import LONGEST_PAGE

nouns = Nouns("dossiers", "上会材料（E7）和移送纪检监察（E8）：报、签报、会议决定；封存、移送、结果；导出都留痕")
DOSSIER, REFERRAL = "/dossiers" + ID, "/referrals" + ID
MOST_FILES = 30


class DossierQuery(Body):
    state = Code(DOSSIER_STATES, load_default="")
    ticket = Text(40, load_default="")
    live = Flag(load_default=False, metadata={"description": "只看没了结的"})
    cursor = Text(20, load_default="")
    limit = Whole(1, LONGEST_PAGE, load_default=25, strict=False)


class DossierBody(Body):
    question = Text(2000, least=2, required=True, metadata={"description": "请会议定什么"})
    obstacle = Text(2000, least=2, required=True, metadata={"description": "卡在哪里、试过什么"})


class OpinionBody(Body):
    opinion = Text(2000, least=2, required=True)


class MeetingDecisionBody(Body):
    meeting = Text(100, least=2, required=True, metadata={"description": "哪次会议"})
    held_on = Day(required=True)
    decision = Text(2000, least=2, required=True)
    person = Text(50, least=1, required=True)
    post = Text(50, least=1, required=True)
    due = Moment(required=True)


class DossierWithdrawalBody(Body):
    why = Text(2000, least=2, required=True)


class ReferralQuery(Body):
    misconduct = Code(MISCONDUCTS, load_default="")
    conclusion = Code(CONCLUSIONS, load_default="")
    ticket = Text(40, load_default="")
    live = Flag(load_default=False, metadata={"description": "只看还没结果的"})
    cursor = Text(20, load_default="")
    limit = Whole(1, LONGEST_PAGE, load_default=25, strict=False)


class ReferralBody(Body):
    misconduct = Code(MISCONDUCTS, required=True)
    words = Text(2000, least=2, required=True, metadata={"description": "谁、什么时候、做了什么"})
    person = Text(50, load_default="")
    evidence = fields.List(
        Whole(1, 2**53),
        load_default=list,
        validate=ma.validate.Length(max=MOST_FILES),
        metadata={"description": "附件 id；不给就是市民以外的全部附件"},
    )


class ReferralConclusionBody(Body):
    conclusion = Code(CONCLUSIONS, required=True)
    words = Text(2000, least=2, required=True)


class DossierShape(ma.Schema):
    """A dossier to the standing meeting."""

    id = whole()
    number = text("HY2026-003")
    ticket = text("工单号")
    unit = maybe()
    supervision = text("督办单号")
    state = one_of(DOSSIER_STATES)
    question = text()
    obstacle = text()
    raised_at = when(none=False)
    raised_by = text()
    submitted_at = when()
    submitted_by = text()
    opinion = text()
    meeting = text()
    held_on = fields.Date(allow_none=True)
    decision = text()
    coordination = fields.Nested(CoordinationShape, allow_none=True)
    closed_at = when()
    closed_by = text()
    withdrawn_why = text()


class DossierPageShape(ma.Schema):
    items = fields.List(fields.Nested(DossierShape))
    next = maybe("下一页的 cursor")


class ReferralShape(ma.Schema):
    """A referral to discipline; its seal is the SHA-256 of the package."""

    id = whole()
    number = text("YS2026-003")
    ticket = text("工单号")
    unit = maybe()
    misconduct = one_of(MISCONDUCTS)
    person = text()
    words = text()
    seal = text()
    at = when(none=False)
    by = text()
    conclusion = one_of(CONCLUSIONS, allow_none=True)
    conclusion_words = text()
    closed_at = when()
    closed_by = text()


class ReferralFileShape(ReferralShape):
    """A referral with its package, and whether it is still what was sealed."""

    holds = fields.Boolean()
    package = fields.Dict()


class ReferralPageShape(ma.Schema):
    items = fields.List(fields.Nested(ReferralShape))
    next = maybe("下一页的 cursor")


@nouns.route("/dossiers")
@nouns.arguments(DossierQuery, location="query")
@nouns.response(200, DossierPageShape)
@marked(roles=OVERSEEING)
def list_dossiers(given: dict) -> Response:
    """上会材料，新的在前"""
    actor, session = require(*OVERSEEING), session_now()
    page, following = queries.dossiers_page(session, referrals_of(actor), **given)
    return said({"items": [_dossier(session, row) for row in page], "next": following})


@nouns.route(DOSSIER)
@nouns.response(200, DossierShape)
@marked(one=True, roles=OVERSEEING)
def one_dossier(row_id: int) -> Response:
    """一份上会材料"""
    actor, session = current_actor(), session_now()
    return said(_dossier(session, queries.dossier_by_id(session, referrals_of(actor), row_id)))


@nouns.route(DOSSIER + "/document")
@nouns.response(200, {"type": "string", "format": "binary"}, content_type=referring.PDF)
@marked(one=True, roles=OVERSEEING)
def export_dossier(row_id: int) -> Response:
    """上会材料的 PDF；每导出一次，审计日志留一行"""
    actor = current_actor()
    with work() as session:
        raised = queries.dossier_by_id(session, referrals_of(actor), row_id)
        return _file(referring.export_dossier(session, raised, actor, clock.now()), referring.PDF, f"{raised.dossier.number}.pdf")


@nouns.route("/referrals")
@nouns.arguments(ReferralQuery, location="query")
@nouns.response(200, ReferralPageShape)
@marked(roles=OVERSEEING)
def list_referrals(given: dict) -> Response:
    """移送纪检监察的，新的在前；单位看不到"""
    actor, session = require(*OVERSEEING), session_now()
    page, following = queries.referrals_page(session, referrals_of(actor), **given)
    return said({"items": [_referral(session, row) for row in page], "next": following})


@nouns.route(REFERRAL)
@nouns.response(200, ReferralFileShape)
@marked(one=True, roles=OVERSEEING)
def one_referral(row_id: int) -> Response:
    """一份移送和封存的材料"""
    actor, session = current_actor(), session_now()
    row = queries.referral_in(session, referrals_of(actor), row_id)
    return said(_referral(session, row) | {"holds": referrals.seal_holds(row.referral), "package": row.referral.package})


@nouns.route(REFERRAL + "/package")
@nouns.response(200, {"type": "string", "format": "binary"}, content_type=referring.ZIP)
@marked(one=True, roles=OVERSEEING)
def export_referral(row_id: int) -> Response:
    """封存的一套：清单、PDF、证据原件；每导出一次，审计日志留一行"""
    actor = current_actor()
    with work() as session:
        row = queries.referral_in(session, referrals_of(actor), row_id)
        data = referring.export_referral(session, row, current_app.config["SETTINGS"].uploads, actor, clock.now())
        return _file(data, referring.ZIP, f"{row.referral.number}.zip")


def _shown(session: Session, row: Dossier, actor, now) -> dict:
    session.flush()
    return _dossier(session, queries.dossier_by_id(session, referrals_of(actor), row.id))


def _shown_referral(session: Session, row: Referral, actor, now) -> dict:
    return _referral(session, queries.referral_in(session, referrals_of(actor), row.id))


@act(nouns, "/dossiers", DossierBody, "raise-dossier", shape=DossierShape, shows=_shown, status=201)
def raise_dossier(session, ticket, said, actor, now):
    """报上会：顶格协调到时限仍没解决"""
    return dossiers.raise_dossier(session, ticket, said["question"], said["obstacle"], actor, now)


@act(nouns, DOSSIER + "/submissions", OpinionBody, "submit-dossier", shape=DossierShape, shows=_shown)
def submit_dossier(session, ticket, said, actor, now, row_id):
    """领导签报，报政府办公厅"""
    row = dossiers.dossier_of(session, ticket, row_id)
    dossiers.submit(session, ticket, row, said["opinion"], actor, now)
    return row


@act(nouns, DOSSIER + "/decisions", MeetingDecisionBody, "decide-dossier", shape=DossierShape, shows=_shown)
def decide_dossier(session, ticket, said, actor, now, row_id):
    """登记会议决定：人、岗位、时限；督办按它走"""
    row = dossiers.dossier_of(session, ticket, row_id)
    dossiers.decide(
        session, ticket, row, said["meeting"], said["held_on"], said["decision"], said["person"], said["post"], said["due"], actor, now
    )
    return row


@act(nouns, DOSSIER + "/withdrawals", DossierWithdrawalBody, "withdraw-dossier", shape=DossierShape, shows=_shown)
def withdraw_dossier(session, ticket, said, actor, now, row_id):
    """撤回上会材料"""
    row = dossiers.dossier_of(session, ticket, row_id)
    dossiers.withdraw(session, ticket, row, said["why"], actor, now)
    return row


@act(nouns, "/referrals", ReferralBody, "refer", shape=ReferralShape, shows=_shown_referral, status=201)
def refer(session, ticket, said, actor, now):
    """封存材料，移送纪检监察"""
    return referring.refer(session, ticket, said["misconduct"], said["words"], actor, now, said["person"], said["evidence"])


@act(nouns, REFERRAL + "/conclusions", ReferralConclusionBody, "conclude-referral", shape=ReferralShape, shows=_shown_referral)
def conclude_referral(session, ticket, said, actor, now, row_id):
    """登记纪检监察的反馈"""
    row = referrals.referral_by_id(session, row_id, lock=True)
    if row.ticket_id != ticket.id:
        raise NotFound("没有这份移送，或者不归您看")
    referring.conclude(session, row, said["conclusion"], said["words"], actor, now)
    return row


def _dossier(session: Session, raised: Raised) -> dict:
    row = raised.dossier
    return {
        "id": row.id,
        "number": row.number,
        "ticket": raised.ticket.number,
        "unit": unit_code(session, row.unit_id),
        "supervision": raised.order.number,
        "state": row.state,
        "question": row.question,
        "obstacle": row.obstacle,
        "raised_at": moment(row.raised_at),
        "raised_by": row.raised_by_name,
        "submitted_at": moment(row.submitted_at),
        "submitted_by": row.submitted_by_name or "",
        "opinion": row.opinion or "",
        "meeting": row.meeting or "",
        "held_on": row.held_on.isoformat() if row.held_on else None,
        "decision": row.decision or "",
        "coordination": coordination(raised.coordination) if raised.coordination else None,
        "closed_at": moment(row.closed_at),
        "closed_by": row.closed_by_name or "",
        "withdrawn_why": row.withdrawn_why or "",
    }


def _referral(session: Session, one: Referred) -> dict:
    row = one.referral
    return {
        "id": row.id,
        "number": row.number,
        "ticket": one.ticket.number,
        "unit": unit_code(session, row.unit_id),
        "misconduct": row.misconduct,
        "person": row.person or "",
        "words": row.words,
        "seal": row.seal,
        "at": moment(row.at),
        "by": row.by_name,
        "conclusion": row.conclusion,
        "conclusion_words": row.conclusion_words or "",
        "closed_at": moment(row.closed_at),
        "closed_by": row.closed_by_name or "",
    }


def _file(data: bytes, mimetype: str, name: str) -> Response:
    answer = Response(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f"attachment; filename={name}"
    answer.headers["Cache-Control"] = "no-store"
    return answer
