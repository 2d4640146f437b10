"""What every reader gives: a source with named columns and its lines, and the two ways a file can be bad."""

from collections.abc import Iterator
from dataclasses import dataclass, field


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do."""


class Rejected(Exception):
    """One row cannot be taken: {field: remedy}, in the words that go into the rejects file."""

    def __init__(self, **reasons: str):
        super().__init__("；".join(f"{name}：{why}" for name, why in reasons.items()))


@dataclass(frozen=True)
class Line:
    """One record: the number of its first line in the file, its cells by column. `broken` says why it could not be taken apart;
    its `raw` text then stands for the cells."""

    number: int
    cells: dict[str, object] = field(default_factory=dict)
    broken: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Source:
    """An opened file: its columns, its lines in order, and about how many there are."""

    columns: list[str]
    lines: Iterator[Line]
    length: int
