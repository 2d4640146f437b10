"""A document as a Word file (DOCX), which people go on writing in. What it says is the document's."""

from io import BytesIO

from docx import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Pt, RGBColor

from app.reports.document import Document, Part

FACE, SERIF = "Noto Sans CJK SC", "宋体"
FACTS = (4.6, 11.2)  # cm
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def as_docx(document: Document) -> bytes:
    """The document as a DOCX file, A4 upright, with real headings."""
    word = Word()
    page = word.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    page.top_margin = page.bottom_margin = Cm(2.2)
    _dress(word)
    word.core_properties.title, word.core_properties.author = document.title, ""
    word.add_paragraph(document.title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    word.add_paragraph(f"{document.number}　{document.below}").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in document.parts:
        if not part.empty:
            _part(word, part)
    for sentence in document.proof:
        word.add_paragraph(sentence)
    page.footer.paragraphs[0].add_run(f"{document.number} · {document.foot}").font.size = Pt(9)
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def _dress(word) -> None:
    """Black on white, and Chinese said to be Chinese: else a reader takes another country's signs and puts commas in the middle."""
    for name, size in (("Normal", 12), ("Title", 22), ("Heading 1", 15)):
        style = word.styles[name]
        style.font.name, style.font.size, style.font.color.rgb = FACE, Pt(size), RGBColor(0, 0, 0)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), SERIF if name == "Normal" else FACE)
    for lang in word.styles.element.iter(qn("w:lang")):
        lang.set(qn("w:eastAsia"), "zh-CN")
    for line in list(word.styles["Title"].element.iter(qn("w:pBdr"))):
        line.getparent().remove(line)
    word.styles["Normal"].paragraph_format.line_spacing = 1.25


def _part(word, part: Part) -> None:
    if part.heading:
        word.add_heading(part.heading, level=1)
    for sentence in part.sentences:
        word.add_paragraph(sentence).paragraph_format.first_line_indent = Pt(24)
    if part.facts:
        table = word.add_table(rows=0, cols=2, style="Table Grid")
        table.autofit = False
        for column, wide in zip(table.columns, FACTS, strict=True):
            column.width = Cm(wide)
        for name, value in part.facts:
            row = table.add_row()
            row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for cell, text, wide in zip(row.cells, (name, value), FACTS, strict=True):
                cell.width, cell.text = Cm(wide), text
                cell.paragraphs[0].paragraph_format.line_spacing = 1.15
                cell.paragraphs[0].runs[0].font.size = Pt(10.5)
    for line in part.lines:
        word.add_paragraph(f"{line.when}　{line.what}　{line.words}".strip())
