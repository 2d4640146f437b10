"""The figures of the report `whistles` as values: duties by their outcome, departments called, whistles blown, and how they add up.

How they are counted is whistle_reports.py's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime

from escalation.reports import Asked

STEPS = ("sign", "contact", "check-in", "close")
ON_TIME, LATE, OVERDUE, PENDING, CANCELLED, RELEASED = OUTCOMES = ("on_time", "late", "overdue", "pending", "cancelled", "released")


@dataclass(frozen=True, slots=True)
class Part(Asked):
    """Days `since` to `until` inclusive; `kind` "" = every kind, `street` None = every street."""

    kind: str = ""
    street: int | None = None


@dataclass(slots=True)
class Step:
    """One kind of duty (sign, contact, …). Late = ended after due; overdue = open past due; apart: not due yet, cancelled, let off in time."""

    on_time: int = 0
    late: int = 0
    overdue: int = 0
    pending: int = 0
    cancelled: int = 0
    released: int = 0

    @property
    def due(self) -> int:
        return self.on_time + self.late + self.overdue

    @property
    def rate(self) -> float | None:
        return share(self.on_time, self.due)


@dataclass(slots=True)
class Calling:
    """Departments called: who came, late or never; minutes to the place (remote arrivals have none); the street's grades, out of 100.

    `points` are as first given, `final` as they stand after appeals. `led`: how many the lead graded as its assistants (R42), `led_points`
    its 1–5 in sum.
    """

    called: int = 0
    came: int = 0
    came_late: int = 0
    absent: int = 0
    remote: int = 0
    on_site: int = 0
    minutes: int = 0
    graded: int = 0
    points: int = 0
    final: int = 0
    low: int = 0
    appealed: int = 0
    upheld: int = 0
    led: int = 0
    led_points: int = 0

    @property
    def mean_minutes(self) -> float | None:
        return share(self.minutes, self.on_site)

    @property
    def mean_points(self) -> float | None:
        return share(self.points, self.graded)

    @property
    def mean_final(self) -> float | None:
        return share(self.final, self.graded)

    @property
    def mean_led(self) -> float | None:
        return share(self.led_points, self.led)


@dataclass(slots=True)
class Blown:
    """Whistles: drafted in the period (`blown`, of them `returned` by the office), and those that first sounded in it. `joint`: how many had
    everybody released, after `joint_hours` in sum (whole hours) from the first sounding. `rated`: citizens of linked matters who gave
    their word (BJS §44), `rated_points` their 1–5 in sum."""

    blown: int = 0
    returned: int = 0
    sounded: int = 0
    withdrawn: int = 0
    closed: int = 0
    reopened: int = 0
    joint: int = 0
    joint_hours: int = 0
    rated: int = 0
    rated_points: int = 0

    @property
    def stood(self) -> int:
        """Sounded and not taken back: what can be closed."""
        return self.sounded - self.withdrawn

    @property
    def closing(self) -> float | None:
        return share(self.closed, self.stood)

    @property
    def mean_hours(self) -> float | None:
        return share(self.joint_hours, self.joint)

    @property
    def mean_rated(self) -> float | None:
        return share(self.rated_points, self.rated)


@dataclass(frozen=True, slots=True)
class Whistles:
    """The report as values. `steps`: (street, kind, unit, step); `callings`: (street, kind, unit); `blown`: (street, kind); `tickets`: street."""

    asked: Part
    as_of: datetime
    steps: dict[tuple[int, str, int, str], Step]
    callings: dict[tuple[int, str, int], Calling]
    blown: dict[tuple[int, str], Blown]
    tickets: dict[int, int]

    def steps_by(self, *places: int) -> dict[tuple, Step]:
        """Steps added up over the parts of the key that are not named: 0 street, 1 kind, 2 unit, 3 step."""
        return _fold(self.steps.items(), places, Step)

    def callings_by(self, *places: int) -> dict[tuple, Calling]:
        return _fold(self.callings.items(), places, Calling)

    def blown_by(self, *places: int) -> dict[tuple, Blown]:
        return _fold(self.blown.items(), places, Blown)


def share(above: int, below: int) -> float | None:
    """None over nothing: "—", not 100 % (domain §10)."""
    return above / below if below else None


def _fold(pairs: Iterable, places: tuple[int, ...], kind) -> dict:
    found: dict = {}
    for key, one in pairs:
        into = found.setdefault(tuple(key[at] for at in places), kind())
        for part in fields(one):
            setattr(into, part.name, getattr(into, part.name) + getattr(one, part.name))
    return found
