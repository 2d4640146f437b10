"""The boundary list from a table: every line that differs from what is published becomes a draft of whoever brings it in; a second
administrator reads and publishes it on the page (R44, R45). A line is known by its title."""

import re

import sqlalchemy as sa

from app.auth.people import names_of
from app.organisation.book import Book, Done, Unfit, first_lines, moves
from app.organisation.names import Names
from app.organisation.table import Column, Row
from tickets import boundaries
from tickets.boundaries import BoundaryDraft
from tickets.duties import Boundary

COLUMNS = (
    Column("title", "事项", needed=True),
    Column("category", "分类", needed=True),
    Column("lead", "牵头", needed=True),
    Column("parts", "协办和分工", needed=True),
    Column("basis", "依据", needed=True),
)
EXAMPLES = (
    (
        "倒伏树木压着电线",
        "parks.fallen-tree",
        "parks",
        "urban：清运断枝，恢复通行；现场围挡\npower：断电，扶正电杆",
        "《职责边界清单》第 12 项",
    ),
    ("占绿毁绿种菜", "园林绿化", "园林局", "urban：拆除围栏", "《职责边界清单》第 15 项"),
)
PIECE, COLON = re.compile(r"[；;]"), re.compile(r"[：:]")


class Lines:
    """The list and its drafts as they stand while the rows of one file are laid."""

    def __init__(self, book: Book):
        self.book, self.session, self.names = book, book.session, Names(book.session)
        self.published = {row.title: row for row in boundaries.published(self.session, book.now)}
        drafts = self.session.scalars(sa.select(BoundaryDraft).where(BoundaryDraft.state != "published").order_by(BoundaryDraft.id)).all()
        self.open = {row.title: row for row in drafts if row.state != "rejected"}
        self.rejected = {row.title: row for row in drafts if row.state == "rejected"}
        self.people = names_of(self.session, [row.by_id for row in drafts])

    def lay(self, row: Row) -> list[Done]:
        """One row: nothing where the list or a draft says the same, else a draft, new or one's own rewritten."""
        wanted, parts = self._wanted(row)
        standing, here = self.published.get(wanted["title"]), self.open.get(wanted["title"])
        if wanted in [self._texts(one) for one in (standing, here) if one]:
            return []
        if here:
            self._refuse_others(here)
            here = boundaries.draft_of(self.session, here.id)
        else:
            self._refuse_rejected(wanted, standing)
        last = here or standing
        before, was = boundaries.shape(here) if here else {}, self._texts(last) if last else wanted
        said = {name: wanted[name] for name in ("category", "title", "lead", "basis")}
        replaces = standing.id if standing else None
        new = boundaries.draft(self.session, here, self.book.actor, self.book.now, parts=parts, replaces=replaces, **said)
        return [Done(new.title, "boundary-draft", f"boundary draft {new.id}", before, boundaries.shape(new), moves(was, wanted))]

    def _refuse_others(self, here: BoundaryDraft) -> None:
        if here.state == "review":
            raise Unfit("这一条的草稿在等审，不能再改；请审的人退回来再导入", "title")
        if here.by_id != self.book.actor.account_id:
            raise Unfit("%(name)s 在写这一条的草稿，请他改，或删掉再导入", "title", name=self.people[here.by_id])

    def _refuse_rejected(self, wanted: dict[str, str], standing: Boundary | None) -> None:
        """What was sent back comes in again only when something about it is new."""
        last = self.rejected.get(wanted["title"])
        if last is None or last.reviewed_at is None or (standing and standing.effective_from > last.reviewed_at):
            return
        if self._texts(last) == wanted:
            raise Unfit("这一条退回过：%(words)s。改好再导入", "title", words=last.words)

    def _wanted(self, row: Row) -> tuple[dict[str, str], list[tuple[str, str]]]:
        """The line as the row has it, in the words of `_texts`, and its parts. Raises Unfit."""
        parts = self._parts(row.get("parts"))
        return {
            "title": row.get("title"),
            "category": self.names.category(row.get("category")).code,
            "lead": self.names.unit(row.get("lead"), "lead").code,
            "parts": _said(parts),
            "basis": row.get("basis"),
        }, parts

    def _parts(self, said: str) -> list[tuple[str, str]]:
        """(unit code, what it does) of a cell: a unit a line, or semicolons between them; a piece without a colon goes on with what the
        unit before it does. Raises Unfit."""
        parts: list[tuple[str, str]] = []
        for line in said.splitlines():
            for number, piece in enumerate(one.strip() for one in PIECE.split(line)):
                head, *ask = COLON.split(piece, maxsplit=1)
                if ask:
                    unit = self.names.unit(head.strip(), "parts")
                    if not unit.live:
                        raise Unfit("%(unit)s 还没有联络员，不能收单", "parts", unit=unit.short_name)
                    parts.append((unit.code, ask[0].strip()))
                elif piece and (number == 0 or not parts or self._names_a_unit(piece)):
                    raise Unfit("“%(said)s”看不懂，请写成“单位：做哪一段”，一个单位一行", "parts", said=piece[:30])
                elif piece:
                    parts[-1] = parts[-1][0], f"{parts[-1][1]}；{piece}"
        return parts

    def _names_a_unit(self, piece: str) -> bool:
        """A colon was forgotten here."""
        return any(piece.startswith(name) for name in self.names.unit_codes)

    def _texts(self, line: Boundary | BoundaryDraft) -> dict[str, str]:
        """The line as a row of the file would say it."""
        return {
            "title": line.title,
            "category": self.names.code_of_category[line.category_id],
            "lead": self.names.code_of_unit[line.lead_unit_id],
            "parts": _said([(self.names.code_of_unit[part["unit_id"]], part["ask"]) for part in line.division]),
            "basis": line.basis,
        }


def lay(book: Book, rows: list[Row]) -> None:
    """Lay the drafts. `book.actor` must be an administrator with an account."""
    lines = Lines(book)
    for row in first_lines(book, rows, lambda row: row.get("title"), "title"):
        book.take(row, row.get("title"), lines.lay)


def _said(parts: list[tuple[str, str]]) -> str:
    return "\n".join(f"{unit}：{ask}" for unit, ask in parts)
