"""The blueprint of the reports of figures, who reads them, and what an address asks for."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from flask import Blueprint, request, url_for

from app.errors import Invalid
from app.reports import catalogue
from app.reports.owners import GROUPS, group_name
from app.web import forms, said
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import name_of
from app.web.report_parts import period_of
from escalation.metrics.asking import Period
from escalation.metrics.months import next_month
from tickets import codes, words
from tickets.actors import LEADER, PUBLISHER, SUPERVISOR
from tickets.reference import Reference

pages = Blueprint("figures", __name__, url_prefix="/desk/reports")
pages.context_processor(said.context)
READERS = catalogue.READERS["units"]
KEEPERS = (SUPERVISOR, LEADER, PUBLISHER)
KEPT = ("from", "to", "month", "unit", "group", "channel", "category", "live")
NAMES = {
    "units": later("单位成绩"),
    "ratings": later("好差评"),
    "channels": later("渠道对账"),
    "enterprise": later("企业服务"),
    "metrics": later("指标总表"),
}


@pages.app_context_processor
def _nav() -> dict:
    return {"report_nav": nav}


def nav() -> list[tuple[str, str, bool]]:
    """The reports there are: word, address, whether it is this one."""
    listed = [
        (_("升级与红黄牌"), url_for("reports.escalations")),
        *((_(word), url_for("figures.show", name=name)) for name, word in NAMES.items()),
        (_("吹哨报到"), url_for("whistle_report.show")),
        (_("热点"), url_for("hotspot_report.show")),
        (_("专题专席"), url_for("specials.report")),
        (_("被反映企业"), url_for("companies.show")),
        (_("简报"), url_for("bulletins.show")),
        (_("社会知晓度"), url_for("figures.awareness")),
        (_("月份和口径"), url_for("figures.books")),
    ]
    return [(word, href, request.path == href) for word, href in listed]


def asked_of(args: Mapping, names: Reference, now: datetime) -> Period:
    """The part an address names: `month=2026-10` or `from` and `to`, narrowed by unit or group, channel, category; `live=1` for today's counting of a frozen month.

    Raises Invalid naming every field that is bad.
    """
    unit, group, channel, category = (args.get(name, "") for name in ("unit", "group", "channel", "category"))
    bad = {}
    if unit and unit != "centre" and unit not in names.unit_codes:
        bad["unit"] = "没有这个单位"
    if group and group not in GROUPS:
        bad["group"] = "没有这个同类组"
    if channel and channel not in codes.CHANNELS:
        bad["channel"] = "没有这个渠道"
    if category and category not in names.category_codes:
        bad["category"] = "没有这个分类"
    since, until = _days(args, now, bad)
    units = (
        (0,)
        if unit == "centre"
        else (names.unit_codes[unit].id,)
        if unit
        else tuple(one.id for one in names.units.values() if one.kind == group)
        if group
        else None
    )
    categories = (
        tuple(one.id for one in names.categories.values() if one.code == category or one.code.startswith(f"{category}."))
        if category
        else None
    )
    return Period(since, until, units, categories, channel, args.get("live") == "1")


def _days(args: Mapping, now: datetime, bad: dict[str, str]) -> tuple[date, date]:
    month = args.get("month", "")
    if not month:
        return period_of(args, now, bad)
    [first] = forms.each(lambda name: _first_of(month), "month", wrong=bad)
    return first, next_month(first) - timedelta(days=1)


def _first_of(month: str) -> date:
    first = forms.day(f"{month}-01", "month") if len(month) == 7 else None
    if first is None:
        raise Invalid(month="月份写成 2026-10 这样")
    return first


def about(names: Reference, args: Mapping) -> str:
    """What the report was narrowed to, in words."""
    unit, group, channel, category = (args.get(name, "") for name in ("unit", "group", "channel", "category"))
    parts = [
        _("热线中心") if unit == "centre" else name_of(names.unit_codes.get(unit)) or group_name(group),
        _(words.CHANNEL[channel]) if channel in words.CHANNEL else "",
        name_of(names.category_codes.get(category)),
    ]
    return " · ".join(part for part in parts if part)


def kept(**changes) -> dict[str, str]:
    """The filters of this address, to go along with every link."""
    found = {name: request.args[name] for name in KEPT if request.args.get(name)} | changes
    return {name: value for name, value in found.items() if value}
