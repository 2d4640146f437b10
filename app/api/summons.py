"""POST /whistles/N/summons/UNIT/…: what the department called does, and what is decided about it."""

from flask import current_app

from app.api.fields import Body, Code, Degrees, Flag, Listed, Picture, Text, Whole
from app.api.nouns import Nouns
from app.api.tickets import checked_photos
from app.api.whistle_nouns import UNIT, act
from app.api.whistle_shapes import DECISIONS
from app.api.whistles import MOST_PHOTOS, ReasonBody
from tickets import arrivals, grading, summons, whistle_codes, whistle_photos
from tickets.arrivals import Arrival

nouns = Nouns("summons", "吹哨报到：部门签收、联系、报到、异议、报结果")


class SummonsSigningBody(Body):
    """No fields."""


class SummonsContactBody(Body):
    method = Code(whistle_codes.METHODS, required=True)
    words = Text(1000, load_default="")


class DepartureBody(Body):
    minutes = Whole(1, arrivals.LONGEST_WAY, load_default=None, metadata={"description": "路上还要几分钟"})


class ArrivalBody(Body):
    person = Text(50, least=1, required=True)
    lng = Degrees(180, load_default=None)
    lat = Degrees(90, load_default=None)
    code = Text(60, load_default="", metadata={"description": "街道现场二维码里的码"})
    remote = Flag(load_default=False, metadata={"description": "街道允许才行；应急哨一律到场"})


class OutcomeBody(Body):
    result = Text(5000, least=1, required=True)
    photos = Listed(Picture(), MOST_PHOTOS, load_default=list)


class ObjectionDecisionBody(Body):
    decision = Code(DECISIONS, required=True)
    reason = Text(1000, least=1, required=True)


class AssistantRatingBody(Body):
    score = Whole(1, whistle_codes.BEST, required=True)
    reason = Text(1000, load_default="", metadata={"description": "1、2 分要写理由"})


class SummonsNoteBody(Body):
    words = Text(2000, least=1, required=True)


def _of(session, whistle, unit):
    return summons.summons_of(session, whistle, unit)


@act(nouns, UNIT + "/signings", SummonsSigningBody, "sign")
def sign_summons(session, whistle, said, actor, now, unit):
    """签收"""
    summons.sign(session, whistle, _of(session, whistle, unit), actor, now)


@act(nouns, UNIT + "/contacts", SummonsContactBody, "contact")
def contact_street(session, whistle, said, actor, now, unit):
    """联系街道"""
    summons.contact(session, whistle, _of(session, whistle, unit), said["method"], actor, now, said["words"])


@act(nouns, UNIT + "/departures", DepartureBody, "set-out", status=201)
def set_out(session, whistle, said, actor, now, unit):
    """出发了，大约几分钟到；不动任何时限"""
    arrivals.set_out(session, whistle, _of(session, whistle, unit), said["minutes"], actor, now)


@act(nouns, UNIT + "/check-ins", ArrivalBody, "check-in", status=201)
def check_in(session, whistle, said, actor, now, unit):
    """到场报到：定位、扫街道的码，或街道允许的远程；B 岗可以替 A 岗"""
    arrivals.check_in(session, whistle, _of(session, whistle, unit), Arrival(**said), actor, now)


@act(nouns, UNIT + "/outcomes", OutcomeBody, "outcome", "outcome-after", status=201)
def submit_outcome(session, whistle, said, actor, now, unit):
    """报结果"""
    row, photos = _of(session, whistle, unit), checked_photos(said["photos"])
    summons.submit_outcome(session, whistle, row, said["result"], actor, now, len(photos))
    whistle_photos.add(session, whistle, photos, "result", current_app.config["SETTINGS"].uploads, actor, now, row)


@act(nouns, UNIT + "/notes", SummonsNoteBody, "note", status=201)
def note_on_site(session, whistle, said, actor, now, unit):
    """现场记录，街道和各家都看得到"""
    summons.note(session, whistle, said["words"], actor, now, _of(session, whistle, unit))


@act(nouns, UNIT + "/objections", ReasonBody, "object", status=201)
def object_to_summons(session, whistle, said, actor, now, unit):
    """签收时限内提异议，先报到后议"""
    summons.object_to(session, whistle, _of(session, whistle, unit), said["reason"], actor, now)


@act(nouns, UNIT + "/objections/decision", ObjectionDecisionBody, "decide-objection")
def decide_objection(session, whistle, said, actor, now, unit):
    """哨办决定异议"""
    summons.decide_objection(session, whistle, _of(session, whistle, unit), said["decision"] == "accept", said["reason"], actor, now)


@act(nouns, UNIT + "/leads", ReasonBody, "change-lead")
def change_lead(session, whistle, said, actor, now, unit):
    """哨办改定牵头单位"""
    summons.change_lead(session, whistle, _of(session, whistle, unit), said["reason"], actor, now)


@act(nouns, UNIT + "/ratings", AssistantRatingBody, "rate-assistant", status=201)
def rate_assistant(session, whistle, said, actor, now, unit):
    """牵头单位给协同单位打分"""
    grading.rate_assistant(session, whistle, _of(session, whistle, unit), said["score"], said["reason"], actor, now)
