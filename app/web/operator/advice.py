"""What tickets/suggest.py says about the words typed so far, as the right pane shows it, and the sentence the operator would read out."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from app.auth.access import visible
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from app.web.naming import name_of, path_of
from app.web.operator.choices import spoken_regions
from app.web.operator.reading import before
from app.web.promises import expected
from tickets import risk
from tickets.actors import LIAISON, Actor
from tickets.identity import clean_phone
from tickets.posts import on_duty
from tickets.reference import Reference, reference
from tickets.suggest import suggest

SHORTEST = 4
FIRMS = ("firm", "organisation")


@dataclass(frozen=True)
class Take:
    """A category or unit to take. `role`: lead, assisting, copy; "" for a category."""

    code: str
    name: str
    sure: int
    why: str = ""
    role: str = ""
    on_duty: bool | None = None


@dataclass(frozen=True)
class Advice:
    """The right pane: `duplicates` and `articles` are suggest.py's rows; `silent`: there is a category, but no unit for it."""

    categories: list[Take] = field(default_factory=list)
    units: list[Take] = field(default_factory=list)
    duplicates: list[dict] = field(default_factory=list)
    articles: list[dict] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    urgency: str = "ordinary"
    regions: list[tuple[str, str]] = field(default_factory=list)
    silent: bool = False
    words: str = ""


def advice_of(session: Session, actor: Actor, typed: dict, now: datetime) -> Advice | None:
    """None until there are words enough to go by."""
    text = f"{typed['title']} {typed['content']}".strip()
    if len(text) < SHORTEST:
        return None
    names = reference(session)
    said = suggest(
        session,
        text,
        typed["region"],
        now,
        phone=_phone(typed["phone"]),
        address=typed["address"],
        category=_known(names, typed["category"]),
        scope=visible(actor),
    )
    units = [_unit(session, names, row, now) for row in said["units"]]
    lead = next((unit.name for unit in units if unit.role == "lead"), "")
    urgency = risk.highest(typed["urgency"] if typed["urgency"] in ("urgent", "critical") else "ordinary", said["urgency"])
    promise = expected(session, _track(typed, urgency), typed["appeal_type"], urgency, now)
    return Advice(
        [_category(names, row) for row in said["categories"]],
        units,
        [_duplicate(names, row) for row in said["duplicates"]],
        said["articles"],
        risk.heard(text),
        said["urgency"],
        [] if typed["region"] else spoken_regions(names, text + typed["address"]),
        not lead and bool(typed["category"] or said["categories"]),
        before(typed, lead if _known(names, typed["category"]) else "", promise),
    )


def _category(names: Reference, row: dict) -> Take:
    words = "".join(f"“{word}”" for word in row["words"])
    past = _("同类 %(of)s 件中 %(here)s 件在此", of=row["of"], here=row["here"]) if row["here"] else ""
    learned = _("按办结件学到的 %(n)s %%", n=row["learned"]) if row["learned"] else ""
    return Take(
        row["code"],
        path_of(names, names.category_codes.get(row["code"])),
        row["confidence"],
        _("；").join(bit for bit in (words, past, learned) if bit),
    )


def _unit(session: Session, names: Reference, row: dict, now: datetime) -> Take:
    unit = names.unit_codes[row["code"]]
    lead = row["role"] == "lead"
    why = row["why"] if current_language() == "zh" or row["role"] == "assisting" else row["basis"]
    return Take(
        unit.code,
        name_of(unit),
        row["confidence"] if row["role"] != "copy" else 0,
        why if row["role"] != "copy" else _("属地知情"),
        row["role"],
        on_duty(session, unit.id, LIAISON, now) is not None if lead else None,
    )


def _duplicate(names: Reference, row: dict) -> dict:
    unit = next((unit for unit in names.units.values() if unit.name == row["unit"]), None)
    return row | {"unit": name_of(unit)}


def _track(typed: dict, urgency: str) -> str:
    """The track registering would give it (tickets/intake.py)."""
    return "urgent" if urgency != "ordinary" else "enterprise" if typed["kind"] in FIRMS else "general"


def _known(names: Reference, code: str) -> str:
    return code if code in names.category_codes else ""


def _phone(typed: str) -> str:
    """The number when it is one, else nothing: half a number is no number."""
    digits = "".join(letter for letter in typed if letter.isdigit())
    return clean_phone(typed) if len(digits) in (8, 10, 11, 12) and not (len(digits) == 10 and digits.startswith("1")) else ""
