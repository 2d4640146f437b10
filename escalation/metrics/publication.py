"""From a frozen month to the public: opened to the units, their appeals heard, then published once. Verbs; what is shown is the public page's."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, NotFound, WrongState
from escalation.calendar import end_of
from escalation.metrics.asking import frozen_month
from escalation.metrics.models import Publication, PublicationAppeal
from escalation.metrics.settings import settings_of
from escalation.metrics.table import BY_CODE
from tickets.actors import HEAD, LEADER, LIAISON, PUBLISHER, SUPERVISOR, Actor

DECISIONS = ("upheld", "rejected")


def open_month(session: Session, month: date, actor: Actor, now: datetime) -> Publication:
    """Show a frozen month to the units; they have the days the settings say. Raises WrongState while it is not frozen, or the second time."""
    _may(actor, PUBLISHER, SUPERVISOR, LEADER)
    if frozen_month(session, month) is None:
        raise WrongState("这个月还没冻结，先冻结再公示")
    if session.get(Publication, month) is not None:
        raise WrongState("这个月已经给单位看过了")
    until = end_of(local(now).date() + timedelta(days=settings_of(session).appeal_days))
    row = Publication(month=month, opened_at=now, opened_by_name=actor.name, appeals_until=until)
    session.add(row)
    return row


def appeal(session: Session, month: date, metric: str, words: str, actor: Actor, now: datetime) -> PublicationAppeal:
    """A unit says that a figure of its own is wrong. Raises Invalid, Forbidden, WrongState outside the days for it or while one waits."""
    if not actor.has(HEAD, LIAISON) or actor.unit_id is None:
        raise Forbidden("申诉由单位的负责人或联络员提")
    row = _opened(session, month)
    if metric not in BY_CODE:
        raise Invalid(metric="请选哪一个指标")
    if len(words.strip()) < 6:
        raise Invalid(words="请写明哪个数不对、依据是什么")
    if row.published_at is not None or now >= row.appeals_until:
        raise WrongState("申诉的日子过了")
    if session.scalar(
        sa.select(PublicationAppeal.id).where(
            PublicationAppeal.month == month,
            PublicationAppeal.unit_id == actor.unit_id,
            PublicationAppeal.metric == metric,
            PublicationAppeal.decision.is_(None),
        )
    ):
        raise WrongState("这个指标已经申诉过，正等着答复")
    made = PublicationAppeal(month=month, unit_id=actor.unit_id, metric=metric, words=words.strip(), by_name=actor.name, at=now)
    session.add(made)
    return made


def decide(session: Session, appeal_id: int, decision: str, words: str, actor: Actor, now: datetime) -> PublicationAppeal:
    """The centre answers. A figure found wrong is published with that said beside it: the frozen one does not move. Raises Invalid, NotFound, WrongState."""
    _may(actor, SUPERVISOR, LEADER)
    row = session.get(PublicationAppeal, appeal_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这条申诉")
    if decision not in DECISIONS:
        raise Invalid(decision="请选成立或不成立")
    if len(words.strip()) < 2:
        raise Invalid(words="请写明理由")
    if row.decision is not None:
        raise WrongState("这条申诉已经答复过了")
    row.decision, row.decision_words, row.decided_by_name, row.decided_at = decision, words.strip(), actor.name, now
    return row


def publish(session: Session, month: date, actor: Actor, now: datetime) -> Publication:
    """For everybody to read, for good. Raises WrongState while appeals may still come or wait for an answer."""
    _may(actor, PUBLISHER)
    row = _opened(session, month, lock=True)
    if row.published_at is not None:
        raise WrongState("这个月已经公布了")
    if now < row.appeals_until:
        raise WrongState("单位申诉的日子还没过")
    if session.scalar(
        sa.select(sa.func.count())
        .select_from(PublicationAppeal)
        .where(PublicationAppeal.month == month, PublicationAppeal.decision.is_(None))
    ):
        raise WrongState("还有申诉没答复，答复完才能公布")
    row.published_at, row.published_by_name = now, actor.name
    return row


def publications(session: Session, only_public: bool = False) -> list[Publication]:
    """Newest month first."""
    wanted = sa.select(Publication).order_by(Publication.month.desc())
    return list(session.scalars(wanted.where(Publication.published_at.is_not(None)) if only_public else wanted))


def appeals(session: Session, month: date, unit_id: int | None = None) -> list[PublicationAppeal]:
    """The appeals of a month in the order they came; of one unit, if named."""
    wanted = sa.select(PublicationAppeal).where(PublicationAppeal.month == month).order_by(PublicationAppeal.id)
    return list(session.scalars(wanted if unit_id is None else wanted.where(PublicationAppeal.unit_id == unit_id)))


def _opened(session: Session, month: date, lock: bool = False) -> Publication:
    row = session.get(Publication, month, with_for_update=lock)
    if row is None:
        raise NotFound("这个月还没给单位看")
    return row


def _may(actor: Actor, *roles: str) -> None:
    if not actor.has(*roles):
        raise Forbidden("您的岗位不能办这一步")
