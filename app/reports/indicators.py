"""The report `metrics`: every metric of domain §10 with its formula, numerator, denominator, what was left out, target line and source."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from app.reports.gathered import Gathered, data_head, fact, flat_of, gather, value_data
from app.reports.headings import titled
from app.reports.paper import NOTHING, TEXT, Column, Paper, Table, percent
from app.web.i18n import gettext as _
from escalation.metrics.asking import Period
from escalation.metrics.figures import WORDS
from escalation.metrics.table import BY_CODE, GROUP_WORDS, GROUPS, METRICS, THREE_RATES
from escalation.metrics.values import COUNT, MEAN, Metric, Value, meets


def build(session: Session, since: date, until: date, now: datetime) -> Paper:
    """The whole report for the city. Raises Invalid for an impossible period."""
    return lay_out(gather(session, Period(since, until), now))


def lay_out(found: Gathered, about: str = "") -> Paper:
    """The table of metrics as a paper in the language of the request."""
    tables = [
        Table(group, _(GROUP_WORDS[group]), _columns(), [_row(found, metric) for metric in METRICS if metric.group == group])
        for group in GROUPS
    ]
    facts = [fact(_(BY_CODE[code].name), found.value(code)) for code in ("closed-on-time", *THREE_RATES, "good")]
    score = found.score()
    facts.append((_("综合得分"), NOTHING if score is None else f"{100 * score:.1f}"))
    whole = Table("flat", _("指标总表"), _columns(), [_row(found, metric) for metric in METRICS])
    notes = [
        _("每个指标都写着公式、分子、分母和没算进去的；0 ÷ 0 写“—”，不写 100%。目标线只画出来，不拦着办结。"),
        _("没有出处的口径是本市约定，可以改；已冻结的月份不跟着改。"),
    ]
    data = {
        **data_head("metrics", found),
        "score": score,
        "metrics": {
            metric.code: {
                "name": metric.name,
                "formula": metric.formula,
                "source": metric.source,
                "kind": metric.kind,
                "target": found.settings.line_of(metric.code),
                **value_data(found.value(metric.code)),
            }
            for metric in METRICS
        },
    }
    return Paper(
        "metrics",
        titled(_("指标总表"), about),
        found.period,
        found.made,
        facts,
        tables,
        [],
        notes,
        flat_of(found, whole),
        data,
    )


def said(metric: Metric, value: Value) -> str:
    """A metric's value as people read it."""
    if metric.kind == COUNT:
        return f"{value.numerator:,}"
    if value.share is None:
        return NOTHING
    return f"{value.share:.1f}" if metric.kind == MEAN else percent(value.share)


def _row(found: Gathered, metric: Metric) -> dict:
    value, line = found.value(metric.code), found.settings.line_of(metric.code)
    reached = meets(metric, value, line) if line is not None else None
    return {
        "code": metric.code,
        "name": _(metric.name),
        "formula": _(metric.formula),
        "above": value.numerator,
        "below": value.denominator,
        "value": said(metric, value),
        "line": "" if line is None else percent(line),
        "reached": "" if reached is None else _("达到了") if reached else _("没到"),
        "short": reached is False,
        "excluded": _("，").join(f"{_(WORDS[name])} {n:,}" for name, n in value.excluded.items() if n),
        "source": _(metric.source),
        "metric": metric,
    }


def _columns() -> list[Column]:
    return [
        Column("name", _("指标"), TEXT),
        Column("value", _("实际"), TEXT),
        Column("above", _("分子")),
        Column("below", _("分母")),
        Column("line", _("目标"), TEXT),
        Column("reached", _("到线"), TEXT),
        Column("excluded", _("没算进去的"), TEXT),
        Column("formula", _("公式"), TEXT),
        Column("source", _("出处"), TEXT),
    ]
