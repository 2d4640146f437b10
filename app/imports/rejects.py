"""The rejects file: line, reason, and what stood in the row, so that it can be mended and imported again."""

import csv
from pathlib import Path
from typing import TextIO

from app.imports.cells import text_of
from app.imports.lines import Line
from app.web.spreadsheet import harmless

LINE, REASON = "行号", "原因"


class Rejects:
    """FILE.rejects.csv, written when there is something to write. UTF-8 with the mark Excel wants."""

    def __init__(self, path: Path, columns: list[str]):
        self.path, self.columns, self.count = path, columns, 0
        self._file: TextIO | None = None

    def add(self, line: Line, reason: str) -> None:
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="")
            self._writer = csv.writer(self._file)
            self._writer.writerow([LINE, REASON, *self.columns])
        cells = [line.raw] if line.broken else [text_of(line.cells.get(column)) for column in self.columns]
        self._writer.writerow([line.number, reason, *(harmless(cell) for cell in cells)])
        self.count += 1

    def close(self) -> None:
        """Finish; an older rejects file of a run that now has none is taken away."""
        if self._file is not None:
            self._file.close()
        elif self.path.exists():
            self.path.unlink()
