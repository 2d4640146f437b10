"""A figure of domain §10 as a value: what it was divided from, what was left out. Pure arithmetic."""

from collections.abc import Mapping
from dataclasses import dataclass, field

RATE, MEAN, COUNT = "rate", "mean", "count"


@dataclass(frozen=True, slots=True)
class Value:
    """Numerator, denominator, and what was left out of both by name."""

    numerator: int
    denominator: int
    excluded: Mapping[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float | None:
        return share(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: which figures are added up above and below the line, which are left out and shown apart, and where the formula comes from.

    `target`: the line drawn beside it (never a block: domain §13.8), None where no source names one. `low`: less is better.
    """

    code: str
    name: str
    formula: str
    above: tuple[str, ...]
    below: tuple[str, ...]
    source: str
    kind: str = RATE
    target: float | None = None
    excluded: tuple[str, ...] = ()
    group: str = ""
    low: bool = False

    def of(self, figures: Mapping[str, int | None]) -> Value:
        """The metric over these figures; a figure that is missing is nought."""

        def total(names: tuple[str, ...]) -> int:
            return sum(figures.get(name) or 0 for name in names)

        return Value(total(self.above), total(self.below), {name: figures.get(name) or 0 for name in self.excluded})


def share(numerator: int, denominator: int) -> float | None:
    """Numerator ÷ denominator; None over nothing: "—", not 100 % (domain §10)."""
    return numerator / denominator if denominator else None


def meets(metric: Metric, value: Value, line: float | None = None) -> bool | None:
    """Whether the line (the metric's own unless another is given) is reached; None without a line or over nothing."""
    line = metric.target if line is None else line
    if line is None or value.share is None:
        return None
    return value.share <= line if metric.low else value.share >= line


def composite(parts: Mapping[str, float | None], weights: Mapping[str, int]) -> float | None:
    """综合得分: the weighted mean of the three rates, 0–1; weights are percent and add up to 100. None while any part is over nothing."""
    found = [(parts.get(code), weight) for code, weight in weights.items() if weight]
    if not found or any(part is None for part, _ in found):
        return None
    return sum((part or 0.0) * weight for part, weight in found) / sum(weight for _, weight in found)
