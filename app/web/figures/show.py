"""The five reports of figures as pages and files."""

from datetime import datetime, timedelta
from statistics import median

from flask import render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible
from app.reports import units
from app.reports.catalogue import of_figures
from app.reports.gathered import Gathered, gather
from app.reports.paper import COUNT, Column
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web.figures.room import READERS, about, asked_of, kept, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.seen import Seen
from app.work import session_now
from escalation.metrics import asking, months
from escalation.metrics.asking import Period
from escalation.metrics.behind import tickets_behind
from escalation.metrics.figures import FIGURES
from escalation.metrics.ranking import TIER_WORDS
from escalation.metrics.table import BY_CODE, THREE_RATES
from tickets import codes, words
from tickets.reference import reference

KINDS = "<any(units, ratings, channels, enterprise, metrics):name>"
LINKED = {"open": ("overdue", "answered", "reworking", "ledgered"), "closed_all": ("closed_on_time", "closed_late")}
LATEST = 6


@pages.get(f"/{KINDS}")
def show(name: str):
    """One report; `?from&to` or `?month`, `unit group channel category live` narrow it."""
    actor = require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    found = gather(session, asked, now)
    paper = of_figures(session, name, found, now, about(names, request.args))
    shown = {
        "name": name,
        "paper": paper,
        "found": found,
        "asked": asked,
        "formats": list(FORMATS),
        "spans": parts.spans(now),
        "cells_of": parts.cells_of,
        "kept": kept,
        "figures_of": figures_of,
        "missing_of": missing_of,
        "months": months.frozen_months(session),
        "rates": rates(found, name),
        "drills": not visible_nothing(actor),
        "channels": [(code, _(words.CHANNEL[code])) for code in codes.CHANNELS],
        "groups": [(group, word, len(members)) for group, word, members in _groups(found)],
        "chosen": request.args.get("unit", ""),
        "categories": [(one.code, name_of(one)) for one in names.categories.values() if one.level == 1],
        "line_of": found.settings.line_of,
    }
    if name == "units":
        shown |= units_page(session, found, actor, now)
    return render_template("report/units.html" if name == "units" else "report/figures.html", **shown)


@pages.get(f"/{KINDS}/files/<kind>")
def file(name: str, kind: str) -> Response:
    """The same report, narrowed the same way, as a file."""
    require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    return parts.sent(
        of_figures(session, name, gather(session, asked, now), now, about(names, request.args)), kind, asked.since, asked.until
    )


def figures_of(column: Column, row: dict) -> tuple[str, ...]:
    """The figures a cell counts, by which its tickets are found; none for what no ticket adds up to."""
    if column.key in ("n", "above", "below") and "figure" in row:
        return (row["figure"],) if column.key == "n" else ()
    if "metric" in row and column.key in ("above", "below") and not isinstance(row["metric"], str):
        wanted = row["metric"].above if column.key == "above" else row["metric"].below
    elif column.key.endswith(("_above", "_below")) and column.key[:-6] in BY_CODE:
        metric = BY_CODE[column.key[:-6]]
        wanted = metric.above if column.key.endswith("_above") else metric.below
    else:
        wanted = LINKED.get(column.key, (column.key,) if column.kind == COUNT else ())
    return wanted if wanted and all(name in FIGURES for name in wanted) else ()


def missing_of(column: Column, row: dict) -> dict[str, list[str]]:
    """Of a metric under its line, what leads to the tickets it lacks (R25); nothing where no ticket adds up to it."""
    metric = row.get("metric")
    if column.key != "reached" or not row.get("short") or metric.low or any(name not in FIGURES for name in (*metric.above, *metric.below)):
        return {}
    return {"figure": list(metric.below), "without": list(metric.above)}


def visible_nothing(actor) -> bool:
    """Whether this person reads figures but no ticket (a publisher)."""
    return str(visible(actor)) == "false"


