"""What an import comes to, row by row: added, changed, the same as before, rejected and why; and what the audit log keeps of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.audit import audit, difference
from app.errors import Invalid, Refused
from app.imports.cells import day_of
from app.imports.lines import Line
from app.organisation.table import Row, Table
from tickets.actors import ADMIN, Actor

LATER_NAMES = {"piece": "code", "starts_at": "since"}  # what a verb calls a field → the column it stands in
COMMAND_LINE = Actor("命令行", frozenset({ADMIN}))
MOST_SAID, LEAD_IN = 80, 12  # characters of a long cell that are shown, and how many of them stand before the difference
YES, NO = "是", "否"
SAID_YES, SAID_NO = {YES, "yes", "y", "true", "1", "√", "在用"}, {NO, "no", "n", "false", "0", "×", "停用", ""}


class Unfit(Refused):
    """This row cannot be taken: the sentence, the column it is about, what fills the sentence's holes."""

    def __init__(self, text: str, field: str, **values):
        super().__init__(text, **values)
        self.field = field


@dataclass(frozen=True)
class Done:
    """What a row did: `moves` are (column, what stood there, what stands there now), empty for what is new; the rest is for the audit log."""

    label: str
    action: str
    subject: str
    before: dict
    after: dict
    moves: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True)
class Entry:
    """A line of the file and what became of it; `reasons` are (column, sentence, values) of what was refused, or has to wait."""

    line: Line
    label: str
    moves: tuple[tuple[str, str, str], ...] = ()
    reasons: tuple[tuple[str, str, dict], ...] = ()


@dataclass
class Book:
    """One import. `stored` gives a new account the stored form of its password; `open_units`: units that get a liaison are opened, too;
    `step` is called for every row taken up."""

    session: Session
    now: datetime
    actor: Actor = COMMAND_LINE
    open_units: bool = False
    stored: Callable[[str], str] = lambda username: ""
    step: Callable[[], object] = lambda: None
    added: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    rejected: list[Entry] = field(default_factory=list)
    waiting: list[Entry] = field(default_factory=list)
    same: int = 0
    trail: list[Done] = field(default_factory=list)

    def take(self, row: Row, label: str, do: Callable[[Row], Iterable[Done]], counts: bool = True) -> None:
        """Let `do` lay one row, whole or not at all; it gives what it did, nothing when all is as the row says. Not `counts`: the row was
        counted before, this is what else follows from it."""
        if counts:
            self.step()
        try:
            with self.session.begin_nested():
                done = list(do(row))
        except Invalid as bad:
            self.reject(row.line, label, *((LATER_NAMES.get(name, name), one, {}) for name, said in bad.fields.items() for one in said))
        except Refused as bad:
            self.reject(row.line, label, bad)
        except (sa.exc.IntegrityError, sa.exc.DataError):
            self.reject(row.line, label, Refused("刚刚有人改了同一处，请再导入一次"))
        else:
            self.same += counts and not done
            self._keep(row.line, done)

    def reject(self, line: Line, label: str, *reasons: tuple[str, str, dict] | Refused) -> None:
        """The line is not taken."""
        said = tuple((getattr(one, "field", ""), one.text, one.values) if isinstance(one, Refused) else one for one in reasons)
        self.rejected.append(Entry(line, label, reasons=said))

    def put_off(self, line: Line, label: str, reason: Unfit) -> None:
        """The line is taken but for one thing, which waits for another table; then this one is brought in again."""
        self.waiting.append(Entry(line, label, reasons=((reason.field, reason.text, reason.values),)))

    def _keep(self, line: Line, done: list[Done]) -> None:
        self.trail += done
        for one in done:
            (self.changed if one.moves else self.added).append(Entry(line, one.label, one.moves))

    def write_down(self, action: str, table: Table) -> None:
        """The import itself, and each thing it did, as rows of the audit log."""
        by_id, by_name = self.actor.account_id, self.actor.name
        counts = {"added": len(self.added), "changed": len(self.changed), "rejected": len(self.rejected)}
        audit(self.session, by_id, by_name, action, table.name, self.now, **counts)
        for one in self.trail:
            said = difference(one.before, one.after)
            audit(self.session, by_id, by_name, one.action, one.subject, self.now, **said)


def moves(was: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """(column, before, after) where they differ."""
    return tuple((name, was[name], wanted[name]) for name in wanted if was[name] != wanted[name])


def apart(old: str, new: str) -> tuple[str, str]:
    """Both as a person compares them: of long ones a piece that begins shortly before they part."""
    alike = next((place for place, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), min(len(old), len(new)))
    start = max(0, alike - LEAD_IN) if max(len(old), len(new)) > MOST_SAID else 0
    return _piece(old, start), _piece(new, start)


def _piece(said: str, start: int) -> str:
    """Up to MOST_SAID characters from `start`, with dots where something is left out."""
    return f"{'…' if start else ''}{said[start : start + MOST_SAID]}{'…' if len(said) > start + MOST_SAID else ''}"


def first_lines(book: Book, rows: Iterable[Row], key: Callable[[Row], object], field: str) -> list[Row]:
    """The rows with what they name, each once: a second line about the same thing is rejected, naming the first."""
    seen: dict[object, Row] = {}
    for row in rows:
        first = seen.setdefault(key(row), row)
        if first is not row:
            book.reject(row.line, row.get(field), Unfit("和第 %(line)s 行重复，请只留一行", field, line=first.line.number))
    return list(seen.values())


def coded(said: str, words: Mapping[str, str], field: str) -> str:
    """A code, written as itself or as its Chinese word. Raises Unfit."""
    plain = said.strip().lower()
    code = plain if plain in words else next((code for code, word in words.items() if word == said), None)
    if code is None:
        raise Unfit("“%(said)s”不认识，可以写：%(known)s", field, said=said[:30], known="、".join(words.values()))
    return code


def flag(said: str, field: str) -> bool:
    """Yes or no; empty is no. Raises Unfit."""
    plain = said.strip().lower()
    if plain not in SAID_YES | SAID_NO:
        raise Unfit("“%(said)s”不认识，请写是或否", field, said=said[:30])
    return plain in SAID_YES


def day(said: str, field: str) -> date | None:
    """The day of a cell, None when empty. Raises Unfit."""
    found = day_of(said) if said else None
    if said and found is None:
        raise Unfit("“%(said)s”不是日期，请写成 2027-01-01", field, said=said[:30])
    return found
