"""质检 (R76): score sheets for replies and direct answers that were drawn: accurate or not, which of a reply's four elements are there, the
tone; 答复准确率."""

from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets import callbacks
from tickets.actors import AUDITOR, FOLLOW_UP, PANEL, SUPERVISOR, Actor
from tickets.evaluation_codes import ELEMENTS
from tickets.evaluation_models import QualityCheck, QualityMark
from tickets.events import TicketEvent
from tickets.models import Rating, Reply, Ticket

MARKERS = (AUDITOR, PANEL, FOLLOW_UP, SUPERVISOR)


class Accuracy(NamedTuple):
    """答复准确率: correct ÷ sampled. Zero sampled is "—", never 100 %. `tone` is a sum over all `marks`, `elements` over those of `replies`."""

    correct: int
    sampled: int
    marks: int
    replies: int
    elements: int
    tone: int


class Consults(NamedTuple):
    """咨询服务 (R76): ratings of consults, those of 基本满意 or better, 答复准确率 of their replies and of what was answered at the seat."""

    rated: int
    content: int
    accuracy: Accuracy


def consults(session: Session, since: datetime, until: datetime) -> Consults:
    """As rated and as drawn in [since, until); three statements."""
    said = sa.select(sa.func.count(), sa.func.count().filter(Rating.score >= 3)).join(Ticket, Ticket.id == Rating.ticket_id)
    rated, content = session.execute(said.where(Ticket.appeal_type == "consult", Rating.at >= since, Rating.at < until)).one()
    return Consults(rated, content, accuracy(session, since, until, "consult"))


def accuracy(session: Session, since: datetime, until: datetime, appeal_type: str = "") -> Accuracy:
    """Settled checks drawn in [since, until), of replies and direct answers, of one kind of matter only if named; two statements."""
    where = [QualityCheck.state == "settled", QualityCheck.drawn_at >= since, QualityCheck.drawn_at < until]
    if appeal_type:
        where.append(QualityCheck.ticket_id.in_(sa.select(Ticket.id).where(Ticket.appeal_type == appeal_type)))
    correct, sampled = session.execute(sa.select(sa.func.count().filter(QualityCheck.accurate), sa.func.count()).where(*where)).one()
    marks, replies, elements, tone = session.execute(
        sa.select(
            sa.func.count(),
            sa.func.count(QualityCheck.reply_id),
            sa.func.coalesce(sa.func.sum(sa.func.cardinality(QualityMark.elements)), 0),
            sa.func.coalesce(sa.func.sum(QualityMark.tone), 0),
        )
        .join(QualityCheck, QualityCheck.id == QualityMark.check_id)
        .where(*where)
    ).one()
    return Accuracy(correct, sampled, marks, replies, elements, tone)


def check_of(session: Session, check_id: int, lock: bool = False) -> QualityCheck:
    """The check with this id. Raises NotFound."""
    query = sa.select(QualityCheck).where(QualityCheck.id == check_id)
    row = session.scalar(query.with_for_update() if lock else query)
    if row is None:
        raise NotFound("没有这张质检单")
    return row


def mark(
    session: Session,
    check: QualityCheck,
    actor: Actor,
    now: datetime,
    *,
    accurate: bool,
    elements: tuple[str, ...],
    tone: int,
    words: str = "",
) -> QualityMark:
    """One score sheet. One marker settles a single check; two who agree settle a double one, a third settles two who differ.

    Nobody marks a reply they approved or an answer they gave, nobody of the unit marks at all, nobody twice. The four elements are a
    reply's: a direct answer has none. Raises Forbidden, Invalid, WrongState.
    """
    if not actor.has(*MARKERS) or actor.account_id is None:
        raise Forbidden("质检由中心的审核员、回访员或督办员做")
    callbacks.refuse_rated_unit(session, actor, check.unit_id)
    if session.scalar(sa.select(own_work(actor)).where(QualityCheck.id == check.id)):
        raise Forbidden("自己审过、答过的请别人来质检")
    if check.state == "settled":
        raise WrongState("这张质检单已经有结论了")
    _check_sheet(check, accurate, elements, tone, words)
    earlier = list(session.scalars(sa.select(QualityMark).where(QualityMark.check_id == check.id).order_by(QualityMark.id)))
    if any(one.by_id == actor.account_id for one in earlier):
        raise WrongState("您已经打过分了，请另一位来打")
    row = QualityMark(
        check_id=check.id,
        by_id=actor.account_id,
        at=now,
        accurate=accurate,
        elements=[name for name in ELEMENTS if name in elements],
        tone=tone,
        words=words.strip(),
    )
    session.add(row)
    _settle(check, [one.accurate for one in earlier] + [accurate], now)
    return row


def own_work(actor: Actor) -> sa.ColumnElement[bool]:
    """The SQL test for a check of what this person approved or answered."""
    approved = sa.exists().where(Reply.id == QualityCheck.reply_id, Reply.reviewed_by_id == actor.account_id)
    answered = sa.exists().where(TicketEvent.id == QualityCheck.answer_id, TicketEvent.actor_id == actor.account_id).correlate(QualityCheck)
    return sa.or_(approved, answered)


def _check_sheet(check: QualityCheck, accurate: bool, elements: tuple[str, ...], tone: int, words: str) -> None:
    """Raises Invalid naming every bad field of a score sheet."""
    bad = {}
    if not set(elements) <= set(ELEMENTS):
        bad["elements"] = "四要素只有时间、对象、措施、时限"
    elif elements and check.reply_id is None:
        bad["elements"] = "当场答复不看四要素，请空着"
    if not 1 <= tone <= 5:
        bad["tone"] = "语气请打 1 到 5 分"
    if not accurate and len(words.strip()) < 4:
        bad["words"] = "请写明哪里不准确"
    if bad:
        raise Invalid(**bad)


def _settle(check: QualityCheck, said: list[bool], now: datetime) -> None:
    wanted = 2 if check.double else 1
    if len(said) < wanted:
        return
    yes = sum(said)
    if len(said) % 2 == 0 and yes * 2 == len(said):
        check.state = "split"
        return
    check.state, check.accurate, check.settled_at = "settled", yes * 2 > len(said), now
