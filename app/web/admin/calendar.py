"""The working-day calendar: a year at a glance, and the yearly notice read, tried on paper, then loaded."""

from datetime import date
from itertools import groupby

from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock, recounting
from app.errors import Refused
from app.web import forms, kit
from app.web.admin.limits import limit_word
from app.web.admin.moves import page_of
from app.web.admin.room import change, pages
from app.web.i18n import MONTHS, current_language, later
from app.web.i18n import gettext as _
from app.work import session_now
from escalation.calendar import BadCalendar, Calendar, Day, city_day
from escalation.notices import BadNotice, forgotten_holidays, parse_notice
from escalation.publish import Loaded, foresee_notice, load_notice, unpublished_year
from escalation.recount_later import recounted_notice
from escalation.rules import calendar_for, forget
from tickets.reference import reference

SOURCES = {"chinesecalendar": later("国务院办公厅的通知，随软件带来"), "statute": later("《全国年节及纪念日放假办法》，还没有调休")}
LARGEST = 200_000  # characters: a notice has a few dozen lines, a whole year in full ten thousand


@pages.get("/calendar")
def calendar():
    """Twelve months of one year, what the days are called, where they come from; `part=recount` how far open clocks are."""
    if kit.is_fragment() and request.args.get("part") == "recount":
        recount = recounted_notice(session_now())
        return render_template("admin/_recount.html", recount=recount, page="/admin/calendar") if recount else ("", 204)
    return _page()


@pages.post("/calendar/trial")
def try_notice():
    """What a notice would change: days and open clocks. Nothing is written; the text goes along for the next step."""
    text, source = _given()
    try:
        days = _parsed(text, source)
        loaded = foresee_notice(session_now(), days, clock.now())
    except (BadNotice, BadCalendar) as bad:
        return _page(text, source, error=_said(bad)), 422
    return _page(text, source, loaded, days)


@pages.post("/calendar")
def write_notice():
    """The notice is loaded; a worker counts every open clock it touches again, each with its trace."""
    text, source = _given()
    told: dict[str, Loaded] = {}

    def do(session: Session, now):
        loaded = told["loaded"] = load_notice(session, _parsed(text, source), g.actor, now, source, later=True)
        return (
            "calendar " + " ".join(map(str, loaded.years)),
            {},
            {"source": source, "days": loaded.days_changed, "clocks": loaded.waiting.total if loaded.waiting else 0},
        )

    def back() -> str:
        forget(session_now())
        recounting.wake(clock.now())
        return f"/admin/calendar?year={told['loaded'].years[-1]}" if told["loaded"].years else "/admin/calendar"

    try:
        return change("calendar-load", do, _("装好了，在办的时钟正在重算。"), back, lambda errors: _page(text, source))
    except (BadNotice, BadCalendar) as bad:
        return _page(text, source, error=_said(bad)), 422


def _parsed(text: str, source: str) -> list[Day]:
    if len(text) > LARGEST:
        raise BadNotice("文件太大，不是一年的放假安排")
    return parse_notice(text, source)


def _given() -> tuple[str, str]:
    """The text of the notice and where it is from: a file, or what the trial sent along."""
    file = request.files.get("file")
    if file and file.filename:
        raw = file.read(LARGEST * 3 + 1)
        source = "".join(filter(str.isprintable, file.filename))[-80:]
        try:
            return raw.decode("utf-8")[: LARGEST + 1], source
        except UnicodeDecodeError:
            return raw.decode("gb18030", "replace")[: LARGEST + 1], source
    return request.form.get("text", "")[: LARGEST + 1], "".join(filter(str.isprintable, forms.text("source")))[:80] or _("放假通知")


def _page(text: str = "", source: str = "", loaded: Loaded | None = None, days: list[Day] | None = None, error: str = "") -> str:
    session, today = session_now(), city_day(clock.now())
    days_of = calendar_for(session)
    year = _year(days_of, loaded, today)
    after = {day.day: day for day in days or ()}
    turned = (
        [(old, new) for old, new in loaded.days if old is None or (old.is_workday, old.note) != (new.is_workday, new.note)]
        if loaded
        else []
    )
    rows = days_of.year(year)
    moves, pager = page_of(loaded.outcome.moves if loaded else [], request.form.get("page", ""))
    return render_template(
        "admin/calendar.html",
        year=year,
        years=range(days_of.first_day.year, days_of.last_day.year + 1),
        months=_months(rows, after),
        named=_named(rows),
        today=today,
        provisional=any(row.provisional for row in rows),
        workdays=sum(row.is_workday for row in rows),
        sources=sorted({_(SOURCES.get(row.source, row.source)) for row in rows}),
        month_name=_month_name,
        unpublished=unpublished_year(days_of, today),
        recount=recounted_notice(session),
        text=text,
        source=source,
        loaded=loaded,
        error=error,
        moves=moves,
        pager=pager,
        limit_word=limit_word,
        names=reference(session),
        turned=turned,
        forgotten=forgotten_holidays(days or []),
        coming=sum(after.get(row.day, row).is_workday for row in rows),
    )


def _year(days_of: Calendar, loaded: Loaded | None, today: date) -> int:
    asked = request.args.get("year", "")
    wanted = (
        int(asked)
        if asked.isascii() and asked.isdigit() and len(asked) == 4
        else loaded.years[-1]
        if loaded and loaded.years
        else today.year
    )
    return min(max(wanted, days_of.first_day.year), days_of.last_day.year)


def _months(rows: list[Day], after: dict[date, Day]) -> list[tuple[date, list[tuple[Day, str, bool]]]]:
    """(first day, [(day, kind, changes)]) a month; kind: work, off, swap, weekend, as it will be when a notice is tried."""
    shown = [(after.get(row.day, row), row) for row in rows]
    return [
        (date(one[0][0].day.year, month, 1), [(new, kind_of(new), kind_of(new) != kind_of(old)) for new, old in one])
        for month, days in groupby(shown, key=lambda pair: pair[0].day.month)
        for one in [list(days)]
    ]


def _month_name(first: date) -> str:
    return MONTHS[first.month - 1] if current_language() == "en" else f"{first.month} 月"


def kind_of(row: Day) -> str:
    """work, swap (a make-up working weekend), weekend or off (a named holiday, or a weekday off)."""
    weekend = row.day.weekday() > 4
    if row.is_workday:
        return "swap" if weekend else "work"
    return "weekend" if weekend and not row.note else "off"


def _named(rows: list[Day]) -> list[tuple[str, list[date], list[date]]]:
    """(holiday, days off, make-up days) in the order of the year."""
    found: dict[str, tuple[list[date], list[date]]] = {}
    for row in rows:
        if row.note:
            found.setdefault(row.note, ([], []))[row.is_workday].append(row.day)
    return [(name, off, on) for name, (off, on) in found.items()]


def _said(bad: Refused) -> str:
    return _(bad.text, **bad.values)