def rates(found: Gathered, name: str) -> list[tuple]:
    """The rates beside the tables: name, share, above, below, target in percent."""
    shown = {
        "units": THREE_RATES,
        "ratings": ("good", "rated", "coverage"),
        "channels": ("direct", "accepted-in-time", "answered-calls", "answered-in-15s"),
        "enterprise": (),
        "metrics": THREE_RATES,
    }
    listed = []
    for code in shown[name]:
        value, line = found.value(code), found.settings.line_of(code)
        listed.append((_(BY_CODE[code].name), value.share, value.numerator, value.denominator, None if line is None else round(line * 100)))
    return listed


def units_page(session: Session, found: Gathered, actor, now: datetime) -> dict:
    """What the page of units has beside its paper: standings, medians, the chosen unit's causes and tickets, twelve months."""
    standings = units.stand(found)
    middles = {
        group: median(scores)
        for group, members in found.groups(whole=True).items()
        if (scores := [standings[one].score for one in members if standings[one].ranked])
    }
    late = tickets_behind(session, found.asked, ("overdue", "closed_late"), now, visible(actor))[0]
    return {
        "standings": standings,
        "middles": {group: 6 + 156 * middle for group, middle in middles.items()},
        "medians": middles,
        "tier_words": {name: _(word) for name, word in TIER_WORDS.items()},
        "tier_letters": dict(zip(TIER_WORDS, "ABCD", strict=True)),
        "causes": _causes(session, found, now),
        "trend": _trend(session, found, now),
        "group_of": lambda unit: found.names.units[unit].kind,
        "late": [{"number": one.number, "title": Seen(one, actor).title, "due": one.due_at} for one in late[:LATEST]],
    }


def _causes(session: Session, found: Gathered, now: datetime) -> list[tuple[str, str, int]]:
    """Where what was late is crowded: second-level categories, most first."""
    counted: dict[str, int] = {}
    for (category,), one in asking.figures_by(session, found.asked, now, asking.BY_CATEGORY).items():
        row = found.names.categories.get(category)
        code = ".".join(row.code.split(".")[:2]) if row else ""
        counted[code] = counted.get(code, 0) + one["overdue"] + one["closed_late"]
    top = sorted(((n, code) for code, n in counted.items() if n), reverse=True)[:5]
    return [(code, name_of(found.names.category_codes.get(code)) or _("没分类"), n) for n, code in top]


def _trend(session: Session, found: Gathered, now: datetime) -> dict:
    """Twelve months up to the last day: on time and late of what was due, frozen months as frozen."""
    last, listed = found.asked.until.replace(day=1), []
    month = last.replace(year=last.year - 1, month=last.month + 1) if last.month < 12 else last.replace(month=1)
    while month <= last:
        whole = Period(month, months.next_month(month) - timedelta(days=1), found.asked.units)
        figures = asking.total(asking.figures_by(session, whole, now))
        listed.append((f"{month:%Y-%m}", figures["closed_on_time"], figures["closed_late"] + figures["overdue"]))
        month = months.next_month(month)
    return {
        "x": [name for name, *_rest in listed],
        "legend": True,
        "left": 44,
        "right": 16,
        "series": [
            {"name": _("按时"), "data": [kept for _name, kept, _late in listed], "colour": "accent", "stack": "all"},
            {"name": _("超期"), "data": [late for *_rest, late in listed], "colour": "red", "stack": "all"},
        ],
    }


def _groups(found: Gathered) -> list[tuple[str, str, list[int]]]:
    """Peer groups of the city with their live units."""
    from_names: dict[str, list[int]] = {}
    for unit in found.names.units.values():
        if unit.live and unit.kind not in ("centre", "city"):
            from_names.setdefault(unit.kind, []).append(unit.id)
    return [
        (group, _(words.UNIT_KIND[group]), from_names[group])
        for group in ("department", "district", "street", "company", "section")
        if group in from_names
    ]
