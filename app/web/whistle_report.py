"""报表 · 吹哨报到: the report `whistles` as a page whose every state is its address, and the same as a file."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible_whistles
from app.errors import NotFound
from app.reports import catalogue
from app.reports import whistles as laid_out
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web import said
from app.web.i18n import format_due, later
from app.web.i18n import gettext as _
from app.web.naming import name_of, unit_name
from app.work import session_now
from escalation import whistle_drill as drill
from escalation import whistle_reports as reports
from escalation.whistle_figures import Blown, Calling, Part, Step
from tickets import whistle_words as words
from tickets.grading import Grade
from tickets.reference import Reference, reference
from tickets.whistle_codes import KINDS

pages = Blueprint("whistle_report", __name__, url_prefix="/desk/reports/whistles")
pages.context_processor(said.context)
READERS = catalogue.READERS["whistles"]
KEPT = ("from", "to", "kind", "street")
SAID = {
    drill.CALLED: later("叫到的"),
    drill.CAME_LATE: later("迟到的"),
    drill.ABSENT: later("缺席的"),
    drill.GRADED: later("打了分的"),
    drill.POOR: later("打了低分的"),
    drill.APPEALED: later("申诉的"),
    "broken-sign": later("签收超时的"),
    "broken-contact": later("联系街道超时的"),
    "broken-check-in": later("报到超时的"),
    "broken-close": later("合办超时的"),
    drill.SOUNDED: later("吹响的"),
    drill.RETURNED: later("被哨办退回的"),
    drill.CLOSED: later("办结的"),
    drill.REOPENED: later("找茬重开的"),
    drill.JOINT: later("全部放行的"),
}


@pages.get("")
def show():
    """Everything on one page; `?from&to&kind&street` narrow it."""
    require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    found = reports.whistles(session, asked, now)
    steps = found.steps_by(2, 3)
    return render_template(
        "report/whistles.html",
        paper=laid_out.lay_out(session, found, about(names, request.args)),
        found=found,
        asked=asked,
        rates=laid_out.rates(found),
        kinds=[(kind, _(words.KIND[kind])) for kind in KINDS],
        streets=[(unit.code, name_of(unit)) for unit in names.units.values() if unit.kind == "street" and unit.live],
        formats=list(FORMATS),
        spans=parts.spans(now),
        cells_of=parts.cells_of,
        kept=_kept(),
        step_of=lambda unit, step: steps.get((unit, step), Step()),
        total=found.callings_by().get((), Calling()),
        blown=found.blown_by().get((), Blown()),
        all_steps=found.steps_by(3),
        no_step=Step(),
        behind=lambda which, **more: url_for("whistle_report.behind", which=which, **_kept() | more),
        code_of=lambda unit: names.units[unit].code,
    )


@pages.get("/<which>")
def behind(which: str):
    """What stands behind a figure; the report's own filters, and `unit`."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    if which not in SAID:
        raise NotFound("没有这一组")
    names = reference(session)
    asked, unit = asked_of(request.args, names, now), request.args.get("unit", "")
    if unit and unit not in names.unit_codes:
        raise NotFound("没有这个单位")
    found = drill.behind(session, asked, which, now, visible_whistles(actor), names.unit_codes[unit].id if unit else None)
    return render_template(
        "report/whistles_behind.html",
        title=" · ".join([_(SAID[which]), *([name_of(names.unit_codes[unit])] if unit else [])]),
        about=about(names, request.args),
        asked=asked,
        rows=found,
        words=words,
        most=drill.MOST,
        of_callings=which not in drill.OF_WHISTLES,
        back=url_for("whistle_report.show", **_kept()),
        unit_of=lambda unit_id: unit_name(names, unit_id),
        due=format_due,
        total_of=lambda one: Grade(one.speed, one.handling, one.result, one.bonus).total,
        final_of=lambda one: Grade(**one.revised).total if one.revised else None,
    )


@pages.get("/files/<kind>")
def file(kind: str) -> Response:
    """The same report, narrowed the same way, as a file."""
    require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    return parts.sent(
        laid_out.lay_out(session, reports.whistles(session, asked, now), about(names, request.args)), kind, asked.since, asked.until
    )


def _kept() -> dict[str, str]:
    """The filters of the address, to be carried along."""
    return {name: request.args[name] for name in KEPT if request.args.get(name)}


def asked_of(args: Mapping, names: Reference, now: datetime) -> Part:
    """The part an address names. Raises Invalid naming every field that is bad."""
    kind, street = args.get("kind", ""), args.get("street", "")
    bad = {}
    if kind and kind not in KINDS:
        bad["kind"] = "没有这种哨"
    if street and (street not in names.unit_codes or names.unit_codes[street].kind != "street"):
        bad["street"] = "没有这个街道"
    since, until = parts.period_of(args, now, bad)
    return Part(since, until, kind=kind, street=names.unit_codes[street].id if street else None)


def about(names: Reference, args: Mapping) -> str:
    """What the report was narrowed to, in words."""
    kind, street = args.get("kind", ""), args.get("street", "")
    told = [name_of(names.unit_codes[street])] if street in names.unit_codes else []
    return " · ".join([*told, *([_(words.KIND[kind])] if kind in words.KIND else [])])
