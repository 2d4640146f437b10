"""The documented shapes of whistles (OpenAPI). Nothing is dumped through them: whistle_present.py writes the JSON, a test holds both together."""

import marshmallow as ma
from marshmallow import fields

from app.api.clocks import ClockShape
from app.api.shapes import PlaceShape, maybe, one_of, text, when, whole
from tickets import whistle_codes as codes
from tickets.whistle_workflow import TABLE

POINTS = {"minimum": 1, "maximum": codes.BEST}
DECISIONS = ("accept", "deny")


class CheckInShape(ma.Schema):
    person = text()
    post = text("岗位，A 岗或 B 岗")
    at = when(none=False)
    how = one_of(codes.HOW)
    metres = whole("离集合点多少米；扫码和远程为 null", none=True)
    proxy = fields.Boolean(metadata={"description": "B 岗替 A 岗"})


class ObjectionShape(ma.Schema):
    reason = text()
    at = when(none=False)
    decision = one_of(DECISIONS, allow_none=True)
    words = text()
    decided_at = when()


class PhotoShape(ma.Schema):
    id = whole()
    unit = maybe("单位代码；街道的现场照片为 null")
    purpose = one_of(("scene", "result", "evidence"))
    url = text()


class SummonsShape(ma.Schema):
    """One department called, in this round."""

    unit = text("单位代码")
    ask = text()
    lead = fields.Boolean()
    state = one_of(codes.STATES)
    called_at = when()
    signed_at = when()
    contacted_at = when()
    set_out_at = when("出发了")
    arriving_at = when("自己说几时到")
    checked_in_at = when()
    no_show_at = when("过了报到时限那一刻；后来到了也还在")
    result = text()
    result_at = when()
    released_at = when()
    check_in = fields.Nested(CheckInShape, allow_none=True)
    objection = fields.Nested(ObjectionShape, allow_none=True)
    lead_score = whole("牵头单位给的分", none=True, **POINTS)
    lead_score_reason = text()
    clocks = fields.List(fields.Nested(ClockShape))
    allowed_actions = fields.List(one_of([edge.action for edge in TABLE]))


class GradeShape(ma.Schema):
    speed = whole(**POINTS)
    handling = whole(**POINTS)
    result = whole(**POINTS)
    bonus = whole(minimum=0, maximum=codes.MOST_BONUS)


class AppealShape(ObjectionShape):
    """Once; the original stays."""


class ScoreShape(GradeShape):
    id = whole()
    unit = text("单位代码")
    round = whole("第几次吹响")
    total = whole("百分制；申诉改过的按改后算", minimum=0, maximum=100)
    reason = text()
    evidence = text()
    by = text()
    at = when(none=False)
    appeal = fields.Nested(AppealShape, allow_none=True)
    revised = fields.Nested(GradeShape, allow_none=True, metadata={"description": "申诉成立后另记的分，原分仍在"})


class ApprovalShape(ma.Schema):
    kind = one_of(("approve", "reject", "ratify", "triage", "send-back"))
    by = text()
    at = when(none=False)
    words = text()


class WhistleStepShape(ma.Schema):
    """One step of the lead's plan with dates."""

    id = whole()
    unit = text("单位代码")
    round = whole("第几次吹响")
    what = text()
    due = fields.Date(metadata={"description": "哪天以前办好"})
    person = whole("段长的账号 id", none=True)
    person_name = maybe("段长")
    by = text()
    at = when(none=False)
    done_at = when()
    words = text("怎么办好的")


class SecondLookShape(ma.Schema):
    """回头看."""

    round = whole("第几次吹响")
    held = fields.Boolean(metadata={"description": "还是好的"})
    words = text()
    by = text()
    at = when(none=False)


class WhistleShape(ma.Schema):
    """A whistle as much as the asker may see."""

    number = text()
    kind = one_of(codes.KINDS)
    status = one_of(codes.STATUSES)
    round = whole("第几次吹响")
    street = text("单位代码")
    source = one_of(codes.SOURCES)
    place = fields.Nested(PlaceShape)
    meet_at = when()
    problem = text()
    own_measures = text()
    remote_allowed = fields.Boolean()
    tickets = fields.List(text())
    summons = fields.List(fields.Nested(SummonsShape))
    scores = fields.List(fields.Nested(ScoreShape))
    approvals = fields.List(fields.Nested(ApprovalShape))
    plan = fields.List(fields.Nested(WhistleStepShape))
    looks = fields.List(fields.Nested(SecondLookShape))
    citizen_ratings = fields.List(whole(**POINTS), metadata={"description": "相关诉求人打的分，不写是谁"})
    photos = fields.List(fields.Nested(PhotoShape))
    clocks = fields.List(fields.Nested(ClockShape), metadata={"description": "哨单自己的：补批、找茬"})
    started_by = text()
    created_at = when(none=False)
    approved_at = when()
    triaged_at = when()
    sounded_at = when()
    ratified_at = when()
    released_at = when()
    closed_at = when()
    withdrawn_at = when()
    sent_back = whole("被哨办退回几次")
    arrival_code = maybe("现场二维码里的码，五分钟一换；只给街道看")
    version = whole()
    allowed_actions = fields.List(one_of([edge.action for edge in TABLE]))


class WhistlePageShape(ma.Schema):
    items = fields.List(fields.Nested(WhistleShape))
    next = maybe("下一页的 cursor；没有了是 null")


class WhistleEventShape(ma.Schema):
    seq = whole()
    kind = text()
    actor = text()
    unit = maybe()
    at = when(none=False)
    from_ = text()
    to = text()
    data = fields.Dict()
    hash = text()

    from_.data_key = "from"
