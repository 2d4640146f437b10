"""Bulletins: the figures a text may ask for, the text as a document with its figures in, and the report that counts the papers (R09)."""

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.reports.document import Document, Part
from app.reports.gathered import gather
from app.reports.headings import days_said, made_said
from app.reports.paper import TEXT, Column, Paper, Plot, Series, Table, percent
from app.web import forms
from app.web.i18n import gettext as _
from app.web.i18n import later
from escalation import bulletins
from escalation.bulletin_models import KINDS, Bulletin
from escalation.metrics.asking import Period
from escalation.metrics.table import METRICS
from escalation.metrics.values import COUNT, MEAN
from tickets import topic_queries as topics

KIND = {
    "bulletin": later("简报"),
    "brief": later("工作小结"),
    "hotspot": later("报送热点"),
    "proposal": later("建议"),
    "case": later("典型案例"),
}
KIND_HOLES = {"bulletin": "简报份数", "brief": "小结份数", "hotspot": "报送热点项数", "proposal": "建议条数", "case": "典型案例篇数"}
HOTTEST = 5
MOST = 500


def figures_for(session: Session, since: date, until: date, now: datetime) -> dict[str, str]:
    """Name of a hole → what stands in it. Names are Chinese whatever the page's language: the text is.

    Raises Invalid for an impossible period.
    """
    found = gather(session, Period(since, until), now)
    total = found.total()
    begin, end = forms.begins(since), forms.begins(until + timedelta(days=1))
    hot = [one for one in topics.hotspots(session, sa.true(), span=(begin, end), limit=50) if one.in_span]
    said = {
        "期间": f"{since.year} 年 {since.month} 月 {since.day} 日至 {until.month} 月 {until.day} 日",
        "受理": f"{total.get('received', 0):,}",
        "应办结": f"{total.get('due', 0):,}",
        "超期未办": f"{total.get('overdue', 0):,}",
        "热点数": f"{len(hot):,}",
        "热点": "；".join(
            f"{'、'.join(one.label)}（{one.topic.people} 人）" for one in sorted(hot, key=lambda one: -one.topic.people)[:HOTTEST]
        )
        or "—",
    }
    issued = bulletins.issued_between(session, begin, end)
    said |= {KIND_HOLES[kind]: f"{issued[kind]:,}" for kind in KINDS}
    for metric in METRICS:
        value = metric.of(total)
        said[metric.name] = (
            f"{value.numerator:,}"
            if metric.kind == COUNT
            else "—"
            if value.share is None
            else f"{value.share:.1f}"
            if metric.kind == MEAN
            else f"{percent(value.share)}（{value.numerator:,} ÷ {value.denominator:,}）"
        )
    return said


def formulas_of(names: list[str]) -> list[tuple[str, str]]:
    """The formula of every metric among the holes."""
    return [(metric.name, f"{metric.formula}（{metric.source}）") for metric in METRICS if metric.name in names]


def document_of(row: Bulletin, figures: dict[str, str], city: str, foot: str) -> Document:
    """As it is read: a line beginning with # is a heading, a blank line ends a paragraph; the formulas of its figures stand at the end."""
    parts: list[Part] = []
    heading, sentences = "", list[str]()
    for line in bulletins.filled(row.text, figures).splitlines():
        if line.startswith("#"):
            parts.append(Part(heading, sentences=sentences))
            heading, sentences = line.lstrip("# ").strip(), []
        elif line.strip():
            sentences.append(line.strip())
    parts.append(Part(heading, sentences=sentences))
    used = formulas_of(bulletins.holes(row.text))
    made = local(row.issued_at) if row.issued_at else None
    below = f"{city} · {made:%Y-%m-%d} · {row.issued_by_name}" if made else _("草稿，数字还会变")
    return Document(
        row.title,
        number_of(row, city),
        below,
        [*parts, *([Part(_("数字怎么算"), facts=used)] if used else [])],
        [_("数字截至签发的时候，签发后不再变。") if made else _("数字截至此刻。")],
        foot,
    )


def number_of(row: Bulletin, city: str) -> str:
    """As "12345 简报 2026 年第 3 期"."""
    return (
        _("%(city)s 12345 %(kind)s %(year)s 年第 %(serial)s 期", city=city, kind=_(KIND[row.kind]), year=row.year, serial=row.serial)
        if row.serial
        else _("%(city)s 12345 %(kind)s", city=city, kind=_(KIND[row.kind]))
    )


