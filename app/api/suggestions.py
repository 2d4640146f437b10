"""GET /suggestions: what the words typed so far speak for: kinds, units, likely copies, articles, each with its reason."""

import marshmallow as ma
from flask import Response
from marshmallow import fields

from app import clock
from app.api.fields import Body, Degrees, Text
from app.api.nouns import Nouns, marked, said
from app.api.present import moment
from app.api.shapes import one_of, text, when, whole
from app.auth.access import require, visible
from app.work import session_now
from tickets import codes
from tickets.actors import AGENT, DISPATCHER
from tickets.reference import reference
from tickets.suggest import suggest

nouns = Nouns("suggestions", "建议：分类、单位、疑似重复、知识")
PERCENT = {"minimum": 0, "maximum": 100}


class SuggestionQuery(Body):
    text = Text(5000, least=1, required=True)
    region = Text(12, load_default="")
    address = Text(200, load_default="")
    category = Text(100, load_default="", metadata={"description": "已经选定的分类：单位按它来"})
    lng = Degrees(180, load_default=None)
    lat = Degrees(90, load_default=None)


class KindShape(ma.Schema):
    code = text()
    name = text()
    confidence = whole("百分数", **PERCENT)
    why = text()
    words = fields.List(fields.String())
    here = whole("同类件中属于这一类的")
    of = whole("同类件")
    learned = whole("按办结件学到的把握，百分数；没有学过为 0", **PERCENT)


class SuggestedUnitShape(ma.Schema):
    code = text()
    name = text()
    role = one_of(("lead", "assisting", "copy"))
    confidence = whole("百分数", **PERCENT)
    why = text()
    basis = text()


class CopyShape(ma.Schema):
    number = text()
    title = text()
    score = whole("像不像，0–100", **PERCENT)
    distance = whole("米；不知道为 null", none=True)
    status = one_of(codes.STATUSES)
    unit = text()
    received_at = when(none=False)


class ArticleShape(ma.Schema):
    id = whole()
    title = text()
    content = text()
    article = text()
    unit = text()
    updated_at = when(none=False)


class SuggestionsShape(ma.Schema):
    categories = fields.List(fields.Nested(KindShape))
    units = fields.List(fields.Nested(SuggestedUnitShape))
    duplicates = fields.List(fields.Nested(CopyShape))
    articles = fields.List(fields.Nested(ArticleShape))
    urgency = one_of(codes.URGENCIES)
    flags = fields.List(one_of(codes.RISK_FLAGS))


@nouns.route("/suggestions")
@nouns.arguments(SuggestionQuery, location="query")
@nouns.response(200, SuggestionsShape)
@marked(roles=(AGENT, DISPATCHER))
def list_suggestions(given: dict) -> Response:
    """这些话像哪一类、该谁办、和哪几件重复、有什么可以直接答"""
    actor, session = require(AGENT, DISPATCHER), session_now()
    found = suggest(
        session,
        given["text"],
        given["region"],
        clock.now(),
        lng=given["lng"],
        lat=given["lat"],
        address=given["address"],
        category=given["category"],
        scope=visible(actor),
    )
    names = reference(session)
    copies = [copy | {"received_at": moment(copy["received_at"])} for copy in found["duplicates"]]
    articles = [
        {name: row[name] for name in ("id", "title", "content", "article")}
        | {"unit": names.units[row["unit_id"]].code if row["unit_id"] in names.units else "", "updated_at": moment(row["updated_at"])}
        for row in found["articles"]
    ]
    return said(found | {"duplicates": copies, "articles": articles})
