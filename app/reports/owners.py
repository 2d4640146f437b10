"""Whose a figure is: a unit, the centre, or the promise to the citizen; their names and codes, their peer groups, the order they stand in."""

from app.reports.paper import NOTHING
from app.web.i18n import gettext as _
from app.web.naming import name_of
from escalation.reports import CENTRE, CITIZEN, Owner
from tickets import words
from tickets.reference import Reference

GROUPS = ("department", "district", "street", "company", "section", "city")


def owner_name(names: Reference, owner: Owner | None) -> str:
    """A unit's name; the centre; the promise to the citizen, which is no unit's alone."""
    if isinstance(owner, int):
        unit = names.units.get(owner)
        return name_of(unit) if unit else NOTHING
    return _("对市民的承诺") if owner == CITIZEN else _("热线中心")


def owner_code(names: Reference, owner: Owner | None) -> str:
    """A unit's code, as addresses and machines name it; None is the centre."""
    return names.units[owner].code if isinstance(owner, int) and owner in names.units else str(owner or CENTRE)


def group_of(names: Reference, owner: Owner) -> str:
    """The peer group: like is compared with like (domain §10)."""
    unit = names.units.get(owner) if isinstance(owner, int) else None
    return unit.kind if unit else ""


def group_name(group: str) -> str:
    return _(words.UNIT_KIND[group]) if group in words.UNIT_KIND else ""


def owners_in_order(names: Reference, owners) -> list[Owner]:
    """Promise, centre, then units by group and place in the tree: the order stays while people read."""

    def place(owner: Owner) -> tuple:
        if not isinstance(owner, int):
            return (-2 if owner == CITIZEN else -1, "")
        unit = names.units[owner]
        return (GROUPS.index(unit.kind) if unit.kind in GROUPS else len(GROUPS), unit.path)

    return sorted((owner for owner in owners if not isinstance(owner, int) or owner in names.units), key=place)
