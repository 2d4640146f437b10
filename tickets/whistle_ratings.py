"""The citizens' word on a whistle (BJS §44): whoever filed a matter it is about may say once how the joint work went."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, WrongState
from tickets.actors import CITIZEN_ACTOR
from tickets.models import Ticket
from tickets.whistle_events import WhistleHappened, record
from tickets.whistle_models import Whistle, WhistleRating, WhistleTicket
from tickets.whistle_workflow import AFTER, permit


def rateable(session: Session, ticket: Ticket) -> Whistle | None:
    """The latest whistle about this matter (or about the one it was merged into) whose joint work is over and that it has not rated yet."""
    wanted = (
        sa.select(Whistle)
        .join(WhistleTicket, WhistleTicket.whistle_id == Whistle.id)
        .where(
            WhistleTicket.ticket_id.in_([ticket.id, ticket.master_id or ticket.id]),
            Whistle.status.in_(AFTER),
            ~sa.exists().where(WhistleRating.whistle_id == Whistle.id, WhistleRating.ticket_id == ticket.id),
        )
        .order_by(Whistle.id.desc())
        .limit(1)
    )
    return session.scalar(wanted)


def rate(session: Session, whistle: Whistle, ticket: Ticket, score: int, now: datetime) -> WhistleRating:
    """1 to 5, once a matter. Locks the whistle. Raises Invalid naming `whistle`, WrongState the second time or before the release."""
    whistle = session.scalars(
        sa.select(Whistle).where(Whistle.id == whistle.id).with_for_update().execution_options(populate_existing=True)
    ).one()
    permit(whistle, "rate", CITIZEN_ACTOR)
    if not 1 <= score <= 5:
        raise Invalid(whistle="请从五档里选一档")
    if session.scalar(sa.select(WhistleRating.id).where(WhistleRating.whistle_id == whistle.id, WhistleRating.ticket_id == ticket.id)):
        raise WrongState("您已经评价过了，谢谢")
    row = WhistleRating(whistle_id=whistle.id, ticket_id=ticket.id, score=score, at=now)
    session.add(row)
    session.flush()
    record(
        session,
        WhistleHappened(whistle, "rate", CITIZEN_ACTOR, now, {"score": score, "ticket": ticket.number}, whistle.status, whistle.status),
    )
    return row


def ratings_of(session: Session, whistle: Whistle) -> list[int]:
    """The citizens' scores, in the order they came."""
    return list(session.scalars(sa.select(WhistleRating.score).where(WhistleRating.whistle_id == whistle.id).order_by(WhistleRating.id)))
