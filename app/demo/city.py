"""The city's structure as rows: regions, units, people, posts, categories, catalogue, boundaries, knowledge. Adds what is missing, changes nothing."""

import re
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.clock import CITY_ZONE, local
from app.demo.files import entries, outlines, rows
from tickets import areas
from tickets.duties import Boundary, CatalogueEntry, Knowledge
from tickets.intake import search_words
from tickets.models import Category
from tickets.organisations import Post, Region, Unit
from tickets.reference import forget

POSTS = (("liaison", "联络员", "liaison", "backup"), ("handler", "承办人", "handler", "backup"), ("head", "负责人", "head", ""))
LEADER = "leader1"


def load_basics(session: Session, city_name: str, city_name_en: str) -> None:
    """What any real city starts from: its root, the hotline centre and the category tree. Accounts come by `create-admin`."""
    if session.scalar(sa.select(Unit.id).where(Unit.kind == "city")) is None:
        code = re.sub(r"[^a-z0-9]+", "-", city_name_en.lower()).strip("-") or "city"
        root = Unit(code=code, name=city_name, name_en=city_name_en, short_name=city_name, kind="city", path=code)
        session.add(root)
        session.flush()
        session.add(
            Unit(
                code="centre",
                name=f"{city_name}12345热线中心",
                name_en=f"{city_name_en} 12345 Hotline Centre",
                short_name="热线中心",
                kind="centre",
                parent_id=root.id,
                path=f"{code}.centre",
            )
        )
        session.flush()
    add_categories(session)
    forget(session)


def load_organisation(session: Session, now: datetime, password_hash: str) -> dict[str, int]:
    """The demo city without its tickets. `password_hash`: the stored form of the one password all its accounts have.

    Returns how many rows of each kind were added; a second run adds none.
    """
    added = {"regions": _regions(session), "units": _units(session), "accounts": _accounts(session, password_hash)}
    added["areas"] = len(areas.lay(session, outlines()).areas)
    added["posts"] = _posts(session)
    added["categories"] = add_categories(session)
    since = datetime((local(now) - timedelta(days=90)).year, 1, 1, tzinfo=CITY_ZONE)
    added["catalogue"], added["boundaries"] = _catalogue(session, since), _boundaries(session, since)
    added["knowledge"] = _knowledge(session, now)
    forget(session)
    return added


def add_categories(session: Session) -> int:
    """The three-level tree with the citizens' words for each leaf; the level is the number of dots in the code plus one."""
    known = {code: (key, path) for code, key, path in session.execute(sa.select(Category.code, Category.id, Category.path_name))}
    new = [row for row in rows("categories") if row["code"] not in known]
    for level in (1, 2, 3):
        wanted = [row for row in new if row["code"].count(".") == level - 1]
        made = [_category(row, level, known.get(row["code"].rpartition(".")[0])) for row in wanted]
        session.add_all(made)
        session.flush()
        known |= {category.code: (category.id, category.path_name) for category in made}
    return len(new)


def _category(row: dict, level: int, parent: tuple[int, str] | None) -> Category:
    return Category(
        code=row["code"],
        name=row["name"],
        name_en=row["name_en"],
        level=level,
        parent_id=parent[0] if parent else None,
        path_name=f"{parent[1]} › {row['name']}" if parent else row["name"],
        keywords=row["keywords"].split(),
    )


def _regions(session: Session) -> int:
    known = set(session.scalars(sa.select(Region.code)))
    new = [{**row, "parent_code": row["parent_code"] or None} for row in rows("regions") if row["code"] not in known]
    if new:
        session.execute(sa.insert(Region).values(new))
    return len(new)


def _units(session: Session) -> int:
    """Units in the file's order: a parent stands before its children. A city root that is here already is kept, whatever its code."""
    known = {unit.code: unit for unit in session.scalars(sa.select(Unit))}
    root = next((unit for unit in known.values() if unit.kind == "city"), None)
    count = 0
    for row in rows("units"):
        if row["kind"] == "city" and root is not None:
            known[row["code"]] = root
        if row["code"] in known:
            continue
        parent = known.get(row["parent"])
        unit = Unit(
            code=row["code"],
            name=row["name"],
            name_en=row["name_en"],
            short_name=row["short_name"],
            kind=row["kind"],
            peers=row["peers"],
            phone=row["phone"],
            region_code=row["region"] or None,
            parent_id=parent.id if parent else None,
            path=f"{parent.path}.{row['code']}" if parent else row["code"],
        )
        session.add(unit)
        session.flush()
        known[row["code"]] = unit
        count += 1
    return count


