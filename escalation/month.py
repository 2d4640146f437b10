"""A year of the calendar as lines for a terminal: three months abreast, Monday first, then the holidays by name."""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby

from escalation.calendar import Day

ABREAST = 3
CELL = 5
HEADER = " ".join(f" {name} " for name in "一二三四五六日")
WIDTH = 7 * CELL - 1


def month_lines(rows: Sequence[Day]) -> Iterator[str]:
    """The rows of one year, drawn. Chinese characters take two columns."""
    year = rows[0].day.year
    months = [list(month) for _, month in groupby(rows, key=lambda row: row.day.month)]
    yield f"{year} 年  工作日 {sum(row.is_workday for row in rows)} 天" + (
        "  暂定：放假通知还没公布" if any(row.provisional for row in rows) else ""
    )
    for first in range(0, len(months), ABREAST):
        blocks = [_block(month) for month in months[first : first + ABREAST]]
        yield ""
        for line in range(max(map(len, blocks))):
            yield "   ".join(block[line] if line < len(block) else " " * WIDTH for block in blocks).rstrip()
    yield ""
    yield from _named(rows)


def mark(row: Day) -> str:
    """Two columns: 休 a holiday, 班 a make-up working day, · a plain weekend, blank a plain working day."""
    weekend = row.day.weekday() > 4
    if row.is_workday:
        return "班" if weekend else "  "
    return "· " if weekend and not row.note else "休"


def _block(month: Sequence[Day]) -> list[str]:
    title = f"{month[0].day.month} 月"
    cells = ["    "] * month[0].day.weekday() + [f"{row.day.day:2d}{mark(row)}" for row in month]
    weeks = [cells[start : start + 7] for start in range(0, len(cells), 7)]
    lines = [" ".join(week).ljust(WIDTH - _wide(week)) for week in weeks]
    return [title + " " * (WIDTH - len(title) - 1), HEADER, *lines]


def _wide(week: Sequence[str]) -> int:
    return sum(letter in "休班" for cell in week for letter in cell)


def _named(rows: Sequence[Day]) -> Iterator[str]:
    """春节 休 02-15 … 02-23，班 02-14 02-28."""
    names: dict[str, tuple[list[date], list[date]]] = {}
    for row in rows:
        if row.note:
            names.setdefault(row.note, ([], []))[row.is_workday].append(row.day)
    for name, (off, on) in names.items():
        worked = f"，班 {_dates(on)}" if on else ""
        yield f"{name}：休 {_dates(off)}{worked}"


def _dates(days: Sequence[date]) -> str:
    return " ".join(day.strftime("%m-%d") for day in days)
