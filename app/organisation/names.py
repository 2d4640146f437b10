"""Categories and units as a cell may name them: by code, or by a name only one of them bears. Knows no kind's columns."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.organisation.book import Unfit
from app.organisation.table import codes_by_name
from tickets.models import Category
from tickets.organisations import Unit


class Names:
    """As they stand while the rows of one file are laid."""

    def __init__(self, session: Session):
        self.categories = {row.code: row for row in session.scalars(sa.select(Category))}
        self.units = {row.code: row for row in session.scalars(sa.select(Unit))}
        self.category_codes = codes_by_name((row.code, (row.name, row.path_name)) for row in self.categories.values())
        self.unit_codes = codes_by_name((row.code, (row.name, row.short_name)) for row in self.units.values())
        self.code_of_category = {row.id: row.code for row in self.categories.values()}
        self.code_of_unit = {row.id: row.code for row in self.units.values()}

    def category_code(self, said: str) -> str:
        """The code of the category; what is said, where nobody bears that name."""
        return self.category_codes.get(said) or self.category_codes.get(said.lower()) or said

    def unit_code(self, said: str) -> str:
        """The code of the unit; what is said, where nobody bears that name."""
        return self.unit_codes.get(said) or self.unit_codes.get(said.lower()) or said

    def category(self, said: str) -> Category:
        """The active category. Raises Unfit."""
        found = self.categories.get(self.category_code(said))
        if found is None or not found.active:
            raise Unfit("没有分类 %(said)s，或已停用", "category", said=said[:60])
        return found

    def unit(self, said: str, field: str) -> Unit:
        """The unit. Raises Unfit naming `field`."""
        found = self.units.get(self.unit_code(said))
        if found is None:
            raise Unfit("没有单位 %(said)s，请写单位的代码，或没有重名的名称", field, said=said[:40])
        return found
