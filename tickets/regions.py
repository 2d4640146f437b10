"""The districts and streets of a city as they are laid: by code, each street under its district. Units stand in units.py."""

import re
from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets.organisations import Region
from tickets.reference import forget

CODE = re.compile(r"\d{6}(\d{3})?")
KEPT = ("name", "name_en", "parent_code")


def lay(session: Session, rows: Iterable[Mapping[str, str]]) -> tuple[int, int]:
    """Regions from rows of code, name, name_en, parent_code (empty for a district): how many were added, how many changed.

    What is there and not in the rows stays. Raises Invalid naming every line that cannot be used, counted from 2 as in a file with a head.
    """
    wanted = {number: {name: (row.get(name) or "").strip() for name in ("code", *KEPT)} for number, row in enumerate(rows, 2)}
    known = {row.code: row for row in session.scalars(sa.select(Region))}
    codes = set(known) | {row["code"] for row in wanted.values()}
    bad = [sentence for number, row in wanted.items() if (sentence := _wrong(number, row, codes))]
    if bad or not wanted:
        raise Invalid(file=bad or ["文件里一行也没有"])
    added = changed = 0
    for row in sorted(wanted.values(), key=lambda one: len(one["parent_code"])):
        said = {"name": row["name"], "name_en": row["name_en"] or row["name"], "parent_code": row["parent_code"] or None}
        here = known.get(row["code"])
        if here is None:
            known[row["code"]] = Region(code=row["code"], **said)
            session.add(known[row["code"]])
            session.flush()
            added += 1
        elif any(getattr(here, name) != said[name] for name in KEPT):
            for name in KEPT:
                setattr(here, name, said[name])
            changed += 1
    forget(session)
    return added, changed


def _wrong(number: int, row: dict[str, str], codes: set[str]) -> str:
    """What is wrong with this line, "" when nothing is."""
    if not CODE.fullmatch(row["code"]):
        return f"第 {number} 行：区划代码是 6 位或 9 位数字，这里是“{row['code']}”"
    if not row["name"]:
        return f"第 {number} 行：缺名称"
    if row["parent_code"] and row["parent_code"] not in codes:
        return f"第 {number} 行：没有上级 {row['parent_code']}"
    return f"第 {number} 行：上级不能是自己" if row["parent_code"] == row["code"] else ""
