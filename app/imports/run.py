"""One import from file to summary: batches of lines, one transaction each; a batch the database refuses is tried again row by row."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

import psycopg
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from app.imports.cells import Names
from app.imports.lines import Line, Rejected, Source
from app.imports.loading import load
from app.imports.mapping import mapped
from app.imports.readers import opened
from app.imports.rejects import Rejects
from app.imports.rows import Understanding, Wanted
from tickets.reference import Reference, reference

BATCH = 500
Work = Callable[[], AbstractContextManager[Session]]


@dataclass
class Summary:
    """What an import came to; `notes`: what had to be supposed, with how often; `seconds` of wall time."""

    imported: int = 0
    skipped: int = 0
    rejected: int = 0
    seconds: float = 0.0
    rejects: Path | None = None
    unused: list[str] = field(default_factory=list)
    notes: Counter = field(default_factory=Counter)


class Import:
    """An opened file ready to be brought in. Raises Unreadable when it cannot be opened or its columns are not understood."""

    def __init__(self, path: Path, given: tuple[str, ...], source: str, work: Work, now: datetime):
        self.path, self.work, self.now = path, work, now
        self.file: Source = opened(path)
        fields = mapped(self.file.columns, given)
        with work() as session:
            self.names: Reference = reference(session)
        self.understanding = Understanding(fields, Names(self.names), source or stem(path), now)
        self.rejects = Rejects(path.with_name(path.name + ".rejects.csv"), self.file.columns)
        self.summary = Summary(unused=[column for column in self.file.columns if column not in fields.values()])

    def run(self, progress: Callable[[int], object]) -> Summary:
        """Bring everything in; `progress` is told the number of the last line done."""
        began = time.monotonic()
        try:
            for lines in _batches(self.file.lines):
                self._take([wanted for line in lines if (wanted := self._understood(line))])
                progress(lines[-1].number)
        finally:
            self.rejects.close()
        self.summary.rejected = self.rejects.count
        self.summary.rejects = self.rejects.path if self.rejects.count else None
        self.summary.seconds = time.monotonic() - began
        return self.summary

    def _understood(self, line: Line) -> Wanted | None:
        try:
            return self.understanding.wanted(line)
        except Rejected as bad:
            self.rejects.add(line, str(bad))
            return None

    def _take(self, batch: list[Wanted]) -> None:
        if not batch:
            return
        try:
            with self.work() as session:
                brought, here = load(session, batch, self.names, self.now)
        except (psycopg.DataError, psycopg.IntegrityError, DataError, IntegrityError) as refused:
            self._one_by_one(batch, refused)
            return
        self.summary.imported += len(brought)
        self.summary.notes.update(note for each in brought for note in each.notes)
        self.summary.skipped += len(here)

    def _one_by_one(self, batch: list[Wanted], refused: Exception) -> None:
        """The database refused something in the batch: only the row it refuses alone is lost."""
        if len(batch) == 1:
            self.rejects.add(batch[0].line, f"数据库：{str(refused).splitlines()[0]}")
            return
        for each in batch:
            self._take([each])


def stem(path: Path) -> str:
    """The file's name without any of its endings: the default source."""
    return path.name.split(".")[0] or path.name


def _batches(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while batch := list(islice(lines, BATCH)):
        yield batch
