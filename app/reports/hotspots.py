"""The report `hotspots`: what many people said at once, what grew, where, and who had to come again (R09, R26b, R33)."""

from collections import Counter
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.reports.headings import days_said, json_head, made_said
from app.reports.paper import RATE, TEXT, Column, Paper, Plot, Series, Table
from app.web import forms
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import path_of, region_name, unit_name
from escalation.metrics.asking import Period
from tickets import topic_queries as queries
from tickets.reference import Reference, reference
from tickets.topic_queries import Counts, Hotspot

MOST, TOP = 200, 15
DEALT = {
    "watch": later("先看着"),
    "group-matter": later("并成了群体件"),
    "whistle": later("请街道看要不要吹哨"),
    "no-event": later("不是一件事"),
}


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city; sealed and confidential matters are left out. Raises Invalid for an impossible period."""
    Period(since, until)
    begin, end = forms.begins(since), forms.begins(until + timedelta(days=1))
    found = [one for one in queries.hotspots(session, sa.true(), span=(begin, end), limit=MOST) if one.in_span]
    return lay_out(reference(session), since, until, now, found, queries.counted(session, reference(session), sa.true(), begin, end))


def lay_out(names: Reference, since: date, until: date, now: datetime, found: list[Hotspot], counts: Counts) -> Paper:
    """The figures as a paper in the language of the request."""
    tables = [_topics(names, found), _kinds(names, counts), _places(names, counts), _again(names, counts)]
    topics, kinds, *_others = tables
    hot = topics.rows[:TOP]
    plot = Plot(
        "hotspots",
        _("多少人在说"),
        [row["label"] for row in hot],
        [Series(_("人"), [row["people"] for row in hot])],
        _("，").join(f"{row['label']} {row['people']}" for row in hot),
        flip=True,
    )
    top = Plot(
        "kinds",
        _("最多的事"),
        [row["kind"].rpartition(" › ")[2] for row in kinds.rows],
        [Series(_("件"), [row["received"] for row in kinds.rows])],
        _("，").join(f"{row['kind']} {row['received']}" for row in kinds.rows),
        flip=True,
    )
    facts = [
        (_("受理"), f"{counts.received:,}"),
        (_("热点"), f"{len(found):,}"),
        (_("还没人处理的热点"), f"{sum(one.topic.dealt_at is None for one in found):,}"),
        (_("一件事来了三次以上的人"), f"{sum(people for people, _matters in counts.again.values()):,}"),
    ]
    notes = [
        _("热点：五个人以上说同一件事。一个人算一次，没留号码的合起来算一个；举报件和保密件不算。"),
        _("上期：同样长的前一段。涨幅 =（本期 − 上期）÷ 上期，上期为零时写“—”。"),
        _("反复来的：本期内同一个号码、同一类事三次以上；只数人数，不列是谁。"),
    ]
    data = {
        **json_head("hotspots", since, until, now),
        "received": counts.received,
        **{table.key: [dict(row) for row in table.rows] for table in tables},
    }
    return Paper("hotspots", _("热点"), days_said(since, until), made_said(now), facts, tables, [plot, top], notes, topics, data)


def _topics(names: Reference, found: list[Hotspot]) -> Table:
    columns = [
        Column("label", _("说的是什么"), TEXT),
        Column("where", _("在哪里"), TEXT),
        Column("kind", _("分类"), TEXT),
        Column("unit", _("主办单位"), TEXT),
        Column("people", _("人")),
        Column("tickets", _("工单")),
        Column("in_span", _("其中本期")),
        Column("open", _("没办完")),
        Column("hot_at", _("成为热点"), TEXT),
        Column("dealt", _("怎么处理"), TEXT),
    ]
    rows = [
        {
            "id": one.topic.id,
            "label": " · ".join(one.label),
            "where": region_name(names, one.region),
            "kind": path_of(names, names.categories.get(one.category_id or 0)),
            "unit": unit_name(names, one.unit_id),
            "people": one.topic.people,
            "tickets": one.topic.tickets,
            "in_span": one.in_span,
            "open": one.open,
            "hot_at": f"{local(one.topic.hot_at):%Y-%m-%d %H:%M}" if one.topic.hot_at else "",
            "dealt": _(DEALT[one.topic.dealt_as]) if one.topic.dealt_as else "",
        }
        for one in found
    ]
    return Table("hotspots", _("热点"), columns, sorted(rows, key=lambda row: (-row["people"], row["id"])))


def _kinds(names: Reference, counts: Counts) -> Table:
    rows = [
        {
            "id": kind,
            "code": names.categories[kind].code,
            "kind": path_of(names, names.categories[kind]),
            **_against(counts.kinds, counts.kinds_before, kind),
        }
        for kind, _n in counts.kinds.most_common(TOP)
    ]
    return Table("kinds", _("最多的事"), [Column("kind", _("分类"), TEXT), *_growth()], rows)


def _places(names: Reference, counts: Counts) -> Table:
    rows = [
        {"code": place, "place": region_name(names, place), **_against(counts.places, counts.places_before, place)}
        for place, _n in counts.places.most_common(TOP)
    ]
    return Table("places", _("在哪里"), [Column("place", _("街道"), TEXT), *_growth()], rows)


def _again(names: Reference, counts: Counts) -> Table:
    rows = [
        {"kind": path_of(names, names.categories[kind]), "people": people, "matters": matters}
        for kind, (people, matters) in counts.again.items()
    ]
    columns = [Column("kind", _("分类"), TEXT), Column("people", _("人")), Column("matters", _("工单"))]
    return Table("again", _("反复来的"), columns, sorted(rows, key=lambda row: (-row["matters"], row["kind"])), _("合计"))


def _growth() -> list[Column]:
    return [
        Column("received", _("本期")),
        Column("before", _("上期")),
        Column("more", _("多了")),
        Column("growth", _("涨幅"), RATE, ("more", "before")),
    ]


def _against(now: Counter, before: Counter, key) -> dict[str, int]:
    return {"received": now[key], "before": before[key], "more": now[key] - before[key]}
