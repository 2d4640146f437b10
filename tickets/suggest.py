"""What the words of one matter suggest while they are typed: its kind, the units, likely copies, articles; each with its reason. Reads only.

Kinds are told by the citizens' own words (hearing.py), by what past tickets with the same words were, and by what was learned from closed ones
(learning.py), if anything was; units by the catalogue alone. Likely copies are copies.py's.
At most six statements, each bounded; names come from memory.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from app.clock import local
from tickets import risk
from tickets.catalogue import in_force
from tickets.copies import Matter, likely_copies
from tickets.duties import Boundary, CatalogueEntry, Knowledge
from tickets.hearing import Word, ear_of
from tickets.knowledge import valid_on
from tickets.learning import KINDS as LEARNED_KINDS
from tickets.learning import learned
from tickets.models import Ticket
from tickets.reference import CategoryName, Reference, UnitName, reference
from tickets.text import bigrams, normal, query_of

KINDS, ARTICLES = 3, 3
SAMPLE = 200  # past tickets looked at
TOLD = 300  # characters by which articles are chosen out of hundreds
DOUBT = 1.2  # weight of "something else": keeps one weak word from sounding sure
VOICE = 3.0  # the most all past tickets together weigh, beside words of 1 to 2.4 each
LEARNED = 3.0  # what a model that is quite sure weighs
HARDLY = 0.05  # shares of a model that are not worth saying
STAND = 12.0  # past tickets it takes to halve the weight of a kind in a branch none of them was in
MOST = 96
STEP_UP = 5  # per cent lost for every level the catalogue entry lies above the kind


@dataclass
class Kind:
    """A category the words speak for: `sure` 0–100, the words heard, and of `of` past tickets with such words `here` were of this kind; `learned`:
    per cent the model gives it."""

    category: CategoryName
    sure: int
    words: list[str] = field(default_factory=list)
    here: int = 0
    of: int = 0
    learned: int = 0


def suggest(
    session: Session,
    text: str,
    region: str,
    now: datetime,
    phone: str = "",
    lng: float | None = None,
    lat: float | None = None,
    *,
    address: str = "",
    category: str = "",
    scope=None,
) -> dict:
    """{"categories", "units", "duplicates", "articles", "urgency", "flags"}, likeliest first (api.md GET /suggestions).

    `region`: the street's or district's code; `category`: when a person has chosen one, units are those of it; `scope`: the SQL test for
    the tickets the asker may read, default all but sealed ones.
    """
    matter = Matter(text, region, address, phone, category, lng, lat)
    names = reference(session)
    heard = ear_of(names).words(text)
    past = _past(session, heard)
    kinds = _kinds(names, heard, past, _learned(session, names, text))
    chosen = names.category_codes.get(category)
    lines = [_line(names, chosen)] if chosen else [_line(names, kind.category) for kind in kinds]
    return {
        "categories": [_told_kind(kind) for kind in kinds],
        "units": _units(session, names, matter, kinds, lines, past, now),
        "duplicates": likely_copies(session, names, matter, heard, {kind.category.id for kind in kinds}, now, scope),
        "articles": _articles(session, text, heard, lines, local(now).date()),
        "urgency": risk.urgency_of(text),
        "flags": risk.signals(text),
    }


def _past(session: Session, heard: list[Word]) -> Counter:
    """(category, lead unit) of up to SAMPLE past tickets that hold one of the two most telling words heard."""
    asked = [query_of(word.text) for word in heard[:2]]
    if not asked:
        return Counter()
    words = sa.cast(" | ".join(f"({one})" for one in asked if one), TSQUERY)
    near = (
        sa.select(Ticket.category_id, Ticket.lead_unit_id)
        .where(Ticket.search.op("@@")(words), Ticket.category_id.is_not(None))
        .limit(SAMPLE)
        .subquery()
    )
    return Counter({(kind, unit): n for kind, unit, n in session.execute(sa.select(near, sa.func.count()).group_by(*near.c))})


def _learned(session: Session, names: Reference, text: str) -> dict[int, float]:
    """Category → the share the model gives it, where there is a model and the category is still in use."""
    model = learned(session.info.get("models"), LEARNED_KINDS)
    guesses = model.guess(text) if model else []
    known = [
        (names.category_codes[guess.label], guess.share)
        for guess in guesses
        if guess.label in names.category_codes and guess.share > HARDLY
    ]
    return {category.id: share for category, share in known if category.active and category.level > 1}


def _kinds(names: Reference, heard: list[Word], past: Counter, model: dict[int, float]) -> list[Kind]:
    """The likeliest kinds: those the words name and those past tickets with these words were, each held to the branch of the tree they mostly were in;
    and those the model names."""
    votes, branches = Counter[int](), Counter[int]()
    for (category, _), n in past.items():
        if category in names.categories:
            votes[category] += n
            branches[_line(names, names.categories[category])[-1].id] += n
    total = sum(votes.values())
    evidence: defaultdict[int, float] = defaultdict(float)
    said: dict[int, list[str]] = {}
    for word in heard:
        for kind in word.kinds:
            evidence[kind] += word.weight
            said.setdefault(kind, []).append(word.text)
    voice = min(VOICE, math.log2(1 + total) / 2)
    for category, n in votes.items():
        if names.categories[category].active and names.categories[category].level > 1:
            evidence[category] += voice * n / total
    for kind in evidence:
        of_branch = branches[_line(names, names.categories[kind])[-1].id]
        evidence[kind] *= (of_branch + STAND) / (total + STAND)
    for kind, share in model.items():
        evidence[kind] += LEARNED * share
    whole = sum(evidence.values()) + DOUBT
    return [
        Kind(
            names.categories[category],
            _sure(weight / whole),
            said.get(category, []),
            votes[category],
            total,
            round(100 * model.get(category, 0)),
        )
        for category, weight in sorted(evidence.items(), key=lambda each: -each[1])[:KINDS]
    ]


def _sure(share: float) -> int:
    """Per cent from a kind's share of the evidence. Measured on real messages: where it says 40–59 two of three are right, at 60–89 six of seven."""
    return min(MOST, round(100 * (1 - (1 - share) ** 1.8)))


