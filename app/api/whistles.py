"""/whistles: the street blows, signs, lets go, grades and finds fault; the whistle office triages and decides. Departments answer in summons.py."""

from collections.abc import Callable
from datetime import datetime

from flask import Response, current_app, send_file
from sqlalchemy.orm import Session

from app import clock
from app.api import etag, whistle_present
from app.api.fields import Body, Code, Codes, Day, Degrees, Flag, Listed, Moment, Part, Picture, Text, Whole
from app.api.idempotency import Answer, once
from app.api.nouns import ID, Nouns, key_owner, marked, said
from app.api.present import moment
from app.api.tickets import checked_photos
from app.api.whistle_nouns import ONE, act, answer_with
from app.api.whistle_shapes import DECISIONS, WhistleEventShape, WhistlePageShape, WhistleShape
from app.auth.access import current_actor, fetch_whistle, require, visible_whistles
from app.errors import Invalid
from app.work import session_now
from tickets import grading, summons, whistle_codes, whistle_photos, whistle_plans, whistle_queries, whistles
from tickets.actors import HEAD, LIAISON
from tickets.attachments import path_of
from tickets.grading import Grade
from tickets.reference import reference
from tickets.whistle_calls import MOST_UNITS, Asked, Call
from tickets.whistle_events import events_of

nouns = Nouns("whistles", "吹哨报到：吹哨、签发、分派、放行、打分、找茬")
MOST_PHOTOS = 9
ANSWERED = {"Location": {"schema": {"type": "string"}}, "ETag": {"schema": {"type": "string"}}}


class WhistlePlaceBody(Body):
    address = Text(200, least=1, required=True)
    lng = Degrees(180, load_default=None)
    lat = Degrees(90, load_default=None)


class OneMoreBody(Body):
    unit = Text(50, least=1, required=True)
    ask = Text(500, least=1, required=True)


class SummonsBody(OneMoreBody):
    lead = Flag(load_default=False)


class WhistleBody(Body):
    kind = Code(whistle_codes.KINDS, required=True)
    tickets = Listed(Text(40, least=1), 50, load_default=list)
    place = Part(WhistlePlaceBody, required=True)
    meet_at = Moment(load_default=None)
    problem = Text(2000, least=1, required=True)
    own_measures = Text(2000, least=1, required=True)
    summons = Listed(Part(SummonsBody), MOST_UNITS, required=True)
    source = Code(whistle_codes.SOURCES, load_default="")
    remote_allowed = Flag(load_default=False)
    photos = Listed(Picture(), MOST_PHOTOS, load_default=list)


class WhistleQuery(Body):
    status = Codes(whistle_codes.STATUSES, load_default=())
    kind = Code(whistle_codes.KINDS, load_default="")
    unit = Text(50, load_default="", metadata={"description": "叫了这个单位的"})
    street = Text(50, load_default="")
    cursor = Text(20, load_default="")
    limit = Whole(1, whistle_queries.LONGEST_PAGE, load_default=25, strict=False)


class ApprovalBody(Body):
    decision = Code(("approve", "reject"), required=True)
    reason = Text(1000, load_default="")


class TriageBody(Body):
    lead = Text(50, least=1, required=True)
    assisting = Listed(Text(50, least=1), MOST_UNITS, load_default=list)
    reason = Text(1000, load_default="", metadata={"description": "改了街道叫的单位要写依据"})


class ReasonBody(Body):
    reason = Text(1000, least=1, required=True)


class RevisionBody(Body):
    problem = Text(2000, least=1, required=True)
    own_measures = Text(2000, least=1, required=True)


class WhistleStepBody(Body):
    unit = Text(50, least=1, required=True)
    what = Text(1000, least=1, required=True)
    due = Day(required=True, metadata={"description": "哪天以前办好，含当天"})
    person = Whole(load_default=None, allow_none=True, metadata={"description": "段长：那家谁主办，账号 id；不填就不指定"})


class StepOutcomeBody(Body):
    words = Text(2000, least=1, required=True)


class HandoverBody(Body):
    person = Whole(required=True, metadata={"description": "新的段长：同一单位的账号 id"})
    reason = Text(1000, least=1, required=True)


class SecondLookBody(Body):
    held = Flag(required=True, metadata={"description": "true 还是好的；false 没办好，可以接着找茬"})
    words = Text(1000, least=1, required=True)


class ReleaseBody(Body):
    unit = Text(50, load_default="", metadata={"description": "不填就全部放行"})
    reason = Text(1000, load_default="")


