"""How rounds of a cell are counted (T28): when the next visit is due, what a visit makes of the interval that runs, how often an unvisited one is missed. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from escalation.calendar import Calendar
from escalation.due import due
from escalation.hours import Hours
from escalation.limits import Limit
from escalation.patrol_models import GRADES, KEPT, MISSED, RUNNING, VOID

CODES = {grade: f"patrol-{grade}" for grade in GRADES}
APART = timedelta(minutes=10)  # two visits to one cell are at least so far apart


@dataclass(frozen=True, slots=True)
class Rule:
    """What counts a cell's rounds now: the limit of its grade and the business hours it runs in, None = round the clock."""

    limit: Limit
    hours: Hours | None
    calendar: Calendar

    def due(self, began: datetime) -> datetime:
        """When the next visit is due after `began`."""
        return due(began, self.limit.length, self.limit.unit, self.calendar, hours=self.hours).instant


@dataclass(frozen=True, slots=True)
class Round:
    """One interval as a value; the stored row has the same names."""

    limit_id: int
    began_at: datetime
    due_at: datetime
    misses: int = 0
    outcome: str = RUNNING
    ended_at: datetime | None = None


def begun(rule: Rule | None, at: datetime, misses: int = 0) -> Round | None:
    """The interval that begins at `at`; none while the installation has no such limit."""
    return Round(rule.limit.id, at, rule.due(at), misses) if rule is not None else None


def visited(one: Round, at: datetime) -> Round:
    """What a visit in time makes of it: kept, or void when its gap was counted as missed already."""
    return replace(one, outcome=VOID if one.misses else KEPT, ended_at=max(at, one.began_at))


def missed(one: Round, rule: Rule | None, now: datetime, most: int) -> tuple[list[Round], Round | None]:
    """Every round that fell due unvisited before `now`, each ended at its due instant, at most `most`; and the one that runs then.

    A visit at the due instant itself is still in time. A limit changed meanwhile counts from the next round on.
    """
    over: list[Round] = []
    running: Round | None = one
    while running is not None and running.due_at < now and len(over) < most:
        over.append(replace(running, outcome=MISSED, ended_at=running.due_at))
        running = begun(rule, running.due_at, running.misses + 1)
    return over, running


def voided(one: Round, at: datetime) -> Round:
    """The cell is patrolled no more: neither kept nor missed."""
    return replace(one, outcome=VOID, ended_at=max(at, one.began_at))
