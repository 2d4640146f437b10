"""A report as plain values: title, notes, tables, plots. What a format makes of them is the writers' business; what they say is a report's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.web.i18n import aside

TEXT, COUNT, RATE, SUM, MEAN, SCORE, LESS = "text", "count", "rate", "sum", "mean", "score", "less"
NOTHING = "—"  # over nothing there is no rate (domain §10)

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. SUM is the sum of the columns `of`; LESS is the first of them less the others; RATE and MEAN are the first of `of` divided
    by the second, as a share or as a number; SCORE is the mean of the rates `of` by `weights` (percent), in points of a hundred.
    """

    key: str
    label: str
    kind: str = COUNT
    of: tuple[str, ...] = ()
    weights: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values by column key; SUM, LESS, RATE, MEAN and SCORE cells are never stored but counted from their parts. `total`: a last row adds up."""

    key: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: str = ""
    note: str = ""

    def value(self, row: Row, column: Column) -> Any:
        """What stands in a cell; None for a rate or mean over nothing."""
        if column.kind == SUM:
            return sum(row[key] for key in column.of)
        if column.kind == LESS:
            first, *others = (self.value(row, self.column(key)) for key in column.of)
            return first - sum(others)
        if column.kind == SCORE:
            parts = [self.value(row, self.column(key)) for key in column.of]
            return None if None in parts else sum(part * weight for part, weight in zip(parts, column.weights, strict=True))
        if column.kind in (RATE, MEAN):
            above, below = (self.value(row, self.column(key)) for key in column.of)
            return above / below if below else None
        return row.get(column.key, "" if column.kind == TEXT else 0)

    def column(self, key: str) -> Column:
        return next(column for column in self.columns if column.key == key)

    def sums(self) -> dict[str, Any]:
        """The last row: its word in the first column, counts added up."""
        first, *others = self.columns
        return {first.key: self.total} | {
            column.key: sum(row.get(column.key, 0) for row in self.rows) if column.kind == COUNT else "" for column in others
        }


@dataclass(frozen=True, slots=True)
class Series:
    """One row of bars. `colour`: accent, or red for what is late."""

    name: str
    values: Sequence[int]
    colour: str = "accent"


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars over names, stacked when there are several series; `flip`: lying. `say` is the same in a sentence."""

    key: str
    title: str
    names: Sequence[str]
    series: Sequence[Series]
    say: str
    flip: bool = False

    @property
    def spec(self) -> dict[str, Any]:
        """As the page's plots read it."""
        stacked = len(self.series) > 1
        return {
            "x": list(self.names),
            "flip": self.flip,
            "legend": stacked,
            "left": 96 if self.flip else 44,
            "right": 44 if self.flip else 16,
            "series": [
                {"name": one.name, "data": list(one.values), "colour": one.colour, "stack": "all" if stacked else None, "labels": self.flip}
                for one in self.series
            ],
        }


@dataclass(frozen=True, slots=True)
class Paper:
    """A whole report. `facts`: the figures on top as (name, said); `flat`: every figure in one table, for machines; `data`: for JSON."""

    name: str
    title: str
    period: str
    made: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[Table]
    plots: Sequence[Plot]
    notes: Sequence[str]
    flat: Table
    data: dict[str, Any] = field(default_factory=dict)

    def table(self, key: str) -> Table:
        return next(table for table in self.tables if table.key == key)


def rate_said(share: float | None, above: int, below: int) -> str:
    """A rate is never said without what it was divided from."""
    return percent(share) + aside(f"{above:,} ÷ {below:,}")


def percent(share: float | None) -> str:
    """0.99224 → "99.22%", as the circulars say it. Only all of them is "100.00%": what is not whole is never rounded up to it."""
    return NOTHING if share is None else f"{min(share, 0.9999) * 100 if share < 1 else share * 100:.2f}%"


def said(column: Column, value: Any) -> str:
    """A cell as text."""
    if column.kind == RATE:
        return percent(value)
    if column.kind in (MEAN, SCORE):
        return NOTHING if value is None else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
