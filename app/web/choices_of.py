"""Lists to choose from in this room's forms: units, categories, reasons to look at an identity, who may be put in charge."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import name_of, named_of, path_of
from tickets.away import gone
from tickets.reference import Reference

REASONS = {
    "first-contact": later("首次联系"),
    "visit": later("上门核查"),
    "delivery": later("当面送达"),
    "asked": later("市民要求"),
    "follow-up": later("回访"),
    "other": later("其他"),
}


def units(names: Reference) -> list[tuple[str, str]]:
    """Every unit that takes tickets, in the order of the tree."""
    return [
        (unit.code, name_of(unit))
        for unit in sorted(names.units.values(), key=lambda unit: unit.path)
        if unit.live and unit.kind not in ("city", "centre")
    ]


def categories(names: Reference) -> list[tuple[str, str]]:
    """Every category in use, with its path."""
    return [(category.code, path_of(names, category)) for category in names.categories.values() if category.active]


def reveal_reasons() -> list[tuple[str, str]]:
    return [(code, _(word)) for code, word in REASONS.items()]


def mates(session: Session, names: Reference, unit_id: int, now: datetime) -> list[tuple[int, str]]:
    """Whom a unit may put in charge of its part (posts.in_charge): everybody in use there and in its sections, who is away marked; one statement."""
    own = [one for one in names.below(unit_id) if one == unit_id or names.units[one].kind == "section"]
    why = gone(Account.id, Account.unit_id, now)
    rows = session.execute(sa.select(Account.id, Account.name, why).where(Account.unit_id.in_(own), Account.active).order_by(Account.id))
    return [(account, named_of(name, said)) for account, name, said in rows]
