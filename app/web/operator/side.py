"""The panes left and right of the form: who is calling and what they asked before; what the words suggest. Both are pieces htmx asks for."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require, visible
from app.errors import Invalid
from app.web.i18n import gettext as _
from app.web.operator.advice import advice_of
from app.web.operator.call_values import read_call
from app.web.operator.desk import pages
from app.work import session_now
from tickets.actors import AGENT, Actor
from tickets.codes import OPEN
from tickets.identity import clean_phone, tickets_of_phone
from tickets.models import Identity, Ticket
from tickets.reference import reference

MOST_SHOWN = 20
SHORTEST = 5


@dataclass(frozen=True)
class Caller:
    """Whoever has this number: masked name, matters still open, matters past, how many in all. `wrong`: why the number cannot be one."""

    calls: int = 0
    name: str = ""
    kind: str = ""
    phone: str = ""
    open: list[Ticket] = field(default_factory=list)
    past: list[Ticket] = field(default_factory=list)
    wrong: str = ""

    @property
    def last_rated(self) -> Ticket | None:
        return next((ticket for ticket in self.past if ticket.final_rating), None)


@pages.post("/callers")
def callers():
    """The left pane for the number being typed. A POST, so that no number stands in a log."""
    actor, session = require(AGENT), session_now()
    return render_template("operator/caller.html", who=caller_of(session, actor, read_call()["phone"]), names=reference(session))


@pages.post("/suggestions")
def suggestions():
    """The right pane, the sentence to read out and the words heard, for what has been typed so far."""
    actor, session, now = require(AGENT), session_now(), clock.now()
    typed = read_call()
    return render_template(
        "operator/suggestions.html", advice=advice_of(session, actor, typed, now), values=typed, names=reference(session)
    )


def caller_of(session: Session, actor: Actor, phone: str) -> Caller | None:
    """None before there is a number to look for. Found by keyed hash; nothing is decrypted."""
    try:
        digits = clean_phone(phone)
    except Invalid as bad:
        sentence = bad.fields["phone"][0]
        return Caller(wrong=_(sentence)) if len(phone) >= SHORTEST else None
    if len(digits) < SHORTEST:
        return None
    mine = sa.and_(visible(actor), Ticket.id.in_(tickets_of_phone(session, digits)))
    found = list(session.scalars(sa.select(Ticket).where(mine).order_by(Ticket.received_at.desc()).limit(MOST_SHOWN + 1)))
    if not found:
        return Caller()
    calls = len(found) if len(found) <= MOST_SHOWN else session.scalar(sa.select(sa.func.count()).where(mine)) or 0
    who = session.scalars(
        sa.select(Identity).where(Identity.ticket_id.in_([ticket.id for ticket in found])).order_by(Identity.ticket_id.desc())
    ).all()
    named = next((row for row in who if row.masked_name), who[0])
    shown = found[:MOST_SHOWN]
    return Caller(
        calls,
        named.masked_name,
        named.kind,
        named.masked_phone,
        [ticket for ticket in shown if ticket.status in OPEN],
        [ticket for ticket in shown if ticket.status not in OPEN],
    )


def count_since(session: Session, actor: Actor, since: datetime) -> int:
    """How many matters this person has taken from `since` on."""
    mine = sa.and_(Ticket.registered_by_id == actor.account_id, Ticket.received_at >= since)
    return session.scalar(sa.select(sa.func.count()).select_from(Ticket).where(mine)) or 0
