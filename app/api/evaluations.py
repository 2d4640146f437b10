"""POST /tickets/N/rectification/… · /revisits · /on-due-calls · /look-backs · /exclusions, and what waits to be called, drawn, marked (domain §7)."""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from flask import Response
from sqlalchemy.orm import Session

from app.api import evaluation_shapes as shapes
from app.api.idempotency import Answer, once
from app.api.lists import listed
from app.api.nouns import ID, Nouns, act, key_owner, made, marked, said
from app.api.present import moment
from app.api.rows import unit_code
from app.auth.access import require, visible
from app.errors import Invalid, NotFound, WrongState
from app.work import session_now
from tickets import calls, exclusions, loops, quality, rectification
from tickets.actors import ADMIN, AUDITOR, DISCIPLINE, FOLLOW_UP, LEADER, SUPERVISOR
from tickets.draw_queries import samples
from tickets.evaluation_models import Callback, Exclusion, QualityCheck, Rectification
from tickets.events import TicketEvent
from tickets.models import Ticket

nouns = Nouns("evaluations", "差评整改、回访、回头看、剔除、抽样、质检")
LOOP = "/rectification"
EXCLUSION = "/exclusions" + ID
DRAW_READERS = (FOLLOW_UP, AUDITOR, SUPERVISOR, LEADER, DISCIPLINE, ADMIN)
MOST = 200


def _live(session: Session, ticket: Ticket) -> Rectification:
    row = loops.live_of(session, ticket)
    if row is None:
        raise WrongState("这件没有在整改的差评")
    return row


def loop_act(rule: str, takes, *actions: str):
    """Decorates `verb(session, ticket, loop, said, actor, now)` on the ticket's live loop; answers with the loop."""

    def decorate(verb: Callable) -> Callable:
        def run(session, ticket, said, actor, now):
            loop = _live(session, ticket)
            verb(session, ticket, loop, said, actor, now)
            return loop

        run.__name__, run.__doc__ = verb.__name__, verb.__doc__
        return act(nouns, LOOP + rule, takes, *actions, shape=shapes.RectificationShape, shows=shapes.loop_row)(run)

    return decorate


@loop_act("/contacts", shapes.RaterContactBody, "contact-rater", "try-rater")
def contact_rater(session, ticket, loop, said, actor, now):
    """联系给差评的市民，1 个工作日内"""
    rectification.contact(session, ticket, loop, said["method"], said["result"], actor, now, said["words"])


@loop_act("/classes", shapes.RatingClassBody, "classify-rating", "appeal-rating")
def classify_rating(session, ticket, loop, said, actor, now):
    """差评定类；误评或失实就是申诉"""
    rectification.classify(session, ticket, loop, said["class_code"], said["words"], actor, now, said["promised_at"])


@loop_act("/completions", shapes.CompletionBody, "rectify")
def complete_rectification(session, ticket, loop, said, actor, now):
    """整改完成并告知市民，5 个工作日内"""
    rectification.rectify(session, ticket, loop, said["measures"], said["told_by"], actor, now)


@loop_act("/refusals", shapes.RefusalOfRectificationBody, "refuse-rectification")
def refuse_rectification(session, ticket, loop, said, actor, now):
    """拒不整改：记为违规，期限照走"""
    rectification.refuse(session, ticket, loop, said["words"], actor, now)


@loop_act("/rulings", shapes.RatingRulingBody, "rule-rating")
def rule_rating(session, ticket, loop, said, actor, now):
    """中心裁定差评申诉"""
    rectification.rule(session, ticket, loop, said["decision"] == "uphold", said["words"], actor, now)


@act(nouns, "/revisits", shapes.AnswersBody, "revisit")
def revisit(session, ticket, said, actor, now):
    """整改回访：到位、没改好、已解释，或没打通"""
    calls.revisit(session, ticket, actor, now, **said)


@act(nouns, "/on-due-calls", shapes.AnswersBody, "ask-on-due")
def call_on_due(session, ticket, said, actor, now):
    """到期回访：答案计数，工单照常办理"""
    calls.call_on_due(session, ticket, actor, now, **said)


@act(nouns, "/look-backs", shapes.LookBackBody, "look-back")
def look_back(session, ticket, said, actor, now):
    """回头看；又出问题了就另立一件"""
    calls.look_back(session, ticket, actor, now, **said)


@act(nouns, "/exclusions", shapes.ExclusionBody, "ask-exclusion", shape=shapes.ExclusionShape, shows=shapes.exclusion_row, status=201)
def ask_exclusion(session, ticket, said, actor, now):
    """单位申请剔除，讲依据和证据"""
    return exclusions.ask(session, ticket, said["ground"], said["basis"], said["evidence"], actor, now, said["attachment"])


@act(
    nouns,
    EXCLUSION + "/reviews",
    shapes.ExclusionReviewBody,
    "second-exclusion",
    "decide-exclusion",
    shape=shapes.ExclusionShape,
    shows=shapes.exclusion_row,
)
def review_exclusion(session, ticket, said, actor, now, row_id):
    """审核员初审，另一位复核"""
    row = exclusions.exclusion_of(session, ticket, row_id)
    exclusions.review(session, ticket, row, said["decision"] == "agree", said["words"], actor, now)
    return row


