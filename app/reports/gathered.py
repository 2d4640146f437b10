"""What the reports of figures share: the figures of a period by unit with those no ticket adds up to, columns of metrics, formulas in words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from app.clock import local
from app.reports.headings import days_said, json_head, made_said
from app.reports.others import others
from app.reports.owners import GROUPS, group_name, group_of, owners_in_order
from app.reports.paper import MEAN, RATE, TEXT, Column, Table, percent
from app.web.i18n import aside
from app.web.i18n import gettext as _
from app.web.naming import name_of, short_of
from escalation.metrics import asking, months
from escalation.metrics.asking import Figures, Frozen, Period
from escalation.metrics.figures import WORDS
from escalation.metrics.settings import ReportSettings, settings_of
from escalation.metrics.table import BY_CODE
from escalation.metrics.values import MEAN as MEAN_METRIC
from escalation.metrics.values import Metric, Value, composite
from tickets.reference import Reference, reference

CENTRE_UNIT = 0


@dataclass(frozen=True)
class Gathered:
    """Figures by unit (0: the centre), as of when, frozen or not, and how they are judged. `peers`: of units that were not asked for, but are ranked beside one that was."""

    asked: Period
    as_of: datetime
    units: dict[int, Figures]
    frozen: Frozen | None
    restated: int
    settings: ReportSettings
    names: Reference
    peers: Mapping[int, Figures] = field(default_factory=dict)

    def total(self) -> Figures:
        return added(self.units.values())

    def of(self, unit: int) -> Figures:
        return self.units.get(unit) or self.peers.get(unit, {})

    def value(self, code: str, unit: int | None = None) -> Value:
        return BY_CODE[code].of(self.total() if unit is None else self.of(unit))

    def score(self, unit: int | None = None) -> float | None:
        """综合得分 of a unit, 0–1."""
        return composite({code: self.value(code, unit).share for code in self.settings.weights}, self.settings.weights)

    def groups(self, whole: bool = False) -> dict[str, list[int]]:
        """Peer group → its units that had anything, in the order of the tree. `whole`: with the peers that were not asked for."""
        found: dict[str, list[int]] = {}
        for unit in owners_in_order(self.names, [unit for unit in (*self.units, *(self.peers if whole else ())) if unit != CENTRE_UNIT]):
            if isinstance(unit, int) and any(self.of(unit).values()):
                found.setdefault(group_of(self.names, unit), []).append(unit)
        return {group: found[group] for group in GROUPS if group in found}

    def everyone(self) -> list[int]:
        """The centre's own matters first, then every unit."""
        centre = [CENTRE_UNIT] if any(self.of(CENTRE_UNIT).values()) else []
        return [*centre, *(unit for units in self.groups().values() for unit in units)]

    @property
    def period(self) -> str:
        return days_said(self.asked.since, self.asked.until)

    @property
    def made(self) -> str:
        """When the figures are from; a frozen month says how much was restated since."""
        if self.frozen is None:
            return made_said(self.as_of)
        said = _("%(at)s 冻结", at=f"{local(self.frozen.at):%Y-%m-%d %H:%M}")
        return said + (_("，冻结后更正 %(n)s 处", n=self.restated) if self.restated else "")


def gather(session: Session, asked: Period, now: datetime) -> Gathered:
    """The figures of a period by unit. Raises Invalid for an impossible period."""
    names, frozen = reference(session), asking.frozen_for(session, asked)
    wide = replace(asked, units=_with_peers(names, asked.units))
    figures = {key[0]: dict(one) for key, one in asking.figures_by(session, wide, now, asking.BY_UNIT).items()}
    apart = frozen.others if frozen else others(session, asked.since, asked.until, now)
    if not (asked.channel or asked.categories):
        for unit, found in apart.items():
            if wide.units is None or int(unit) in wide.units:
                figures.setdefault(int(unit), {}).update(found)
    restated = next((n for month, _at, n in months.frozen_months(session) if frozen and month == frozen.month), 0)
    ours = {unit: one for unit, one in figures.items() if asked.units is None or unit in asked.units}
    return Gathered(
        asked, now, ours, frozen, restated, settings_of(session), names, {unit: one for unit, one in figures.items() if unit not in ours}
    )


