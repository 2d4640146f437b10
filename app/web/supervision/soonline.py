"""What breaks next as a line: time runs right, lanes keep labels apart, near marks become one with a number. Pure; the template draws it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from app.clock import local
from app.web.i18n import gettext as _
from app.web.i18n import listed
from app.web.i18n import ngettext as _n

LEFT, RIGHT, WIDE = 10.0, 630.0, 132.0
TURN = 500.0  # from here on words stand left of their mark
LANES = (30.0, 72.0, 108.0)
CROWDED = 134.0  # where marks stand that have no room for words
NEAR = 9.0  # closer marks are drawn as one
LABEL = 9
RED, YELLOW = 300, 900


class Point(NamedTuple):
    """One clock that will break: when, whose, what kind, on which matter."""

    due: datetime
    unit: str
    what: str
    title: str
    href: str


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a point (or several) stands on the line. `tone`: r, y or pt."""

    x: float
    y: float
    tone: str
    label: str
    sub: str
    href: str
    count: int = 1
    labelled: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """The whole drawing: ticks are (x, words, anchor); bands end at x; `say` is what a screen reader hears."""

    marks: list[Mark]
    ticks: list[tuple[float, str, str]]
    red_until: float
    yellow_until: float
    say: str
    points: list[Point] = field(default_factory=list)


def horizon(name: str, now: datetime) -> tuple[datetime, list[tuple[datetime, str]]]:
    """The far end of "hour", "day" or "week", and the ticks between with their words."""
    here = local(now)
    if name == "hour":
        return now + timedelta(hours=1), [(now + timedelta(minutes=ten), _("+%(n)s 分", n=ten)) for ten in range(10, 61, 10)]
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if name == "day":
        first = here.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        step = max(1, round((midnight - here).total_seconds() / 3600 / 6))
        hours = [first + timedelta(hours=ahead) for ahead in range(0, 24, step)]
        return midnight + timedelta(minutes=1), [(hour, f"{hour:%H:%M}") for hour in hours if hour < midnight - timedelta(minutes=40)] + [
            (midnight, "24:00")
        ]
    return midnight + timedelta(days=6, minutes=1), [
        (midnight + timedelta(days=ahead), _("%(day)s 日", day=(midnight + timedelta(days=ahead - 1)).day)) for ahead in range(7)
    ]


def draw(points: Sequence[Point], name: str, now: datetime, total: int) -> Line:
    """The line of the points, which come earliest first; `total` counts also those not fetched."""
    until, ticks = horizon(name, now)
    whole = (until - now).total_seconds()

    def place(at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * max(0.0, min(1.0, (at - now).total_seconds() / whole)), 1)

    marks: list[Mark] = []
    ends = [0.0] * len(LANES)  # where the last label of each lane ends
    for group in _together(points, place):
        first, x = group[0], place(group[0].due)
        begins, ended = (x, x + WIDE) if x <= TURN else (x - WIDE, x + NEAR)
        lane = next((at for at, end in enumerate(ends) if end <= begins), None)
        label, sub = _words(group)
        marks.append(
            Mark(
                x,
                LANES[lane] if lane is not None else CROWDED,
                _tone(first.due, now),
                _cut(label, LABEL + 3),
                _cut(sub, LABEL),
                first.href,
                len(group),
                lane is not None,
            )
        )
        if lane is not None:
            ends[lane] = ended
    shown = [(LEFT, _("现在"), "start")]
    last = RIGHT - 50 if place(ticks[-1][0]) > RIGHT - 20 else RIGHT  # the last one keeps its room
    shown += [
        (place(at), words, "end" if place(at) > RIGHT - 20 else "middle")
        for at, words in ticks
        if LEFT + 95 < place(at) < last or (at, words) == ticks[-1]
    ]
    return Line(
        marks, shown, place(now + timedelta(seconds=RED)), place(now + timedelta(seconds=YELLOW)), _say(points, now, total), list(points)
    )


def _together(points: Sequence[Point], place) -> list[list[Point]]:
    groups: list[list[Point]] = []
    for point in points:
        if groups and place(point.due) - place(groups[-1][0].due) < NEAR:
            groups[-1].append(point)
        else:
            groups.append([point])
    return groups


def _words(group: list[Point]) -> tuple[str, str]:
    """Several limits of one matter are named together; several matters are counted."""
    first = group[0]
    if len({point.href for point in group}) == 1:
        return f"{first.unit} {listed(dict.fromkeys(point.what for point in group))}", first.title
    return _n("%(n)s 件", len(group)), _("%(unit)s等", unit=first.unit)


def _tone(due: datetime, now: datetime) -> str:
    left = (due - now).total_seconds()
    return "r" if left < RED else "y" if left < YELLOW else "pt"


def _say(points: Sequence[Point], now: datetime, total: int) -> str:
    if not points:
        return _("没有时限会断")
    first = _("，").join(
        _("%(n)s 分钟 %(unit)s %(what)s", n=max(0, int((point.due - now).total_seconds() // 60)), unit=point.unit, what=point.what)
        for point in points[:3]
    )
    return _n("%(n)s 个时限将到期：%(first)s", total, first=first)


def _cut(text: str, most: int) -> str:
    """Chinese counts one, Latin half."""
    width = 0.0
    for place, letter in enumerate(text):
        width += 1 if ord(letter) > 0x2E80 else 0.55
        if width > most:
            return text[:place] + "…"
    return text
