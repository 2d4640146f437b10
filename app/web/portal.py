"""The front door of the city: the hero, the code box, answers to common questions, last month's figures, how a matter goes, who does what."""

from datetime import datetime
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.principal import open_to_all
from app.errors import Invalid
from app.reports.bulletins import document_of
from app.web import knocks, outcomes
from app.web.i18n import gettext as _
from app.web.naming import path_of, unit_name
from app.work import session_now
from escalation import bulletins
from escalation.limits import PROMISE, Limit
from escalation.rules import limits_of
from escalation.words import LENGTH, LIMIT
from tickets import knowledge, words
from tickets.boundaries import published
from tickets.duties import Knowledge
from tickets.reference import reference

pages = Blueprint("portal", __name__)
FRESH = 300.0
MOST_ASKED = 20
_held: WeakKeyDictionary = WeakKeyDictionary()
LIMITS_SHOWN = (
    "dispatch-urgent",
    "dispatch",
    "sign",
    "urgent-response",
    "first-contact",
    "consult-reply",
    "general-reply",
    "urgent-reply",
    "enterprise-solve",
    "mediation",
    "petition-simple",
    "petition-ordinary",
    "rework",
    "rating-contact",
    "rectify",
)


@pages.get("/")
@open_to_all
def home():
    """The portal."""
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = [(row, unit_name(names, row.unit_id)) for row in _asked(session, now)[:6]]
    return render_template(
        "portal/home.html",
        asked=asked,
        month=outcomes.last_month(session, now),
        steps=[_(word) for word in words.STEPS],
        promise=_promises(session, now),
    )


@pages.get("/answers")
@open_to_all
@knocks.glance
def answers():
    """Search over the public knowledge base; without words, what people ask most."""
    session, q, error = session_now(), request.args.get("q", "").strip()[:100], ""
    try:
        found = knowledge.find(session, q, clock.local(clock.now()).date()) if q else _asked(session, clock.now())
    except Invalid as bad:
        found, error = [], " ".join(_(sentence) for sentence in bad.fields.get("q", []))
    names = reference(session)
    return render_template("portal/answers.html", q=q, error=error, found=[(row, unit_name(names, row.unit_id)) for row in found])


@pages.get("/answers/<int:entry_id>")
@open_to_all
def answer(entry_id: int):
    """One answer, with its source, its keeper and its age."""
    session = session_now()
    row, names = knowledge.entry(session, entry_id, clock.local(clock.now()).date()), reference(session)
    return render_template(
        "portal/answer.html",
        entry=row,
        unit=unit_name(names, row.unit_id),
        phone=names.units[row.unit_id].phone,
        category=path_of(names, names.categories.get(row.category_id)),
    )


@pages.get("/flow")
@open_to_all
def flow():
    """How a matter goes, in public: steps, limits, rights, what is not taken and where to go instead (R36)."""
    session, now = session_now(), clock.now()
    book = limits_of(session, now)
    rows = [(_(LIMIT[code]), _length(book[code]), book[code].article, book[code].kind == PROMISE) for code in LIMITS_SHOWN if code in book]
    refusals = [(_(word), _(words.ROUTE[code])) for code, word in words.REFUSAL.items()]
    return render_template("portal/flow.html", rows=rows, refusals=refusals, steps=[_(word) for word in words.STEPS])


@pages.get("/figures")
@open_to_all
def figures():
    """How the three figures are counted, by unit and by channel; cells below five are left out (domain §10)."""
    session = session_now()
    names, month = reference(session), outcomes.last_month(session, clock.now())
    units = [(unit_name(names, unit), outcomes.Rate(good, due)) for unit, due, good in month.units]
    return render_template(
        "portal/figures.html",
        month=month,
        units=units,
        channels=[(_(words.CHANNEL[code]), n) for code, n in month.channels if n >= outcomes.FEWEST],
        fewest=outcomes.FEWEST,
    )


@pages.get("/duties")
@open_to_all
def duties():
    """The published boundary list: matters that take several departments, who leads, who does which part, on what basis (R45)."""
    session = session_now()
    names = reference(session)
    rows = [
        {
            "title": row.title,
            "version": row.version,
            "since": row.effective_from,
            "basis": row.basis,
            "lead": unit_name(names, row.lead_unit_id),
            "category": path_of(names, names.categories.get(row.category_id)),
            "parts": [(unit_name(names, part["unit_id"]), part["ask"]) for part in row.division],
        }
        for row in published(session, clock.now())
    ]
    return render_template("portal/duties.html", rows=rows)


@pages.get("/cases")
@open_to_all
@knocks.glance
def cases():
    """Typical cases, written by people and issued by the centre (JN §33, BJ §34)."""
    return render_template("portal/cases.html", rows=bulletins.cases(session_now()))


@pages.get("/cases/<int:row_id>")
@open_to_all
@knocks.glance
def case(row_id: int):
    """One case, with the figures it was issued with."""
    row = bulletins.case(session_now(), row_id)
    return render_template("portal/case.html", row=row, document=document_of(row, row.figures or {}, "", ""))


@pages.get("/find-code")
@open_to_all
def find_code():
    """Why we do not tell codes online, and how to get yours."""
    return render_template("portal/find_code.html")


@pages.get("/privacy")
@open_to_all
def privacy():
    """What happens with personal data (PIPL §17): read before one consents."""
    return render_template("portal/privacy.html")


def _asked(session: Session, now: datetime) -> list[Knowledge]:
    """What people ask most, counted at most every five minutes per process; what was taken out meanwhile is left out."""
    engine = session.get_bind().engine
    held = _held.get(engine)
    if held is None or not held[1] or clock.ticks() - held[0] > FRESH:
        held = _held[engine] = (clock.ticks(), [row.id for row in knowledge.asked_about(session, now, MOST_ASKED)])
    rows = {row.id: row for row in session.scalars(sa.select(Knowledge).where(Knowledge.id.in_(held[1]), Knowledge.public))}
    return [rows[one] for one in held[1] if one in rows]


def _length(limit: Limit) -> str:
    """As "5 个工作日", "30 分钟"."""
    return _(LENGTH[limit.unit], n=limit.length)


def _promises(session: Session, now: datetime) -> dict[str, str]:
    """The lengths the portal names, from the limits in force."""
    book = limits_of(session, now)
    return {code: _length(book[code]) for code in ("general-reply", "urgent-response") if code in book}
