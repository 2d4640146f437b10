"""The three-level tree of categories as an administrator keeps it: add, rename, the citizens' own words for it, in use or not."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from tickets.models import Category

PIECE = re.compile(r"[a-z][a-z0-9-]{1,30}")
DEEPEST = 3
KEPT = ("code", "name", "name_en", "path_name", "keywords", "active", "standard")
_BETWEEN = re.compile(r"[\s,，、;；]+")


def category_by_id(session: Session, category_id: int) -> Category:
    """The category, locked. Raises NotFound."""
    row = session.get(Category, category_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个分类")
    return row


def add(session: Session, parent_id: int | None, piece: str, name: str, name_en: str, keywords: str) -> Category:
    """A new node; its code is the parent's and `piece`. Raises Invalid naming every bad field."""
    parent = session.get(Category, parent_id) if parent_id else None
    piece, bad = piece.strip().lower(), {}
    if not PIECE.fullmatch(piece):
        bad["piece"] = "代码用小写字母开头，只用字母、数字、横线"
    if parent is not None and parent.level >= DEEPEST:
        bad["parent"] = "分类最多三级"
    code = f"{parent.code}.{piece}" if parent else piece
    if not bad and session.scalar(sa.select(Category.id).where(Category.code == code)):
        bad["piece"] = "这一级下面已经有这个代码"
    if not _is_name(name):
        bad["name"] = "名称 1 到 30 个字"
    if bad:
        raise Invalid(**bad)
    row = Category(
        code=code,
        name=name.strip(),
        name_en=name_en.strip(),
        level=parent.level + 1 if parent else 1,
        parent_id=parent.id if parent else None,
        path_name=_path_name(parent, name),
        keywords=words_of(keywords),
        active=True,
    )
    session.add(row)
    session.flush()
    return row


def change(session: Session, row: Category, name: str, name_en: str, keywords: str, active: bool) -> tuple[dict, dict]:
    """Names, words, in use or not; gives what was and what is. The path of everything below follows. Raises Invalid."""
    if not _is_name(name):
        raise Invalid(name="名称 1 到 30 个字")
    before = shape(row)
    row.name, row.name_en, row.keywords, row.active = name.strip(), name_en.strip(), words_of(keywords), active
    parent = session.get(Category, row.parent_id) if row.parent_id else None
    row.path_name = _path_name(parent, row.name)
    session.flush()
    _rename_below(session, row)
    return before, shape(row)


def words_of(typed: str) -> list[str]:
    """The words between blanks and commas, each once."""
    return list(dict.fromkeys(word for word in _BETWEEN.split(typed.strip()) if word))[:60]


def shape(row: Category) -> dict:
    """What the audit row remembers of a category."""
    return {name: getattr(row, name) for name in KEPT}


def _rename_below(session: Session, row: Category) -> None:
    for child in session.scalars(sa.select(Category).where(Category.parent_id == row.id)):
        child.path_name = _path_name(row, child.name)
        _rename_below(session, child)


def _path_name(parent: Category | None, name: str) -> str:
    return f"{parent.path_name} › {name.strip()}" if parent else name.strip()


def _is_name(name: str) -> bool:
    return 1 <= len(name.strip()) <= 30
