"""The report `units`: every unit inside its peer group: what was due, kept and late, the three rates, tiers and ranks, red and black and negative lists."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports.gathered import (
    Gathered,
    code_of,
    data_head,
    fact,
    figure_columns,
    flat_of,
    formulas,
    gather,
    metric_cells,
    metric_columns,
    unit_cells,
    unit_columns,
    unit_said,
    value_data,
)
from app.reports.headings import titled
from app.reports.owners import GROUPS, group_name
from app.reports.paper import LESS, RATE, SCORE, TEXT, Column, Paper, Plot, Series, Table, percent
from app.web.i18n import gettext as _
from app.web.i18n import listed
from escalation.metrics import ranking
from escalation.metrics.asking import Figures, Period
from escalation.metrics.figures import EXCLUDED, WORDS
from escalation.metrics.table import BY_CODE, METRICS, THREE_RATES
from escalation.metrics.values import COUNT, meets

CORE = ("due", "closed_on_time", "closed_late", "overdue", "answered", "reworking", "ledgered")
STEPS = ("signed-in-30", "responded-in-30", "kept", "returned", "reworked", "extended", "one-go", "mean-days")
CONSUMER = ("handled", "told", "fed-back")
SHOWN = ("closed", "closed-on-time", "dissatisfied", *THREE_RATES, *STEPS, *CONSUMER, "patrol")


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    return lay_out(gather(session, Period(since, until), now))


def lay_out(found: Gathered, about: str = "") -> Paper:
    """The figures as a paper in the language of the request. `about`: what they were narrowed to."""
    standings = stand(found)
    tables = [
        _units(found, standings),
        _rates(found, standings),
        _steps(found),
        _consumer(found),
        _patrols(found),
        _apart(found),
        _excluded(found),
    ]
    tables += _lists(found, standings) if found.settings.red_black and found.asked.units is None else []
    tables += [_negative(found)] if found.settings.negative else []
    total = found.total()
    facts = [fact(_(BY_CODE[code].name), found.value(code)) for code in ("closed-on-time", "closed", *THREE_RATES)]
    return Paper(
        "units",
        titled(_("单位成绩"), about),
        found.period,
        found.made,
        [*facts, (_("此期超期未办"), f"{total.get('overdue', 0):,}")],
        tables,
        _plots(tables[0]),
        [*notes(found, total), *formulas(found, *SHOWN)],
        flat_of(found, _units(found, standings, whole=True)),
        data(found, standings),
    )


class Standing:
    """Where a unit stands among its peers: score, rank, tier; none of it with fewer matters than are ranked."""

    def __init__(self, score: float | None, rank: int | None, tier: str, ranked: bool):
        self.score, self.rank, self.tier, self.ranked = score, rank, tier, ranked


def stand(found: Gathered) -> dict[int, Standing]:
    """Unit → its standing inside its peer group, by the composite score; same score, same rank."""
    settings, standings = found.settings, {}
    lines = [line / 100 for line in settings.tiers]
    for units in found.groups(whole=True).values():
        scores = {unit: found.score(unit) if found.of(unit).get("due", 0) >= settings.fewest_ranked else None for unit in units}
        ranks = ranking.ranks(scores) if settings.ranking else {}
        for unit in units:
            standings[unit] = Standing(found.score(unit), ranks.get(unit), ranking.tier(scores[unit], lines), scores[unit] is not None)
    return standings


def notes(found: Gathered, total: Figures) -> list[str]:
    """What is in the denominator, what was left out and how much, how ranks are made."""
    left_out = _("，").join(
        f"{_(WORDS[name])} {total.get(name, 0):,}" for name in (*EXCLUDED, "paused", "outcome_refused", "outcome_merged")
    )
    weights = " + ".join(f"{weight / 100:.2f} {_(BY_CODE[code].name)}" for code, weight in found.settings.weights.items())
    return [
        _("应办结 = 派出、在本期到期的工单，去掉：%(left_out)s。到期按天算，当天的过了 24:00 才算。", left_out=left_out),
        _("未办结 = 应办结 − 按时办结 − 超期办结，其中超期未办单列。超期永远算超期，后来办结也不改；0 ÷ 0 写“—”。"),
        _(
            "综合 = %(weights)s；只在同类组里比，同分同名次，应办结少于 %(n)s 件的不排。档：%(tiers)s 以上依次为优秀、良好、一般，其余较差。",
            weights=weights,
            n=found.settings.fewest_ranked,
            tiers=listed(f"{line}" for line in found.settings.tiers),
        ),
    ]


def _units(found: Gathered, standings: dict[int, Standing], whole: bool = False) -> Table:
    """`whole`: with what was left out of each unit, for machines; on paper that is a table of its own."""
    rows = [
        {
            **unit_cells(found, unit),
            **{name: found.of(unit).get(name, 0) for name in (*CORE, "judged", "dissatisfied", "paused", *EXCLUDED)},
            **_closed(found.of(unit)),
            **_standing_cells(standings[unit]),
        }
        for units in found.groups().values()
        for unit in _by_rank(units, standings)
    ]
    columns = [
        *unit_columns(),
        Column("due", _("派遣总数（应办结）")),
        *figure_columns("closed_on_time", "closed_late"),
        Column("open", _("未办结"), LESS, ("due", "closed_on_time", "closed_late")),
        *figure_columns("overdue", "answered", "reworking", "ledgered"),
        Column("closed_all", _("办结")),
        Column("closed", _("结案率"), RATE, ("closed_all", "due")),
        Column("closed-on-time", _("按时结案率"), RATE, ("closed_on_time", "due")),
        Column("dissatisfied", _("不满意数")),
        Column("judged", _("评过的")),
        Column("dissatisfied_rate", _("不满意率"), RATE, ("dissatisfied", "judged")),
        Column("rank", _("名次"), TEXT),
        Column("tier", _("档"), TEXT),
        *(figure_columns(*EXCLUDED, "paused") if whole else []),
    ]
    return Table("units", _("按单位"), columns, rows, _("合计"))


def _by_rank(units: list[int], standings: dict[int, Standing]) -> list[int]:
    """Best first; who is not ranked comes last, in the order of the tree."""
    return sorted(units, key=lambda unit: (standings[unit].rank or len(standings) + 1, units.index(unit)))


def _closed(figures: Figures) -> dict[str, int]:
    return {"closed_all": figures.get("closed_on_time", 0) + figures.get("closed_late", 0)}


def _standing_cells(one: Standing) -> dict[str, str]:
    return {"rank": str(one.rank) if one.rank else "—", "tier": _(ranking.TIER_WORDS[one.tier]) if one.tier else _("不排")}


def _rates(found: Gathered, standings: dict[int, Standing]) -> Table:
    rows = []
    for units in found.groups().values():
        for unit in _by_rank(units, standings):
            rows += [{**unit_cells(found, unit), **metric_cells(found.of(unit), *THREE_RATES), **_standing_cells(standings[unit])}]
    columns = [*unit_columns(), Column("rank", _("名次"), TEXT), Column("tier", _("档"), TEXT)]
    for code in THREE_RATES:
        columns += metric_columns(code)
    columns.append(Column("score", _("综合得分"), SCORE, THREE_RATES, tuple(found.settings.weights[code] for code in THREE_RATES)))
    return Table("rates", _("三率和名次"), columns, rows)


def _metric_table(key: str, title: str, found: Gathered, codes: tuple[str, ...], keep=lambda figures: True) -> Table:
    rows = [
        {**unit_cells(found, unit), **metric_cells(found.of(unit), *codes)}
        for units in found.groups().values()
        for unit in units
        if keep(found.of(unit))
    ]
    return Table(key, title, [*unit_columns(), *(column for code in codes for column in metric_columns(code))], rows, _("合计"))


def _steps(found: Gathered) -> Table:
    return _metric_table("steps", _("签收、退单、重办"), found, STEPS)


def _consumer(found: Gathered) -> Table:
    return _metric_table(
        "consumer",
        _("消费纠纷的处理、告知、反馈"),
        found,
        CONSUMER,
        lambda figures: any(figures.get(f"{name}_due") for name in ("handle", "tell", "feedback")),
    )


def _patrols(found: Gathered) -> Table:
    return _metric_table("patrols", _("网格巡查"), found, ("patrol",), lambda figures: bool(figures.get("patrols_due")))


def _apart(found: Gathered) -> Table:
    """What is not in any rate, listed by name: never silently dropped."""
    total = found.total()
    names = (*EXCLUDED, "paused", "outcome_refused", "outcome_merged", "outcome_transferred")
    return Table(
        "apart",
        _("没算进去的"),
        [Column("word", _("哪一类"), TEXT), Column("n", _("件数"))],
        [{"figure": name, "word": _(WORDS[name]), "n": total.get(name, 0)} for name in names],
        _("合计"),
    )


def _excluded(found: Gathered) -> Table:
    """The same by unit, for those that had any."""
    names = (*EXCLUDED, "paused")
    rows = [
        {**unit_cells(found, unit), **{name: found.of(unit).get(name, 0) for name in ("due_all", *names, "due")}}
        for unit in found.everyone()
        if any(found.of(unit).get(name) for name in names)
    ]
    return Table("excluded", _("没算进去的，按单位"), [*unit_columns(), *figure_columns("due_all", *names, "due")], rows, _("合计"))


def _lists(found: Gathered, standings: dict[int, Standing]) -> list[Table]:
    """R55: the best five of each group, the last five of all; by score, those that are not ranked left out. Of the whole city only."""
    ranked = {unit: one.score for unit, one in standings.items() if one.ranked}
    red = [unit for units in found.groups().values() for unit in ranking.top({unit: ranked[unit] for unit in units if unit in ranked})]
    columns = [*unit_columns(), Column("said", _("综合得分"), TEXT), Column("due", _("应办结")), Column("overdue", _("超期未办"))]
    tables = []
    for key, title, units in (("red", _("红榜：各组前五"), red), ("black", _("黑榜：全市后五"), ranking.bottom(ranked))):
        rows = [
            {
                **unit_cells(found, unit),
                "said": f"{100 * (ranked[unit] or 0):.1f}",
                "due": found.of(unit).get("due", 0),
                "overdue": found.of(unit).get("overdue", 0),
            }
            for unit in units
        ]
        tables.append(Table(key, title, columns, rows))
    return tables


def _negative(found: Gathered) -> Table:
    """R56: every figure of a unit that misses its line, with what it was divided from."""
    rows = []
    for units in found.groups().values():
        for unit in units:
            for metric in METRICS:
                value, line = metric.of(found.of(unit)), found.settings.line_of(metric.code)
                if metric.kind != COUNT and line is not None and value.share is not None and meets(metric, value, line) is False:
                    rows.append(
                        {
                            **unit_cells(found, unit),
                            "metric": _(metric.name),
                            "value": percent(value.share),
                            "line": percent(line),
                            "above": value.numerator,
                            "below": value.denominator,
                        }
                    )
    columns = [
        *unit_columns(),
        Column("metric", _("指标"), TEXT),
        Column("value", _("实际"), TEXT),
        Column("line", _("目标"), TEXT),
        Column("above", _("分子")),
        Column("below", _("分母")),
    ]
    return Table("negative", _("负面清单：没到目标线的"), columns, rows)


def _plots(table: Table) -> list[Plot]:
    rows = sorted(table.rows, key=lambda row: -row["due"])
    series = [
        Series(_("按时办结"), [row["closed_on_time"] for row in rows]),
        Series(_("还在办"), [row["answered"] + row["reworking"] + row["ledgered"] for row in rows], "yellow"),
        Series(_("超期"), [row["closed_late"] + row["overdue"] for row in rows], "red"),
    ]
    return (
        [
            Plot(
                "units",
                _("各单位应办结的去向"),
                [row["short"] for row in rows],
                series,
                _("，").join(f"{row['unit']} {row['due']}" for row in rows),
            )
        ]
        if rows
        else []
    )


def data(found: Gathered, standings: dict[int, Standing]) -> dict:
    """Every figure with its parts, for JSON."""

    def metrics(figures: Figures) -> dict:
        return {metric.code: value_data(metric.of(figures)) for metric in METRICS}

    units = [unit for group in found.groups().values() for unit in group]
    return {
        **data_head("units", found),
        "weights": found.settings.weights,
        "groups": {group: group_name(group) for group in GROUPS},
        "formulas": {
            metric.code: {
                "name": metric.name,
                "formula": metric.formula,
                "source": metric.source,
                "target": found.settings.line_of(metric.code),
            }
            for metric in METRICS
        },
        "total": {"figures": found.total(), "metrics": metrics(found.total()), "score": found.score()},
        "by_unit": [
            {
                "unit": code_of(found.names, unit),
                "name": unit_said(found.names, unit),
                "peers": found.names.units[unit].kind,
                "figures": found.of(unit),
                "metrics": metrics(found.of(unit)),
                "score": standings[unit].score,
                "rank": standings[unit].rank,
                "tier": standings[unit].tier or None,
            }
            for unit in units
        ],
    }
