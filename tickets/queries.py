"""Lists, search and counts of tickets: reads only. Every list is an index walk, paged by cursor; scope comes from app.auth.access.visible."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, TSQUERY
from sqlalchemy.orm import Session

from app.errors import Filled, Invalid
from tickets import codes
from tickets.dispatch_models import Request, Task
from tickets.identity import tickets_of_phone
from tickets.models import Category, Identity, Ticket
from tickets.organisations import Unit
from tickets.reference import Reference, reference
from tickets.text import contains, query_of

LONGEST_PAGE = 100
FEW = 2000  # found by words: above it a page of them stands within the next few thousand tickets of a million
ORDERS = {
    "received": (Ticket.received_at, Ticket.id, True),
    "waiting": (Ticket.received_at, Ticket.id, False),
    "due": (Ticket.due_at, Ticket.id, False),
    "sign": (Ticket.sign_due_at, Ticket.id, False),
    "replied": (Ticket.replied_at, Ticket.id, False),
}


@dataclass(frozen=True)
class Filters:
    """What a list is narrowed to; empty means not narrowed. Codes as in api.md; `category` includes everything below it."""

    status: tuple[str, ...] = ()
    unit: str = ""
    assisting: str = ""
    q: str = ""
    overdue: bool = False
    channel: str = ""
    category: str = ""
    urgency: str = ""
    appeal_type: str = ""
    region: str = ""
    rework: bool = False
    since: datetime | None = None
    until: datetime | None = None
    waiting_for: str = ""  # a kind of request nobody has decided yet


@dataclass(frozen=True)
class Page:
    items: list[Ticket]
    next: str | None


def page(session: Session, scope, filters: Filters, now: datetime, order: str = "received", cursor: str = "", limit: int = 25) -> Page:
    """One page of the tickets inside `scope` (an SQL test); one statement, two for words. Raises Invalid naming the bad filter or cursor.

    `order`: received (newest first), waiting (oldest first), due, sign, replied (earliest first, rows without that date left out).
    """
    limit = max(1, min(limit, LONGEST_PAGE))
    column, tie, newest_first = ORDERS[order]
    query = sa.select(Ticket).where(scope, *conditions(session, filters, now))
    if order in ("due", "sign", "replied"):
        query = query.where(column.is_not(None))
    if cursor:
        place = sa.tuple_(*(sa.literal(value, type_=key.type) for value, key in zip(_opened(cursor), (column, tie), strict=True)))
        query = query.where(sa.tuple_(column, tie) < place if newest_first else sa.tuple_(column, tie) > place)
    ends = (column.desc(), tie.desc()) if newest_first else (column, tie)
    found = list(session.scalars(query.order_by(*ends).limit(limit + 1)))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    shown = [
        ticket
        for ticket in found[:limit]
        if not _is_words(filters.q) or contains(f"{ticket.title}。{ticket.content}。{ticket.address}", filters.q)
    ]
    return Page(shown, _sealed(getattr(last, column.key), last.id) if last else None)


def conditions(session: Session, filters: Filters, now: datetime) -> list:
    """The SQL tests of a filter. Raises Invalid naming the field and what it may be."""
    tests = [*_of_codes(filters), *_of_names(session, filters), *_of_time(filters, now)]
    if filters.rework:
        tests.append(Ticket.reworks > 0)
    if filters.waiting_for:
        tests.append(sa.exists().where(Request.ticket_id == Ticket.id, Request.kind == filters.waiting_for, Request.decision.is_(None)))
    return tests + (_search(session, filters.q) if filters.q else [])


def _of_codes(filters: Filters) -> list:
    tests: list = []
    unknown = set(filters.status) - set(codes.STATUSES)
    if unknown:
        raise Invalid(status=Filled("没有这个状态：%(names)s", names=", ".join(sorted(unknown))))
    if filters.status:
        tests.append(Ticket.status.in_(filters.status))
    for field, allowed in (("channel", codes.CHANNELS), ("urgency", codes.URGENCIES), ("appeal_type", codes.APPEAL_TYPES)):
        value = getattr(filters, field)
        if value and value not in allowed:
            raise Invalid(**{field: Filled("可选：%(names)s", names=", ".join(allowed))})
        if value:
            tests.append(getattr(Ticket, field) == value)
    return tests


def _of_names(session: Session, filters: Filters) -> list:
    tests: list = []
    names = reference(session)
    if filters.unit:
        tests.append(Ticket.lead_unit_id == _unit(names, "unit", filters.unit))
    if filters.assisting:
        helper = _unit(names, "assisting", filters.assisting)
        tests.append(sa.exists().where(Task.ticket_id == Ticket.id, Task.unit_id == helper, Task.state != "released"))
    if filters.category:
        below = sa.or_(Category.code == filters.category, Category.code.startswith(filters.category + ".", autoescape=True))
        tests.append(Ticket.category_id.in_(sa.select(Category.id).where(below)))
    if filters.region:
        tests.append(
            Ticket.region_code.in_([code for code, region in names.regions.items() if filters.region in (code, region.parent_code)])
        )
    return tests


def _unit(names: Reference, field: str, code: str) -> int:
    unit = names.unit_codes.get(code)
    if unit is None:
        raise Invalid(**{field: "没有这个单位"})
    return unit.id


def _of_time(filters: Filters, now: datetime) -> list:
    tests: list = []
    if filters.overdue:
        tests += [Ticket.due_at <= now, Ticket.status.in_(sorted(codes.WITH_UNIT))]
    if filters.since:
        tests.append(Ticket.received_at >= filters.since)
    if filters.until:
        tests.append(Ticket.received_at < filters.until)
    return tests


def _search(session: Session, q: str) -> list:
    """A number or its tail, a query code, a telephone number or its last four digits, or words of two characters and more."""
    text = q.strip()
    if text.isdigit() and len(text) >= 21:
        return [Ticket.number == text]
    if text.isdigit() and len(text) == 10:  # a query code, or a landline with its area code
        landline = [Ticket.id.in_(tickets_of_phone(session, text))] if text.startswith("0") else []
        return [sa.or_(Ticket.query_code == text, *landline)]
    if text.isdigit() and len(text) in (4, 11, 7, 8, 12):
        return [Ticket.id.in_(tickets_of_phone(session, text))]
    if text.isdigit() and len(text) == 6:
        return [sa.func.right(Ticket.number, 6) == text]
    words = query_of(text)
    if words is None:
        raise Invalid(q="请至少输入两个字")
    return [_with_words(session, sa.cast(words, TSQUERY))]


def _with_words(session: Session, words: sa.Cast) -> sa.ColumnElement[bool]:
    """The test for words: few tickets are named one by one, many are met soon enough on the list's own way.

    Left to choose, the planner walks the dates of a million tickets for a word it has no statistics of, which stands in ten.
    """
    found = session.scalars(sa.select(sa.func.tickets_with(words, FEW + 1))).all()
    return Ticket.id == sa.any_(sa.cast(found, ARRAY(sa.BigInteger))) if len(found) <= FEW else sa.func.ts_match_vq(Ticket.search, words)


def _is_words(q: str) -> bool:
    return bool(q) and not q.strip().isdigit()


def identities(session: Session, tickets: list[Ticket]) -> dict[int, Identity]:
    """The identity rows of these tickets by ticket id; one statement, none for those that came with their ticket."""
    known = {ticket.id: ticket.identity for ticket in tickets if ticket.__dict__.get("identity") is not None}
    asked = [ticket.id for ticket in tickets if ticket.id not in known]
    if asked:
        known |= {row.ticket_id: row for row in session.scalars(sa.select(Identity).where(Identity.ticket_id.in_(asked)))}
    return known


def children(session: Session, ticket: Ticket) -> list[Ticket]:
    """The tickets merged into this one."""
    return list(session.scalars(sa.select(Ticket).where(Ticket.master_id == ticket.id).order_by(Ticket.id)))


def tasks_of(session: Session, ticket: Ticket) -> list[tuple[Task, Unit]]:
    """The sub-tasks of a ticket with their units, in the order asked."""
    rows = session.execute(sa.select(Task, Unit).join(Unit, Unit.id == Task.unit_id).where(Task.ticket_id == ticket.id).order_by(Task.id))
    return [(task, unit) for task, unit in rows]


def _sealed(value: datetime, ticket_id: int) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([value.astimezone(UTC).isoformat(), ticket_id])).decode().rstrip("=")


def _opened(cursor: str) -> tuple[datetime, int]:
    try:
        moment, ticket_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        place = datetime.fromisoformat(moment).astimezone(UTC), int(ticket_id)
        if datetime.fromisoformat(moment).tzinfo is None or not 0 <= place[1] < 2**63:
            raise ValueError(cursor)
        return place
    except (ValueError, TypeError, OverflowError, binascii.Error) as bad:
        raise Invalid(cursor="页码标记不对，请从第一页重新开始") from bad
