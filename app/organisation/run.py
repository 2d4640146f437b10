"""One import from table to book: the kinds there are, one at a time, each row whole or not at all; tried first where somebody wants to see it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.organisation import accounts, boundaries, catalogue, categories, knowledge, units
from app.organisation.book import Book
from app.organisation.table import Column, Row, Table

BESIDE = {"live": "收单"}  # what a row moves that no column names


@dataclass(frozen=True)
class Kind:
    """What may be brought in: its columns, two lines as an example, who lays its rows, the word of the audit log."""

    columns: Sequence[Column]
    examples: Sequence[Sequence[str]]
    lay: Callable[[Book, list[Row]], None]
    action: str

    def word_of(self, column: str) -> str:
        """The Chinese name of a column; what is none is said as it is."""
        return next((one.word for one in self.columns if one.name == column), BESIDE.get(column, column))


KINDS = {
    "units": Kind(units.COLUMNS, units.EXAMPLES, units.lay, "units-imported"),
    "accounts": Kind(accounts.COLUMNS, accounts.EXAMPLES, accounts.lay, "accounts-imported"),
    "categories": Kind(categories.COLUMNS, categories.EXAMPLES, categories.lay, "categories-imported"),
    "catalogue": Kind(catalogue.COLUMNS, catalogue.EXAMPLES, catalogue.lay, "catalogue-imported"),
    "knowledge": Kind(knowledge.COLUMNS, knowledge.EXAMPLES, knowledge.lay, "knowledge-imported"),
    "boundaries": Kind(boundaries.COLUMNS, boundaries.EXAMPLES, boundaries.lay, "boundaries-imported"),
}


def lay(kind: Kind, table: Table, book: Book) -> Book:
    """Bring the table in, in the caller's transaction. A second import waits until the first is committed."""
    book.session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('organisation'))"))
    for line in table.broken:
        column, _colon, sentence = line.broken.partition("：")
        book.reject(line, "", (column, sentence, {}))
    kind.lay(book, table.rows)
    book.rejected.sort(key=lambda entry: entry.line.number)
    book.write_down(kind.action, table)
    return book


def rehearse(session: Session, kind: Kind, table: Table, book: Book) -> Book:
    """What `lay` would come to. Nothing stays."""
    with session.begin_nested() as attempt:
        lay(kind, table, book)
        attempt.rollback()
    return book
