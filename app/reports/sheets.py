"""A paper as an Excel workbook: a sheet a table, sums and rates as formulas one can follow, a chart beside what is plotted."""

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.reports.paper import COUNT, LESS, MEAN, NOTHING, RATE, SCORE, SUM, TEXT, Column, Paper, Plot, Table
from app.web.i18n import gettext as _

HEAD, FIRST = 4, 5  # the row of the heads, the first row of values
INK, ACCENT, WASH, RED = "17211F", "0B6A62", "E1EFEC", "C4261D"
REDS = ("closed_late", "late", "overdue", "clocks", "came_late", "absent")  # columns of what was late
EDGE = Side(style="thin", color="C9D2D0")
BOLD, WHITE = Font(bold=True), Font(bold=True, color="FFFFFF")
PLOTTED = {
    "days": ("days", ("on_time", "late", "overdue")),
    "lateness": ("lateness", ("clocks",)),
    "units": ("units", ("closed_on_time", "closed_late", "overdue")),
    "scores": ("levels", ("n",)),
    "channels": ("channels", ("received",)),
    "arrivals": ("departments", ("check-in_on_time", "came_late", "absent")),
    "streets": ("streets", ("sounded",)),
    "topic_days": ("days", ("received",)),
}  # plot → its table and columns


def workbook(paper: Paper) -> Workbook:
    """The report; counts are numbers, sums and rates formulas over them, text is text whatever it begins with."""
    book = Workbook()
    _cover(book.active, paper)
    for table in paper.tables:
        sheet = book.create_sheet(_plain(table.title))
        _fill(sheet, paper, table)
        for plot in paper.plots:
            if PLOTTED.get(plot.key, ("",))[0] == table.key and table.rows:
                _chart(sheet, plot, table)
    return book


def _cover(sheet: Worksheet, paper: Paper) -> None:
    sheet.title = _("口径")
    sheet["A1"], sheet["A1"].font = f"{paper.title} {paper.period}", Font(bold=True, size=16, color=INK)
    sheet["A2"] = paper.made
    for at, (name, said) in enumerate(paper.facts, 4):
        sheet.cell(at, 1, name).font = BOLD
        sheet.cell(at, 2, said)
    for at, note in enumerate(paper.notes, 5 + len(paper.facts)):
        sheet.cell(at, 1, note).alignment = Alignment(wrap_text=True, vertical="top")
        sheet.merge_cells(start_row=at, start_column=1, end_row=at, end_column=2)
        sheet.row_dimensions[at].height = 18 * (1 + len(note) // 52)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 30, 70
    sheet.sheet_view.showGridLines = False


def _fill(sheet: Worksheet, paper: Paper, table: Table) -> None:
    sheet["A1"], sheet["A1"].font = f"{paper.title} · {table.title}", Font(bold=True, size=14, color=INK)
    sheet["A2"] = f"{paper.period} · {paper.made}"
    letters = {column.key: get_column_letter(at) for at, column in enumerate(table.columns, 1)}
    for at, column in enumerate(table.columns, 1):
        head = sheet.cell(HEAD, at, column.label)
        head.font, head.fill = WHITE, PatternFill("solid", fgColor=ACCENT)
        head.alignment = Alignment(wrap_text=True, vertical="center", horizontal="left" if column.kind == TEXT else "right")
        sheet.column_dimensions[letters[column.key]].width = _width(table, column)
    for at, row in enumerate(table.rows, FIRST):
        for place, column in enumerate(table.columns, 1):
            _put(sheet, at, place, column, row.get(column.key, 0) if column.kind == COUNT else str(row.get(column.key, "")), letters)
    if table.total and table.rows:
        _totals(sheet, table, letters)
    sheet.freeze_panes = sheet.cell(FIRST, 2)
    sheet.auto_filter.ref = f"A{HEAD}:{get_column_letter(len(table.columns))}{FIRST + len(table.rows) - 1}"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEAD}:{HEAD}"


def _put(sheet: Worksheet, at: int, place: int, column: Column, value, letters: dict[str, str]) -> None:
    cell = sheet.cell(at, place)
    if column.kind in (SUM, LESS, RATE, MEAN, SCORE):
        cell.value = _formula(column, at, letters)
    else:
        cell.value = value
        cell.data_type = "s" if isinstance(value, str) else "n"
    cell.number_format = (
        "0.00%" if column.kind == RATE else "#,##0.0" if column.kind in (MEAN, SCORE) else "#,##0" if column.kind != TEXT else "@"
    )
    cell.alignment = Alignment(horizontal="left" if column.kind == TEXT else "right")
    cell.border = Border(bottom=EDGE)


def _formula(column: Column, at: int, letters: dict[str, str]) -> str:
    cells = [f"{letters[key]}{at}" for key in column.of]
    if column.kind == SUM:
        return "=" + "+".join(cells)
    if column.kind == LESS:
        return "=" + "-".join(cells)
    if column.kind == SCORE:
        return f'=IF(COUNT({",".join(cells)})<{len(cells)},"{NOTHING}",{"+".join(f"{cell}*{weight}" for cell, weight in zip(cells, column.weights, strict=True))})'
    return f'=IF({cells[1]}=0,"{NOTHING}",{cells[0]}/{cells[1]})'


def _totals(sheet: Worksheet, table: Table, letters: dict[str, str]) -> None:
    at, last = FIRST + len(table.rows), FIRST + len(table.rows) - 1
    for place, column in enumerate(table.columns, 1):
        _put(sheet, at, place, column, table.total if place == 1 else "", letters)
        cell = sheet.cell(at, place)
        if column.kind == COUNT:
            cell.value, cell.data_type = f"=SUM({letters[column.key]}{FIRST}:{letters[column.key]}{last})", "f"
        cell.font, cell.fill, cell.border = BOLD, PatternFill("solid", fgColor=WASH), Border(top=Side(style="medium", color=INK))


def _chart(sheet: Worksheet, plot: Plot, table: Table) -> None:
    """The same bars as on the page, drawn by Excel from the sheet's own cells."""
    chart = BarChart()
    chart.type, chart.title, chart.height, chart.width = "bar" if plot.flip else "col", plot.title, 8, 18
    keys = PLOTTED[plot.key][1]
    if len(keys) > 1:
        chart.grouping, chart.overlap = "stacked", 100
    places = {column.key: at for at, column in enumerate(table.columns, 1)}
    last = FIRST + len(table.rows) - 1
    for key in keys:
        chart.add_data(Reference(sheet, min_col=places[key], min_row=HEAD, max_row=last), titles_from_data=True)
    for key, series in zip(keys, chart.series, strict=True):
        series.graphicalProperties.solidFill = RED if key in REDS else ACCENT
    chart.set_categories(Reference(sheet, min_col=1, min_row=FIRST, max_row=last))
    if len(keys) == 1:
        chart.legend = None
    sheet.add_chart(chart, f"{get_column_letter(len(table.columns) + 2)}{HEAD}")


def _width(table: Table, column: Column) -> int:
    longest = max((_wide(str(row.get(column.key, ""))) for row in table.rows), default=0) if column.kind == TEXT else 8
    return min(40, max(longest, min(_wide(column.label), 16)) + 3)


def _wide(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E80 else 1 for letter in text)


def _plain(title: str) -> str:
    return "".join(letter for letter in title if letter not in "[]:*?/\\")[:31]
