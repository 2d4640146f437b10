"""A paper as a PDF: A4 lying, figures on top, bars drawn as lines and boxes, tables whose head comes again on every page.

Chinese needs a font inside the file: Noto Sans SC (SIL OFL) from its wheel, cut down to the signs used.
"""

import math
from collections.abc import Callable, Sequence

import pylopdf_fonts_zh_cn as noto
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, XPos, YPos
from fpdf.fonts import FontFace

from app.reports.lines import wrapped
from app.reports.paper import COUNT, TEXT, Column, Paper, Plot, Table, said
from app.web.i18n import gettext as _

FACE = "noto"
MARGIN, WIDE = 12, 273  # mm; A4 lying is 297
PLOT_HEIGHT, GAP = 52, 7
INK, DIM, LINE, ACCENT, WASH, PAPER = (23, 33, 31), (90, 102, 99), (201, 210, 208), (11, 106, 98), (225, 239, 236), (255, 255, 255)
COLOURS = {"accent": ACCENT, "red": (196, 38, 29), "yellow": (214, 158, 0)}
ROOM, PAGE = 80, 170  # mm a long table wants left on a page to begin on it; a shorter one is not broken
LONG, HEAD, FEW = 62, 14, 9  # mm a column of words and a head have at most where there are more columns than a few
NAME, LEAST_BAR = 22, 4  # mm a name under a row of bars needs, and a lying bar
SMALL = 7.5  # points


class Sheets(FPDF):
    """Pages with the report's name and their number at the foot."""

    def __init__(self, paper: Paper):
        super().__init__("landscape", "mm", "A4")
        self.paper = paper
        self.add_font(FACE, "", noto.sans_path())
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, 16)
        self.set_title(f"{paper.title} {paper.period}")
        self.set_lang("zh-CN")

    def footer(self) -> None:
        self.set_y(-12)
        self.write_line(f"{_('哨响')} · {self.paper.title} · {self.paper.period} · {self.paper.made}", 8, DIM, stay=True)
        self.set_x(MARGIN)
        self.cell(WIDE, 5, f"{self.page_no()} / {{nb}}", align="R")

    def write_line(self, text: str, size: float, colour=INK, stay: bool = False) -> None:
        self.set_font(FACE, size=size)
        self.set_text_color(*colour)
        self.cell(WIDE, size * 0.55, text, new_x=XPos.LMARGIN, new_y=YPos.TOP if stay else YPos.NEXT)


def document(paper: Paper) -> bytes:
    """The report as a PDF file."""
    pdf = Sheets(paper)
    pdf.add_page()
    pdf.write_line(f"{paper.title}　{paper.period}", 18)
    pdf.write_line(paper.made, 9, DIM)
    pdf.ln(3)
    _facts(pdf, paper)
    _plots(pdf, paper.plots)
    _notes(pdf, paper)
    for table in paper.tables:
        if table.rows:
            _table(pdf, table)
    return bytes(pdf.output())


def _facts(pdf: Sheets, paper: Paper) -> None:
    each, top = WIDE / len(paper.facts), pdf.get_y()
    for at, (name, value) in enumerate(paper.facts):
        figure, _open, parts = value.replace(" (", "（").partition("（")
        pdf.set_xy(MARGIN + at * each, top)
        for text, size, colour in ((name, 8.5, DIM), (figure, 16, INK), (parts.rstrip("）)"), 8.5, DIM)):
            pdf.set_font(FACE, size=size)
            pdf.set_text_color(*colour)
            pdf.cell(each, size * 0.5, text, new_x=XPos.LEFT, new_y=YPos.NEXT)
    pdf.set_xy(MARGIN, top + 20)


def _plots(pdf: Sheets, plots: Sequence[Plot]) -> None:
    """Those that stand, then those that lie, two beside each other where there are several; none is cut by the end of a page."""
    for some, draw in (([plot for plot in plots if not plot.flip], _standing_bars), ([plot for plot in plots if plot.flip], _lying_bars)):
        for at in range(0, len(some), 2):
            _beside(pdf, some[at : at + 2], draw)


def _beside(pdf: Sheets, plots: Sequence[Plot], draw: Callable[[Sheets, Plot, float, float, float, float], None]) -> None:
    tall = max(max(PLOT_HEIGHT, 13 + LEAST_BAR * len(plot.names)) if plot.flip else PLOT_HEIGHT for plot in plots)
    if pdf.will_page_break(tall):
        pdf.add_page()
    top, wide = pdf.get_y(), (WIDE + GAP) / len(plots) - GAP
    for at, plot in enumerate(plots):
        draw(pdf, plot, MARGIN + at * (wide + GAP), top, wide, tall)
    pdf.set_xy(MARGIN, top + tall)


def _titled(pdf: Sheets, text: str, x: float, y: float) -> None:
    pdf.set_xy(x, y)
    pdf.set_font(FACE, size=10)
    pdf.set_text_color(*INK)
    pdf.cell(0, 6, text)


def _small(pdf: Sheets, x: float, y: float, wide: float, text: str, align: str) -> None:
    pdf.set_font(FACE, size=SMALL)
    pdf.set_text_color(*DIM)
    pdf.set_xy(x, y)
    pdf.cell(wide, 4, text, align=align)