def _told_kind(kind: Kind) -> dict:
    why = "".join(f"“{word}”" for word in kind.words)
    if kind.here:
        why += ("；" if why else "") + f"同类 {kind.of} 件中 {kind.here} 件在此"
    if kind.learned:
        why += ("；" if why else "") + f"按办结件学到的 {kind.learned} %"
    return {
        "code": kind.category.code,
        "name": kind.category.path_name,
        "confidence": kind.sure,
        "why": why,
        "words": kind.words,
        "here": kind.here,
        "of": kind.of,
        "learned": kind.learned,
    }


def _line(names: Reference, category: CategoryName) -> list[CategoryName]:
    """The category and its ancestors, nearest first."""
    line = [category]
    while line[-1].parent_id in names.categories:
        line.append(names.categories[line[-1].parent_id])
    return line


def _units(
    session: Session, names: Reference, matter: Matter, kinds: list[Kind], lines: list[list[CategoryName]], past: Counter, now: datetime
) -> list[dict]:
    """The lead by the catalogue, its assistants by the boundary list, the street for information: exactly one lead or nobody."""
    wanted = {category.id for line in lines for category in line}
    if not wanted:
        return []
    entries = session.scalars(sa.select(CatalogueEntry).where(CatalogueEntry.category_id.in_(wanted), in_force(CatalogueEntry, now))).all()
    leads = [_entry(names, entries, line, matter.region) for line in lines]
    sure: Counter = Counter()
    surely = [MOST] if matter.category else [kind.sure for kind in kinds]
    for entry, line, kind_sure in zip(leads, lines, surely, strict=False):
        if entry is not None:
            step = next(steps for steps, category in enumerate(line) if category.id == entry.category_id)
            sure[entry.unit_id] += max(0, kind_sure - STEP_UP * step)
    first = leads[0]
    if first is None or not names.units[first.unit_id].live:
        return []
    done, of = sum(n for (_, unit), n in past.items() if unit == first.unit_id), sum(n for (_, unit), n in past.items() if unit is not None)
    lead = names.units[first.unit_id]
    why = first.basis + (f"；同类 {of} 件中 {done} 件由它办" if done else "")
    found = [_told_unit(lead, "lead", min(MOST, sure[first.unit_id]), why, first.basis)]
    bounds = session.scalars(
        sa.select(Boundary).where(Boundary.category_id.in_([category.id for category in lines[0][:2]]), in_force(Boundary, now))
    ).all()
    boundary = min(
        (bound for bound in bounds if bound.lead_unit_id == lead.id), key=lambda bound: bound.category_id != lines[0][0].id, default=None
    )
    for part in boundary.division if boundary else []:
        found.append(
            _told_unit(names.units[part["unit_id"]], "assisting", max(0, found[0]["confidence"] - 10), part["ask"], boundary.basis)
        )
    street = next((unit for unit in names.units.values() if unit.kind == "street" and unit.region_code == matter.region), None)
    if street is not None and street.id != lead.id:
        found.append(_told_unit(street, "copy", found[0]["confidence"], "属地知情", ""))
    return found


