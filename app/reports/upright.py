"""A document as a PDF: A4 upright, Chinese font inside, the foot of every page says who printed it when. What it says is the document's."""

import pylopdf_fonts_zh_cn as noto
from fpdf import FPDF
from fpdf.enums import XPos, YPos

from app.reports.document import Document, Line, Part
from app.reports.lines import wrapped
from app.reports.pages import DIM, FACE, INK, LINE

MARGIN, WIDE, WHEN = 20, 170, 46  # mm; A4 upright is 210
LEAST = 24  # mm a part wants left on a page to begin on it


class Upright(FPDF):
    """Pages with the document's foot and their number."""

    def __init__(self, document: Document):
        super().__init__("portrait", "mm", "A4")
        self.document = document
        self.add_font(FACE, "", noto.sans_path())
        self.set_margins(MARGIN, MARGIN)
        self.set_auto_page_break(True, 18)
        self.set_title(f"{document.title} {document.number}")
        self.set_lang("zh-CN")

    def footer(self) -> None:
        self.set_y(-13)
        self.write_words(f"{self.document.number} · {self.document.foot}", 8, DIM, stay=True)
        self.set_x(MARGIN)
        self.cell(WIDE, 5, f"{self.page_no()} / {{nb}}", align="R")

    def write_words(self, text: str, size: float, colour=INK, align: str = "L", stay: bool = False, wide: float = WIDE) -> None:
        """One paragraph, broken where it must be."""
        self.set_font(FACE, size=size)
        self.set_text_color(*colour)
        if stay:
            self.cell(wide, size * 0.55, text, align=align, new_x=XPos.LMARGIN, new_y=YPos.TOP)
        else:
            self.multi_cell(
                wide,
                size * 0.6,
                wrapped(text, self.get_string_width, wide - 2 * self.c_margin),
                align=align,
                new_x=XPos.LMARGIN,
                new_y=YPos.NEXT,
            )


def as_pdf(document: Document) -> bytes:
    """The document as a PDF file."""
    pdf = Upright(document)
    pdf.add_page()
    pdf.write_words(document.title, 20, align="C")
    pdf.write_words(f"{document.number}　{document.below}", 10, DIM, align="C")
    pdf.set_draw_color(*INK)
    pdf.line(MARGIN, pdf.get_y() + 2, MARGIN + WIDE, pdf.get_y() + 2)
    pdf.ln(5)
    for part in document.parts:
        if not part.empty:
            _part(pdf, part)
    _part(pdf, Part("", sentences=document.proof))
    return bytes(pdf.output())


def _part(pdf: Upright, part: Part) -> None:
    if pdf.will_page_break(LEAST):
        pdf.add_page()
    if part.heading:
        pdf.ln(2)
        pdf.write_words(part.heading, 13)
        pdf.ln(1)
    for name, value in part.facts:
        _pair(pdf, name, value)
    for sentence in part.sentences:
        pdf.write_words(sentence, 10.5 if part.heading else 8.5, INK if part.heading else DIM)
        pdf.ln(1)
    for line in part.lines:
        _line(pdf, line)


def _pair(pdf: Upright, name: str, value: str) -> None:
    pdf.set_font(FACE, size=10.5)
    pdf.set_text_color(*DIM)
    pdf.cell(WHEN, 6.3, name, new_x=XPos.RIGHT, new_y=YPos.TOP)
    pdf.write_words(value or "—", 10.5, wide=WIDE - WHEN)


def _line(pdf: Upright, line: Line) -> None:
    """The moment on the left, what happened beside it, words below; a thin rule keeps lines apart."""
    if pdf.will_page_break(12):
        pdf.add_page()
    pdf.set_draw_color(*LINE)
    pdf.line(MARGIN, pdf.get_y(), MARGIN + WIDE, pdf.get_y())
    _pair(pdf, line.when, line.what)
    if line.words:
        pdf.set_x(MARGIN + WHEN)
        pdf.write_words(line.words, 9.5, DIM, wide=WIDE - WHEN)
