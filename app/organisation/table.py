"""A table with named columns, as somebody filled it in: which columns there are, and what each row says in them. Knows no kind's rules."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from app.imports.cells import text_of
from app.imports.lines import Line, Source, Unreadable

BETWEEN = re.compile(r"[\s,，、;；/]+")


@dataclass(frozen=True)
class Column:
    """`name` and `word` (English, Chinese) may both stand in the first line. `needed`: a file without this column is not taken."""

    name: str
    word: str
    needed: bool = False


@dataclass(frozen=True)
class Row:
    """What a line says, by column name; a column the file lacks is not in it."""

    line: Line
    said: dict[str, str]

    def get(self, name: str, kept: str = "") -> str:
        """The cell, or what is `kept` where the file has no such column."""
        return self.said.get(name, kept)


@dataclass(frozen=True)
class Table:
    """`columns` as they stand in the file; `unused` are those nobody reads; `broken` lines could not be taken apart."""

    name: str
    columns: list[str]
    unused: list[str]
    rows: list[Row]
    broken: list[Line]


def read(source: Source, name: str, columns: Sequence[Column], most: int = 0) -> Table:
    """The whole file. `most` rows are read, one more tells that there are too many; 0 is no end. Raises Unreadable."""
    found = {
        column.name: said for column in columns for said in source.columns if said.strip().lower() in (column.name, column.word.lower())
    }
    missing = [f"{column.word} ({column.name})" for column in columns if column.needed and column.name not in found]
    if missing:
        raise Unreadable(f"缺列：{'、'.join(missing)}。第一行要写列名，可以从模板抄 (columns are missing)")
    rows, broken = [], []
    for line in islice(source.lines, most + 1 if most else None):
        said = {field: text_of(line.cells.get(column)) for field, column in found.items()}
        if line.broken or any("\x00" in cell for cell in said.values()):
            broken.append(line if line.broken else Line(line.number, broken="格式：有不能显示的字符（NUL），请删去", raw=""))
        elif any(said.values()):
            rows.append(Row(line, said))
    if not rows and not broken:
        raise Unreadable("文件里一行也没有 (the file has no rows)")
    return Table(name, source.columns, [column for column in source.columns if column not in found.values()], rows, broken)


def codes_by_name(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """(code, its names) → every code, and every name that only one of them bears, to that code."""
    codes, bearers = {}, dict[str, set[str]]()
    for code, names in named:
        codes[code] = code
        for name in names:
            bearers.setdefault(name, set()).add(code)
    return {name: next(iter(found)) for name, found in bearers.items() if name and len(found) == 1} | codes


def words_of(said: str) -> list[str]:
    """The words of a cell, between blanks, commas and strokes."""
    return [word for word in BETWEEN.split(said) if word]
