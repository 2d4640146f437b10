"""POST /tickets/N/follow-ups · /ratings: the call back with its four questions, and ratings taken by a hall device or another system."""

import sqlalchemy as sa

from app.api import rows
from app.api.evaluation_shapes import AnswersBody
from app.api.fields import Body, Code, Flag, Text, Whole
from app.api.lists import listed
from app.api.nouns import Nouns, act
from app.api.present import is_slip
from app.api.rows import FollowUpShape, RatingShape
from tickets import answering, codes
from tickets.models import FollowUp, Rating

nouns = Nouns("follow-ups", "回访和评价")


class FollowUpBody(AnswersBody):
    outcome = Code(codes.FOLLOW_UP_OUTCOMES, load_default="", metadata={"description": "打通了必填"})


class RatingBody(Body):
    score = Whole(1, 5, required=True)
    solved = Flag(load_default=None, allow_none=True)
    words = Text(1000, load_default="")
    channel = Code(answering.RATING_CHANNELS, load_default="hall")


@act(nouns, "/follow-ups", FollowUpBody, "follow-up", "close", "rework")
def follow_up_ticket(session, ticket, said, actor, now):
    """记一次回访：办结、重办、解释，或没打通"""
    answering.follow_up(session, ticket, actor, now, **said)


@act(nouns, "/ratings", RatingBody, "rate", shape=RatingShape, shows=rows.rating, status=201)
def rate_ticket(session, ticket, said, actor, now):
    """外部评价渠道送来的评价，一轮一次"""
    return answering.rate(
        session, ticket, said["score"], now, solved=said["solved"], words=said["words"], channel=said["channel"], actor=actor
    )


@listed(nouns, "/follow-ups", FollowUpShape)
def list_follow_ups(session, ticket, actor, now):
    """每一次回访；密封件的原话单位看不到"""
    found = session.scalars(sa.select(FollowUp).where(FollowUp.ticket_id == ticket.id).order_by(FollowUp.id))
    hidden = {"words": ""} if is_slip(ticket, actor) else {}
    return [rows.follow_up(session, row, actor, now) | hidden for row in found]


@listed(nouns, "/ratings", RatingShape)
def list_ratings(session, ticket, actor, now):
    """每一轮的评价"""
    found = session.scalars(sa.select(Rating).where(Rating.ticket_id == ticket.id).order_by(Rating.id))
    hidden = {"words": ""} if is_slip(ticket, actor) else {}
    return [rows.rating(session, row, actor, now) | hidden for row in found]
