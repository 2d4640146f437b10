"""What the counterpart remembers: rows of plain values by kind and id, in memory, with a file that every change is appended to."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]
MOST = 5000  # rows of one kind; the oldest go


class Book:
    """Rows by kind and id, oldest first. Every change raises `version` and wakes who waits for one. Safe among threads."""

    def __init__(self, path: Path | None = None):
        self.version = 0
        self._rows: dict[str, dict[str, Row]] = {}
        self._last, self._closed = 0, False
        self._changed = threading.Condition(threading.RLock())
        self._file = None
        if path is not None:
            self._load(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(_line(kind, key, row) for kind, key, row in self._all()), encoding="utf-8")
            self._file = path.open("a", encoding="utf-8")

    def put(self, kind: str, key: str, row: Row) -> Row:
        """Write a row whole; one that stands under this id is replaced in its place."""
        with self._changed:
            rows = self._rows.setdefault(kind, {})
            rows[key] = row
            if len(rows) > MOST:
                del rows[next(iter(rows))]
            self._note(kind, key, row)
            return row

    def change(self, kind: str, key: str, **fields: Any) -> Row | None:
        """Some fields of a row; None when there is no such row."""
        with self._changed:
            row = self._rows.get(kind, {}).get(key)
            return None if row is None else self.put(kind, key, row | fields)

    def get(self, kind: str, key: str) -> Row | None:
        """One row."""
        with self._changed:
            return self._rows.get(kind, {}).get(key)

    def rows(self, kind: str, wanted: Callable[[Row], bool] = lambda _row: True) -> list[Row]:
        """The rows of a kind that are wanted, oldest first."""
        with self._changed:
            return [row for row in self._rows.get(kind, {}).values() if wanted(row)]

    def fresh(self) -> str:
        """An id nobody has had, larger than all before it; also after a restart."""
        with self._changed:
            self._last = max(self._last + 1, int(time.time() * 1_000_000))
            return str(self._last)

    def await_change(self, after: int, seconds: float) -> int:
        """The version, as soon as it is another one than `after`, or when `seconds` have passed, or the book is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self.version != after, seconds)
            return self.version

    def close(self) -> None:
        """Remember nothing more in the file, and let nobody wait."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
            if self._file is not None:
                self._file.close()
                self._file = None

    def _note(self, kind: str, key: str, row: Row) -> None:
        self.version += 1
        if self._file is not None:
            self._file.write(_line(kind, key, row))
            self._file.flush()
        self._changed.notify_all()

    def _all(self) -> Iterator[tuple[str, str, Row]]:
        for kind, rows in self._rows.items():
            for key, row in rows.items():
                yield kind, key, row

    def _load(self, path: Path) -> None:
        """What was written before; a line cut short by a kill is the last one and is left out."""
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                kind, key, row = json.loads(line)
            except ValueError:
                continue
            self._rows.setdefault(kind, {})[key] = row


def _line(kind: str, key: str, row: Row) -> str:
    return json.dumps([kind, key, row], ensure_ascii=False) + "\n"
