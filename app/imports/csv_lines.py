"""CSV taken apart so that one bad row never swallows its neighbours: a quote left open costs its own line only."""

import csv
import re
from collections.abc import Iterator

from app.imports.lines import Line

DELIMITERS = ",\t;|"
LONGEST_FIELD = 100_000
LONE = re.compile("[\udc80-\udcff]")
BAD_BYTES = "编码：这一行有认不出的字节，请把文件另存为 UTF-8 再导入"


class Feed:
    """Physical lines with a way back: what a broken record has taken too much of is read again."""

    def __init__(self, lines: Iterator[str]):
        self.lines = lines
        self.back: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __iter__(self) -> "Feed":
        return self

    def __next__(self) -> str:
        line = self.back.pop() if self.back else next(self.lines)
        self.taken.append(line)
        return line

    def finish(self) -> int:
        """The record was good: its first line's number."""
        first = self.number + 1
        self.number += len(self.taken)
        self.taken.clear()
        return first

    def give_back(self) -> tuple[int, str]:
        """The record was bad: only its first line is used up. That line's number and text."""
        self.back += reversed(self.taken[1:])
        text = self.taken[0] if self.taken else ""
        self.taken.clear()
        self.number += 1
        return self.number, text.rstrip("\r\n")


def delimiter_of(header: str) -> str:
    """The separator that stands most often in the header line."""
    return max(DELIMITERS, key=header.count)


def header_of(feed: Feed, delimiter: str) -> list[str]:
    """The first record's cells, stripped; [] when the file is empty."""
    csv.field_size_limit(LONGEST_FIELD)
    for row in csv.reader(feed, delimiter=delimiter):
        feed.finish()
        if any(cell.strip() for cell in row):
            return [cell.strip() for cell in row]
    return []


def records(feed: Feed, columns: list[str], delimiter: str) -> Iterator[Line]:
    """The lines after the header. Blank ones are passed over; a line that cannot be taken apart says why."""
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            number, raw = feed.give_back()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            yield Line(number, broken="格式：引号没有配对，请检查这一行的双引号", raw=raw)
            continue
        if len(row) != len(columns) and len(feed.taken) > 1:  # a stray quote took the next lines too
            number, raw = feed.give_back()
            reader = csv.reader(feed, delimiter=delimiter, strict=True)
            yield Line(number, broken="格式：引号没有配对，请检查这一行的双引号", raw=raw)
            continue
        raw = "".join(feed.taken).rstrip("\r\n")
        number = feed.finish()
        if any(cell.strip() for cell in row):
            yield _line(number, row, columns, raw)


def _line(number: int, row: list[str], columns: list[str], raw: str) -> Line:
    if has_bad_bytes(raw):
        return Line(number, broken=BAD_BYTES, raw=raw)
    if len(row) != len(columns):
        return Line(number, broken=f"列数：这一行有 {len(row)} 列，表头有 {len(columns)} 列，请检查逗号和引号", raw=raw)
    return Line(number, dict(zip(columns, row, strict=True)))


def has_bad_bytes(text: str) -> bool:
    """Whether bytes that are no characters of the file's encoding were kept as lone surrogates."""
    return LONE.search(text) is not None
