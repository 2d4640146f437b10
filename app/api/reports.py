"""GET /reports/NAME: the house's reports as JSON or as a file, by whoever reads them whole; a unit's head and liaison read their own unit's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields
from sqlalchemy.orm import Session

from app import clock
from app.api.fields import Body, Code, Text
from app.api.nouns import Nouns, marked, said
from app.api.shapes import maybe, text, when, whole
from app.auth.access import require
from app.errors import Forbidden, Invalid, NotFound
from app.reports import answers, catalogue, escalations, whistles
from app.reports.gathered import gather
from app.reports.paper import Paper
from app.reports.written import FORMATS
from app.web import report_parts
from app.web import reports as escalation_pages
from app.web import whistle_report as whistle_pages
from app.web.figures import room
from app.web.i18n import gettext as _
from app.work import session_now
from escalation import reports as clock_reports
from escalation import whistle_reports
from escalation.metrics.settings import settings_of
from tickets.actors import DISCIPLINE, HEAD, LEADER, LIAISON, PUBLISHER, SUPERVISOR, Actor
from tickets.reference import Reference, reference

nouns = Nouns("reports", "报表：单位、评价、渠道、企业、指标、升级、吹哨、热点、被反映企业、简报")
WHOLE, OWN = (SUPERVISOR, LEADER, DISCIPLINE, PUBLISHER), (HEAD, LIAISON)
NAMED = ("companies",)  # nobody's figures alone: a publisher reads what names nobody
OF_ONE_UNIT = ("units", "ratings", "channels", "metrics", "escalations")  # and `whistles` of a street


class ReportQuery(Body):
    """The filters of the pages, under the same names; which of them a report knows is in docs/接口.md."""

    since = Text(10, load_default="", data_key="from", metadata={"description": "从哪天 2026-11-01；不写是本月一日"})
    until = Text(10, load_default="", data_key="to", metadata={"description": "到哪天，含当天；不写是今天"})
    month = Text(7, load_default="", metadata={"description": "整月 2026-10，代替 from 和 to"})
    by = Text(20, load_default="", metadata={"description": "报表里的哪张表；不写是第一张"})
    unit = Text(50, load_default="")
    group = Text(20, load_default="", metadata={"description": "同类组：department district street company"})
    channel = Text(20, load_default="")
    category = Text(100, load_default="")
    code = Text(50, load_default="", metadata={"description": "escalations：哪个时限"})
    kind = Text(20, load_default="", metadata={"description": "whistles：哪种哨"})
    street = Text(50, load_default="", metadata={"description": "whistles：哪个街道"})
    live = Text(1, load_default="", metadata={"description": "1：已冻结的月份也按现在的数"})
    format = Code(tuple(FORMATS), load_default="json")


class ReportShape(ma.Schema):
    name = text()
    title = text()
    since = text(data_key="from")
    until = text(data_key="to")
    by = text("哪张表")
    as_of = when("截至；冻结的月份是冻结的时候")
    frozen_at = when("没冻结的为空")
    restated = whole("冻结后更正了几处")
    rows = fields.List(fields.Dict(), metadata={"description": "每个率都是 {numerator, denominator, value}；0 ÷ 0 的 value 为空"})
    totals = fields.Dict(metadata={"description": "各列合计，率由合计的分子分母再算"})
    formulas = fields.Dict(keys=fields.String(), values=fields.String())
    notes = fields.List(maybe())


@nouns.route("/reports/<string(maxlength=20):name>")
@nouns.arguments(ReportQuery, location="query")
@nouns.response(200, ReportShape)
@marked(one=True, roles=(*WHOLE, *OWN))
def report(given: dict[str, str], name: str) -> Response:
    """一份报表。督办员、领导、纪检、信息发布员看全部；单位负责人和联络员看本单位的"""
    actor, session, now = require(*WHOLE, *OWN), session_now(), clock.now()
    if name not in catalogue.REPORTS:
        raise NotFound("没有这样的报表")
    names = reference(session)
    asked = {
        "from": given["since"],
        "to": given["until"],
        **{key: value for key, value in given.items() if key not in ("since", "until", "by", "format")},
    }
    paper = _paper(session, name, _of(actor, name, asked, names), names, now)
    if given["format"] != "json":
        since, until = (datetime.fromisoformat(paper.data[end]).date() for end in ("from", "to"))
        return report_parts.sent(paper, given["format"], since, until)
    table = answers.table_of(paper, given["by"])
    if table is None:
        raise Invalid(by=_("这份报表有：%(tables)s", tables=" ".join(answers.tables(paper))))
    return said(answers.answer(paper, table, settings_of(session)))


def _of(actor: Actor, name: str, asked: dict[str, str], names: Reference) -> dict[str, str]:
    """What was asked for, or that part of it which is this person's own unit. Raises Forbidden."""
    if actor.has(*catalogue.READERS[name]) or (actor.has(PUBLISHER) and name not in NAMED):
        return asked
    own = names.units.get(actor.unit_id or 0)
    if own is None or not actor.has(*OWN) or not (name in OF_ONE_UNIT or (name == "whistles" and own.kind == "street")):
        raise Forbidden("这份报表由中心看")
    place = "street" if name == "whistles" else "unit"
    if asked[place] not in ("", own.code) or asked["group"]:
        raise Forbidden("单位只看本单位的数")
    return asked | {place: own.code}


def _paper(session: Session, name: str, asked: Mapping[str, Any], names: Reference, now: datetime) -> Paper:
    """The same paper as on the page and in its files."""
    if name in catalogue.FIGURES:
        return catalogue.of_figures(session, name, gather(session, room.asked_of(asked, names, now), now), now, room.about(names, asked))
    if name == "escalations":
        return escalations.lay_out(
            session,
            clock_reports.escalations(session, escalation_pages.asked_of(asked, names, now), now),
            escalation_pages.about(names, asked),
        )
    if name == "whistles":
        return whistles.lay_out(
            session, whistle_reports.whistles(session, whistle_pages.asked_of(asked, names, now), now), whistle_pages.about(names, asked)
        )
    return catalogue.REPORTS[name](session, *report_parts.period_of(asked, now), now)
