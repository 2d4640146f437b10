"""The report `companies` (R58): which companies were complained about, how often, how it ended; for their credit files."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.clock import local
from app.reports.headings import days_said, json_head, made_said
from app.reports.paper import RATE, TEXT, Column, Paper, Plot, Series, Table
from app.web import forms
from app.web.i18n import gettext as _
from app.web.i18n import listed
from app.web.naming import path_of
from escalation.metrics.asking import Period
from tickets.accused import Company, companies, complained, undisclosed
from tickets.reference import Reference, reference

MOST, PLOTTED = 500, 12


def found(session: Session, since: date, until: date, now: datetime) -> tuple[list[Company], int]:
    """The companies of the days, most complained about first, and how many tickets named people."""
    begin, end = forms.begins(since), forms.begins(until + timedelta(days=1))
    return companies(
        complained(session, begin, end, now), next((unit.name for unit in reference(session).units.values() if unit.kind == "city"), "")
    )


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report. Raises Invalid for an impossible period."""
    Period(since, until)
    several, people = found(session, since, until, now)
    hidden = undisclosed(session, forms.begins(since), forms.begins(until + timedelta(days=1)))
    table = _table(reference(session), several)
    notes = [
        _("按受理的日子算；“被反映的人或单位”写的是企业才列，个人不列名，举报件和保密件只数件数。不予受理、转专线和另案核查的件不算。"),
        _("同一信用代码，或去掉“有限公司”、括号和市名后同名的，合成一家；写法不同、没有代码的不合并。"),
        _(
            "办结率 = 已办结 ÷ 全部；解决率 = 已解决 ÷ 已办结；差评 = 评价在基本满意以下的。一件只是一次反映，属实不属实看办理结果。最多列 %(n)s 家。",
            n=MOST,
        ),
    ]
    data = {
        **json_head("companies", since, until, now),
        "people": people,
        "undisclosed": hidden,
        "companies": [dict(row) for row in table.rows],
    }
    return Paper(
        "companies",
        _("被反映企业"),
        days_said(since, until),
        made_said(now),
        _facts(several, people, hidden),
        [table],
        [_plot(table)],
        notes,
        table,
        data,
    )


def _facts(several: list[Company], people: int, hidden: int) -> list[tuple[str, str]]:
    """`people`: tickets that named a person; `hidden`: sealed and confidential ones."""
    return [
        (_("企业"), f"{len(several):,}"),
        (_("反映企业的工单"), f"{sum(len(one.complaints) for one in several):,}"),
        (_("有信用代码的企业"), f"{sum(bool(one.code) for one in several):,}"),
        (_("反映个人的工单（不列名）"), f"{people:,}"),
        (_("举报件、保密件（不列名）"), f"{hidden:,}"),
    ]


def _plot(table: Table) -> Plot:
    top = table.rows[:PLOTTED]
    return Plot(
        "companies",
        _("被反映最多的"),
        [row["company"] for row in top],
        [Series(_("件"), [row["complaints"] for row in top])],
        _("，").join(f"{row['company']} {row['complaints']}" for row in top),
        flip=True,
    )


def _table(names: Reference, several: list[Company]) -> Table:
    columns = [
        Column("company", _("企业"), TEXT),
        Column("credit_code", _("统一社会信用代码"), TEXT),
        Column("complaints", _("反映")),
        Column("ended", _("已办结")),
        Column("open", _("没办完")),
        Column("late", _("其中超期")),
        Column("resolved", _("已解决")),
        Column("bad", _("差评")),
        Column("closing", _("办结率"), RATE, ("ended", "complaints")),
        Column("solving", _("解决率"), RATE, ("resolved", "ended")),
        Column("mostly", _("多是什么事"), TEXT),
        Column("also", _("也写作"), TEXT),
        Column("last", _("最近一件"), TEXT),
    ]
    return Table("companies", _("被反映企业"), columns, [_row(names, one) for one in several[:MOST]], _("合计"))


def _row(names: Reference, one: Company) -> dict:
    rows, name = one.complaints, one.name
    kinds = [row.category_id for row in rows if row.category_id]
    mostly = max(set(kinds), key=lambda kind: (kinds.count(kind), kind)) if kinds else 0
    ended = sum(row.ended for row in rows)
    return {
        "key": one.key,
        "company": name,
        "credit_code": one.code,
        "complaints": len(rows),
        "ended": ended,
        "open": len(rows) - ended,
        "late": sum(row.late for row in rows),
        "resolved": sum(row.resolved for row in rows),
        "bad": sum(row.rating is not None and row.rating <= 2 for row in rows),
        "mostly": path_of(names, names.categories.get(mostly)),
        "also": listed(sorted(other for other in one.names if other != name)),
        "last": f"{local(rows[-1].received_at):%Y-%m-%d}",
    }
