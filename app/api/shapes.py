"""The documented shapes of answers (OpenAPI). Nothing is dumped through them: present.py and rows.py write the JSON, a test holds both together."""

import marshmallow as ma
from marshmallow import fields

from tickets import codes
from tickets.workflow import TABLE

SCORES = {"minimum": 1, "maximum": 5}


def text(words: str = "", **kwargs) -> fields.String:
    return fields.String(metadata={"description": words} if words else {}, **kwargs)


def maybe(words: str = "") -> fields.String:
    """Text or null."""
    return text(words, allow_none=True)


def one_of(values, **kwargs) -> fields.String:
    return fields.String(metadata={"enum": [*values, None] if kwargs.get("allow_none") else list(values)}, **kwargs)


def when(words: str = "", none: bool = True) -> fields.AwareDateTime:
    return fields.AwareDateTime(allow_none=none, metadata={"description": words} if words else {})


def whole(words: str = "", none: bool = False, **bounds) -> fields.Integer:
    return fields.Integer(allow_none=none, metadata=bounds | ({"description": words} if words else {}))


class ProblemShape(ma.Schema):
    """RFC 9457. `code` is stable; sentences come in the language asked for (Accept-Language or ?lang=)."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    code = fields.String()
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata={"description": "只在 422：字段 → 为什么不对、怎么改"}
    )


class PlaceShape(ma.Schema):
    region = maybe("区划代码")
    address = text()
    lng = fields.Float(allow_none=True)
    lat = fields.Float(allow_none=True)


class AppellantShape(ma.Schema):
    """Always masked; clear only through POST …/reveals. Units get nothing of confidential and sealed ones."""

    name = text()
    phone = text()
    kind = one_of((*codes.APPELLANT_KINDS, "hidden"))


class RatingPairShape(ma.Schema):
    first = whole(none=True, **SCORES)
    final = whole(none=True, **SCORES)


class ExternalShape(ma.Schema):
    source = text()
    id = text()


class TicketShape(ma.Schema):
    """A ticket as much as the asker may see. A unit gets a sealed report as a task slip."""

    number = text("21 位工单号")
    query_code = text("市民的 10 位查询码")
    status = one_of(codes.STATUSES)
    appeal_type = one_of(codes.APPEAL_TYPES)
    track = one_of(codes.TRACKS)
    urgency = one_of(codes.URGENCIES)
    title = text()
    content = text()
    channel = one_of(codes.CHANNELS)
    category = maybe("分类代码")
    place = fields.Nested(PlaceShape)
    appellant = fields.Nested(AppellantShape)
    confidential = fields.Boolean()
    sealed = fields.Boolean()
    lead_unit = maybe("主办单位代码")
    assisting_units = fields.List(fields.String())
    received_at = when(none=False)
    dispatched_at = when()
    due = when("答复期限；期限的次日零点即当日 24:00")
    provisional = fields.Boolean(metadata={"description": "期限跨入放假安排未公布的年份，暂定"})
    overdue = fields.Boolean()
    returns = whole()
    reworks = whole()
    extensions = whole()
    urges = whole()
    master = maybe("并入的工单号")
    version = whole("ETag；写的时候用 If-Match 带回")
    allowed_actions = fields.List(one_of([edge.action for edge in TABLE]))
    accused = text()
    reply_wanted = fields.Boolean()
    risk_flags = fields.List(one_of(codes.RISK_FLAGS))
    locked = fields.Boolean(metadata={"description": "已有裁定，不能再退"})
    slip = text("派单说明")
    sign_due = when()
    signed_at = when()
    first_contact_at = when()
    accepted_at = when("单位受理：法定期限从这天起算")
    checked_at = when("核查结论")
    notice = one_of(codes.NOTICES)
    found_in = maybe("违法线索核查件：来自哪件调解")
    replied_at = when()
    closed_at = when()
    promised_at = when()
    result = one_of(codes.RESULTS, allow_none=True)
    handlers = fields.List(fields.Integer())
    rating = fields.Nested(RatingPairShape)
    explained = fields.Boolean()
    previous = maybe("原工单号")
    call_id = text()
    external = fields.Nested(ExternalShape, allow_none=True)


class TicketPageShape(ma.Schema):
    items = fields.List(fields.Nested(TicketShape))
    next = maybe("下一页的 cursor；没有下一页时为 null")
