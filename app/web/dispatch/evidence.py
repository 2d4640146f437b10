"""Why this unit: everything the right pane says about one waiting ticket, and the form that sends it. Reads only."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import render_template
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import fetch_ticket, require, visible
from app.auth.models import Account
from app.web import choices_of
from app.web.conflicts import Clash
from app.web.dispatch.desk import pages
from app.web.i18n import gettext as _
from app.web.initials import findable
from app.web.naming import path_of
from app.web.operator.choices import categories, pairs
from app.web.promises import Expected, expected
from app.work import session_now
from tickets import codes, posts, risk, words
from tickets.actors import DISPATCHER, HANDLER, LIAISON, Actor
from tickets.catalogue import entry_for
from tickets.identity import shown
from tickets.models import Identity, Ticket
from tickets.nearby import likeness
from tickets.proposals import Proposal, propose
from tickets.reference import Reference, UnitName, reference
from tickets.suggest import suggest

PAST = timedelta(days=90)
MOST_PAST = 60
DONE = ("closed", "archived", "follow-up", "replied", "ledgered")


class Candidate(NamedTuple):
    """A unit that may be the lead: how sure, and why."""

    unit: UnitName
    sure: int
    why: str


class Past(NamedTuple):
    """What this unit has done with this category lately: `done` of `all`, `returned`, and the likest few with their likeness."""

    all: int = 0
    done: int = 0
    returned: int = 0
    like: tuple[tuple[Ticket, int], ...] = ()


@dataclass(frozen=True)
class Evidence:
    """One waiting ticket and all that speaks for or against sending it somewhere."""

    ticket: Ticket
    proposal: Proposal
    candidates: list[Candidate]
    past: Past
    promise: Expected
    who: dict
    twins: list[dict] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    duty: list[str] = field(default_factory=list)


@pages.get("/evidence/<number>")
def evidence(number: str):
    """The right pane for the row somebody selected."""
    actor, session, now = require(DISPATCHER), session_now(), clock.now()
    return pane(session, actor, fetch_ticket(session, actor, number), now)


def pane(
    session: Session,
    actor: Actor,
    ticket: Ticket,
    now: datetime,
    typed: dict | None = None,
    errors: dict | None = None,
    clash: Clash | None = None,
) -> str:
    """The pane's HTML; `typed`, `errors`, `clash` after a refusal: nothing typed is lost."""
    names = reference(session)
    return render_template(
        "dispatch/evidence.html",
        e=gather(session, actor, ticket, now),
        ticket=ticket,
        names=names,
        typed=typed or {},
        errors=errors or {},
        clash=clash,
        units=findable_units(names),
        tracks=pairs(codes.TRACKS, words.TRACK),
        **(_mending(names, ticket) if typed and typed.get("appeal_type") else {}),
    )


@pages.get("/tickets/<number>/corrections")
def correction(number: str):
    """The form that sets category, type and urgency right; fetched only when somebody wants it, for the categories are many."""
    actor, session = require(DISPATCHER), session_now()
    ticket, names = fetch_ticket(session, actor, number), reference(session)
    return render_template("dispatch/mend.html", ticket=ticket, typed={}, errors={}, **_mending(names, ticket))


def _mending(names: Reference, ticket: Ticket) -> dict:
    own = names.categories.get(ticket.category_id)
    return {
        "own": own.code if own else "",
        "categories": categories(names),
        "urgencies": pairs(codes.URGENCIES, words.URGENCY),
        "appeal_types": pairs(codes.APPEAL_TYPES, words.APPEAL_TYPE),
    }


def gather(session: Session, actor: Actor, ticket: Ticket, now: datetime) -> Evidence:
    """All of it, for one ticket."""
    names = reference(session)
    proposal = propose(session, [ticket], now)[ticket.id]
    text, lead = f"{ticket.title} {ticket.content}", proposal.lead
    said = suggest(
        session,
        text,
        ticket.region_code or "",
        now,
        lng=ticket.lng,
        lat=ticket.lat,
        address=ticket.address,
        category=proposal.category.code if proposal.category else "",
        scope=visible(actor),
    )
    twins = [] if ticket.sealed else [row for row in said["duplicates"] if row["number"] != ticket.number]
    return Evidence(
        ticket,
        proposal,
        candidates(session, names, ticket, proposal, said, now),
        past_of(session, actor, ticket, proposal, lead) if lead else Past(),
        expected(session, ticket.track, ticket.appeal_type, ticket.urgency, now),
        shown(ticket, session.get(Identity, ticket.id), actor),
        twins,
        list(dict.fromkeys([*proposal.heard, *(word for row in said["categories"][:1] for word in row["words"]), *risk.heard(text)])),
        on_duty(session, lead, now) if lead else [],
    )


def candidates(session: Session, names: Reference, ticket: Ticket, proposal: Proposal, said: dict, now: datetime) -> list[Candidate]:
    """At most three: the catalogue's lead, then the leads of the other kinds the words speak for, then the boundary list's parties."""
    found = [Candidate(proposal.lead, proposal.sure, proposal.basis)] if proposal.lead else []
    for row in said["categories"]:
        category = names.category_codes[row["code"]]
        if category == proposal.category:
            continue
        entry = entry_for(session, category.id, ticket.region_code, now)
        if entry is not None and names.units[entry.unit_id].live:
            found.append(Candidate(names.units[entry.unit_id], row["confidence"], f"{path_of(names, category)}{_('：')}{entry.basis}"))
    found += [Candidate(unit, 0, ask) for unit, ask in proposal.parts]
    return list({one.unit.id: one for one in reversed(found)}.values())[::-1][:3]


def past_of(session: Session, actor: Actor, ticket: Ticket, proposal: Proposal, unit: UnitName) -> Past:
    """The unit's last tickets of this category within 90 days."""
    if proposal.category is None:
        return Past()
    rows = list(
        session.scalars(
            sa.select(Ticket)
            .where(
                visible(actor),
                Ticket.lead_unit_id == unit.id,
                Ticket.category_id == proposal.category.id,
                Ticket.received_at > ticket.received_at - PAST,
                Ticket.id != ticket.id,
                sa.not_(Ticket.sealed),
            )
            .order_by(Ticket.received_at.desc())
            .limit(MOST_PAST)
        )
    )
    text = f"{ticket.title}{ticket.content}"
    like = sorted(((round(100 * likeness(text, f"{row.title}{row.content}")), row) for row in rows), key=lambda pair: -pair[0])[:3]
    done = [row for row in rows if row.status in DONE]
    return Past(len(rows), len(done), sum(row.returns > 0 for row in rows), tuple((row, share) for share, row in like if share >= 20))


def on_duty(session: Session, unit: UnitName, now: datetime) -> list[str]:
    """Who would receive it now: liaison and handler on duty."""
    wanted = [posts.on_duty(session, unit.id, role, now) for role in (LIAISON, HANDLER)]
    people = dict(session.execute(sa.select(Account.id, Account.name).where(Account.id.in_([one for one in wanted if one]))).all())
    return [people.get(one or 0, "") for one in wanted]


def findable_units(names: Reference) -> list[tuple[str, str, str]]:
    """Every unit that takes tickets: (code, name, what it is found by)."""
    return [(code, word, findable(word, names.unit_codes[code].short_name, code)) for code, word in choices_of.units(names)]
