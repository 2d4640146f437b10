"""Reading the figures of a period: from the daily sums, or, for a whole frozen month, as they were frozen. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.errors import Invalid
from escalation.metrics.figures import FIGURES, UNTIL_YESTERDAY
from escalation.metrics.tables import cells, days, months

LONGEST = 366
BY_DAY, BY_UNIT, BY_CATEGORY, BY_CHANNEL = "day", "unit_id", "category_id", "channel"

Figures = dict[str, int]


@dataclass(frozen=True, slots=True)
class Period:
    """Days `since` to `until` inclusive, narrowed to units, categories (ids) or a channel. `live`: as it is now, even where a month is frozen."""

    since: date
    until: date
    units: tuple[int, ...] | None = None
    categories: tuple[int, ...] | None = None
    channel: str = ""
    live: bool = False

    def __post_init__(self) -> None:
        """Raises Invalid naming the field."""
        if self.until < self.since:
            raise Invalid(to="结束那天要不早于开始那天")
        if (self.until - self.since).days >= LONGEST:
            raise Invalid(to="一次最多看 366 天")

    @property
    def month(self) -> date | None:
        """The month this is, when it is a whole one."""
        whole = (
            self.since.day == 1
            and (self.until + timedelta(days=1)).day == 1
            and self.since.month == self.until.month
            and self.since.year == self.until.year
        )
        return self.since if whole else None


@dataclass(frozen=True, slots=True)
class Frozen:
    month: date
    at: datetime
    by_name: str
    others: dict[str, dict[str, int]]


def frozen_month(session: Session, month: date) -> Frozen | None:
    """The freeze of a month, None while it is open."""
    row = session.execute(sa.select(months).where(months.c.month == month)).one_or_none()
    return Frozen(row.month, row.frozen_at, row.by_name, row.others) if row else None


def frozen_for(session: Session, asked: Period) -> Frozen | None:
    """The freeze this period is read from, if it is."""
    return frozen_month(session, asked.month) if asked.month and not asked.live else None


def figures_by(session: Session, asked: Period, now: datetime, *by: str) -> dict[tuple, Figures]:
    """Figures added up by any of BY_DAY, BY_UNIT, BY_CATEGORY, BY_CHANNEL; one statement beside the question whether it is frozen.

    What runs to 24:00 counts from the day after. A frozen month has no days.
    """
    frozen = frozen_for(session, asked) if BY_DAY not in by else None
    table = cells if frozen else days
    over = local(now).date() - timedelta(days=1)
    wanted = []
    for name in FIGURES:
        waits = not frozen and name in UNTIL_YESTERDAY and asked.until > over
        counted = sa.func.sum(table.c[name])
        wanted.append(sa.func.coalesce(counted.filter(table.c.day <= over) if waits else counted, 0))
    first = [table.c.month == frozen.month] if frozen else [table.c.day >= asked.since, table.c.day <= asked.until]
    keys = [table.c[key] for key in by]
    rows = session.execute(sa.select(*keys, *wanted).where(*first, *_narrowed(table, asked)).group_by(*keys))
    return {tuple(row[: len(keys)]): dict(zip(FIGURES, (int(n) for n in row[len(keys) :]), strict=True)) for row in rows}


def total(found: dict[tuple, Figures]) -> Figures:
    """All of them together."""
    return added(list(found.values()))


def added(several: Sequence[Figures]) -> Figures:
    return {name: sum(one.get(name, 0) for one in several) for name in FIGURES}


def folded(found: dict[tuple, Figures], place: int) -> dict:
    """Added up by one place of the key."""
    groups: dict = {}
    for key, one in found.items():
        groups.setdefault(key[place], []).append(one)
    return {key: added(several) for key, several in groups.items()}


def _narrowed(table: sa.Table, asked: Period) -> list:
    tests: list[sa.ColumnElement[bool]] = []
    if asked.units is not None:
        tests.append(table.c.unit_id.in_(asked.units))
    if asked.categories is not None:
        tests.append(table.c.category_id.in_(asked.categories))
    if asked.channel:
        tests.append(table.c.channel == asked.channel)
    return tests
