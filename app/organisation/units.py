"""Units from a table, in any order of lines: each under its parent, wherever in the file that stands; what is there is renamed or moved."""

import sqlalchemy as sa

from app.auth.models import Account
from app.organisation.book import Book, Done, Unfit, coded, first_lines, moves
from app.organisation.table import Column, Row, codes_by_name
from tickets import units, words
from tickets.organisations import Region, Unit

COLUMNS = (
    Column("code", "代码", needed=True),
    Column("name", "全称", needed=True),
    Column("name_en", "英文名"),
    Column("short_name", "简称", needed=True),
    Column("kind", "性质", needed=True),
    Column("parent", "上级", needed=True),
    Column("region", "区划"),
    Column("peers", "同类组"),
    Column("phone", "电话"),
    Column("superior", "主管领导"),
)
EXAMPLES = (
    ("parks", "市园林绿化局", "Parks and Greening Bureau", "园林局", "部门", "linhai", "", "departments", "8810-0230", ""),
    ("parks-trees", "市园林绿化局树木养护科", "Tree Care Section", "树木科", "科室", "parks", "", "", "8810-0231", ""),
)
LONGEST = 40  # characters of a telephone number or a peer group


class Tree:
    """The units as they stand while the rows of one file are laid."""

    def __init__(self, book: Book, rows: list[Row]):
        self.book, self.session = book, book.session
        self.known = {unit.code: unit for unit in self.session.scalars(sa.select(Unit))}
        self.rows = {_code(row): row for row in first_lines(book, rows, _code, "code")}
        named = [(unit.code, (unit.name,)) for unit in self.known.values()] + [
            (code, (row.get("name"),)) for code, row in self.rows.items()
        ]
        self.codes = codes_by_name(named)
        self.regions = codes_by_name((code, (name,)) for code, name in self.session.execute(sa.select(Region.code, Region.name)))
        self.people = dict(self.session.execute(sa.select(Account.username, Account.id)).all())
        self.usernames = {account: username for username, account in self.people.items()}

    def parent_of(self, code: str) -> str:
        """The code of the unit the row wants to stand under; what it says, where nobody bears that name."""
        said = self.rows[code].get("parent")
        return self.codes.get(said) or self.codes.get(said.lower()) or said

    def lay(self) -> None:
        """Every row after its parent's; what is left then stands in a ring, or below one."""
        waiting = dict(self.rows)
        while ready := [code for code in waiting if self.parent_of(code) not in waiting]:
            for code in ready:
                row = waiting.pop(code)
                self.book.take(row, _label(row), self._lay)
        for code, row in waiting.items():
            self.book.reject(row.line, _label(row), self._ring(code))

    def _ring(self, code: str) -> Unfit:
        way = [code]
        while (up := self.parent_of(way[-1])) not in way:
            way.append(up)
        if up == code:
            return Unfit("上级绕成了一圈：%(ring)s", "parent", ring=" → ".join([*way, up]))
        return Unfit("上级 %(code)s 那一行没有收", "parent", code=self.parent_of(code))

    def _lay(self, row: Row) -> list[Done]:
        code, here = _code(row), self.known.get(_code(row))
        was = self._texts(here) if here else dict.fromkeys((column.name for column in COLUMNS), "")
        wanted, parent = self._wanted(row, was), self._parent(row)
        said = {name: wanted[name] for name in ("name", "name_en", "short_name", "phone", "region", "peers")}
        superior = self.people[wanted["superior"]] if wanted["superior"] else None
        if here is None:
            made = units.add(self.session, code, wanted["kind"], parent.id if parent else None, superior_id=superior, **said)
            self.known[code] = made
            return [Done(_label(row), "unit-add", f"unit {code}", {}, units.shape(made))]
        if wanted["kind"] != here.kind:
            raise Unfit("性质不能改，这个单位是%(kind)s", "kind", kind=words.UNIT_KIND[here.kind])
        if not (moved := moves(was, wanted)):
            return []
        here = units.unit_by_id(self.session, here.id)
        before = units.shape(here)
        if wanted["parent"] != was["parent"]:
            units.move(self.session, here, parent.id if parent else None)
            self.session.scalars(sa.select(Unit).execution_options(populate_existing=True)).all()  # everything below has moved, too
        units.rename(self.session, here, superior_id=superior, **said)
        self.session.flush()
        return [Done(_label(row), "unit-change", f"unit {code}", before, units.shape(here), moved)]

    def _parent(self, row: Row) -> Unit | None:
        code = self.parent_of(_code(row))
        if code and code not in self.known:
            raise Unfit("上级 %(code)s 那一行没有收" if code in self.rows else "没有上级 %(code)s", "parent", code=code[:40])
        return self.known[code] if code else None

    def _wanted(self, row: Row, was: dict[str, str]) -> dict[str, str]:
        """The unit as the row has it, in the words of `_texts`. Raises Unfit."""
        wanted = {name: row.get(name, stood) for name, stood in was.items()}
        wanted |= {"code": _code(row), "parent": self.parent_of(_code(row)), "kind": coded(row.get("kind"), words.UNIT_KIND, "kind")}
        if wanted["region"] and wanted["region"] not in self.regions:
            raise Unfit("没有区划 %(said)s，请先导入区划", "region", said=wanted["region"][:30])
        wanted["region"] = self.regions.get(wanted["region"], "")
        for name in ("phone", "peers"):
            if len(wanted[name]) > LONGEST:
                raise Unfit("最多 40 个字", name)
        wanted["superior"] = wanted["superior"].lower()
        if wanted["superior"] and wanted["superior"] not in self.people:
            unknown = Unfit("还没有账号 %(said)s，先空着；导入账号以后把这张表再导入一次", "superior", said=wanted["superior"][:40])
            self.book.put_off(row.line, _label(row), unknown)
            wanted["superior"] = was["superior"]
        return wanted

    def _texts(self, unit: Unit) -> dict[str, str]:
        """The unit as a row of the file would say it."""
        up = next((one.code for one in self.known.values() if one.id == unit.parent_id), "")
        plain = {name: getattr(unit, name) for name in ("code", "name", "name_en", "short_name", "kind", "peers", "phone")}
        return plain | {"parent": up, "region": unit.region_code or "", "superior": self.usernames.get(unit.superior_id or 0, "")}


def lay(book: Book, rows: list[Row]) -> None:
    """Bring the units in."""
    Tree(book, rows).lay()


def _code(row: Row) -> str:
    return row.get("code").lower()


def _label(row: Row) -> str:
    return f"{row.get('name')} ({_code(row)})"
