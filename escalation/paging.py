"""How a page of rows is read, newest first, and what narrows it: a closed set of codes, a unit. Shared by the reads of this room."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Filled, Invalid
from tickets.organisations import Unit
from tickets.text import whole_number

LONGEST_PAGE = 100
CENTRE = "centre"  # what is nobody else's
FARTHEST_ID = 2**62
Shown = TypeVar("Shown")


def page(session: Session, wanted: sa.Select, of, shown: Callable[..., Shown], cursor: str, limit: int) -> tuple[list[Shown], str | None]:
    """Rows of `wanted`, as `shown`, newest first from below the cursor, and the cursor of the next page, None at the end. One statement.

    `of`: the model whose ids the page goes by; it stands first in `wanted`. Raises Invalid for what is no cursor.
    """
    found = session.execute(wanted.where(of.id < _last_seen(cursor)).order_by(of.id.desc()).limit(limit + 1)).all()
    return [shown(*row) for row in found[:limit]], str(found[limit - 1][0].id) if len(found) > limit else None


def _last_seen(cursor: str) -> int:
    if not cursor:
        return FARTHEST_ID
    found = whole_number(cursor)
    if found is None:
        raise Invalid(cursor="翻页位置不对，请从第一页重新开始")
    return found


def within(name: str, column, value: str, allowed: Sequence[str]) -> list:
    """The SQL test for a filter that names one of a closed set of codes, none when it is empty. Raises Invalid naming the filter."""
    if value and value not in allowed:
        raise Invalid(**{name: Filled("可选：%(names)s", names=", ".join(allowed))})
    return [column == value] if value else []


def of_unit(session: Session, column, code: str) -> list:
    """The SQL test for what is this unit's, none when no code is given; the centre's is nobody else's. Raises Invalid."""
    if not code:
        return []
    unit = session.scalar(sa.select(Unit.id).where(Unit.code == code))
    if code == CENTRE:
        return [sa.or_(column.is_(None), column == unit)]
    if unit is None:
        raise Invalid(unit="没有这个单位")
    return [column == unit]
