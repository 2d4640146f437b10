"""报表: escalations as a page whose every state is its address, the clocks and steps behind each figure, and the same as a file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from statistics import median

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from app import clock
from app.auth.access import require, visible
from app.clock import local
from app.errors import Invalid, NotFound
from app.reports import catalogue
from app.reports import escalations as laid_out
from app.reports.escalations import LEVELS, level_name, limit_name
from app.reports.owners import GROUPS, group_name, group_of, owner_code, owner_name, owners_in_order
from app.reports.paper import Table
from app.reports.written import FORMATS
from app.web import forms, said
from app.web.i18n import format_span, later
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.report_parts import period_of
from app.web.seen import Seen
from app.work import session_now
from escalation import reports
from escalation import words as time_words
from escalation.models import Clock
from escalation.reports import CARRIED, CENTRE, CITIZEN, LATE, LATE_BY, ON_TIME, OUTCOMES, OVERDUE, Asked, Escalations, Owner, Tally
from tickets.actors import DISCIPLINE, DISPATCHER, Actor
from tickets.models import Ticket
from tickets.reference import Reference, reference
from tickets.text import whole_number
from tickets.whistle_models import Whistle

pages = Blueprint("reports", __name__, url_prefix="/desk/reports")
pages.context_processor(said.context)
READERS = catalogue.READERS["escalations"]
KEPT = ("from", "to", "unit", "group", "code")
COUNTED, STANDING = "counted", "standing"
SETS = {COUNTED: (ON_TIME, LATE, OVERDUE), STANDING: (OVERDUE, CARRIED), "breached": (LATE, OVERDUE)} | {one: (one,) for one in OUTCOMES}
SAID = {
    COUNTED: later("到期"),
    ON_TIME: later("按时"),
    LATE: later("超期办结"),
    OVERDUE: later("超期未办"),
    STANDING: later("此刻超期"),
    "breached": later("超期"),
    CARRIED: later("往期未办"),
    "paused": later("暂停"),
    "pending": later("未到期"),
    "cancelled": later("已撤销"),
    "released": later("已转出"),
}
OLDEST = 8
MONTH_BEGINS = 1


@dataclass(frozen=True)
class Line:
    """A row of the table of units: its figures, how far it got on the ladder, where its rate and its group's median lie (0–168 drawn)."""

    owner: Owner
    code: str
    name: str
    group: str
    tally: Tally
    levels: dict[str, int]
    x: float | None = None
    middle: float | None = None
    median: float | None = None


@pages.get("")
def index() -> Response:
    """The first report there is."""
    require(*READERS)
    return redirect(url_for("reports.escalations"))


@pages.get("/escalations")
def escalations():
    """Everything on one page; `?from&to&unit&group&code` narrow it."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    found = reports.escalations(session, asked, now)
    paper = laid_out.lay_out(session, found, about(names, request.args))
    oldest, _more = reports.clocks_behind(session, asked, now, visible(actor), SETS[STANDING])
    return render_template(
        "report/escalations.html",
        paper=paper,
        found=found,
        total=found.total(),
        lines=_lines(found, names),
        asked=asked,
        groups=_groups(names),
        levels=LEVELS,
        units=[(CITIZEN, owner_name(names, CITIZEN)), (CENTRE, owner_name(names, CENTRE)), *_units(names)],
        limits=sorted(((code, _(word)) for code, word in time_words.LIMIT.items()), key=lambda pair: pair[1]),
        rates=_rates(found),
        formats=list(FORMATS),
        kept=_kept(),
        spans=_spans(now),
        late_words=[_(word) for word in laid_out.LATE_WORDS],
        level_name=level_name,
        limit_name=limit_name,
        group_name=group_name,
        oldest=[_shown(*row, actor, names, now) for row in oldest[:OLDEST]],
        rows_of=_rows,
    )


@pages.get("/escalations/clocks")
def clocks():
    """The clocks behind a figure, of the wall too: `?which=` one of SETS, `bucket`, `day`, with the report's own filters."""
    actor, session, now = require(*READERS, DISCIPLINE, DISPATCHER), session_now(), clock.now()
    names, which = reference(session), request.args.get("which", COUNTED)
    if which not in SETS:
        raise NotFound("没有这一组")
    bucket, day = _whole("bucket", len(LATE_BY)), forms.day(request.args.get("day", ""), "day")
    rows, more = reports.clocks_behind(
        session, asked_of(request.args, names, now), now, visible(actor), SETS[which], bucket, day, _whole("after", 2**62) or 0
    )
    title = _(SAID[which]) + (f" · {_(laid_out.LATE_WORDS[bucket])}" if bucket is not None else "") + (f" · {day}" if day else "")
    return render_template(
        "report/behind.html",
        title=title,
        about=about(names, request.args),
        rows=[_shown(*row, actor, names, now) for row in rows],
        more=more,
        back="/desk/hall" if request.args.get("report") == "hall" else url_for("reports.escalations", **_kept()),
        steps=False,
        asked=asked_of(request.args, names, now),
    )


