"""报表 · 吹哨报到: the report `whistles` as a page whose every state is its address, and the same as a file."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require
from app.errors import Invalid
from app.reports import whistles as laid_out
from app.reports.written import FORMATS
from app.web import report_parts as parts
from app.web import said
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.subtabs import subtabs
from app.work import session_now
from escalation import whistle_reports as reports
from escalation.whistle_reports import Blown, Calling, Part, Step
from tickets import whistle_words as words
from tickets.actors import LEADER, SUPERVISOR
from tickets.reference import Reference, reference
from tickets.whistle_codes import KINDS

pages = Blueprint("whistle_report", __name__, url_prefix="/desk/reports/whistles")
pages.context_processor(said.context)
READERS = (SUPERVISOR, LEADER)
KEPT = ("from", "to", "kind", "street")
PATH = "/desk/reports"


@pages.get("")
def show():
    """Everything on one page; `?from&to&kind&street` narrow it."""
    require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = _asked(request.args, names, now)
    found = reports.whistles(session, asked, now)
    steps = found.steps_by(2, 3)
    return render_template(
        "report/whistles.html", paper=laid_out.lay_out(session, found, _about(names)), found=found, asked=asked, rates=laid_out.rates(found), kinds=[(kind, _(words.KIND[kind])) for kind in KINDS],
        streets=[(unit.code, name_of(unit)) for unit in names.units.values() if unit.kind == "street" and unit.live], formats=list(FORMATS), spans=parts.spans(now), cells_of=parts.cells_of,
        kept={name: request.args[name] for name in KEPT if request.args.get(name)}, step_of=lambda unit, step: steps.get((unit, step), Step()),
        total=found.callings_by().get((), Calling()), blown=found.blown_by().get((), Blown()), all_steps=found.steps_by(3), no_step=Step(),
        tabs=subtabs(PATH, [{"label": _("升级与红黄牌"), "href": url_for("reports.escalations"), "current": False}, {"label": _("吹哨报到"), "href": url_for("whistle_report.show"), "current": True}]),
    )


@pages.get("/files/<kind>")
def file(kind: str) -> Response:
    """The same report, narrowed the same way, as a file."""
    require(*READERS)
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = _asked(request.args, names, now)
    return parts.sent(laid_out.lay_out(session, reports.whistles(session, asked, now), _about(names)), kind, asked.since, asked.until)


def _asked(args: Mapping, names: Reference, now: datetime) -> Part:
    """The part an address names. Raises Invalid naming the field."""
    since, until = parts.period_of(args, now)
    kind, street = args.get("kind", ""), args.get("street", "")
    if kind and kind not in KINDS:
        raise Invalid(kind="没有这种哨")
    if street and (street not in names.unit_codes or names.unit_codes[street].kind != "street"):
        raise Invalid(street="没有这个街道")
    return Part(since, until, kind=kind, street=names.unit_codes[street].id if street else None)


def _about(names: Reference) -> str:
    """What the report was narrowed to, in words."""
    kind, street = request.args.get("kind", ""), request.args.get("street", "")
    told = [name_of(names.unit_codes[street])] if street in names.unit_codes else []
    return " · ".join([*told, *([_(words.KIND[kind])] if kind in words.KIND else [])])
