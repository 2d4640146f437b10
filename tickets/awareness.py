"""社会知晓度 (R76): surveys of how many people know the line, as the publisher enters them. None is edited: a correction is a new row that names
the one it replaces, and counts instead of it."""

from datetime import date, datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.clock import local
from app.errors import Forbidden, Invalid
from tickets.actors import PUBLISHER, Actor
from tickets.evaluation_models import Awareness

ONE_WRITER = 0x5348_0039  # advisory lock: of two who correct or repeat the same survey the second is told
MOST = 200
LONGEST_SOURCE = 120


class Survey(NamedTuple):
    """What a survey found: city days, both included; people asked, those of them who knew the line, who asked them."""

    first_on: date
    last_on: date
    asked: int
    aware: int
    source: str


def enter(session: Session, said: Survey, actor: Actor, now: datetime, corrects: int | None = None, reason: str = "") -> Awareness:
    """Write down one survey (R76). `corrects`: the row that was wrong, with the `reason`; it stays, and counts no more.

    Raises Forbidden for anybody but the publisher, Invalid naming every field that is wrong.
    """
    if not actor.has(PUBLISHER):
        raise Forbidden("知晓度调查由信息发布员录入")
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(ONE_WRITER)))
    standing = {row.id: row for row in surveys(session) if row.stands}
    said = said._replace(source=said.source.strip())
    bad = _wrong(said, local(now).date())
    if corrects is not None and corrects not in standing:
        bad["corrects"] = "没有这一行，或者已经更正过；请更正最新的那一行"
    if corrects is not None and len(reason.strip()) < 2:
        bad["reason"] = "请写明为什么更正"
    same = (said.first_on, said.last_on, said.source)
    if any(id_ != corrects and (one.row.first_on, one.row.last_on, one.row.source) == same for id_, one in standing.items()):
        bad["source"] = "同一期、同一来源已经录过了；录错了请选更正哪一行"
    if bad:
        raise Invalid(**bad)
    row = Awareness(
        **said._asdict(),
        corrects_id=corrects,
        reason=reason.strip() if corrects is not None else "",
        by_id=actor.account_id,
        by_name=actor.name,
        at=now,
    )
    session.add(row)
    session.flush()
    return row


class Entered(NamedTuple):
    """A row as it was entered; `stands`: no later one corrects it."""

    row: Awareness
    stands: bool

    @property
    def id(self) -> int:
        return self.row.id


def surveys(session: Session) -> list[Entered]:
    """Every row, the newest period first, what was corrected after what corrects it; one statement."""
    later = aliased(Awareness)
    stands = ~sa.exists().where(later.corrects_id == Awareness.id)
    query = sa.select(Awareness, stands).order_by(Awareness.last_on.desc(), Awareness.id.desc()).limit(MOST)
    return [Entered(*row) for row in session.execute(query)]


def newest(session: Session) -> Awareness | None:
    """The survey of the newest period that stands."""
    return next((one.row for one in surveys(session) if one.stands), None)


def _wrong(said: Survey, today: date) -> dict[str, str]:
    """What of a survey cannot be, by field. Pure."""
    bad = {}
    if said.last_on < said.first_on:
        bad["last_on"] = "止的那天不能早于起的那天"
    elif said.last_on > today:
        bad["last_on"] = "调查还没做完：不能填将来的日子"
    if said.asked < 1:
        bad["asked"] = "问到的人数至少是 1"
    if said.aware < 0 or said.aware > max(said.asked, 0):
        bad["aware"] = "知道热线的人数在 0 和问到的人数之间"
    if not 2 <= len(said.source) <= LONGEST_SOURCE:
        bad["source"] = "请写明谁做的调查，2 到 120 字"
    return bad
