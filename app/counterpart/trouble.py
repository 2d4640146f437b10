"""How badly the providers behave: shares between 0 and 1 of what goes wrong, told over HTTP, thrown by one seeded die."""

import random
import threading
from dataclasses import asdict, dataclass, field, fields

FINE, BUSY, BROKEN, BROKEN_AFTER, SILENT, SILENT_AFTER = "fine", "busy", "broken", "broken-after", "silent", "silent-after"


@dataclass(frozen=True)
class Trouble:
    """Shares of requests: `busy` 429; `broken` 500 before and `broken_after` 500 after it was taken; `silent` and `silent_after` no answer for
    `silent_seconds`. Shares of messages: `failing` end as failed with `failing_code`. Receipts: up to `late` seconds late, `doubled`, `shuffled`,
    `lost` altogether, `pace` seconds between one and the next. `refused`: number → the provider's error code. `seed` makes a run repeatable.
    """

    busy: float = 0.0
    broken: float = 0.0
    broken_after: float = 0.0
    silent: float = 0.0
    silent_after: float = 0.0
    silent_seconds: float = 12.0
    failing: float = 0.0
    failing_code: int = 30003
    late: float = 0.0
    doubled: float = 0.0
    shuffled: float = 0.0
    lost: float = 0.0
    pace: float = 0.4
    refused: dict[str, int] = field(default_factory=dict)
    seed: int = 12345


PRESETS = {
    "fine": Trouble(),
    "busy": Trouble(busy=1.0),
    "shaky": Trouble(busy=0.15, broken=0.1, broken_after=0.05, late=3.0, doubled=0.3, shuffled=0.5),
    "failing": Trouble(failing=1.0),
}


class Die:
    """The trouble of this moment and the luck of each request."""

    def __init__(self) -> None:
        self.trouble = Trouble()
        self._luck = random.Random(self.trouble.seed)  # noqa: S311 -- a test's die, not a secret
        self._lock = threading.Lock()

    def set(self, given: dict) -> Trouble:
        """Behave like this from now on; what is not given is fine. Raises ValueError naming a field that is none."""
        known = {one.name for one in fields(Trouble)}
        strange = sorted(set(given) - known)
        if strange:
            raise ValueError(f"unknown: {', '.join(strange)}; known: {', '.join(sorted(known))}")
        return self.become(Trouble(**given))

    def become(self, trouble: Trouble) -> Trouble:
        """Behave like this from now on, the die thrown from its beginning."""
        with self._lock:
            self.trouble = trouble
            self._luck = random.Random(trouble.seed)  # noqa: S311
        return trouble

    def told(self) -> dict:
        """The trouble as plain values."""
        return asdict(self.trouble)

    def mood(self) -> str:
        """What happens to this request."""
        with self._lock:
            thrown, sum_so_far = self._luck.random(), 0.0
            for mood, share in (
                (BUSY, self.trouble.busy),
                (BROKEN, self.trouble.broken),
                (BROKEN_AFTER, self.trouble.broken_after),
                (SILENT, self.trouble.silent),
                (SILENT_AFTER, self.trouble.silent_after),
            ):
                sum_so_far += share
                if thrown < sum_so_far:
                    return mood
            return FINE

    def falls(self, share: float) -> bool:
        """Whether what happens to this share of cases happens now."""
        with self._lock:
            return self._luck.random() < share

    def up_to(self, seconds: float) -> float:
        """Some time up to this long."""
        with self._lock:
            return self._luck.uniform(0, seconds)
