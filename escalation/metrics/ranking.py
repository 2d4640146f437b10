"""Who stands where among its peers: same figure, same rank; tiers rather than bare rank; red and black lists. Pure (domain §10, R55)."""

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

TIERS = ("excellent", "good", "fair", "poor")
TIER_WORDS = {"excellent": "优秀", "good": "良好", "fair": "一般", "poor": "较差"}
LISTED = 5

Key = TypeVar("Key", bound=Hashable)


def ranks(values: Mapping[Key, float | None], low: bool = False) -> dict[Key, int]:
    """1 for the best; equal values share a rank and the next one is skipped (1, 2, 2, 4). Who has no value has no rank. `low`: less is better."""
    known = sorted((value for value in values.values() if value is not None), reverse=not low)
    return {key: 1 + known.index(value) for key, value in values.items() if value is not None}


def tier(value: float | None, lines: Sequence[float]) -> str:
    """The tier a share falls into by its lower lines, best first, e.g. (0.95, 0.85, 0.7); "" without a value."""
    if value is None:
        return ""
    return next((name for name, line in zip(TIERS, lines, strict=False) if value >= line), TIERS[len(lines)])


def top(values: Mapping[Key, float | None], n: int = LISTED) -> list[Key]:
    """红榜: the best `n` of a group, those who tie with the last one too; in a group of `n` or fewer its better half."""
    return _ends(values, n, low=False)


def bottom(values: Mapping[Key, float | None], n: int = LISTED) -> list[Key]:
    """黑榜: the last `n` of all, ties included, worst first; never more than half of those that have a value, ties aside."""
    return _ends(values, n, low=True)


def _ends(values: Mapping[Key, float | None], n: int, low: bool) -> list[Key]:
    found = ranks(values, low)
    most = min(n, len(found) // 2)
    return sorted((key for key, rank in found.items() if rank <= most), key=lambda key: found[key])


def suppressed(counts: Mapping[Key, int], fewest: int) -> dict[Key, int | None]:
    """Counts fit for publication: those below `fewest` (0 too is said) are None; if only one is hidden, the next smallest goes with it,
    or the total would give it away."""
    hidden = {key for key, n in counts.items() if 0 < n < fewest}
    if len(hidden) == 1:
        others = sorted((n, str(key), key) for key, n in counts.items() if key not in hidden and n > 0)
        hidden |= {key for *_, key in others[:1]}
    return {key: None if key in hidden else n for key, n in counts.items()}