class ScoreBody(Body):
    unit = Text(50, least=1, required=True)
    speed = Whole(1, whistle_codes.BEST, required=True)
    handling = Whole(1, whistle_codes.BEST, required=True)
    result = Whole(1, whistle_codes.BEST, required=True)
    bonus = Whole(0, whistle_codes.MOST_BONUS, load_default=0)
    reason = Text(1000, load_default="", metadata={"description": "有一项 1、2 分要写"})
    evidence = Text(1000, load_default="", metadata={"description": "有一项 1、2 分要有，或者附照片"})
    photos = Listed(Picture(), MOST_PHOTOS, load_default=list)


class AppealDecisionBody(Body):
    decision = Code(DECISIONS, required=True)
    reason = Text(1000, least=1, required=True)
    speed = Whole(1, whistle_codes.BEST, load_default=None)
    handling = Whole(1, whistle_codes.BEST, load_default=None)
    result = Whole(1, whistle_codes.BEST, load_default=None)
    bonus = Whole(0, whistle_codes.MOST_BONUS, load_default=0)


@nouns.route("/whistles")
@nouns.arguments(WhistleQuery, location="query")
@nouns.response(200, WhistlePageShape)
@marked()
def list_whistles(given: dict) -> Response:
    """一页哨单，新的在前：哨办、督办看全部，街道看自己吹的，部门看叫了自己的"""
    actor, session, now = current_actor(), session_now(), clock.now()
    units = reference(session).unit_codes
    wanted = {
        name: units[code].id if code in units else 0 for name, code in (("unit_id", given["unit"]), ("street_id", given["street"])) if code
    }
    rows, following = whistle_queries.page(
        session, visible_whistles(actor), given["status"], given["kind"], cursor=given["cursor"], limit=given["limit"], **wanted
    )
    return said({"items": whistle_present.whistles(session, rows, actor, now), "next": following})


@nouns.route("/whistles", methods=["POST"])
@nouns.arguments(WhistleBody)
@nouns.response(201, WhistleShape, headers=ANSWERED)
@marked(roles=(LIAISON, HEAD))
def blow_whistle(given: dict) -> Response:
    """吹哨：应急哨马上响；街道负责人吹的算签发；联络员吹的等负责人签"""
    actor = require(LIAISON, HEAD)
    photos = checked_photos(given.pop("photos"))
    place = given.pop("place")
    call = Call(**given | {"summons": tuple(Asked(**one) for one in given["summons"]), "tickets": tuple(given["tickets"])}, **place)

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        row = whistles.blow(session, call, actor, now)
        whistle_photos.add(session, row, photos, "scene", current_app.config["SETTINGS"].uploads, actor, now)
        return answer_with(session, row, actor, now, 201)

    return once(key_owner(), do)


@nouns.route(ONE)
@nouns.response(200, WhistleShape)
@marked(one=True)
def one_whistle(whistle: str) -> Response:
    """一份哨单，连同每家的进度和时限"""
    actor, session, now = current_actor(), session_now(), clock.now()
    row = fetch_whistle(session, actor, whistle)
    return said(whistle_present.whistle(session, row, actor, now), headers={"ETag": etag.mark(row.version)})


@nouns.route(ONE + "/events")
@nouns.response(200, WhistleEventShape(many=True))
@marked(one=True)
def list_whistle_events(whistle: str) -> Response:
    """这一哨的全部经过，只增不改"""
    session = session_now()
    row, units = fetch_whistle(session, current_actor(), whistle), reference(session).units
    return said(
        [
            {
                "seq": one.seq,
                "kind": one.kind,
                "actor": one.actor_name,
                "unit": units[one.unit_id].code if one.unit_id in units else None,
                "at": moment(one.at),
                "from": one.from_status,
                "to": one.to_status,
                "data": one.data,
                "hash": one.hash,
            }
            for one in events_of(session, row.id)
        ]
    )


@nouns.route(ONE + "/photos" + ID)
@nouns.response(200, {"type": "string", "format": "binary"}, content_type="image/jpeg")
@marked(one=True)
def whistle_photo(whistle: str, row_id: int) -> Response:
    """一张照片"""
    session = session_now()
    photo = whistle_photos.photo_of(session, fetch_whistle(session, current_actor(), whistle), row_id)
    answer = send_file(
        path_of(current_app.config["SETTINGS"].uploads, photo.sha256).resolve(),
        mimetype=photo.mime,
        as_attachment=True,
        download_name=f"{photo.id}.jpg",
    )
    answer.headers["Cache-Control"] = "private, max-age=3600"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@act(nouns, "/approvals", ApprovalBody, "approve", "ratify", "reject")
def approve_whistle(session, whistle, said, actor, now):
    """街道负责人签发；攻坚哨书记、主任两人都签；应急哨 24 小时内补批"""
    whistles.approve(session, whistle, said["decision"] == "approve", said["reason"], actor, now)


