"""What the form offers: codes with their words, regions, categories with everything one may find them by."""

from sqlalchemy.orm import Session

from app.web.i18n import aside, current_language
from app.web.i18n import gettext as _
from app.web.initials import findable
from app.web.naming import name_of, path_of
from tickets import codes, words
from tickets.reference import Reference, reference

KINDS = ("person", "firm", "organisation", "anonymous")
_kept: dict[str, tuple[Reference, list]] = {}


def for_call(session: Session) -> dict:
    """Template values of the call screen."""
    names = reference(session)
    return {
        "channels": [("phone", _("电话")), ("visit", _("来访"))],
        "appeal_types": pairs(codes.APPEAL_TYPES, words.APPEAL_TYPE),
        "urgencies": pairs(codes.URGENCIES, words.URGENCY),
        "kinds": pairs(KINDS, words.APPELLANT_KIND),
        "refusals": [(code, _(words.REFUSAL[code]), _(words.ROUTE[code])) for code in codes.REFUSALS],
        "lines": [("110", _("110 报警")), ("119", _("119 火警、救援")), ("120", _("120 急救")), ("122", _("122 交通事故"))],
        "regions": regions(names),
        "categories": categories(names),
        "answer_models": [(_(words.RESULT[code]), _(words.REPLY_MODEL[code])) for code in ("explained", "resolved", "unreasonable")],
    }


def pairs(allowed, said: dict) -> list[tuple[str, str]]:
    """(code, word) in the order of the codes."""
    return [(code, _(said[code])) for code in allowed]


def regions(names: Reference) -> list[tuple[str, str]]:
    """Streets with their district, and the districts themselves: (code, name)."""
    found = []
    for code, region in names.regions.items():
        above = names.regions.get(region.parent_code or "")
        found.append((code, name_of(region) + aside(name_of(above)) if above else name_of(region)))
    return sorted(found, key=lambda pair: pair[0])


def spoken_regions(names: Reference, text: str) -> list[tuple[str, str]]:
    """Streets that are named in the text, at most two: (code, name)."""
    streets = [region for region in names.regions.values() if region.parent_code]
    return [(one.code, name_of(one)) for one in streets if one.name.removesuffix("街道").removesuffix("镇") in text][:2]


def categories(names: Reference) -> list[tuple[str, list[tuple[str, str, str]]]]:
    """Active categories grouped by their first level: (group, [(code, path below it, what it is found by)]). Built once per load of the names."""
    language = current_language()
    held = _kept.get(language)
    if held is None or held[0] is not names:
        held = _kept[language] = (names, _grouped(names))
    return held[1]


def _grouped(names: Reference) -> list:
    parents = {category.parent_id for category in names.categories.values()}
    groups: dict[str, list] = {}
    for category in names.categories.values():
        if not category.active:
            continue
        path = path_of(names, category)
        top = path.split(" › ", 1)[0]
        below = path.split(" › ", 1)[1] if " › " in path else path
        whole = category.id in parents
        groups.setdefault(top, []).append(
            (
                category.code,
                _("%(name)s（整类）", name=below) if whole else below,
                findable(path, category.code.replace(".", " "), " ".join(category.keywords)),
            )
        )
    return list(groups.items())
