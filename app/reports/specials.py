"""The report `specials` (R08): of each special topic what was received and finished, by day and by channel, and its experts' calls."""

from collections import defaultdict
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from app.phone import queries
from app.reports.headings import days_said, json_head, made_said, titled
from app.reports.paper import MEAN, RATE, TEXT, Column, Paper, Plot, Series, Table
from app.web import forms
from app.web.i18n import aside
from app.web.i18n import gettext as _
from app.web.naming import name_of, unit_name
from escalation.metrics.asking import Period
from tickets import specials, words
from tickets.reference import Reference, reference
from tickets.specials import Special

COUNTED = ("received", "ended", "direct", "late")


def build(session: Session, since: date, until: date, now: datetime, topic: str = "") -> Paper:
    """Of all topics, or of the one `topic` names. Raises Invalid for an impossible period, NotFound."""
    Period(since, until)
    rows = [specials.by_code(session, topic)] if topic else specials.every(session)
    begin, end = forms.begins(since), forms.begins(until + timedelta(days=1))
    counted = [(row, *one) for row in rows for one in specials.by_day(session, row, begin, end, now)]
    tables = [
        _topics(reference(session), rows, counted),
        _days(counted),
        _channels(counted),
        _calls(rows, queries.of_specials(session, begin, end)),
    ]
    topics, days, *_others = tables
    notes = [
        _("专题的件：它的分类（含下面的）在专题开着的日子里受理的。一件可以同时属于两个专题，各算一次。"),
        _("办结率 = 本期受理里已经办结的 ÷ 本期受理的；并入、转专线、不予受理的算受理，不算办结。超期：答复晚于承诺，或到期还没答复。"),
        _("专家的电话：打专题号码的，和受理员转给专题的。转过来的从转的那一刻另算一通，受理员先接的那一段不在这里。"),
    ]
    return Paper(
        "specials",
        titled(_("专题专席"), name_of(rows[0]) if topic else ""),
        days_said(since, until),
        made_said(now),
        _facts(topics),
        tables,
        [_plot(days)],
        notes,
        days,
        {**json_head("specials", since, until, now), **{table.key: [dict(row) for row in table.rows] for table in tables}},
    )


def _facts(topics: Table) -> list[tuple[str, str]]:
    received, ended, _direct, late = (sum(row[name] for row in topics.rows) for name in COUNTED)
    return [
        (_("专题"), f"{len(topics.rows):,}"),
        (_("受理"), f"{received:,}"),
        (_("办结"), f"{ended:,}"),
        (_("办结率"), f"{ended / received * 100:.2f}%" + aside(f"{ended:,} ÷ {received:,}") if received else "—"),
        (_("超期"), f"{late:,}"),
    ]


def _plot(days: Table) -> Plot:
    return Plot(
        "topic_days",
        _("逐日"),
        [row["day"][5:] for row in days.rows],
        [Series(_("受理"), [row["received"] for row in days.rows])],
        _("，").join(f"{row['day']} {row['received']}" for row in days.rows),
    )


def _figures() -> list[Column]:
    return [
        Column("received", _("受理")),
        Column("ended", _("办结")),
        Column("direct", _("其中当场答复")),
        Column("late", _("超期")),
        Column("rate", _("办结率"), RATE, ("ended", "received")),
    ]


def _topics(names: Reference, rows: list[Special], counted: list[tuple]) -> Table:
    columns = [
        Column("topic", _("专题"), TEXT),
        Column("unit", _("专家席"), TEXT),
        Column("phone", _("专线"), TEXT),
        Column("open_days", _("开到"), TEXT),
        *_figures(),
    ]
    listed = [
        {
            "code": row.code,
            "topic": name_of(row),
            "unit": unit_name(names, row.unit_id),
            "phone": row.phone,
            "open_days": f"{row.opened_on} – {row.closed_on or _('现在')}",
            **_sums(one for one in counted if one[0] is row),
        }
        for row in rows
    ]
    return Table("specials", _("各专题"), columns, listed, _("合计"))


def _days(counted: list[tuple]) -> Table:
    found = defaultdict(list)
    for one in counted:
        found[one[1]].append(one)
    return Table(
        "days",
        _("逐日"),
        [Column("day", _("日期"), TEXT), *_figures()],
        [{"day": day.isoformat(), **_sums(several)} for day, several in sorted(found.items())],
        _("合计"),
    )


def _channels(counted: list[tuple]) -> Table:
    found = defaultdict(list)
    for one in counted:
        found[one[2]].append(one)
    rows = [
        {"channel": channel, "said": _(words.CHANNEL[channel]), **_sums(several)}
        for channel, several in sorted(found.items(), key=lambda each: -sum(one[3] for one in each[1]))
    ]
    return Table("channels", _("从哪里来"), [Column("said", _("渠道"), TEXT), *_figures()], rows, _("合计"))


def _calls(rows: list[Special], called: dict[int, queries.Called]) -> Table:
    columns = [
        Column("topic", _("专题"), TEXT),
        Column("received", _("打进来")),
        Column("handed", _("其中转来")),
        Column("answered", _("接通")),
        Column("answer_rate", _("接通率"), RATE, ("answered", "received")),
        Column("waited", _("接通前共等（秒）")),
        Column("wait", _("平均等（秒）"), MEAN, ("waited", "answered")),
    ]
    listed = [{"code": row.code, "topic": name_of(row), **called.get(row.id, queries.Called())._asdict()} for row in rows]
    return Table("calls", _("专家的电话"), columns, listed, _("合计"))


def _sums(several) -> dict[str, int]:
    """Rows of (topic, day, channel, received, ended, direct, late) added up."""
    listed = list(several)
    return {name: sum(one[place] for one in listed) for place, name in enumerate(COUNTED, start=3)}