def _standing_bars(pdf: Sheets, plot: Plot, x: float, y: float, wide: float, tall: float) -> None:
    _titled(pdf, plot.title, x, y)
    for at, one in enumerate(plot.series):
        left = x + wide - 24 * (len(plot.series) - at)
        pdf.set_fill_color(*COLOURS[one.colour])
        pdf.rect(left, y + 1.5, 3, 3, "F")
        _small(pdf, left + 4, y + 1, 20, one.name, "L")
    floor, ceiling = y + tall - 9, y + 9
    sums = [sum(values) for values in zip(*(one.values for one in plot.series), strict=True)]
    most = max(sums, default=0) or 1
    pdf.set_draw_color(*LINE)
    for part in (0, 0.5, 1) if most > 3 else (0, 1):
        level = floor - (floor - ceiling) * part
        pdf.line(x + 14, level, x + wide, level)
        _small(pdf, x, level - 2, 12, f"{round(most * part):,}", "R")
    step = (wide - 14) / max(len(plot.names), 1)
    for at, name in enumerate(plot.names):
        foot, left = floor, x + 14 + at * step + step * 0.2
        for one in plot.series:
            high = (floor - ceiling) * one.values[at] / most
            pdf.set_fill_color(*COLOURS[one.colour])
            if high:
                pdf.rect(left, foot - high, min(step * 0.6, 8), high, "F")
            foot -= high
        if at % math.ceil(len(plot.names) * NAME / wide) == 0:
            _small(pdf, left - 4, floor + 0.5, 16, name, "L")


def _lying_bars(pdf: Sheets, plot: Plot, x: float, y: float, wide: float, tall: float) -> None:
    _titled(pdf, plot.title, x, y)
    pdf.set_font(FACE, size=SMALL)
    one, names = plot.series[0], min(wide / 2, max((pdf.get_string_width(name) for name in plot.names), default=0) + 4)
    most, step = max(one.values, default=0) or 1, (tall - 12) / max(len(plot.names), 1)
    for at, (name, n) in enumerate(zip(plot.names, one.values, strict=True)):
        line, long = y + 8 + at * step, (wide - names - 18) * n / most
        _small(pdf, x, line + step / 2 - 2, names - 2, name, "R")
        pdf.set_fill_color(*COLOURS[one.colour])
        if long:
            pdf.rect(x + names, line + step * 0.2, long, step * 0.6, "F")
        _small(pdf, x + names + long + 1, line + step / 2 - 2, 16, f"{n:,}", "L")


def _notes(pdf: Sheets, paper: Paper) -> None:
    pdf.set_font(FACE, size=8)
    pdf.set_text_color(*DIM)
    for note in paper.notes:
        pdf.multi_cell(
            WIDE, 4.4, wrapped(note, pdf.get_string_width, WIDE - 2 * pdf.c_margin), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT
        )


def _table(pdf: Sheets, table: Table) -> None:
    pdf.ln(6)
    pdf.set_font(FACE, size=SMALL)
    widths = {column.key: _width(pdf, table, column) for column in table.columns}
    for at, columns in enumerate(_bands(table.columns, widths)):
        tall = 18 + 7.5 * (len(table.rows) + bool(table.total))
        if pdf.will_page_break(tall if tall < PAGE else ROOM):
            pdf.add_page()
        pdf.write_line(_("%(title)s（续）", title=table.title) if at else table.title, 13)
        pdf.ln(2)
        _band(pdf, table, columns, [widths[column.key] for column in columns])
        pdf.ln(4)


def _bands(columns: Sequence[Column], widths: dict[str, float]) -> list[list[Column]]:
    """A table too wide for the page is laid out one part below the other, each beginning with its first column; no number is ever torn."""
    if sum(widths.values()) <= WIDE:
        return [list(columns)]
    fewest = len(_filled(columns, widths, WIDE))
    even = next(
        found for room in range(int(WIDE * 0.4), WIDE + 1, 5) if len(found := _filled(columns, widths, room)) == fewest or room > WIDE - 5
    )
    return even if len(even) == fewest else _filled(columns, widths, WIDE)


def _filled(columns: Sequence[Column], widths: dict[str, float], room: float) -> list[list[Column]]:
    first, *others = columns
    bands: list[list[Column]] = [[first]]
    for column in others:
        if len(bands[-1]) > 1 and sum(widths[one.key] for one in (*bands[-1], column)) > room:
            bands.append([first])
        bands[-1].append(column)
    return bands


def _band(pdf: Sheets, table: Table, columns: Sequence[Column], widths: Sequence[float]) -> None:
    pdf.set_font(FACE, size=SMALL)
    pdf.set_text_color(*INK)
    pdf.set_draw_color(*LINE)
    head = FontFace(emphasis=None, color=(255, 255, 255), fill_color=ACCENT)
    rows = [*table.rows, *([table.sums()] if table.total else [])]
    with pdf.table(
        col_widths=tuple(widths),
        width=sum(widths),
        align="L",
        line_height=4.6,
        headings_style=head,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        text_align=tuple("LEFT" if column.kind == TEXT else "RIGHT" for column in columns),
        padding=(0.6, 1.6),
    ) as drawn:
        line = drawn.row()
        for column in columns:
            line.cell(column.label)
        for at, row in enumerate(rows):
            line = drawn.row(style=FontFace(fill_color=WASH if table.total and at == len(rows) - 1 else PAPER))
            for column in columns:
                line.cell(_cell(table, row, column))


def _cell(table: Table, row, column: Column) -> str:
    value = table.value(row, column)
    return "0" if column.kind == COUNT and not value else said(column, value)


def _width(pdf: Sheets, table: Table, column: Column) -> float:
    """Millimetres a column needs for its longest word; long words are broken only where the table has others beside them."""
    rows = [*table.rows, *([table.sums()] if table.total else [])]
    longest = max([pdf.get_string_width(_cell(table, row, column)) for row in rows] + [min(pdf.get_string_width(column.label), HEAD)]) + 5
    return min(longest, LONG if len(table.columns) > FEW else WIDE / 2)