@pages.get("/escalations/steps")
def steps():
    """The steps behind a figure: `?level=E2&step=red`, with the report's own filters."""
    actor, session, now = require(*READERS), session_now(), clock.now()
    names, level, step = reference(session), request.args.get("level", ""), request.args.get("step", "")
    asked = asked_of(request.args, names, now)
    rows, more = reports.steps_behind(session, asked, visible(actor), level, step, _whole("after", 2**62) or 0)
    shown = [
        {
            **_subject(ticket, whistle, actor),
            "unit": owner_name(names, one.unit_id or CENTRE),
            "limit": limit_name(one.code),
            "at": one.fired_at,
            "late": one.late,
            "planned": one.planned_at,
            "said": f"{level_name(one.level)} · {_(time_words.STEP.get(one.step, one.step))}",
        }
        for one, ticket, whistle in rows
    ]
    title = _("步骤") + (f" · {level_name(level)}" if level else "") + (f" · {_(time_words.STEP.get(step, step))}" if step else "")
    return render_template(
        "report/behind.html",
        title=title,
        about=about(names, request.args),
        rows=shown,
        more=more,
        back=url_for("reports.escalations", **_kept()),
        steps=True,
        asked=asked,
    )


@pages.get("/escalations/files/<kind>")
def file(kind: str) -> Response:
    """The same report, narrowed the same way, as a file."""
    require(*READERS)
    if kind not in FORMATS:
        raise NotFound("没有这种格式")
    session, now = session_now(), clock.now()
    names = reference(session)
    asked = asked_of(request.args, names, now)
    write, mime = FORMATS[kind]
    body = write(laid_out.lay_out(session, reports.escalations(session, asked, now), about(names, request.args)))
    name = f"escalations-{asked.since:%Y%m%d}-{asked.until:%Y%m%d}.{kind}"
    return send_file(BytesIO(body), mimetype=mime, as_attachment=True, download_name=name, max_age=0)


def asked_of(args: Mapping, names: Reference, now: datetime) -> Asked:
    """The part an address names; this month up to today when it names no days. Raises Invalid naming every field that is bad."""
    unit, group, code = args.get("unit", ""), args.get("group", ""), args.get("code", "")
    bad = {}
    if code and code not in time_words.LIMIT:
        bad["code"] = "没有这个时限"
    if unit and unit not in (CITIZEN, CENTRE) and unit not in names.unit_codes:
        bad["unit"] = "没有这个单位"
    if group and group not in GROUPS:
        bad["group"] = "没有这个同类组"
    since, until = period_of(args, now, bad)
    owners: tuple[Owner, ...] | None = None
    if unit:
        owners = (unit,) if unit in (CITIZEN, CENTRE) else (names.unit_codes[unit].id,)
    elif group:
        owners = tuple(one.id for one in names.units.values() if one.kind == group)
    return Asked(since, until, owners, code)


def about(names: Reference, args: Mapping) -> str:
    """What the report was narrowed to, in words."""
    unit, group, code = (args.get(name, "") for name in ("unit", "group", "code"))
    owner: Owner | None = names.unit_codes[unit].id if unit in names.unit_codes else unit or None
    parts = [owner_name(names, owner) if owner else group_name(group), limit_name(code) if code else ""]
    return " · ".join(part for part in parts if part)