@act(nouns, "/revisions", RevisionBody, "revise")
def revise_whistle(session, whistle, said, actor, now):
    """吹响之前改哨单，签字要重来"""
    whistles.revise(session, whistle, said["problem"], said["own_measures"], actor, now)


@act(nouns, "/triage", TriageBody, "triage")
def triage_whistle(session, whistle, said, actor, now):
    """哨办定牵头和协同，随即吹响"""
    whistles.triage(session, whistle, said["lead"], said["assisting"], said["reason"], actor, now)


@act(nouns, "/returns", ReasonBody, "send-back")
def send_whistle_back(session, whistle, said, actor, now):
    """哨办退回街道"""
    whistles.send_back(session, whistle, said["reason"], actor, now)


@act(nouns, "/withdrawals", ReasonBody, "withdraw")
def withdraw_whistle(session, whistle, said, actor, now):
    """没有人到场之前，街道撤回"""
    whistles.withdraw(session, whistle, said["reason"], actor, now)


@act(nouns, "/summons", OneMoreBody, "add-summons", status=201)
def call_one_more(session, whistle, said, actor, now):
    """加叫一家"""
    whistles.add_summons(session, whistle, Asked(said["unit"], said["ask"]), actor, now)


@act(nouns, "/release", ReleaseBody, "release", "let-go")
def release_units(session, whistle, said, actor, now):
    """放行一家，或全部放行；街道不放不能走"""
    rows = [summons.summons_of(session, whistle, said["unit"])] if said["unit"] else whistles.summonses_of(session, whistle)
    summons.release(session, whistle, rows, actor, now, said["reason"])


@act(nouns, "/scores", ScoreBody, "score", status=201)
def score_unit(session, whistle, said, actor, now):
    """给一家打分，一次，不能改"""
    grade, photos = Grade(said["speed"], said["handling"], said["result"], said["bonus"]), checked_photos(said["photos"])
    row = summons.summons_of(session, whistle, said["unit"])
    grading.score(session, whistle, row, grade, said["reason"], said["evidence"], actor, now, len(photos))
    whistle_photos.add(session, whistle, photos, "evidence", current_app.config["SETTINGS"].uploads, actor, now, row)


@act(nouns, "/scores" + ID + "/appeals", ReasonBody, "appeal", status=201)
def appeal_score(session, whistle, said, actor, now, row_id):
    """单位对打分申诉，一次"""
    grading.appeal(session, whistle, grading.score_of(session, whistle, row_id), said["reason"], actor, now)


@act(nouns, "/scores" + ID + "/appeals/decision", AppealDecisionBody, "decide-appeal")
def decide_score_appeal(session, whistle, said, actor, now, row_id):
    """哨办决定申诉；成立的另记新分，原分仍在"""
    parts = [said[name] for name in whistle_codes.GRADES]
    if said["decision"] == "accept" and None in parts:
        raise Invalid(**{name: "申诉成立要写新分" for name in whistle_codes.GRADES if said[name] is None})
    grade = Grade(*parts, said["bonus"]) if said["decision"] == "accept" else None
    grading.decide_appeal(session, whistle, grading.score_of(session, whistle, row_id), grade, said["reason"], actor, now)


@act(nouns, "/plans", WhistleStepBody, "plan", status=201)
def plan_step(session, whistle, said, actor, now):
    """牵头单位定方案里的一步：哪家、做什么、哪天；攻坚哨没有方案不能放行牵头单位"""
    row = summons.summons_of(session, whistle, said["unit"])
    whistle_plans.plan(session, whistle, row, said["what"], said["due"], actor, now, said["person"])


@act(nouns, "/plans" + ID + "/outcomes", StepOutcomeBody, "plan-done", status=201)
def finish_step(session, whistle, said, actor, now, row_id):
    """那家办好了这一步"""
    whistle_plans.finish(session, whistle, whistle_plans.step_of(session, whistle, row_id), said["words"], actor, now)


@act(nouns, "/plans" + ID + "/handovers", HandoverBody, "hand-over-step", status=201)
def hand_over_step(session, whistle, said, actor, now, row_id):
    """那家把这一步换一位段长，原来的和新的都收到消息"""
    step = whistle_plans.step_of(session, whistle, row_id)
    whistle_plans.hand_over_step(session, whistle, step, said["person"], said["reason"], actor, now)


@act(nouns, "/second-looks", SecondLookBody, "look-again", status=201)
def look_again(session, whistle, said, actor, now):
    """回头看：办结以后街道再去看一次，每轮一次"""
    whistle_plans.look_again(session, whistle, said["held"], said["words"], actor, now)


@act(nouns, "/reopenings", ReasonBody, "reopen", status=201)
def reopen_whistle(session, whistle, said, actor, now):
    """找茬：办结后 10 个工作日内重新吹响"""
    grading.reopen(session, whistle, said["reason"], actor, now)