def _with_peers(names: Reference, units: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """The units asked for and everybody of their peer groups: nobody is first of one."""
    if units is None:
        return None
    kinds = {names.units[unit].kind for unit in units if unit in names.units}
    return tuple({*units, *(one.id for one in names.units.values() if one.kind in kinds)})


def added(several: Iterable[Mapping[str, int]]) -> Figures:
    found: Figures = {}
    for one in several:
        for name, n in one.items():
            found[name] = found.get(name, 0) + n
    return found


def figure_columns(*names: str) -> list[Column]:
    """Counted columns under their own words."""
    return [Column(name, _(WORDS[name])) for name in names]


def metric_columns(code: str, above: str = "", below: str = "") -> list[Column]:
    """A metric with what it was divided from beside it; `above` and `below` name columns that stand there already."""
    metric = BY_CODE[code]
    first = [] if above else [Column(f"{code}_above", _("%(name)s 分子", name=_(metric.name)))]
    second = [] if below else [Column(f"{code}_below", _("%(name)s 分母", name=_(metric.name)))]
    kind = MEAN if metric.kind == MEAN_METRIC else RATE
    return [*first, *second, Column(code, _(metric.name), kind, (above or f"{code}_above", below or f"{code}_below"))]


def metric_cells(figures: Mapping[str, int], *codes: str) -> dict[str, int]:
    """The numerators and denominators `metric_columns` wants."""
    found: dict[str, int] = {}
    for code in codes:
        value = BY_CODE[code].of(figures)
        found |= {f"{code}_above": value.numerator, f"{code}_below": value.denominator}
    return found


def unit_cells(found: Gathered, unit: int) -> dict:
    """Who a row is about."""
    return {
        "id": unit,
        "code": code_of(found.names, unit),
        "unit": unit_said(found.names, unit),
        "short": short_said(found.names, unit),
        "group": group_name(group_of(found.names, unit)) if unit else "",
    }


def unit_columns() -> list[Column]:
    return [Column("unit", _("单位"), TEXT), Column("group", _("同类组"), TEXT)]


def unit_said(names: Reference, unit: int) -> str:
    return name_of(names.units[unit]) if unit in names.units else _("热线中心")


def short_said(names: Reference, unit: int) -> str:
    return short_of(names.units[unit]) if unit in names.units else _("热线中心")


def code_of(names: Reference, unit: int) -> str:
    return names.units[unit].code if unit in names.units else "centre"


def formula(metric: Metric, settings: ReportSettings) -> str:
    """A metric's formula as it is printed wherever the metric is."""
    line = settings.line_of(metric.code)
    target = "" if line is None else _("，目标 %(sign)s %(line)s", sign="≤" if metric.low else "≥", line=percent(line))
    return _(
        "%(name)s = %(formula)s%(target)s（%(source)s）",
        name=_(metric.name),
        formula=_(metric.formula),
        target=target,
        source=_(metric.source),
    )


def formulas(found: Gathered, *codes: str) -> list[str]:
    return [formula(BY_CODE[code], found.settings) for code in codes]


def value_data(value: Value) -> dict:
    return {"numerator": value.numerator, "denominator": value.denominator, "value": value.share, "excluded": dict(value.excluded)}


def data_head(report: str, found: Gathered) -> dict:
    """What every JSON of figures begins with."""
    return {
        **json_head(report, found.asked.since, found.asked.until, found.frozen.at if found.frozen else found.as_of),
        "frozen": found.frozen is not None,
        "restated": found.restated,
    }


def fact(name: str, value: Value) -> tuple[str, str]:
    """A figure on top, never without what it was divided from."""
    said = percent(value.share)
    return name, said + aside(f"{value.numerator:,} ÷ {value.denominator:,}")


def flat_of(found: Gathered, table: Table) -> Table:
    """A table for machines: days, code of the unit, then everything."""
    since, until = found.asked.since.isoformat(), found.asked.until.isoformat()
    rows = [{"since": since, "until": until, **row} for row in table.rows]
    columns = [Column("since", _("从"), TEXT), Column("until", _("到"), TEXT), Column("code", _("代码"), TEXT), *table.columns]
    return Table("flat", table.title, columns, rows)
