"""A document as a Word file (DOCX), which people go on writing in. What it says is the document's."""

from io import BytesIO

from docx import Document as Word
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from app.reports.document import Document, Part

FACE, SERIF = "Noto Sans CJK SC", "宋体"
MIME = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def as_docx(document: Document) -> bytes:
    """The document as a DOCX file, A4 upright, with real headings."""
    word = Word()
    page = word.sections[0]
    page.page_width, page.page_height = Cm(21), Cm(29.7)
    page.left_margin = page.right_margin = Cm(2.6)
    for name, size in (("Normal", 12), ("Title", 22), ("Heading 1", 15)):
        style = word.styles[name]
        style.font.name, style.font.size = FACE, Pt(size)
        style.element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), SERIF if name == "Normal" else FACE)
    word.core_properties.title, word.core_properties.author = document.title, ""
    word.add_paragraph(document.title, style="Title").alignment = WD_ALIGN_PARAGRAPH.CENTER
    word.add_paragraph(f"{document.number}　{document.below}").alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in document.parts:
        if not part.empty:
            _part(word, part)
    for sentence in document.proof:
        word.add_paragraph(sentence)
    page.footer.paragraphs[0].text = f"{document.number} · {document.foot}"
    out = BytesIO()
    word.save(out)
    return out.getvalue()


def _part(word, part: Part) -> None:
    if part.heading:
        word.add_heading(part.heading, level=1)
    for sentence in part.sentences:
        word.add_paragraph(sentence).paragraph_format.first_line_indent = Pt(24)
    if part.facts:
        table = word.add_table(rows=0, cols=2, style="Table Grid")
        for name, value in part.facts:
            cells = table.add_row().cells
            cells[0].text, cells[1].text = name, value
    for line in part.lines:
        word.add_paragraph(f"{line.when}　{line.what}　{line.words}".strip())
