"""The rows behind a figure of the report `whistles`: which departments, of which whistles. Reads only; counted as the report counts (whistle_reports.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from escalation.models import Clock
from escalation.whistle_figures import CANCELLED, LATE, OVERDUE, STEPS, Part
from escalation.whistle_reports import called_in, callings_of, first_sounded, outcome_at
from tickets.whistle_codes import LOW
from tickets.whistle_models import CheckIn, Score, Whistle

MOST = 300
CALLED, CAME_LATE, ABSENT, GRADED, POOR, APPEALED = OF_CALLINGS = ("called", "came-late", "absent", "graded", "low", "appealed")
SOUNDED, RETURNED, CLOSED, REOPENED, JOINT = OF_WHISTLES = ("sounded", "returned", "closed", "reopened", "joint")
WHICH = (*OF_CALLINGS, *(f"broken-{step}" for step in STEPS), *OF_WHISTLES)


@dataclass(frozen=True)
class Behind:
    """One line: a whistle, and for a calling its department (`unit_id`), when it was called and due, its arrival and grade."""

    whistle: Whistle
    unit_id: int | None = None
    called_at: datetime | None = None
    due_at: datetime | None = None
    arrival: CheckIn | None = None
    score: Score | None = None


def behind(session: Session, asked: Part, which: str, now: datetime, readable, unit: int | None = None) -> Sequence[Behind]:
    """The rows of `which`, one of WHICH, the newest first, at most MOST; `unit` narrows callings; `readable` tests the whistle. One statement."""
    if which in OF_WHISTLES:
        return _whistles(session, asked, which, readable)
    tests = [readable, *([Clock.owner_unit_id == unit] if unit is not None else [])]
    if which.startswith("broken-"):
        step = which.removeprefix("broken-")
        broken = outcome_at(now).in_((LATE, OVERDUE))
        wanted = (
            sa.select(Whistle, Clock)
            .join(Clock, Clock.whistle_id == Whistle.id)
            .where(*called_in(asked), Clock.code.like(f"whistle-%-{step}"), broken, *tests)
        )
        return [
            Behind(row[0], row[1].owner_unit_id, row[1].started_at, row[1].due_at)
            for row in session.execute(wanted.order_by(Clock.started_at.desc(), Clock.id).limit(MOST))
        ]
    wanted = (
        callings_of(asked, now, Whistle, Clock)
        .where(outcome_at(now) != CANCELLED, *_of(which, now), *tests)
        .order_by(Clock.started_at.desc(), Clock.id)
        .limit(MOST)
    )
    return [
        Behind(whistle, clock.owner_unit_id, clock.started_at, clock.due_at, arrival, score)
        for whistle, clock, _outcome, arrival, score in session.execute(wanted)
    ]


def _of(which: str, now: datetime) -> list:
    """What makes a calling one of `which`."""
    return {
        CALLED: [],
        CAME_LATE: [CheckIn.at > Clock.due_at],
        ABSENT: [CheckIn.id.is_(None), outcome_at(now).in_((LATE, OVERDUE))],
        GRADED: [Score.id.is_not(None)],
        POOR: [sa.func.least(Score.speed, Score.handling, Score.result) <= LOW],
        APPEALED: [Score.appealed_at.is_not(None)],
    }[which]


def _whistles(session: Session, asked: Part, which: str, readable) -> list[Behind]:
    first = first_sounded()
    instant = Whistle.created_at if which == RETURNED else first
    tests: dict[str, list] = {
        SOUNDED: [],
        RETURNED: [Whistle.sent_back > 0],
        CLOSED: [Whistle.status == "closed"],
        REOPENED: [Whistle.round > 1],
        JOINT: [Whistle.released_at.is_not(None)],
    }
    part = [Whistle.kind == asked.kind] if asked.kind else []
    part += [Whistle.street_id == asked.street] if asked.street is not None else []
    wanted = (
        sa.select(Whistle)
        .where(instant >= asked.begins, instant < asked.ends, *tests[which], *part, readable)
        .order_by(Whistle.id.desc())
        .limit(MOST)
    )
    return [Behind(one) for one in session.scalars(wanted)]
