"""Somebody was first: who changed a ticket last, when, and what they did, so that a refused form can say so beside what was typed."""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Refused
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from tickets import words
from tickets.events import TicketEvent
from tickets.models import Ticket


class Clash(NamedTuple):
    """The refusal's own sentence, and the last thing that happened."""

    text: str
    who: str
    when: str
    what: str


def clash_of(session: Session, ticket: Ticket, no: Refused) -> Clash:
    """What stands on the ticket now, for the strip above the form."""
    last = session.scalars(
        sa.select(TicketEvent).where(TicketEvent.ticket_id == ticket.id).order_by(TicketEvent.seq.desc()).limit(1)
    ).first()
    what = _(words.ACTION.get(last.kind, last.kind)) if last else ""
    return Clash(_(no.text, **no.values), last.actor_name if last else "", format_moment(last.at) if last else "", what)