def _told_unit(unit: UnitName, role: str, confidence: int, why: str, basis: str) -> dict:
    return {"code": unit.code, "name": unit.name, "role": role, "confidence": confidence, "why": why, "basis": basis}


def _entry(names: Reference, entries, line: list[CategoryName], region: str) -> CatalogueEntry | None:
    """The most particular entry for a line of categories: nearest category first, then the street, its district, anywhere."""
    up = {category.id: steps for steps, category in enumerate(line)}
    own = names.regions.get(region)
    near = {None: 2} | ({own.parent_code: 1, own.code: 0} if own else {})
    fitting = [entry for entry in entries if entry.category_id in up and entry.region_code in near]
    return min(fitting, key=lambda entry: (up[entry.category_id], near[entry.region_code]), default=None)


def _articles(session: Session, text: str, heard: list[Word], lines: list[list[CategoryName]], day: date) -> list[dict]:
    """Knowledge in force on the kinds heard, or holding the words; the nearest kind and most shared words first."""
    wanted = [category.id for line in lines for category in line[:2]]
    asked = " | ".join(f"({one})" for one in (query_of(word.text) for word in heard[:3]) if one)
    tests = [Knowledge.category_id.in_(wanted)] if wanted else []
    tests += [Knowledge.search.op("@@")(sa.cast(asked, TSQUERY))] if asked else []
    if not tests:
        return []
    pairs = bigrams(text)
    told = sa.cast(" | ".join(f"'{pair}'" for pair in bigrams(text[:TOLD])), TSQUERY)
    near = sa.func.ts_rank(Knowledge.search, told).desc()
    rows = session.scalars(sa.select(Knowledge).where(sa.or_(*tests), valid_on(day)).order_by(near, Knowledge.id).limit(15)).all()
    ranked = sorted(rows, key=lambda row: (-_nearness(row, pairs, wanted), row.id))
    return [
        {
            "id": row.id,
            "title": row.title,
            "content": row.content,
            "article": row.article,
            "unit_id": row.unit_id,
            "updated_at": row.updated_at,
        }
        for row in ranked[:ARTICLES]
    ]


def _nearness(row: Knowledge, pairs: list[str], wanted: list[int]) -> int:
    """Shared pairs of characters, the title's thrice, and how near its kind is to those heard."""
    title, content = normal(row.title), normal(row.content)
    return sum(3 * (pair in title) + (pair in content) for pair in pairs) + (
        20 - wanted.index(row.category_id) if row.category_id in wanted else 0
    )
