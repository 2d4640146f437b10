"""The knowledge base: what may be answered at once, found by the words people use, kept by the units it belongs to (JN §34)."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Forbidden, Invalid, NotFound
from tickets.actors import ADMIN, HEAD, LIAISON, Actor
from tickets.duties import Knowledge
from tickets.intake import category_of, search_words
from tickets.models import Ticket
from tickets.reference import reference
from tickets.text import bigrams

KEPT = ("title", "content", "article", "category_id", "unit_id", "public", "review_on", "valid_until")
REVIEW_AFTER = timedelta(days=180)  # how long an entry is trusted before its unit looks at it again


def valid_on(day: date):
    """The SQL test for entries one may answer from on that day."""
    return sa.or_(Knowledge.valid_until.is_(None), Knowledge.valid_until >= day)


def find(session: Session, words: str, day: date | None, limit: int = 20, public_only: bool = True) -> list[Knowledge]:
    """Entries in force on `day` (None: all there are) that hold all the words, else those that hold the most of their pairs of characters. Raises Invalid below two characters."""
    pairs = [pair for pair in bigrams(words) if len(pair) == 2]
    if not pairs:
        raise Invalid(q="请至少输入两个字")
    scope = sa.and_(Knowledge.public if public_only else sa.true(), valid_on(day) if day else sa.true())
    for joint in (" & ", " | "):
        asked = sa.cast(joint.join(f"'{pair}'" for pair in pairs), TSQUERY)
        found = list(
            session.scalars(
                sa.select(Knowledge)
                .where(scope, Knowledge.search.op("@@")(asked))
                .order_by(_shared(pairs).desc(), Knowledge.updated_at.desc())
                .limit(limit)
            )
        )
        if found:
            return [entry for entry in found if _is_about(entry, pairs)]
    return []


def asked_about(session: Session, now: datetime, limit: int = 6) -> list[Knowledge]:
    """Public entries of the matters that most tickets of the last day, then of the last week, are about; the newest where none are."""
    heat = _heat(session, now)
    rows = session.execute(
        sa.select(Knowledge.id, Knowledge.category_id, Knowledge.updated_at).where(Knowledge.public, valid_on(local(now).date()))
    ).all()
    wanted = [row.id for row in sorted(rows, key=lambda row: (heat.get(row.category_id, 0), row.updated_at), reverse=True)[:limit]]
    found = {row.id: row for row in session.scalars(sa.select(Knowledge).where(Knowledge.id.in_(wanted)))}
    return [found[one] for one in wanted]


def _heat(session: Session, now: datetime) -> dict[int, int]:
    """Category → how much it is asked about, its branches included; a ticket of today weighs a thousand of the week."""
    today = sa.func.count().filter(Ticket.received_at > now - timedelta(days=1))
    counts = session.execute(
        sa.select(Ticket.category_id, today * 1000 + sa.func.count())
        .where(Ticket.received_at > now - timedelta(days=7), Ticket.category_id.is_not(None))
        .group_by(Ticket.category_id)
    )
    tree = reference(session).categories
    heat: dict = {}
    for category, weight in counts:
        row = tree.get(category)
        while row is not None:
            heat[row.id] = heat.get(row.id, 0) + weight
            row = tree.get(row.parent_id)
    return heat


def entry(session: Session, entry_id: int, day: date | None = None) -> Knowledge:
    """One entry; with a `day` only a public one in force then. Raises NotFound."""
    row = session.get(Knowledge, entry_id)
    if row is None or (day and not (row.public and (row.valid_until is None or row.valid_until >= day))):
        raise NotFound("没有这条解答，可能已经撤下")
    return row


def may_keep(actor: Actor, unit_id: int) -> bool:
    """Administrators keep all entries; a unit's head and liaison those of their own unit."""
    return actor.has(ADMIN) or (actor.has(HEAD, LIAISON) and actor.unit_id == unit_id)


def kept_by(actor: Actor):
    """The SQL test for the entries one may keep."""
    return sa.true() if actor.has(ADMIN) else sa.and_(sa.literal(actor.has(HEAD, LIAISON)), Knowledge.unit_id == actor.unit_id)


def save(
    session: Session,
    row: Knowledge | None,
    actor: Actor,
    now: datetime,
    *,
    title: str,
    content: str,
    article: str,
    category: str,
    unit_id: int,
    public: bool,
    valid_until: date | None = None,
    review_on: date | None = None,
) -> tuple[Knowledge, dict, dict]:
    """Write a new entry (`row` None) or change one; gives it with what it was and what it is. Raises Forbidden, Invalid naming fields."""
    if not may_keep(actor, unit_id) or (row is not None and not may_keep(actor, row.unit_id)):
        raise Forbidden("只能写本单位的解答")
    bad = {}
    if not 2 <= len(title.strip()) <= 60:
        bad["title"] = "标题 2 到 60 个字，像市民会问的那样写"
    if not 10 <= len(content.strip()) <= 5000:
        bad["content"] = "解答 10 到 5000 个字"
    if not article.strip():
        bad["article"] = "请写明依据：哪份文件、哪一条"
    today = local(now).date()
    if review_on and not today < review_on <= today + 3 * REVIEW_AFTER:
        bad["review_on"] = "复核的日子要在明天到一年半之内"
    if valid_until and valid_until < today:
        bad["valid_until"] = "有效期不能早于今天；不用了请撤下"
    if bad:
        raise Invalid(**bad)
    before = kept(row) if row is not None else {}
    row = row or Knowledge()
    row.title, row.content, row.article, row.public = title.strip(), content.strip(), article.strip(), public
    row.category_id, row.unit_id, row.updated_at = category_of(session, category).id if category else None, unit_id, now
    row.valid_until, row.review_on = valid_until, review_on or today + REVIEW_AFTER
    row.search = search_words(row.title, row.content, row.article)
    session.add(row)
    session.flush()
    return row, before, kept(row)


def confirm(row: Knowledge, actor: Actor, now: datetime) -> tuple[dict, dict]:
    """The unit looked: it still holds. The next look is REVIEW_AFTER from now. Gives what it was and what it is. Raises Forbidden."""
    if not may_keep(actor, row.unit_id):
        raise Forbidden("只能写本单位的解答")
    before = kept(row)
    row.review_on = local(now).date() + REVIEW_AFTER
    return before, kept(row)


def stale(day: date):
    """The SQL test for entries whose unit should look again."""
    return sa.and_(Knowledge.review_on <= day, valid_on(day))


def kept(row: Knowledge) -> dict:
    """What the audit row remembers of an entry, as JSON can hold it."""
    return {name: value.isoformat() if isinstance(value, date) else value for name in KEPT for value in (getattr(row, name),)}


def _shared(pairs: list[str]):
    """How many of the asked pairs an entry holds."""
    return sum((sa.case((Knowledge.search.op("@@")(sa.cast(f"'{pair}'", TSQUERY)), 1), else_=0) for pair in pairs), sa.literal(0))


def _is_about(row: Knowledge, pairs: list[str]) -> bool:
    """A third of the pairs at least, or all when there are few: one common pair alone is no answer."""
    held = set(bigrams(f"{row.title}。{row.content}。{row.article}"))
    return len(held & set(pairs)) * 3 >= len(pairs)
