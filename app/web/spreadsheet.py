"""An Excel file, written row by row: who exported it and when stands in its first line, nothing in it is a formula. `harmless` for CSV."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from app.clock import local

MIME = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST = 60
FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")  # a spreadsheet takes a CSV cell that begins so for a formula
PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")


def harmless(cell: str) -> str:
    """A cell of a CSV file that no spreadsheet computes: behind an apostrophe when it begins like a formula and is no plain number. No NUL."""
    plain = cell.replace("\x00", "␀")
    return f"'{plain}" if FORMULA.match(plain) and not PLAIN_NUMBER.fullmatch(plain) else plain


def write(title: str, watermark: str, head: Sequence[str], rows: Iterable[Sequence]) -> BytesIO:
    """A spreadsheet open at its beginning; without a watermark its head stands first. Text stays text, whatever it begins with; moments are the city's, without zone."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    sheet.freeze_panes = "A3" if watermark else "A2"
    for place, word in enumerate(head):
        sheet.column_dimensions[chr(ord("A") + place)].width = min(WIDEST, max(12, 2 * len(word) + 4))
    if watermark:
        sheet.append([_cell(sheet, watermark, Font(italic=True))])
    sheet.append([_cell(sheet, word, Font(bold=True)) for word in head])
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
    out = BytesIO()
    book.save(out)
    out.seek(0)
    return out


def _cell(sheet, value, font: Font | None = None) -> WriteOnlyCell:
    if isinstance(value, datetime):
        value = local(value).replace(tzinfo=None)
    cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value)
    if isinstance(value, str):
        cell.data_type = "s"
    if font:
        cell.font = font
    return cell
