"""FALLBACK until tickets/suggest.py stands."""

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import visible
from app.web.operator.reading import before
from app.web.promises import Expected, expected
from tickets import risk
from tickets.actors import Actor
from tickets.catalogue import boundary_for, entry_for
from tickets.duties import Knowledge
from tickets.models import Ticket
from tickets.reference import reference


@dataclass(frozen=True)
class Take:
    code: str
    name: str
    sure: int
    why: str = ""
    role: str = ""
    basis: str = ""
    duty: str = ""


@dataclass(frozen=True)
class Twin:
    ticket: Ticket
    sure: int
    metres: int | None = None


@dataclass(frozen=True)
class Advice:
    categories: list[Take] = field(default_factory=list)
    units: list[Take] = field(default_factory=list)
    twins: list[Twin] = field(default_factory=list)
    articles: list[Knowledge] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    urgency: str = "ordinary"
    regions: list = field(default_factory=list)
    promise: Expected | None = None
    silent: bool = False
    words: str = ""


def advice_of(session: Session, actor: Actor, typed: dict, now: datetime) -> Advice | None:
    text = f"{typed['title']} {typed['content']}".strip()
    if len(text) < 4:
        return None
    names = reference(session)
    scored = sorted(((sum(text.count(w) for w in c.keywords), c) for c in names.categories.values()), key=lambda p: -p[0])[:3]
    cats = [Take(c.code, c.path_name, 60 + 15 * n, "、".join(w for w in c.keywords if w in text)) for n, c in scored if n]
    code = typed["category"] or (cats[0].code if cats else "")
    cat = names.category_codes.get(code)
    units = []
    entry = entry_for(session, cat.id if cat else None, typed["region"] or None, now)
    if entry:
        u = names.units[entry.unit_id]
        units.append(Take(u.code, u.name, 86, "", "lead", entry.basis))
        b = boundary_for(session, cat.id, now)
        for part in b.division if b and b.lead_unit_id == u.id else []:
            units.append(Take(part["unit"], names.units[part["unit_id"]].name, 72, part["ask"], "assist", b.basis))
    twins = [Twin(t, 80, 120) for t in session.scalars(sa.select(Ticket).where(visible(actor), Ticket.status.in_(("registered", "dispatched", "signed", "handling")), Ticket.category_id == (cat.id if cat else -1)).limit(3))]
    arts = list(session.scalars(sa.select(Knowledge).where(Knowledge.category_id == (cat.id if cat else -1)).limit(3)))
    urgency = risk.highest(typed["urgency"] or "ordinary", risk.urgency_of(text))
    heard = [w for ws in (*risk.SIGNALS.values(), risk.URGENT_WORDS) for w in ws if w in text]
    p = expected(session, "general", typed["appeal_type"], urgency, now)
    lead = next((u.name for u in units if u.role == "lead"), "")
    return Advice(cats, units, twins, arts, heard, risk.urgency_of(text), [], p, cat is not None and not units, before(typed, lead, p))