@act(
    nouns,
    EXCLUSION + "/withdrawals",
    shapes.ExclusionWithdrawalBody,
    "withdraw-exclusion",
    shape=shapes.ExclusionShape,
    shows=shapes.exclusion_row,
)
def withdraw_exclusion(session, ticket, said, actor, now, row_id):
    """单位撤回剔除申请"""
    row = exclusions.exclusion_of(session, ticket, row_id)
    exclusions.withdraw(session, ticket, row, actor, now)
    return row


@listed(nouns, "/rectifications", shapes.RectificationShape)
def list_rectifications(session, ticket, actor, now):
    """每一次差评整改，两次评价并列"""
    found = session.scalars(sa.select(Rectification).where(Rectification.ticket_id == ticket.id).order_by(Rectification.id))
    return [shapes.loop_row(session, row, actor, now) for row in found]


@listed(nouns, "/exclusions", shapes.ExclusionShape)
def list_exclusions(session, ticket, actor, now):
    """剔除申请和决定；单位看自己的"""
    found = session.scalars(sa.select(Exclusion).where(Exclusion.ticket_id == ticket.id).order_by(Exclusion.id))
    return [shapes.exclusion_row(session, row, actor, now) for row in found if actor.of_centre or row.unit_id in actor.unit_ids]


@nouns.route("/callbacks")
@nouns.response(200, shapes.CallbackShape(many=True))
@marked(roles=(FOLLOW_UP,))
def list_callbacks() -> Response:
    """现在该打的回访，等得最久的在前"""
    actor, session = require(FOLLOW_UP), session_now()
    found = session.execute(
        sa.select(Callback, Ticket.number)
        .join(Ticket, Ticket.id == Callback.ticket_id)
        .where(Callback.state == "waiting", Callback.from_at <= sa.func.now(), visible(actor))
        .order_by(Callback.from_at, Callback.id)
        .limit(MOST)
    )
    return said(
        [
            {
                "ticket": number,
                "kind": row.kind,
                "reason": row.reason,
                "unit": unit_code(session, row.unit_id),
                "since": moment(row.from_at),
                "attempts": row.attempts,
            }
            for row, number in found
        ]
    )


@nouns.route("/samples")
@nouns.response(200, shapes.SampleShape(many=True))
@marked(roles=DRAW_READERS)
def list_samples() -> Response:
    """每一次抽样：种子、比例、可抽几件、抽中几件"""
    require(*DRAW_READERS)
    return said(
        [
            {
                "id": row.id,
                "kind": row.kind,
                "seed": row.seed,
                "share": row.share,
                "at": moment(row.at),
                "population": row.population,
                "chosen": row.chosen,
            }
            for row in samples(session_now())
        ]
    )


_CHECKS = (
    sa.select(QualityCheck, Ticket.number, TicketEvent.actor_name)
    .join(Ticket, Ticket.id == QualityCheck.ticket_id)
    .outerjoin(TicketEvent, TicketEvent.id == QualityCheck.answer_id)
)


@nouns.route("/quality-checks")
@nouns.response(200, shapes.QualityCheckShape(many=True))
@marked(roles=quality.MARKERS)
def list_quality_checks() -> Response:
    """质检单，新的在前"""
    actor, session = require(*quality.MARKERS), session_now()
    found = session.execute(_CHECKS.where(visible(actor)).order_by(QualityCheck.id.desc()).limit(MOST))
    return said([_check(session, *row) for row in found])


@nouns.route("/quality-marks", methods=["POST"])
@nouns.arguments(shapes.QualityMarkBody)
@nouns.response(201, shapes.QualityCheckShape)
@marked(roles=quality.MARKERS)
def mark_quality(given: dict) -> Response:
    """给一张质检单打分；当场答复的不写 elements"""
    actor = require(*quality.MARKERS)

    def do(session: Session, now: datetime) -> Callable[[], Answer]:
        try:
            check = quality.check_of(session, given["check"], lock=True)
        except NotFound as no:
            raise Invalid(check="没有这张质检单") from no
        quality.mark(
            session,
            check,
            actor,
            now,
            accurate=given["accurate"],
            elements=tuple(given["elements"]),
            tone=given["tone"],
            words=given["words"],
        )
        return lambda: made(_check(session, *session.execute(_CHECKS.where(QualityCheck.id == check.id)).one()), 0, 201)

    return once(key_owner(), do)


def _check(session: Session, row: QualityCheck, number: str, seat: str | None) -> dict:
    return {
        "id": row.id,
        "ticket": number,
        "of": "reply" if row.reply_id else "direct-answer",
        "unit": unit_code(session, row.unit_id),
        "answered_by": seat,
        "double": row.double,
        "state": row.state,
        "accurate": row.accurate,
        "drawn_at": moment(row.drawn_at),
    }
