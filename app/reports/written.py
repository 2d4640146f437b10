"""A paper as a file: the table of formats, and the two plain ones. XLSX is sheets.py's, PDF is pages.py's."""

import csv
from collections.abc import Callable
from io import BytesIO, StringIO

import orjson

from app.reports import pages, sheets
from app.reports.paper import Column, Paper, Table, percent, said
from app.web.spreadsheet import harmless

BOM = "\ufeff"  # without it Excel reads Chinese as something else


def as_json(paper: Paper) -> bytes:
    """Every figure with its parts; a rate over nothing is null."""
    return orjson.dumps(paper.data, option=orjson.OPT_INDENT_2)


def as_csv(paper: Paper) -> bytes:
    """The flat table, one line a unit and limit."""
    out = StringIO()
    lines = csv.writer(out)
    lines.writerow([column.label for column in paper.flat.columns])
    lines.writerows(_line(paper.flat, row) for row in paper.flat.rows)
    return (BOM + out.getvalue()).encode()


def _line(table: Table, row) -> list:
    return [_cell(column, table.value(row, column)) for column in table.columns]


def _cell(column: Column, value):
    if column.kind == "rate":
        return percent(value)
    if column.kind in ("mean", "score"):
        return said(column, value)
    return harmless(value) if isinstance(value, str) else value


def as_xlsx(paper: Paper) -> bytes:
    out = BytesIO()
    sheets.workbook(paper).save(out)
    return out.getvalue()


def as_pdf(paper: Paper) -> bytes:
    return pages.document(paper)


FORMATS: dict[str, tuple[Callable[[Paper], bytes], str]] = {
    "json": (as_json, "application/json"),
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "xlsx": (as_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "pdf": (as_pdf, "application/pdf"),
}
