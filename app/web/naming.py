"""Names of units, categories and regions in the language of the request; both stand in the rows."""

from app.web.i18n import aside, current_language
from app.web.i18n import gettext as _
from tickets import words
from tickets.reference import CategoryName, Reference


def name_of(row) -> str:
    """The name of a unit, category or region; "" for None."""
    if row is None:
        return ""
    return row.name_en if current_language() == "en" and row.name_en else row.name


def short_of(unit) -> str:
    """A unit's short name: 水务集团; the full one in English."""
    if unit is None:
        return ""
    return name_of(unit) if current_language() == "en" else unit.short_name


def path_of(names: Reference, category: CategoryName | None) -> str:
    """As "城乡建设 › 排水 › 污水倒灌"; "" for None."""
    if category is None:
        return ""
    if current_language() != "en":
        return category.path_name
    line = [category]
    while line[0].parent_id in names.categories:
        line.insert(0, names.categories[line[0].parent_id])
    return " › ".join(name_of(one) for one in line)


def unit_name(names: Reference, unit_id: int | None) -> str:
    """The unit's name by its id; "" when there is none."""
    return name_of(names.units.get(unit_id)) if unit_id else ""


def region_name(names: Reference, code: str | None) -> str:
    """The region's name by its code; "" when there is none."""
    return name_of(names.regions.get(code)) if code else ""


def named_of(name: str, why: str) -> str:
    """Somebody who was named for something, and beside the name why they are not there (away.gone), if so: "王强（外出中）"."""
    return name + aside(_(words.GONE[why])) if why else name
