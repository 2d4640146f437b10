"""待派: registered tickets, the longest waiting first, each with what the catalogue proposes. At most six statements a page."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.web import kit, listing
from app.web.dispatch.desk import pages, tabs, waiting
from app.web.promises import lengths
from app.work import session_now
from escalation.due import DAY_UNITS
from escalation.rules import limits_of
from tickets import queries
from tickets.actors import DISPATCHER
from tickets.models import Ticket
from tickets.proposals import SURE, Proposal, propose
from tickets.reference import reference

PAGE = 25
SOON = 2 / 3  # of the time the centre has to send a ticket on


@dataclass(frozen=True)
class Row:
    """A ticket of the queue. `seconds` it has waited, `tone` "" soon or late by the centre's own limit (T04), `length` what it would be promised."""

    ticket: Ticket
    proposal: Proposal
    seconds: int
    tone: str
    length: str

    @property
    def in_bulk(self) -> bool:
        """Bulk takes only the sure ones; a sealed report wants its task slip first."""
        return self.proposal.is_sure and not self.ticket.sealed


@pages.get("")
def queue():
    """The queue, or for htmx the list alone. Filters and place are in the address."""
    actor, session, now = require(DISPATCHER), session_now(), clock.now()
    filters = listing.filters_of(request.args.to_dict() | {"status": "registered"})
    page = queries.page(session, visible(actor), filters, now, "waiting", request.args.get("after", ""), PAGE)
    rows = rows_of(session, page.items, now)
    if request.args.get("sure"):
        rows = [row for row in rows if row.in_bulk]
    counts = waiting(session)
    return render_template(
        "dispatch/piece.html" if kit.is_fragment() else "dispatch/queue.html",
        rows=rows,
        next=page.next,
        counts=counts,
        tabs=tabs("queue", counts),
        names=reference(session),
        filters=filters,
        narrowed=narrowed(),
        sure=SURE,
        allowed=allowances(session, now),
        selected=request.args.get("sel", ""),
        **listing.choices(),
    )


def rows_of(session: Session, tickets: list[Ticket], now: datetime) -> list[Row]:
    """The tickets with everything their rows say."""
    proposals, length, allowed = propose(session, tickets, now), lengths(session, now), allowances(session, now)
    found = []
    for ticket in tickets:
        waited, limit = now - ticket.received_at, allowed[ticket.urgency != "ordinary"]
        tone = "late" if waited >= limit else "soon" if waited >= limit * SOON else ""
        found.append(
            Row(ticket, proposals[ticket.id], int(waited.total_seconds()), tone, length(ticket.track, ticket.appeal_type, ticket.urgency))
        )
    return found


def allowances(session: Session, now: datetime) -> dict[bool, timedelta]:
    """How long the centre may take to send a ticket on: urgent (True) and ordinary (False)."""
    limits = limits_of(session, now)
    found = {}
    for urgent, code in ((True, "dispatch-urgent"), (False, "dispatch")):
        limit = limits.get(code)
        found[urgent] = timedelta(**{limit.unit: limit.length}) if limit and limit.unit not in DAY_UNITS else timedelta(days=1)
    return found


def narrowed() -> bool:
    """Whether this is only a part of the queue."""
    return any(request.args.get(name) for name in (*listing.ARGUMENTS, "after", "sure"))