def _lines(found: Escalations, names: Reference) -> list[Line]:
    tallies, levels = found.by_owner(), found.levels_of()
    owners: set[Owner] = {*tallies, *(CENTRE if unit is None else unit for unit in levels)}
    shares: dict[str, list[float]] = {}
    for owner, tally in tallies.items():
        if tally.rate is not None and isinstance(owner, int):
            shares.setdefault(group_of(names, owner), []).append(tally.rate)
    middles = {group: median(rates) for group, rates in shares.items()}
    lines = []
    for owner in owners_in_order(names, owners):
        tally, group = tallies.get(owner, Tally()), group_of(names, owner)
        taken = {} if owner == CITIZEN else levels.get(owner if isinstance(owner, int) else None, {})
        dot = None if tally.rate is None or not group else place(tally.rate)
        lines.append(
            Line(
                owner,
                owner_code(names, owner),
                owner_name(names, owner),
                group,
                tally,
                taken,
                dot,
                place(middles[group]) if group in middles else None,
                middles.get(group),
            )
        )
    return lines


def place(rate: float) -> float:
    """Where a rate lies on the line of a group, in the picture's units."""
    return round(6 + 156 * rate, 1)


def _rates(found: Escalations) -> list[tuple[str, float | None, int, int]]:
    """The two rates that matter, each with what it was divided from."""
    owners = found.by_owner()
    units = [tally for owner, tally in owners.items() if isinstance(owner, int)]
    kept, due = sum(one.on_time for one in units), sum(one.counted for one in units)
    citizen = owners.get(CITIZEN, Tally())
    return [
        (_("对市民的承诺按时率"), citizen.rate, citizen.on_time, citizen.counted),
        (_("单位时限按时率"), kept / due if due else None, kept, due),
    ]


def _subject(ticket: Ticket | None, whistle: Whistle | None, actor: Actor) -> dict:
    """What a clock or step is about, and where that is read."""
    if ticket is not None:
        return {"number": ticket.number, "title": Seen(ticket, actor).title, "href": url_for("ticket.show", number=ticket.number)}
    return {
        "number": whistle.number if whistle else "",
        "title": _("哨：%(problem)s", problem=whistle.problem) if whistle else "",
        "href": "",
    }


def _shown(one: Clock, ticket: Ticket | None, whistle: Whistle | None, actor: Actor, names: Reference, now: datetime) -> dict:
    over = ((one.stopped_at or now) - one.due_at).total_seconds()
    state = time_words.STATE.get(one.stop_reason or ("overdue" if over > 0 else "paused" if one.paused_at else "running"), "")
    unit = one.owner_unit_id or (ticket.lead_unit_id if ticket else None) or CENTRE
    return {
        **_subject(ticket, whistle, actor),
        "unit": owner_name(names, unit),
        "limit": limit_name(one.code),
        "at": one.due_at,
        "late": over > 0 and one.stop_reason != "cancelled",
        "said": _("超 %(span)s", span=format_span(over)) if over > 0 else "",
        "state": _(state),
    }


def _rows(table: Table) -> list[list[tuple]]:
    """Cells of a table as (column, value), the row of sums last."""
    rows = [*table.rows, *([table.sums()] if table.total and table.rows else [])]
    return [[(column, table.value(row, column)) for column in table.columns] for row in rows]


def _groups(names: Reference) -> list[tuple[str, str, int]]:
    counted = [(group, sum(unit.live and unit.kind == group for unit in names.units.values())) for group in GROUPS]
    return [(group, group_name(group), n) for group, n in counted if n]


def _units(names: Reference) -> list[tuple[str, str]]:
    ids = [unit.id for unit in names.units.values() if unit.live and unit.kind != "centre"]
    return [(names.units[one].code, name_of(names.units[one])) for one in owners_in_order(names, ids) if isinstance(one, int)]


def _spans(now: datetime) -> list[tuple[str, date, date]]:
    """Periods people ask for by name."""
    today = local(now).date()
    first = today.replace(day=MONTH_BEGINS)
    before = first - timedelta(days=1)
    return [
        (_("近 7 天"), today - timedelta(days=6), today),
        (_("本月"), first, today),
        (_("上月"), before.replace(day=MONTH_BEGINS), before),
        (_("今年"), date(today.year, 1, 1), today),
    ]


def _kept() -> dict[str, str]:
    """The report's own filters, to go along with every link."""
    return {name: request.args[name] for name in KEPT if request.args.get(name)}


def _whole(name: str, most: int) -> int | None:
    raw = request.args.get(name, "")
    if not raw:
        return None
    found = whole_number(raw)
    if found is None or found > most:
        raise Invalid(**{name: "请填整数"})
    return found