def template_of(kind: str) -> str:
    """What a new draft begins with: the figures stand, the words are people's."""
    return TEMPLATES[kind]


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The report `bulletin`: papers that went out, counted by kind. Raises Invalid for an impossible period."""
    Period(since, until)
    begin, end = forms.begins(since), forms.begins(until + timedelta(days=1))
    issued = bulletins.issued_between(session, begin, end)
    counts = {kind: issued[kind] for kind in KINDS}
    kinds = _kinds(counts)
    listed = _listed([row for row in bulletins.newest(session, limit=MOST) if row.issued_at and begin <= row.issued_at < end])
    data = {
        "report": "bulletin",
        "from": since.isoformat(),
        "to": until.isoformat(),
        "counts": counts,
        "issued": [dict(row) for row in listed.rows],
    }
    return Paper(
        "bulletin",
        _("简报和报送"),
        days_said(since, until),
        made_said(now),
        [(_(KIND[kind]), f"{n:,}") for kind, n in counts.items()],
        [kinds, listed],
        [_plot(kinds)],
        [_("只数签发了的；草稿不算。按签发的日子算进哪一段。")],
        listed,
        data,
    )


def _kinds(counts: dict[str, int]) -> Table:
    rows = [{"kind": kind, "word": _(KIND[kind]), "n": n} for kind, n in counts.items()]
    return Table("kinds", _("发了多少"), [Column("word", _("哪一种"), TEXT), Column("n", _("份数"))], rows, _("合计"))


def _listed(rows: list[Bulletin]) -> Table:
    columns = [
        Column("word", _("哪一种"), TEXT),
        Column("serial", _("期号"), TEXT),
        Column("title", _("标题"), TEXT),
        Column("period", _("写的哪段"), TEXT),
        Column("issued", _("签发时间"), TEXT),
        Column("by", _("签发人"), TEXT),
    ]
    listed = [
        {
            "word": _(KIND[row.kind]),
            "serial": f"{row.year}-{row.serial}",
            "title": row.title,
            "period": f"{row.since} – {row.until}",
            "issued": f"{local(row.issued_at):%Y-%m-%d %H:%M}",
            "by": row.issued_by_name,
        }
        for row in rows
    ]
    return Table("bulletins", _("发了哪些"), columns, listed)


def _plot(kinds: Table) -> Plot:
    rows = kinds.rows
    said = _("，").join(f"{row['word']} {row['n']}" for row in rows)
    return Plot("kinds", kinds.title, [row["word"] for row in rows], [Series(_("份数"), [row["n"] for row in rows])], said, flip=True)


_OPENING = """# 总体情况
{期间}，12345 热线受理诉求 {受理} 件，应办结 {应办结} 件，超期未办 {超期未办} 件。

按期办结率 {按期办结率}，30 分钟签收率 {30分钟签收率}。
"""
TEMPLATES = {
    "bulletin": _OPENING.replace("{30分钟签收率}", "{30 分钟签收率}")
    + """
# 群众怎么评
响应率 {响应率}，解决率 {解决率}，满意率 {满意率}。

# 热点
本期热点 {热点数} 个：{热点}。

# 问题和建议
（这里写原因、单位和下一步。）
""",
    "brief": """# 做了什么
{期间}，受理 {受理} 件，办结率 {办结率（结案率）}，有效回访率 {有效回访率}。

# 还差什么
（这里写。）
""",
    "hotspot": """# 热点
{期间}，热点 {热点数} 个：{热点}。

# 涉及谁、怎么处理
（这里写单位、进展和请市里定的事。）
""",
    "case": """# 怎么回事
（这里写事情经过。不写市民是谁、住哪一户；门户上人人看得到。）

# 怎么办的
（这里写哪些单位、做了什么、多久办好。）

# 以后
（这里写同样的事找谁、怎么办。）
""",
    "proposal": """# 由来
{期间}，重复诉求率 {重复诉求率}，一次化解率 {一次化解率}。

# 建议
（这里写建议由谁、什么时候、做什么。）
""",
}
