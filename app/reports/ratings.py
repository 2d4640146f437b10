"""The report `ratings` (好差评): by unit, by channel, by level, by person; coverage and the loop of named bad ratings. No rating is no figure."""

from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.clock import CITY_ZONE
from app.reports.gathered import (
    CENTRE_UNIT,
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
from app.reports.paper import RATE, TEXT, Column, Paper, Plot, Series, Table
from app.web.i18n import gettext as _
from escalation.calendar import end_of
from escalation.metrics.asking import Period
from escalation.metrics.figures import RATED_BY, SCORES, WORDS
from escalation.metrics.table import BY_CODE
from tickets.models import Rating

CODES = ("good", "rated", "coverage", "bad-rectified", "bad-revisited", "bad-contacted")
LOOP = ("bad-contacted", "bad-rectified", "bad-revisited")
MOST_PEOPLE = 500


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    asked = Period(since, until)
    return lay_out(gather(session, asked, now), people(session, asked))


def people(session: Session, asked: Period) -> list[tuple[str, int, int, int, int]]:
    """R13: who handled, or answered at the seat → their unit (0: the centre), ratings, good ones and the sum of levels, worst share first. As they are now: people are not frozen."""
    unit = sa.func.coalesce(Rating.unit_id, CENTRE_UNIT)
    counted = (sa.func.count(), sa.func.count().filter(Rating.score >= 3), sa.func.sum(Rating.score))
    wanted = (
        sa.select(Account.name, unit, *counted)
        .join(Account, Account.id == Rating.handler_id)
        .where(Rating.at >= datetime.combine(asked.since, time(), CITY_ZONE), Rating.at < end_of(asked.until))
    )
    if asked.units is not None:
        wanted = wanted.where(unit.in_(asked.units))
    rows = session.execute(
        wanted.group_by(Account.name, Rating.handler_id, unit).order_by(counted[1] * 1.0 / counted[0], counted[0].desc()).limit(MOST_PEOPLE)
    )
    return [(name, unit, n, good, total) for name, unit, n, good, total in rows]


def lay_out(found: Gathered, handlers: list[tuple[str, int, int, int, int]], about: str = "") -> Paper:
    """The figures as a paper in the language of the request. `about`: what they were narrowed to."""
    total = found.total()
    tables = [_units(found), _channels(found), _levels(found), _loop(found), _people(found, handlers)]
    facts = [fact(_(BY_CODE[code].name), found.value(code)) for code in ("good", "rated", "coverage", "bad-rectified", "bad-revisited")]
    levels = [total.get(name, 0) for name in SCORES]
    plots = [
        Plot(
            "scores",
            _("五档各多少"),
            [_(WORDS[name]) for name in SCORES],
            [Series(_("评价"), levels)],
            _("，").join(f"{_(WORDS[name])} {n}" for name, n in zip(SCORES, levels, strict=True)),
            flip=True,
        )
    ]
    notes = [
        _("一件一评；没评的不算好也不算差，不进分母。下面两档是差评。整改后再评的另计一次，第一次的留着。"),
        _("评价和结果对外公开，身份不公开；本人单位的人不能替市民评。"),
        *formulas(found, *CODES),
    ]
    return Paper(
        "ratings",
        titled(_("好差评"), about),
        found.period,
        found.made,
        [*facts, (_("评价次数"), f"{total.get('ratings', 0):,}")],
        tables,
        plots,
        notes,
        flat_of(found, tables[0]),
        {**_data(found), "by_person": [dict(row) for row in tables[-1].rows]},
    )


def _units(found: Gathered) -> Table:
    rows = [
        {
            **unit_cells(found, unit),
            **{
                name: found.of(unit).get(name, 0)
                for name in ("ratings", "good", *SCORES, *RATED_BY, "again", "invited", "rated", "matters", "rateable")
            },
        }
        for unit in found.everyone()
        if any(found.of(unit).get(name) for name in ("ratings", "invited", "matters"))
    ]
    columns = [
        *unit_columns(),
        *figure_columns("ratings", "good"),
        Column("good_rate", _("好评率"), RATE, ("good", "ratings")),
        *figure_columns(*SCORES, *RATED_BY, "again", "invited", "rated"),
        Column("rated_rate", _("主动评价率"), RATE, ("rated", "invited")),
        *figure_columns("matters", "rateable"),
        Column("coverage", _("评价覆盖率"), RATE, ("rateable", "matters")),
    ]
    return Table("units", _("按单位"), columns, rows, _("合计"))


def _channels(found: Gathered) -> Table:
    total = found.total()
    rows = [{"figure": name, "word": _(WORDS[name]), "n": total.get(name, 0), "all": total.get("ratings", 0)} for name in RATED_BY]
    return Table(
        "channels",
        _("从哪里评的"),
        [
            Column("word", _("渠道"), TEXT),
            Column("n", _("评价")),
            Column("all", _("全部评价")),
            Column("share", _("占比"), RATE, ("n", "all")),
        ],
        rows,
    )


def _levels(found: Gathered) -> Table:
    total = found.total()
    rows = [{"figure": name, "word": _(WORDS[name]), "n": total.get(name, 0)} for name in SCORES]
    return Table("levels", _("五档"), [Column("word", _("档"), TEXT), Column("n", _("评价"))], rows, _("合计"))


def _loop(found: Gathered) -> Table:
    rows = [
        {**unit_cells(found, unit), **metric_cells(found.of(unit), *LOOP)} for unit in found.everyone() if found.of(unit).get("bad_named")
    ]
    return Table(
        "loop", _("实名差评的整改"), [*unit_columns(), *(column for code in LOOP for column in metric_columns(code))], rows, _("合计")
    )


def _people(found: Gathered, handlers: list[tuple[str, int, int, int, int]]) -> Table:
    rows = [
        {
            "name": name,
            "unit": unit_said(found.names, unit),
            "code": code_of(found.names, unit),
            "ratings": n,
            "good": good,
            "points": total,
        }
        for name, unit, n, good, total in handlers
    ]
    columns = [
        Column("name", _("承办人或坐席"), TEXT),
        Column("unit", _("单位"), TEXT),
        Column("ratings", _("评价")),
        Column("good", _("好评")),
        Column("good_rate", _("好评率"), RATE, ("good", "ratings")),
        Column("points", _("分数合计")),
        Column("mean", _("平均分"), "mean", ("points", "ratings")),
    ]
    return Table("people", _("按人（供单位和窗口考核）"), columns, rows)


def _data(found: Gathered) -> dict:
    def row(figures: dict) -> dict:
        return {
            "ratings": figures.get("ratings", 0),
            "levels": {name[-1]: figures.get(name, 0) for name in SCORES},
            "by_channel": {name[3:]: figures.get(name, 0) for name in RATED_BY},
            "second_ratings": figures.get("again", 0),
            "metrics": {code: value_data(BY_CODE[code].of(figures)) for code in CODES},
        }

    return {
        **data_head("ratings", found),
        "total": row(found.total()),
        "by_unit": [
            {"unit": code_of(found.names, unit), "name": unit_said(found.names, unit), **row(found.of(unit))} for unit in found.everyone()
        ],
    }
