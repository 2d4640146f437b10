"""The papers the centre writes (简报、小结、报送热点、建议): people write the words, the house fills the figures and counts the papers (R09).

A draft is anybody's of the desk to mend; issued, it is never changed. Which figures there are is the caller's business.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from string import Formatter

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Filled, Forbidden, Invalid, NotFound, Stale, WrongState
from escalation.bulletin_models import KINDS, Bulletin
from tickets.actors import LEADER, PUBLISHER, SUPERVISOR, Actor

WRITERS, ISSUERS = (SUPERVISOR, PUBLISHER, LEADER), (PUBLISHER, LEADER)
LONGEST, MOST = 20_000, 50


def holes(text: str) -> list[str]:
    """The names of the figures a text asks for, each once. Raises Invalid for braces that do not match."""
    try:
        return list(dict.fromkeys(name for _words, name, _form, _conversion in Formatter().parse(text) if name is not None))
    except ValueError as bad:
        raise Invalid(text="花括号没有成对；要写花括号本身，请写两个") from bad


def filled(text: str, figures: Mapping[str, str]) -> str:
    """The text with its figures in. Raises Invalid naming a figure there is none of."""
    unknown = [name for name in holes(text) if name not in figures]
    if unknown:
        raise Invalid(text=Filled("没有这个数：%(names)s", names="、".join(unknown)))
    return "".join(words + (figures[name] if name is not None else "") for words, name, _form, _conversion in Formatter().parse(text))


def write(
    session: Session, kind: str, title: str, text: str, since: date, until: date, actor: Actor, now: datetime, figures: Mapping[str, str]
) -> Bulletin:
    """A new draft. `figures`: what may stand in holes. Raises Forbidden, Invalid naming fields."""
    row = Bulletin(
        state="draft",
        version=0,
        figures=None,
        year=None,
        serial=None,
        written_by_id=actor.account_id,
        written_by_name=actor.name,
        issued_at=None,
    )
    _take(row, kind, title, text, since, until, actor, now, figures)
    session.add(row)
    session.flush()
    return row


def rewrite(
    row: Bulletin,
    version: int | None,
    kind: str,
    title: str,
    text: str,
    since: date,
    until: date,
    actor: Actor,
    now: datetime,
    figures: Mapping[str, str],
) -> None:
    """Mend a draft as seen in `version`. Raises Forbidden, Invalid, Stale, WrongState."""
    _draft_seen(row, version)
    _take(row, kind, title, text, since, until, actor, now, figures)


def issue(session: Session, row: Bulletin, version: int | None, actor: Actor, now: datetime, figures: Mapping[str, str]) -> None:
    """It goes out: the figures of this moment stay in it, and it gets the year's next number of its kind. Raises Forbidden, Stale, WrongState."""
    if not actor.has(*ISSUERS):
        raise Forbidden("简报由领导或发布员签发")
    _draft_seen(row, version)
    filled(row.text, figures)
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('bulletins'))"))
    year = local(now).year
    last = session.scalar(sa.select(sa.func.max(Bulletin.serial)).where(Bulletin.kind == row.kind, Bulletin.year == year)) or 0
    row.state, row.issued_at, row.issued_by_name, row.figures = "issued", now, actor.name, {name: figures[name] for name in holes(row.text)}
    row.year, row.serial, row.version, row.updated_at = year, last + 1, row.version + 1, now


def drop(session: Session, row: Bulletin, version: int | None, actor: Actor) -> None:
    """A draft is thrown away. Raises Forbidden, Stale, WrongState."""
    if not actor.has(*WRITERS):
        raise Forbidden("您不写简报")
    _draft_seen(row, version)
    session.delete(row)


def bulletin(session: Session, row_id: int, lock: bool = False) -> Bulletin:
    """Raises NotFound."""
    row = session.get(Bulletin, row_id, with_for_update=lock)
    if row is None:
        raise NotFound("没有这一份")
    return row


def newest(session: Session, kind: str = "", after: tuple[datetime, int] | None = None, limit: int = 25) -> Sequence[Bulletin]:
    """Newest first; `after`: (updated_at, id) of the last one seen."""
    query = sa.select(Bulletin).order_by(Bulletin.updated_at.desc(), Bulletin.id.desc()).limit(limit)
    query = query.where(Bulletin.kind == kind) if kind else query
    return session.scalars(query.where(sa.tuple_(Bulletin.updated_at, Bulletin.id) < after) if after else query).all()


def cases(session: Session, limit: int = 30) -> Sequence[Bulletin]:
    """Typical cases everybody may read, newest first (JN §33, BJ §34)."""
    return session.scalars(
        sa.select(Bulletin).where(Bulletin.kind == "case", Bulletin.state == "issued").order_by(Bulletin.issued_at.desc()).limit(limit)
    ).all()


def case(session: Session, row_id: int) -> Bulletin:
    """One of them. Raises NotFound, also for one that was not issued."""
    row = session.get(Bulletin, row_id)
    if row is None or row.kind != "case" or row.state != "issued":
        raise NotFound("没有这个案例")
    return row


def issued_between(session: Session, since: datetime, until: datetime) -> Counter[str]:
    """How many of each kind went out (R09 counts them)."""
    return Counter(
        dict(
            session.execute(
                sa.select(Bulletin.kind, sa.func.count())
                .where(Bulletin.issued_at >= since, Bulletin.issued_at < until)
                .group_by(Bulletin.kind)
            ).all()
        )
    )


def _draft_seen(row: Bulletin, version: int | None) -> None:
    if row.state != "draft":
        raise WrongState("已经签发了，不能再改；有错请另发一期更正")
    if version is not None and version != row.version:
        raise Stale("别人刚改过这一份，请看过再改")


def _take(
    row: Bulletin, kind: str, title: str, text: str, since: date, until: date, actor: Actor, now: datetime, figures: Mapping[str, str]
) -> None:
    if not actor.has(*WRITERS):
        raise Forbidden("您不写简报")
    bad = {}
    if kind not in KINDS:
        bad["kind"] = "请选是哪一种"
    if not 2 <= len(title.strip()) <= 80:
        bad["title"] = "标题 2 到 80 个字"
    if not 1 <= len(text.strip()) <= LONGEST:
        bad["text"] = "正文不能空，最多两万字"
    if until < since:
        bad["until"] = "结束那天要不早于开始那天"
    if bad:
        raise Invalid(**bad)
    filled(text, figures)
    row.kind, row.title, row.text, row.since, row.until = kind, title.strip(), text.strip(), since, until
    row.updated_at, row.version = now, row.version + 1
