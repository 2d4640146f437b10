"""Categories from a table, the parent before its children whatever the order of lines; what is there gets new names, words, standard."""

import sqlalchemy as sa

from app.organisation.book import NO, YES, Book, Done, Unfit, first_lines, flag, moves
from app.organisation.table import Column, Row
from tickets import categories, standards
from tickets.models import Category
from tickets.standards import Standard
from tickets.text import whole_number

COLUMNS = (
    Column("code", "代码", needed=True),
    Column("name", "名称", needed=True),
    Column("name_en", "英文名"),
    Column("keywords", "市民会怎么说"),
    Column("active", "在用"),
    Column("photos", "结案照片张数"),
    Column("on_site", "现场核查"),
    Column("staged", "六阶段显示"),
    Column("words", "结案要求"),
)
EXAMPLES = (
    ("parks", "园林绿化", "Parks and greening", "", "是", "", "", "", ""),
    ("parks.fallen-tree", "树木倒伏", "Fallen trees", "树倒了 倒伏 树压车 断枝", "是", "1", "否", "否", "附清理前后的照片"),
)
STANDARD = ("photos", "on_site", "staged", "words")


class Branches:
    """The categories as they stand while the rows of one file are laid."""

    def __init__(self, book: Book):
        self.session = book.session
        self.known = {row.code: row for row in self.session.scalars(sa.select(Category))}

    def lay(self, row: Row) -> list[Done]:
        """One row: added under its parent, or changed."""
        code, here = _code(row), self.known.get(_code(row))
        was = _texts(here) if here else dict.fromkeys((column.name for column in COLUMNS), "")
        own, wanted = _wanted(row, was)
        given, active = (wanted["name"], wanted["name_en"], wanted["keywords"]), wanted["active"] == YES
        before: dict = {}
        if not (moved := moves(was, wanted)):
            return []
        if here is None:
            here = categories.add(self.session, self._above(code), code.rpartition(".")[2], *given)
            here.active = active
        else:
            here = categories.category_by_id(self.session, here.id)
            before, _after = categories.change(self.session, here, *given, active)
        if any(name in STANDARD for name, _old, _new in moved):
            standards.change(self.session, here, own)
        self.known[code] = here
        after, action = categories.shape(here), "category-change" if before else "category-add"
        return [Done(_label(row), action, f"category {code}", before, after, moved if before else ())]

    def _above(self, code: str) -> int | None:
        above = code.rpartition(".")[0]
        if code.count(".") >= categories.DEEPEST:
            raise Unfit("分类最多三级", "code")
        if above and above not in self.known:
            raise Unfit("没有上一级 %(code)s，请把它也写进文件", "code", code=above[:60])
        return self.known[above].id if above else None


def lay(book: Book, rows: list[Row]) -> None:
    """Bring the categories in."""
    branches = Branches(book)
    for row in sorted(first_lines(book, rows, _code, "code"), key=lambda one: _code(one).count(".")):
        book.take(row, _label(row), branches.lay)


def _wanted(row: Row, was: dict[str, str]) -> tuple[Standard | None, dict[str, str]]:
    """The category's own standard and all of the category as the row has it, in the words of `_texts`. Raises Unfit."""
    wanted = {name: row.get(name, stood) for name, stood in was.items()}
    own, said = None, [row.said[name] for name in STANDARD if name in row.said]
    if any(said or [was[name] for name in STANDARD]):
        photos = whole_number(wanted["photos"] or "0", 4)
        if photos is None:
            raise Unfit("请写 0 到 6 的整数", "photos")
        own = Standard(photos, flag(wanted["on_site"], "on_site"), flag(wanted["staged"], "staged"), wanted["words"])
    active = YES if flag(wanted["active"] or YES, "active") else NO
    keywords = " ".join(categories.words_of(wanted["keywords"]))
    return own, wanted | {"code": _code(row), "active": active, "keywords": keywords} | _standard_texts(own)


def _texts(row: Category) -> dict[str, str]:
    """The category as a row of the file would say it."""
    plain = {"code": row.code, "name": row.name, "name_en": row.name_en, "keywords": " ".join(row.keywords)}
    own = Standard(**row.standard) if row.standard else None
    return plain | {"active": YES if row.active else NO} | _standard_texts(own)


def _standard_texts(own: Standard | None) -> dict[str, str]:
    if own is None:
        return dict.fromkeys(STANDARD, "")
    return {
        "photos": str(own.photos),
        "on_site": YES if own.on_site else NO,
        "staged": YES if own.staged else NO,
        "words": own.words,
    }


def _code(row: Row) -> str:
    return row.get("code").lower()


def _label(row: Row) -> str:
    return f"{row.get('name')} ({_code(row)})"
