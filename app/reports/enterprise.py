"""The enterprise dashboard (R02, R04): talent, landing, projects and firms' appeals month by month, by industry and by unit."""

from collections import Counter
from datetime import date, datetime, time, timedelta

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import CITY_ZONE
from app.reports.gathered import Gathered, data_head, fact, flat_of, gather, unit_cells, unit_columns
from app.reports.headings import titled
from app.reports.paper import RATE, TEXT, Column, Paper, Plot, Series, Table
from app.web.i18n import gettext as _
from app.web.i18n import later
from escalation.calendar import end_of
from escalation.metrics.asking import Period
from escalation.metrics.months import next_month
from escalation.metrics.ranking import suppressed
from escalation.metrics.tables import days
from escalation.metrics.values import Value
from tickets.models import Identity, Ticket

MONTHS = 12
INDICATOR_WORDS = {"talent": later("人才引进"), "landing": later("企业落地"), "projects": later("投资项目"), "appeals": later("企业诉求")}
PLOTTED = ("talent", "landing", "projects", "appeals")


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    asked = Period(since, until)
    return lay_out(session, gather(session, asked, now), now)


def lay_out(session: Session, found: Gathered, now: datetime, about: str = "") -> Paper:
    """The figures as a paper in the language of the request; the trend reaches back twelve months from the last day."""
    trend, firms = _trend(session, found), _firms(session, found.asked)
    industries = suppressed(firms["industries"], found.settings.fewest)
    tables = [_months(trend), _industries(industries), _units(found)]
    notes = [
        _("人才、落地、项目按事项分类数，企业诉求按诉求人是企业或走企业通道数；分类在口径设置里改。"),
        _("行业取自企业登记时填的，没填的记“未填”；不足 %(n)s 件的行业不写数。", n=found.settings.fewest),
        _("按期答复率 = 承诺期限内答复 ÷ 本期受理、已答复或已到期的企业诉求。"),
    ]
    data = {
        **data_head("enterprise", found),
        "indicators": {name: {f"{month:%Y-%m}": n for month, n in trend[name].items()} for name in PLOTTED},
        "industries": industries,
        "appeals": {"kept": firms["kept"], "due": firms["due"]},
    }
    return Paper(
        "enterprise",
        titled(_("企业服务"), about),
        found.period,
        found.made,
        _facts(found, trend, firms),
        tables,
        [_plot(name, trend[name]) for name in PLOTTED],
        notes,
        flat_of(found, tables[0]),
        data,
    )


def _facts(found: Gathered, trend: dict[str, dict[date, int]], firms: dict) -> list[tuple[str, str]]:
    first, last, total = found.asked.since.replace(day=1), found.asked.until, found.total()
    return [
        *((_(INDICATOR_WORDS[name]), f"{sum(n for month, n in trend[name].items() if first <= month <= last):,}") for name in PLOTTED),
        fact(_("企业诉求按期答复率"), Value(firms["kept"], firms["due"])),
        fact(_("占全部受理"), Value(total.get("from_firm", 0), total.get("received", 0))),
    ]


def _plot(name: str, months: dict[date, int]) -> Plot:
    return Plot(
        name,
        _(INDICATOR_WORDS[name]),
        [f"{month:%y-%m}" for month in months],
        [Series(_("件数"), list(months.values()))],
        _("，").join(f"{month:%Y-%m} {n}" for month, n in months.items()),
    )


def _trend(session: Session, found: Gathered) -> dict[str, dict[date, int]]:
    """Indicator → month → how many were received, twelve months up to the last day asked for."""
    last = found.asked.until.replace(day=1)
    month, listed = (last - timedelta(days=30 * (MONTHS - 1) + 5)).replace(day=1), []
    while month <= last:
        listed.append(month)
        month = next_month(month)
    listed = listed[-MONTHS:]
    of_month, trend = sa.cast(sa.func.date_trunc("month", days.c.day), sa.Date), {}
    for name in PLOTTED:
        prefixes = found.settings.indicators.get(name, [])
        ids = [
            row.id for row in found.names.categories.values() if any(row.code == one or row.code.startswith(f"{one}.") for one in prefixes)
        ]
        figure = days.c.from_firm if name == "appeals" else days.c.received
        tests = [days.c.day >= listed[0], days.c.day <= found.asked.until] + ([] if name == "appeals" else [days.c.category_id.in_(ids)])
        rows = session.execute(sa.select(of_month, sa.func.coalesce(sa.func.sum(figure), 0)).where(*tests).group_by(of_month))
        counted: dict[date, int] = {month: int(n) for month, n in rows}
        trend[name] = {month: int(counted.get(month, 0)) for month in listed}
    return trend


def _firms(session: Session, asked: Period) -> dict:
    """The firms' appeals of the period: by industry (opened in memory, only the industry is kept), and how many were answered in time."""
    vault, due, kept = session.info["vault"], 0, 0
    industries: Counter[str] = Counter()
    wanted = (
        sa.select(Identity.sealed, Ticket.due_at, Ticket.replied_at)
        .join(Ticket, Ticket.id == Identity.ticket_id)
        .where(
            Identity.kind == "firm",
            Ticket.received_at >= datetime.combine(asked.since, time(), CITY_ZONE),
            Ticket.received_at < end_of(asked.until),
        )
    )
    for sealed, due_at, replied_at in session.execute(wanted):
        industries[orjson.loads(vault.open(sealed)).get("industry") or _("未填")] += 1
        if due_at and (replied_at or due_at < end_of(asked.until)):
            due += 1
            kept += bool(replied_at and replied_at <= due_at)
    return {"industries": dict(industries.most_common()), "due": due, "kept": kept}


def _months(trend: dict[str, dict[date, int]]) -> Table:
    rows = [
        {"code": f"{month:%Y-%m}", "month": f"{month:%Y-%m}", **{name: trend[name][month] for name in PLOTTED}}
        for month in trend["appeals"]
    ]
    return Table(
        "months",
        _("逐月"),
        [Column("month", _("月份"), TEXT), *(Column(name, _(INDICATOR_WORDS[name])) for name in PLOTTED)],
        rows,
        _("合计"),
    )


def _industries(industries: dict[str, int | None]) -> Table:
    rows = [{"industry": name, "n": "—" if n is None else f"{n:,}"} for name, n in industries.items()]
    return Table("industries", _("按行业"), [Column("industry", _("行业"), TEXT), Column("n", _("企业诉求"), TEXT)], rows)


def _units(found: Gathered) -> Table:
    rows = [
        {**unit_cells(found, unit), "from_firm": found.of(unit).get("from_firm", 0), "received": found.of(unit).get("received", 0)}
        for unit in found.everyone()
        if found.of(unit).get("from_firm")
    ]
    return Table(
        "units",
        _("在谁手里"),
        [
            *unit_columns(),
            Column("from_firm", _("企业诉求")),
            Column("received", _("全部受理")),
            Column("share", _("占比"), RATE, ("from_firm", "received")),
        ],
        rows,
        _("合计"),
    )
