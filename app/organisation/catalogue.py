"""The dispatch catalogue from a table: category × region → unit with its legal basis. What differs ends the entry in force and writes the
next version (R59); what is in force and not in the file stays."""

from datetime import datetime, time

import sqlalchemy as sa

from app.clock import CITY_ZONE
from app.organisation.book import Book, Done, Unfit, day, first_lines, moves
from app.organisation.names import Names
from app.organisation.table import Column, Row, codes_by_name
from tickets import catalogue
from tickets.dispatch import live_unit
from tickets.duties import CatalogueEntry
from tickets.organisations import Region

COLUMNS = (
    Column("category", "分类", needed=True),
    Column("region", "区划"),
    Column("unit", "单位", needed=True),
    Column("basis", "法定依据", needed=True),
    Column("since", "从哪天起"),
)
EXAMPLES = (
    ("parks", "", "parks", "《市园林绿化局权责清单》第 3 项：城市绿地的养护和管理", ""),
    ("parks.fallen-tree", "", "parks", "《市园林绿化局权责清单》第 7 项：倒伏树木的清理", "2027-01-01"),
)


class Duties:
    """The catalogue as it stands while the rows of one file are laid."""

    def __init__(self, book: Book):
        self.book, self.session, self.names = book, book.session, Names(book.session)
        self.regions = dict(self.session.execute(sa.select(Region.code, Region.name)).all())
        self.region_codes = codes_by_name((code, (name,)) for code, name in self.regions.items())
        last = self.session.scalars(sa.select(CatalogueEntry).where(CatalogueEntry.effective_to.is_(None)))
        self.last = {(row.category_id, row.region_code): row for row in last}

    def place(self, row: Row) -> tuple[str, str]:
        """What the row speaks of: category and region, by code where they are known."""
        category, region = row.get("category"), row.get("region")
        return self.names.category_code(category), self.region_codes.get(region, region)

    def label(self, row: Row) -> str:
        category, region = self.place(row)
        known = self.names.categories.get(category)
        return f"{known.path_name if known else category} · {self.regions.get(region, region) or '全市'}"

    def lay(self, row: Row) -> list[Done]:
        """One row: nothing where the unit and the basis are what they were, else the next version."""
        category, region = self.names.category(row.get("category")), self.place(row)[1]
        if region and region not in self.regions:
            raise Unfit("没有区划 %(said)s，请先导入区划", "region", said=region[:30])
        unit = live_unit(self.session, self.names.unit_code(row.get("unit")), "unit")
        old = self.last.get((category.id, region or None))
        was = {"unit": self.names.code_of_unit[old.unit_id] if old else "", "basis": old.basis if old else ""}
        if not (moved := moves(was, {"unit": unit.code, "basis": row.get("basis")})):
            return []
        before, new = catalogue.enter(
            self.session, category.id, region or None, unit.id, row.get("basis"), self._since(row), self.book.actor.account_id
        )
        subject = f"catalogue {category.code} {region or '*'}"
        return [Done(self.label(row), "catalogue-entry", subject, before, catalogue.shape(new), moved if old else ())]

    def _since(self, row: Row) -> datetime:
        since = day(row.get("since"), "since")
        return max(self.book.now, datetime.combine(since, time(), CITY_ZONE)) if since else self.book.now


def lay(book: Book, rows: list[Row]) -> None:
    """Bring the catalogue in."""
    duties = Duties(book)
    for row in first_lines(book, rows, duties.place, "category"):
        book.take(row, duties.label(row), duties.lay)
