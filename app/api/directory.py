"""GET /me · /units · /categories · /limits · /knowledge: what anybody signed in may look up."""

from dataclasses import asdict

import marshmallow as ma
import sqlalchemy as sa
from flask import Response, g
from marshmallow import fields
from sqlalchemy.dialects.postgresql import TSQUERY

from app import clock
from app.api.fields import Body, Text, Whole
from app.api.nouns import Nouns, marked, said
from app.api.present import moment
from app.api.shapes import maybe, one_of, text, when, whole
from app.auth.access import current_actor
from app.errors import Invalid
from app.web.i18n import gettext as _
from app.work import session_now
from escalation import words
from escalation.due import UNITS
from escalation.limits import KINDS, OWNERS
from escalation.rules import limits_of
from tickets import codes
from tickets.actors import ALL_ROLES
from tickets.duties import Knowledge
from tickets.knowledge import valid_on
from tickets.reference import reference
from tickets.standards import standard_of
from tickets.text import query_of

nouns = Nouns("directory", "本人、单位、分类、时限、知识")


class MeShape(ma.Schema):
    id = whole()
    username = text()
    name = text()
    roles = fields.List(one_of(ALL_ROLES))
    unit = text()
    units = fields.List(fields.String(), metadata={"description": "看得到哪些单位的件"})
    covering = fields.Dict(keys=fields.String(), values=fields.String(), metadata={"description": "代谁顶哪个岗"})


class UnitShape(ma.Schema):
    id = whole()
    code = text()
    name = text()
    name_en = text()
    short_name = text()
    kind = one_of(codes.UNIT_KINDS)
    parent = maybe()
    region = maybe()
    phone = text()
    live = fields.Boolean(metadata={"description": "有联络员，能收单"})


class StandardShape(ma.Schema):
    photos = whole("答复要附的现场照片，张")
    on_site = fields.Boolean(metadata={"description": "审核通过之前中心要到现场核查"})
    staged = fields.Boolean(metadata={"description": "按城市管理六阶段显示"})
    words = text()


class CategoryShape(ma.Schema):
    code = text()
    name = text()
    name_en = text()
    level = whole()
    parent = maybe()
    path_name = text()
    active = fields.Boolean()
    standard = fields.Nested(StandardShape, metadata={"description": "结案标准：自己的，或最近一级上级的"})


class LimitShape(ma.Schema):
    code = text()
    name = text()
    length = whole()
    unit = one_of(UNITS)
    article = text()
    owner = one_of(OWNERS)
    kind = one_of(KINDS)
    start = text("从哪一步起算")
    stop = fields.List(fields.String())
    pauses = fields.List(one_of(codes.PAUSE_CODES))
    extension = fields.Dict(allow_none=True, metadata={"description": "最多延多少、什么单位、几次、谁批"})
    profile = text()


class KnowledgeShape(ma.Schema):
    id = whole()
    title = text()
    content = text()
    article = text()
    category = maybe()
    unit = text()
    public = fields.Boolean()
    updated_at = when(none=False)


class KnowledgeQuery(Body):
    q = Text(100, load_default="")
    category = Text(100, load_default="")
    limit = Whole(1, 100, load_default=25, strict=False)


@nouns.route("/me")
@nouns.response(200, MeShape)
@marked()
def show_me() -> Response:
    """我是谁，能看哪些单位"""
    actor, names = current_actor(), reference(session_now())
    return said(
        {
            "id": actor.account_id,
            "username": g.account.username,
            "name": actor.name,
            "roles": sorted(actor.roles),
            "unit": names.units[actor.unit_id].code,
            "units": sorted(names.units[unit].code for unit in actor.unit_ids if unit in names.units),
            "covering": actor.covering,
        }
    )


@nouns.route("/units")
@nouns.response(200, UnitShape(many=True))
@marked()
def list_units() -> Response:
    """全部单位"""
    units = reference(session_now()).units
    return said(
        [
            {
                "id": unit.id,
                "code": unit.code,
                "name": unit.name,
                "name_en": unit.name_en,
                "short_name": unit.short_name,
                "kind": unit.kind,
                "parent": units[unit.parent_id].code if unit.parent_id else None,
                "region": unit.region_code,
                "phone": unit.phone,
                "live": unit.live,
            }
            for unit in sorted(units.values(), key=lambda unit: unit.path)
        ]
    )


@nouns.route("/categories")
@nouns.response(200, CategoryShape(many=True))
@marked()
def list_categories() -> Response:
    """三级分类"""
    names = reference(session_now())
    known = names.categories
    return said(
        [
            {
                "code": one.code,
                "name": one.name,
                "name_en": one.name_en,
                "level": one.level,
                "parent": known[one.parent_id].code if one.parent_id else None,
                "path_name": one.path_name,
                "active": one.active,
                "standard": asdict(standard_of(names, one.id)),
            }
            for one in sorted(known.values(), key=lambda one: one.code)
        ]
    )


@nouns.route("/limits")
@nouns.response(200, LimitShape(many=True))
@marked()
def list_limits() -> Response:
    """本市现行的时限"""
    return said(
        [
            {
                "code": limit.code,
                "name": _(words.LIMIT.get(limit.code, limit.code)),
                "length": limit.length,
                "unit": limit.unit,
                "article": limit.article,
                "owner": limit.owner,
                "kind": limit.kind,
                "start": limit.start,
                "stop": list(limit.stop),
                "pauses": list(limit.pauses),
                "profile": limit.profile,
                "extension": {
                    "cap": limit.extension.cap,
                    "unit": limit.extension.unit,
                    "once": limit.extension.once,
                    "who": limit.extension.who,
                }
                if limit.extension
                else None,
            }
            for limit in limits_of(session_now(), clock.now()).values()
        ]
    )


@nouns.route("/knowledge")
@nouns.arguments(KnowledgeQuery, location="query")
@nouns.response(200, KnowledgeShape(many=True))
@marked()
def list_knowledge(given: dict) -> Response:
    """知识条目，可按两个字以上的词查"""
    current_actor()
    session, query = (
        session_now(),
        sa.select(Knowledge)
        .where(valid_on(clock.local(clock.now()).date()))
        .order_by(Knowledge.updated_at.desc(), Knowledge.id.desc())
        .limit(given["limit"]),
    )
    names = reference(session)
    if given["q"]:
        asked = query_of(given["q"])
        if asked is None:
            raise Invalid(q="请至少输入两个字")
        query = query.where(Knowledge.search.op("@@")(sa.cast(asked, TSQUERY)))
    if given["category"]:
        below = [
            one.id for code, one in names.category_codes.items() if code == given["category"] or code.startswith(given["category"] + ".")
        ]
        query = query.where(Knowledge.category_id.in_(below))
    return said(
        [
            {
                "id": row.id,
                "title": row.title,
                "content": row.content,
                "article": row.article,
                "category": names.categories[row.category_id].code if row.category_id in names.categories else None,
                "unit": names.units[row.unit_id].code if row.unit_id in names.units else "",
                "public": row.public,
                "updated_at": moment(row.updated_at),
            }
            for row in session.scalars(query)
        ]
    )
