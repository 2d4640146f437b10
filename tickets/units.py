"""The tree of units as an administrator changes it: add, rename, move, open for tickets, rest; and who holds its posts (R51, R52, R70)."""

import re

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, WrongState, later
from tickets.codes import UNIT_KINDS, WITH_UNIT
from tickets.models import Ticket
from tickets.organisations import Post, Region, Unit

CODE = re.compile(r"[a-z][a-z0-9-]{1,39}")
KEPT = ("code", "name", "name_en", "short_name", "kind", "parent_id", "path", "region_code", "peers", "phone", "superior_id", "live")
ROLES = ("liaison", "handler", "head")
NO_LIAISON = later("还没有联络员，不能收单；请先在“岗位”里定下联络员 A、B 岗（每个单位至少一名联络员）")


def unit_by_id(session: Session, unit_id: int) -> Unit:
    """The unit, locked. Raises NotFound."""
    row = session.get(Unit, unit_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这个单位")
    return row


def add(session: Session, code: str, kind: str, parent_id: int | None, **said) -> Unit:
    """A new unit under a parent, not open for tickets yet. `said`: see `rename`. Raises Invalid naming every bad field."""
    code = code.strip().lower()
    bad = {}
    if not CODE.fullmatch(code):
        bad["code"] = "代码用小写字母开头，只用字母、数字、横线，2 到 40 位"
    elif session.scalar(sa.select(Unit.id).where(Unit.code == code)):
        bad["code"] = "已经有这个代码"
    if kind not in UNIT_KINDS or kind in ("city", "centre"):
        bad["kind"] = "请选单位性质"
    parent = session.get(Unit, parent_id) if parent_id else None
    if parent is None:
        bad["parent"] = "请选上级"
    if bad:
        raise Invalid(**bad)
    row = Unit(code=code, kind=kind, parent_id=parent.id, path=f"{parent.path}.{code}", live=False, name="", name_en="", short_name="")
    _describe(session, row, said)
    session.add(row)
    session.flush()
    return row


def rename(session: Session, row: Unit, **said) -> None:
    """Names, telephone, region, peer group, supervising leader: name name_en short_name phone region peers superior_id. Raises Invalid."""
    _describe(session, row, said)


def move(session: Session, row: Unit, parent_id: int | None) -> None:
    """Under another parent, with everything below it. Raises Invalid when that would make a ring."""
    parent = session.get(Unit, parent_id) if parent_id else None
    if parent is None or row.parent_id is None:
        raise Invalid(parent="请选上级；市本身不能移")
    if parent.path == row.path or parent.path.startswith(row.path + "."):
        raise Invalid(parent="不能移到自己或自己的下级下面")
    old, new = row.path, f"{parent.path}.{row.code}"
    row.parent_id = parent.id
    session.flush()
    session.execute(
        sa.update(Unit)
        .where(sa.or_(Unit.path == old, Unit.path.startswith(old + ".", autoescape=True)))
        .values(path=sa.literal(new) + sa.func.substr(Unit.path, len(old) + 1))
        .execution_options(synchronize_session=False)
    )
    session.expire(row)


def open_for_tickets(session: Session, row: Unit) -> None:
    """Live from now. The database refuses a unit without a liaison (R51); that refusal in plain words is WrongState."""
    row.live = True
    try:
        with session.begin_nested():
            session.flush()
            session.execute(sa.text("SET CONSTRAINTS units_live IMMEDIATE"))
    except sa.exc.IntegrityError as refused:
        raise WrongState(NO_LIAISON) from refused
    session.execute(sa.text("SET CONSTRAINTS units_live DEFERRED"))


def rest(session: Session, row: Unit) -> None:
    """No new tickets. Raises WrongState while it still has some."""
    held = (
        session.scalar(
            sa.select(sa.func.count()).select_from(Ticket).where(Ticket.lead_unit_id == row.id, Ticket.status.in_(sorted(WITH_UNIT)))
        )
        or 0
    )
    if held:
        raise WrongState("手上还有 %(n)s 件没办完，办完或改派以后再停", n=held)
    row.live = False


def set_post(session: Session, unit: Unit, role: str, name: str, holder_a: int | None, holder_b: int | None) -> tuple[dict, dict]:
    """A and B of one post; gives what was and what is. B may be empty for a head only. Raises Invalid."""
    if role not in ROLES:
        raise Invalid(role="岗位只有联络员、承办人、负责人")
    if holder_a is None:
        raise Invalid(holder_a="请选 A 岗")
    if holder_b is None and role != "head":
        raise Invalid(holder_b="请选 B 岗；A 外出时由 B 自动接上")
    if holder_a == holder_b:
        raise Invalid(holder_b="A 岗和 B 岗要是两个人")
    row = session.scalar(sa.select(Post).where(Post.unit_id == unit.id, Post.role == role).with_for_update())
    before = {"holder_a": row.holder_a_id, "holder_b": row.holder_b_id, "name": row.name} if row else {}
    if row is None:
        row = Post(unit_id=unit.id, role=role, name=name.strip(), holder_a_id=holder_a, holder_b_id=holder_b)
        session.add(row)
    row.name, row.holder_a_id, row.holder_b_id = name.strip() or row.name, holder_a, holder_b
    session.flush()
    return before, {"holder_a": row.holder_a_id, "holder_b": row.holder_b_id, "name": row.name}


def posts_of(session: Session, unit_id: int) -> dict[str, Post]:
    """Role → post of one unit."""
    return {row.role: row for row in session.scalars(sa.select(Post).where(Post.unit_id == unit_id))}


def shape(row: Unit) -> dict:
    """What the audit row remembers of a unit."""
    return {name: getattr(row, name) for name in KEPT}


def _describe(session: Session, row: Unit, said: dict) -> None:
    name, short = (said.get("name") or "").strip(), (said.get("short_name") or "").strip()
    region = said.get("region") or None
    bad = {}
    if not 2 <= len(name) <= 60:
        bad["name"] = "全称 2 到 60 个字"
    if not 1 <= len(short) <= 12:
        bad["short_name"] = "简称 1 到 12 个字，工单和列表上用"
    if region and session.get(Region, region) is None:
        bad["region"] = "没有这个区划"
    if bad:
        raise Invalid(**bad)
    row.name, row.short_name, row.name_en = name, short, (said.get("name_en") or "").strip()
    row.phone, row.peers, row.region_code = (said.get("phone") or "").strip()[:40], (said.get("peers") or "").strip()[:40], region
    row.superior_id = said.get("superior_id")
