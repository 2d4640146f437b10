"""The dispatch catalogue and the boundary list: which unit's duty a category is in a region, with its legal basis, versioned (R44, R59, R62)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from app.errors import Invalid
from tickets.duties import Boundary, CatalogueEntry
from tickets.models import Category
from tickets.organisations import Region, Unit

KEPT = ("version", "category_id", "region_code", "unit_id", "basis", "effective_from", "effective_to")


def entry_for(session: Session, category_id: int | None, region_code: str | None, at: datetime) -> CatalogueEntry | None:
    """The most particular entry in force at `at`: nearest category first, then nearest region; None when the catalogue is silent."""
    return next(iter(entries_for(session, category_id, region_code, at)), None)


def entries_for(session: Session, category_id: int | None, region_code: str | None, at: datetime) -> list[CatalogueEntry]:
    """All entries in force for the category and its ancestors, most particular first; one statement."""
    if category_id is None:
        return []
    own, parent, grand = aliased(Category), aliased(Category), aliased(Category)
    line = (
        sa.select(own.id, parent.id, grand.id)
        .outerjoin(parent, parent.id == own.parent_id)
        .outerjoin(grand, grand.id == parent.parent_id)
        .where(own.id == category_id)
    ).subquery()
    up = sa.select(Region.parent_code).where(Region.code == (region_code or "")).scalar_subquery()
    near = sa.case((CatalogueEntry.category_id == line.c[0], 0), (CatalogueEntry.category_id == line.c[1], 1), else_=2)
    where = sa.case((CatalogueEntry.region_code == (region_code or ""), 0), (CatalogueEntry.region_code == up, 1), else_=2)
    return list(
        session.scalars(
            sa.select(CatalogueEntry)
            .join(line, CatalogueEntry.category_id.in_([line.c[0], line.c[1], line.c[2]]))
            .where(
                in_force(CatalogueEntry, at),
                sa.or_(
                    CatalogueEntry.region_code.is_(None),
                    CatalogueEntry.region_code == (region_code or ""),
                    CatalogueEntry.region_code == up,
                ),
            )
            .order_by(near, where)
        )
    )


def in_force(table, at: datetime):
    """The SQL test that a dated row holds at an instant."""
    return sa.and_(table.effective_from <= at, sa.or_(table.effective_to.is_(None), table.effective_to > at))


def boundary_for(session: Session, category_id: int | None, at: datetime) -> Boundary | None:
    """The published division of a matter that takes several departments (R44), or None."""
    if category_id is None:
        return None
    up = sa.select(Category.parent_id).where(Category.id == category_id).scalar_subquery()
    return session.scalar(
        sa.select(Boundary)
        .where(Boundary.category_id.in_([category_id, up]), in_force(Boundary, at))
        .order_by((Boundary.category_id == category_id).desc())
        .limit(1)
    )


def is_on_duty_list(session: Session, unit: Unit, category_id: int | None, at: datetime) -> bool:
    """Whether the catalogue names this unit for the category or an ancestor, in any region (domain §9.2, §9.8)."""
    return any(entry.unit_id == unit.id for entry in _any_region(session, category_id, at))


def _any_region(session: Session, category_id: int | None, at: datetime) -> list[CatalogueEntry]:
    if category_id is None:
        return []
    up = sa.select(Category.parent_id).where(Category.id == category_id).scalar_subquery()
    top = sa.select(Category.parent_id).where(Category.id == up).scalar_subquery()
    return list(
        session.scalars(
            sa.select(CatalogueEntry).where(CatalogueEntry.category_id.in_([category_id, up, top]), in_force(CatalogueEntry, at))
        )
    )


def enter(
    session: Session, category_id: int, region_code: str | None, unit_id: int, basis: str, starts: datetime, by_id: int | None
) -> tuple[dict, CatalogueEntry]:
    """An administrator's entry from `starts` on, in place of the last one written for exactly this category and region; gives what that was.

    Raises Invalid without a legal basis, or when the last one begins later.
    """
    same_region = CatalogueEntry.region_code.is_(None) if region_code is None else CatalogueEntry.region_code == region_code
    old = session.scalar(
        sa.select(CatalogueEntry)
        .where(CatalogueEntry.category_id == category_id, same_region, CatalogueEntry.effective_to.is_(None))
        .with_for_update()
    )
    if old is not None and old.effective_from > starts:
        raise Invalid(starts_at="这一类已经写好一条更晚生效的，日子要在它之后")
    before = shape(old) if old else {}
    return before, replace_entry(session, category_id, region_code, unit_id, basis, starts, by_id)


def shape(row: CatalogueEntry) -> dict:
    """What the audit row remembers of an entry."""
    return {name: getattr(row, name) for name in KEPT}


def replace_entry(
    session: Session,
    category_id: int,
    region_code: str | None,
    unit_id: int,
    basis: str,
    now: datetime,
    by_id: int | None = None,
    ruling_ticket_id: int | None = None,
) -> CatalogueEntry:
    """End the entry in force for exactly this category and region and put another in its place, one version up.

    Raises Invalid without a legal basis. Past dispatches keep the version they were made under (R59).
    """
    if not basis.strip():
        raise Invalid(basis="请写明法定依据")
    same_region = CatalogueEntry.region_code.is_(None) if region_code is None else CatalogueEntry.region_code == region_code
    session.execute(
        sa.update(CatalogueEntry)
        .where(CatalogueEntry.category_id == category_id, same_region, CatalogueEntry.effective_to.is_(None))
        .values(effective_to=now)
    )
    version = (session.scalar(sa.select(sa.func.max(CatalogueEntry.version))) or 0) + 1
    entry = CatalogueEntry(
        version=version,
        category_id=category_id,
        region_code=region_code,
        unit_id=unit_id,
        basis=basis.strip(),
        effective_from=now,
        by_id=by_id,
        ruling_ticket_id=ruling_ticket_id,
    )
    session.add(entry)
    session.flush()
    return entry
