"""What may be read of matters without being their citizen (domain §11): which ones at all, and lean rows of them. Who filed one may read its words.

Everybody: matters of a place and of nobody's privacy, never sealed or confidential, no disputes, petitions or enterprises. Nobody's identity.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from tickets import codes, public
from tickets.events import TicketEvent
from tickets.models import Reply, Ticket
from tickets.nearby import TRACKS, TYPES
from tickets.workflow import EDGES

TOLD = sorted(action for action, edge in EDGES.items() if edge.tells)
LIVES = timedelta(days=400)  # who asks for news of their own matters hears of those received within it
COARSE = 2  # decimals of a degree a stranger is told: about a kilometre
_MASTER = aliased(Ticket)
_STATUS = sa.func.coalesce(_MASTER.status, Ticket.status)  # a merged matter goes on with its master's
_OPEN_TO_ALL = sa.and_(
    sa.not_(Ticket.confidential), Ticket.track.in_(TRACKS), Ticket.appeal_type.in_(TYPES), Ticket.category_id.is_not(None)
)
_ROW = sa.select(
    Ticket.id,
    Ticket.number,
    Ticket.title,
    Ticket.content,
    Ticket.category_id,
    Ticket.region_code,
    Ticket.address,
    Ticket.lng,
    Ticket.lat,
    Ticket.grid_cell,
    Ticket.confidential,
    Ticket.registered_by_id,
    Ticket.received_at,
    _STATUS.label("status"),
    sa.func.coalesce(_MASTER.id, Ticket.id).label("whole_id"),
    sa.func.coalesce(_MASTER.touched_at, Ticket.touched_at).label("touched_at"),
    sa.func.coalesce(_MASTER.closed_at, Ticket.closed_at).label("closed_at"),
    sa.func.coalesce(_MASTER.due_at, Ticket.due_at).label("due_at"),
    sa.func.coalesce(_MASTER.lead_unit_id, Ticket.lead_unit_id).label("lead_unit_id"),
).outerjoin(_MASTER, _MASTER.id == Ticket.master_id)


@dataclass(frozen=True)
class Filters:
    """Received from `since` (included) until `until` (not); empty sets mean all. `is_open`: None for open and closed ones."""

    since: datetime
    until: datetime
    category_ids: Collection[int] = ()
    is_open: bool | None = None


def page(session: Session, account_id: int | None, filters: Filters, limit: int, offset: int = 0) -> Sequence[sa.Row]:
    """Rows this account (None: nobody) may read, newest first; one statement."""
    query = _ROW.where(_readable(account_id), Ticket.received_at >= filters.since, Ticket.received_at < filters.until)
    if filters.category_ids:
        query = query.where(Ticket.category_id.in_(filters.category_ids))
    if filters.is_open is not None:
        query = query.where(_STATUS.in_(sorted(codes.OPEN)) == filters.is_open)
    return session.execute(query.order_by(Ticket.received_at.desc(), Ticket.id.desc()).limit(limit).offset(offset)).all()


def by_numbers(session: Session, account_id: int | None, numbers: Collection[str]) -> Sequence[sa.Row]:
    """Those of these matters this account may read, newest first; one statement."""
    return session.execute(
        _ROW.where(_readable(account_id), Ticket.number.in_(numbers)).order_by(Ticket.received_at.desc(), Ticket.id.desc())
    ).all()


def changed(session: Session, account_id: int, since: datetime, limit: int) -> Sequence[sa.Row]:
    """This account's own matters that something happened to since then, the longest quiet first; one statement."""
    at = sa.func.coalesce(_MASTER.touched_at, Ticket.touched_at)
    own = _ROW.where(Ticket.registered_by_id == account_id, _readable(account_id), Ticket.received_at >= since - LIVES, at >= since)
    return session.execute(own.order_by(at, Ticket.id).limit(limit)).all()


def updates(
    session: Session, ticket_ids: Collection[int], since: datetime | None = None, until: datetime | None = None
) -> dict[int, list[TicketEvent]]:
    """What their citizens were told, by ticket, oldest first (from `since` until before `until`); one statement."""
    query = sa.select(TicketEvent).where(TicketEvent.ticket_id.in_(ticket_ids), TicketEvent.kind.in_([*TOLD, public.RECALL]))
    found: dict[int, list[TicketEvent]] = {}
    for event in session.scalars(query.order_by(TicketEvent.ticket_id, TicketEvent.seq)):
        found.setdefault(event.ticket_id, []).append(event)
    return {
        one: [event for event in public.unrecalled(events) if (since is None or event.at >= since) and (until is None or event.at < until)]
        for one, events in found.items()
    }


def answers(session: Session, ticket_ids: Collection[int]) -> dict[int, str]:
    """The newest answer that was sent, by ticket; one statement, none for no ticket."""
    if not ticket_ids:
        return {}
    newest = sa.select(Reply.ticket_id, Reply.content).where(Reply.ticket_id.in_(ticket_ids), Reply.state.in_(("sent", "approved")))
    rows = session.execute(newest.ext(distinct_on(Reply.ticket_id)).order_by(Reply.ticket_id, Reply.id.desc()))
    return {row.ticket_id: row.content for row in rows}


def is_open_to_all(ticket: Ticket) -> bool:
    """The same test of one ticket in hand, before it is told to somebody who did not file it."""
    return (
        not (ticket.sealed or ticket.confidential)
        and ticket.track in TRACKS
        and ticket.appeal_type in TYPES
        and ticket.category_id is not None
    )


def _readable(account_id: int | None):
    mine = sa.false() if account_id is None else Ticket.registered_by_id == account_id
    return sa.and_(sa.not_(Ticket.sealed), sa.not_(sa.func.coalesce(_MASTER.sealed, sa.false())), sa.or_(mine, _OPEN_TO_ALL))
