"""Bodies and shapes of the evaluation nouns: loops, calls, exclusions, draws, score sheets; and the JSON of their rows."""

import marshmallow as ma
from marshmallow import fields
from sqlalchemy.orm import Session

from app.api.fields import Body, Code, Codes, Flag, Moment, Text, Whole
from app.api.present import moment
from app.api.rows import unit_code
from app.api.shapes import SCORES, maybe, one_of, text, when, whole
from tickets import codes
from tickets import evaluation_codes as ours
from tickets.actors import Actor
from tickets.evaluation_models import Exclusion, Rectification
from tickets.models import Rating


class RaterContactBody(Body):
    method = Code(tuple(code for code in codes.CONTACT_METHODS if code != "anonymous"), required=True)
    result = Code(codes.CONTACT_RESULTS, required=True)
    words = Text(500, load_default="")


class RatingClassBody(Body):
    class_code = Code(ours.CLASSES, required=True, data_key="class", metadata={"description": "mistaken 就是申诉"})
    words = Text(500, least=1, required=True)
    promised_at = Moment(load_default=None, allow_none=True, metadata={"description": "complex 必填"})


class RefusalOfRectificationBody(Body):
    words = Text(500, least=1, required=True)


class RatingRulingBody(Body):
    decision = Code(("uphold", "deny"), required=True)
    words = Text(500, least=1, required=True)


class CompletionBody(Body):
    measures = Text(1000, least=1, required=True)
    told_by = Code(ours.TOLD_BY, required=True)


class AnswersBody(Body):
    """Null is no answer, never "good"."""

    reached = Flag(required=True)
    contacted = Flag(load_default=None, allow_none=True)
    solved = Flag(load_default=None, allow_none=True)
    satisfied = Whole(1, 5, load_default=None, allow_none=True)
    truthful = Flag(load_default=None, allow_none=True)
    words = Text(2000, load_default="")
    outcome = Code(codes.FOLLOW_UP_OUTCOMES, load_default="")


class LookBackBody(Body):
    reached = Flag(required=True)
    finding = Code(ours.LOOK_BACKS, load_default="", metadata={"description": "打通了必填；relapse 另立一件"})
    words = Text(2000, load_default="")
    outcome = Code(("close",), load_default="", metadata={"description": "没打通、又打满了次数：按联系不上结束"})


class ExclusionBody(Body):
    ground = Code(ours.EXCLUSION_GROUNDS, required=True)
    basis = Text(300, least=1, required=True)
    evidence = Text(500, least=1, required=True)
    attachment = Whole(load_default=None, allow_none=True)


class ExclusionReviewBody(Body):
    decision = Code(("agree", "deny"), required=True)
    words = Text(500, least=1, required=True)


class ExclusionWithdrawalBody(Body):
    """No fields."""


class QualityMarkBody(Body):
    check = Whole(required=True)
    accurate = Flag(required=True)
    elements = Codes(ours.ELEMENTS, load_default=list)
    tone = Whole(1, 5, required=True)
    words = Text(500, load_default="")


class RectificationShape(ma.Schema):
    """One bad rating on its way back to the citizen; `first` and `second` are the ratings beside each other."""

    id = fields.Integer()
    turn = whole()
    unit = maybe()
    named = fields.Boolean()
    by_centre = fields.Boolean()
    state = one_of(ours.LOOP_STATES)
    first = whole(none=True, **SCORES)
    second = whole(none=True, **SCORES)
    opened_at = when(none=False)
    contacted_at = when()
    class_code = one_of(ours.CLASSES, allow_none=True, data_key="class")
    classified_at = when()
    promised_at = when()
    appealed_at = when()
    ruling = one_of(("uphold", "deny"), allow_none=True)
    refused_at = when()
    measures = text()
    told_at = when()
    revisited_at = when()
    outcome = one_of(ours.LOOP_OUTCOMES, allow_none=True)
    closed_at = when()


class ExclusionShape(ma.Schema):
    id = fields.Integer()
    unit = maybe()
    ground = one_of(ours.EXCLUSION_GROUNDS)
    basis = text()
    evidence = text()
    state = one_of(ours.EXCLUSION_STATES)
    asked_at = when(none=False)
    first_at = when()
    decided_at = when()


class CallbackShape(ma.Schema):
    ticket = text()
    kind = one_of(ours.CALL_KINDS)
    reason = one_of(ours.CALL_REASONS)
    unit = maybe()
    since = when(none=False)
    attempts = whole()


class SampleShape(ma.Schema):
    id = fields.Integer()
    kind = one_of(ours.SAMPLE_KINDS)
    seed = text()
    share = whole("百分比")
    at = when(none=False)
    population = whole()
    chosen = whole()


class QualityCheckShape(ma.Schema):
    id = fields.Integer()
    ticket = text()
    of = one_of(("reply", "direct-answer"))
    unit = maybe()
    answered_by = maybe("当场答复的坐席")
    double = fields.Boolean()
    state = one_of(ours.CHECK_STATES)
    accurate = fields.Boolean(allow_none=True)
    drawn_at = when(none=False)


def loop_row(session: Session, row: Rectification, actor: Actor, now) -> dict:
    """A loop as JSON; words a unit may not read of a sealed matter are not in it."""
    first = session.get(Rating, row.rating_id)
    second = session.get(Rating, row.second_rating_id) if row.second_rating_id else None
    return {
        "id": row.id,
        "turn": row.turn,
        "unit": unit_code(session, row.unit_id),
        "named": row.named,
        "by_centre": row.by_centre,
        "state": row.state,
        "first": first.score if first else None,
        "second": second.score if second else None,
        "opened_at": moment(row.opened_at),
        "contacted_at": moment(row.contacted_at),
        "class": row.class_code,
        "classified_at": moment(row.classified_at),
        "promised_at": moment(row.promised_at),
        "appealed_at": moment(row.appealed_at),
        "ruling": row.ruling,
        "refused_at": moment(row.refused_at),
        "measures": row.measures or "",
        "told_at": moment(row.told_at),
        "revisited_at": moment(row.revisited_at),
        "outcome": row.outcome,
        "closed_at": moment(row.closed_at),
    }


def exclusion_row(session: Session, row: Exclusion, actor: Actor, now) -> dict:
    return {
        "id": row.id,
        "unit": unit_code(session, row.unit_id),
        "ground": row.ground,
        "basis": row.basis,
        "evidence": row.evidence,
        "state": row.state,
        "asked_at": moment(row.asked_at),
        "first_at": moment(row.first_at),
        "decided_at": moment(row.decided_at),
    }
