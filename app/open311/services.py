"""The city's categories as services of the standard, and what more may be told of a matter (attributes), the same for every service."""

from dataclasses import dataclass

from app.errors import NotFound
from app.web.i18n import current_language, later
from app.web.i18n import gettext as _
from tickets import words
from tickets.reference import CategoryName, Reference

APPEAL_TYPES = (
    "help",
    "complaint",
    "consult",
    "suggestion",
    "praise",
    "other",
)  # a report 举报 is sealed: it comes by telephone or the portal
YES, NO = "true", "false"


@dataclass(frozen=True)
class Attribute:
    """One more question of a service; its values are asked of `values_of`."""

    code: str
    about: str
    hint: str


ATTRIBUTES = (
    Attribute("appeal_type", later("是求助、投诉还是别的"), later("不选按求助")),
    Attribute("region", later("在哪个街道"), later("不选就从地址里认")),
    Attribute("confidential", later("姓名电话对承办单位保密"), later("不选按不保密")),
)


def offered(names: Reference) -> list[CategoryName]:
    """The categories one files under: in use, with none in use below."""
    parents = {category.parent_id for category in names.categories.values() if category.active}
    return [category for category in names.categories.values() if category.active and category.id not in parents]


def service_of(names: Reference, code: str) -> CategoryName:
    """The category with this service_code, in use, whatever its level. Raises NotFound."""
    found = names.category_codes.get(code)
    if found is None or not found.active:
        raise NotFound("service_code 没有这一类，请先取 services")
    return found


def name_of(category: CategoryName) -> str:
    return category.name_en if current_language() == "en" and category.name_en else category.name


def row(names: Reference, category: CategoryName) -> dict:
    """One entry of the service list."""
    top = category
    while top.parent_id in names.categories:
        top = names.categories[top.parent_id]
    return {
        "service_code": category.code,
        "service_name": name_of(category),
        "description": category.path_name,
        "metadata": True,
        "type": "realtime",
        "keywords": ", ".join(category.keywords),
        "group": name_of(top),
    }


def definition(names: Reference, category: CategoryName) -> dict:
    """The attributes of one service."""
    listed = [
        {
            "variable": True,
            "code": one.code,
            "datatype": "singlevaluelist",
            "required": False,
            "datatype_description": _(one.hint),
            "order": order,
            "description": _(one.about),
            "values": [{"key": key, "name": name} for key, name in values_of(names, one.code).items()],
        }
        for order, one in enumerate(ATTRIBUTES, start=1)
    ]
    return {"service_code": category.code, "attributes": listed}


def values_of(names: Reference, code: str) -> dict[str, str]:
    """What may be answered to an attribute: key → words."""
    if code == "appeal_type":
        return {kind: _(words.APPEAL_TYPE[kind]) for kind in APPEAL_TYPES}
    if code == "region":
        return {
            region.code: region.name_en if current_language() == "en" else region.name
            for region in names.regions.values()
            if region.parent_code
        }
    return {NO: _("不保密"), YES: _("保密")}