def _unit_ids(session: Session) -> dict[str, int]:
    """Unit ids by the code of the data files."""
    found = _pairs(session, Unit.code, Unit.id)
    root = session.scalars(sa.select(Unit.id).where(Unit.kind == "city")).one()
    return {row["code"]: root for row in rows("units") if row["kind"] == "city"} | found


def _accounts(session: Session, password_hash: str) -> int:
    known, units = set(session.scalars(sa.select(Account.username))), _unit_ids(session)
    new = [
        {
            "username": row["username"],
            "name": row["name"],
            "unit_id": units[row["unit"]],
            "roles": row["roles"].split(),
            "password_hash": password_hash,
            "demo": True,
        }
        for row in rows("people")
        if row["username"] not in known
    ]
    if new:
        session.execute(sa.insert(Account), new)
    return len(new)


def _posts(session: Session) -> int:
    """A and B for every unit with people, who supervises it, and only then its opening for tickets (R51, R52)."""
    people = _pairs(session, Account.username, Account.id)
    held = {tuple(row) for row in session.execute(sa.select(Post.unit_id, Post.role))}
    units = {unit.code: unit for unit in session.scalars(sa.select(Unit))}
    new = [
        Post(unit_id=unit.id, role=role, name=name, holder_a_id=people[f"{code}.{first}"], holder_b_id=people.get(f"{code}.{second}"))
        for code, unit in units.items()
        for role, name, first, second in POSTS
        if f"{code}.{first}" in people and (unit.id, role) not in held
    ]
    session.add_all(new)
    session.flush()
    opened = {post.unit_id for post in new}
    for row in rows("units"):
        unit = units.get(row["code"])
        if unit is not None and unit.superior_id is None and row["superior"]:
            unit.superior_id = people[row["superior"]]
        if unit is not None and unit.id in opened:
            unit.live = True
    session.flush()
    return len(new)


def _catalogue(session: Session, since: datetime) -> int:
    """Entries for what no entry, past or present, speaks of yet: an administrator's change stays."""
    categories, units = _category_ids(session), _unit_ids(session)
    spoken = {tuple(row) for row in session.execute(sa.select(CatalogueEntry.category_id, CatalogueEntry.region_code))}
    new = [
        {
            "version": 1,
            "category_id": categories[row["category"]],
            "region_code": row["region"] or None,
            "unit_id": units[row["unit"]],
            "basis": row["basis"],
            "effective_from": since,
        }
        for row in rows("catalogue")
        if (categories[row["category"]], row["region"] or None) not in spoken
    ]
    if new:
        session.execute(sa.insert(CatalogueEntry), new)
    return len(new)


def _boundaries(session: Session, since: datetime) -> int:
    categories, units = _category_ids(session), _unit_ids(session)
    known = set(session.scalars(sa.select(Boundary.title)))
    new = [
        Boundary(
            version=1,
            category_id=categories[each["category"]],
            title=each["title"],
            lead_unit_id=units[each["lead"]],
            basis=each["basis"],
            division=[part | {"unit_id": units[part["unit"]]} for part in each["division"]],
            effective_from=since,
        )
        for each in entries("boundaries")
        if each["title"] not in known
    ]
    session.add_all(new)
    return len(new)


def _knowledge(session: Session, now: datetime) -> int:
    categories, units = _category_ids(session), _unit_ids(session)
    known = set(session.scalars(sa.select(Knowledge.title)))
    new = [each for each in entries("knowledge") if each["title"] not in known]
    for each in new:
        session.add(
            Knowledge(
                title=each["title"],
                content=each["content"],
                article=each["article"],
                category_id=categories[each["category"]],
                unit_id=units[each["unit"]],
                updated_at=now - timedelta(days=each["age"]),
                search=search_words(each["title"], each["content"], ""),
            )
        )
    session.flush()
    return len(new)


def _category_ids(session: Session) -> dict[str, int]:
    return _pairs(session, Category.code, Category.id)


def _pairs(session: Session, key, value) -> dict:
    return dict(session.execute(sa.select(key, value)).all())
