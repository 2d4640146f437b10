"""A limit as a value, and which limits apply: pure questions. The numbers are limit_data.py, the rows models.py."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from escalation.due import CALENDAR_DAYS, WORKING_DAYS
from escalation.hours import Hours

# What a limit is for: a promise to the citizen; a duty on the way; a window that closes without blame; a rule counted elsewhere.
PROMISE, DUTY, WINDOW, RULE = "promise", "duty", "window", "rule"
KINDS = (PROMISE, DUTY, WINDOW, RULE)
OWNERS = ("ticket", "unit", "task", "centre", "summons", "cell")
SHARE = "unit-reply"  # the code of a unit's own count of the promise
URGENT = frozenset({"urgent", "critical"})
INTERIM_AFTER = 5


@dataclass(frozen=True, slots=True)
class Applies:
    """One alternative of when a limit applies; an empty part means any."""

    tracks: tuple[str, ...] = ()
    appeal_types: tuple[str, ...] = ()
    urgencies: tuple[str, ...] = ()

    def to(self, track: str, appeal_type: str, urgency: str) -> bool:
        return (
            (not self.tracks or track in self.tracks)
            and (not self.appeal_types or appeal_type in self.appeal_types)
            and (not self.urgencies or urgency in self.urgencies)
        )


@dataclass(frozen=True, slots=True)
class Extension:
    """How a limit may be extended: at most `cap` days of `unit`, once or not, granted by `who` (T17)."""

    cap: int
    unit: str = WORKING_DAYS
    once: bool = True
    who: str = "dispatcher"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit of one profile. `start` and `stop` are workflow actions; `applies` empty = never started by itself.

    `off`: this profile does not use the limit. `hours_id`: the business hours it runs in, None = round the clock. `id` and the dates are the stored row's, 0 and None in the data.
    """

    code: str
    length: int
    unit: str
    article: str
    owner: str = "ticket"
    kind: str = DUTY
    start: str = ""
    stop: tuple[str, ...] = ()
    applies: tuple[Applies, ...] = ()
    pauses: tuple[str, ...] = ()
    extension: Extension | None = None
    hours_id: int | None = None
    profile: str = "default"
    off: bool = False
    version: int = 1
    id: int = 0
    effective_from: datetime | None = None
    effective_to: datetime | None = None

    def applies_to(self, track: str, appeal_type: str, urgency: str) -> bool:
        return not self.off and any(each.to(track, appeal_type, urgency) for each in self.applies)


@dataclass(frozen=True)
class Book:
    """All limit rows ever in force, by id, and those in force now by profile. Built once per change of the tables.

    `hours`: business hours by id; `unit_hours`: (unit id, limit code) → hours id, where a unit keeps hours of its own.
    """

    rows: tuple[Limit, ...]
    hours: dict[int, Hours] = field(default_factory=dict)
    unit_hours: dict[tuple[int, str], int] = field(default_factory=dict)
    by_id: dict[int, Limit] = field(init=False)

    def __post_init__(self):
        object.__setattr__(self, "by_id", {row.id: row for row in self.rows})

    def of_profile(self, profile: str, at: datetime) -> dict[str, Limit]:
        """Code → limit in force at `at`: the default's rows, replaced by what the profile lists."""
        found: dict[str, Limit] = {}
        for wanted in ("default", profile):
            for row in self.rows:
                if row.profile == wanted and _in_force(row, at):
                    found[row.code] = row
        return {code: row for code, row in found.items() if not row.off}

    def hours_for(self, limit: Limit, unit_id: int | None = None) -> Hours | None:
        """The business hours the limit runs in when this unit owes it; None = round the clock."""
        own = self.unit_hours.get((unit_id, limit.code)) if unit_id is not None else None
        return self.hours.get(own or limit.hours_id or 0)

    @property
    def profiles(self) -> tuple[str, ...]:
        return tuple(sorted({row.profile for row in self.rows}))


def limits_for(track: str, appeal_type: str, urgency: str, rows: Iterable[Limit], start: str = "dispatch") -> list[Limit]:
    """The limits that begin with `start` for such a ticket, in the order of the table.

    An urgent or critical ticket of the general track is counted as urgent (domain §4 "Tracks"). A promise longer than five
    working days brings the interim reply along (JN §24(2)).
    """
    rows = list(rows)
    if track == "general" and urgency in URGENT:
        track = "urgent"
    found = [row for row in rows if row.start == start and row.applies_to(track, appeal_type, urgency)]
    if any(row.kind == PROMISE and is_long(row) for row in found):
        found += [row for row in rows if row.code == "interim-reply" and row.start == start and not row.off]
    return found


def is_long(limit: Limit) -> bool:
    """Longer than five working days, so that an interim reply is due as well."""
    return limit.length > (7 if limit.unit == CALENDAR_DAYS else INTERIM_AFTER) and limit.unit in {WORKING_DAYS, CALENDAR_DAYS}


def _in_force(row: Limit, at: datetime) -> bool:
    return (row.effective_from is None or row.effective_from <= at) and (row.effective_to is None or at < row.effective_to)
