"""The boundary list as it comes to be: drafted by one administrator, read by another, published as a version (R44, R45, domain §9.6)."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import db, one_of
from app.errors import Forbidden, Invalid, NotFound, WrongState
from tickets.actors import ADMIN, Actor
from tickets.catalogue import in_force
from tickets.dispatch import live_unit
from tickets.duties import Boundary
from tickets.intake import category_of

STATES = ("draft", "review", "published", "rejected")
KEPT = ("title", "category_id", "lead_unit_id", "division", "basis")
LONGEST_TITLE, LONGEST_BASIS, LONGEST_ASK = 100, 300, 500  # characters


class BoundaryDraft(db.Model):
    """A line of the list on its way: `replaces_id` is the published line it will end, `division` [{unit, unit_id, ask}]."""

    __tablename__ = "boundary_drafts"
    __table_args__ = (
        sa.CheckConstraint(one_of("state", STATES), name="state"),
        sa.CheckConstraint("reviewed_by_id IS NULL OR reviewed_by_id <> by_id", name="two_people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    replaces_id: Mapped[int | None] = mapped_column(sa.ForeignKey("boundaries.id"))
    category_id: Mapped[int] = mapped_column(sa.ForeignKey("categories.id"))
    title: Mapped[str]
    lead_unit_id: Mapped[int] = mapped_column(sa.ForeignKey("units.id"))
    division: Mapped[list] = mapped_column(JSONB)
    basis: Mapped[str]
    state: Mapped[str]
    by_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"))
    at: Mapped[datetime]
    reviewed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("accounts.id"))
    reviewed_at: Mapped[datetime | None]
    words: Mapped[str] = mapped_column(server_default="")


def published(session: Session, at: datetime) -> list[Boundary]:
    """The lines in force at `at`, by title."""
    return list(session.scalars(sa.select(Boundary).where(in_force(Boundary, at)).order_by(Boundary.title, Boundary.id)))


def draft(
    session: Session,
    row: BoundaryDraft | None,
    actor: Actor,
    now: datetime,
    *,
    category: str,
    title: str,
    lead: str,
    parts: list[tuple[str, str]],
    basis: str,
    replaces: int | None = None,
) -> BoundaryDraft:
    """Write a new draft (`row` None) or change one's own. `parts`: (unit code, what it does). Raises Invalid naming fields, Forbidden, WrongState."""
    _only_admin(actor)
    if row is not None and (row.state != "draft" or row.by_id != actor.account_id):
        raise WrongState("送审后不能再改；要改，请审的人退回来")
    if not title.strip():
        raise Invalid(title="请写这是一件什么事")
    if len(title.strip()) > LONGEST_TITLE:
        raise Invalid(title="最多 100 个字")
    if not basis.strip():
        raise Invalid(basis="请写明依据：哪份文件、哪一条")
    if len(basis.strip()) > LONGEST_BASIS:
        raise Invalid(basis="最多 300 个字")
    unit = live_unit(session, lead, "lead")
    division = _division(session, parts, unit.id)
    row = row or BoundaryDraft(by_id=actor.account_id, state="draft", replaces_id=replaces, words="")
    row.category_id, row.title, row.lead_unit_id, row.division, row.basis, row.at = (
        category_of(session, category).id,
        title.strip(),
        unit.id,
        division,
        basis.strip(),
        now,
    )
    session.add(row)
    session.flush()
    return row


def submit(row: BoundaryDraft, actor: Actor) -> None:
    """Hand one's draft to another administrator. Raises WrongState when it is not a draft of one's own."""
    if row.state != "draft" or row.by_id != actor.account_id:
        raise WrongState("只有自己的草稿能送审")
    row.state = "review"


def discard(session: Session, row: BoundaryDraft, actor: Actor) -> None:
    """Throw one's own draft away. Raises WrongState when it was handed in, or is another's."""
    if row.state != "draft" or row.by_id != actor.account_id:
        raise WrongState("只有自己没送审的草稿能删")
    session.delete(row)


def review(session: Session, row: BoundaryDraft, approve: bool, words: str, actor: Actor, now: datetime) -> Boundary | None:
    """Another administrator publishes it, one version up, or sends it back with words; what is published at one instant is one
    version. Raises Forbidden for the author, WrongState, Invalid."""
    _only_admin(actor)
    if row.state != "review":
        raise WrongState("这一条不在等审核")
    if row.by_id == actor.account_id:
        raise Forbidden("自己写的要由另一位管理员来审")
    if not approve and not words.strip():
        raise Invalid(words="请写明哪里要改")
    row.reviewed_by_id, row.reviewed_at, row.words = actor.account_id, now, words.strip()
    row.state = "published" if approve else "rejected"
    return _publish(session, row, actor, now) if approve else None


def withdraw(session: Session, row: Boundary, actor: Actor, now: datetime) -> None:
    """End a published line without another in its place. Raises WrongState when it has ended already."""
    _only_admin(actor)
    if row.effective_to is not None:
        raise WrongState("这一条已经停用")
    row.effective_to = now


def draft_of(session: Session, draft_id: int) -> BoundaryDraft:
    """One draft, locked. Raises NotFound."""
    row = session.get(BoundaryDraft, draft_id, with_for_update=True)
    if row is None:
        raise NotFound("没有这份草稿")
    return row


def shape(row: BoundaryDraft) -> dict:
    """What the audit row remembers of a draft."""
    return {name: getattr(row, name) for name in KEPT}


def _publish(session: Session, row: BoundaryDraft, actor: Actor, now: datetime) -> Boundary:
    old = session.get(Boundary, row.replaces_id) if row.replaces_id else None
    if old is not None and old.effective_to is None:
        old.effective_to = now
    last = session.execute(sa.select(Boundary.version, Boundary.effective_from).order_by(Boundary.version.desc()).limit(1)).first()
    line = Boundary(
        version=1 if last is None else last.version + (last.effective_from != now),
        category_id=row.category_id,
        title=row.title,
        lead_unit_id=row.lead_unit_id,
        division=row.division,
        basis=row.basis,
        effective_from=now,
        by_id=actor.account_id,
    )
    session.add(line)
    session.flush()
    return line


def _division(session: Session, parts: list[tuple[str, str]], lead_id: int) -> list[dict]:
    """The assisting units, each once, none of them the lead, each with its part."""
    division, seen = [], {lead_id}
    for code, ask in parts:
        unit = live_unit(session, code, "parts")
        if unit.id in seen:
            raise Invalid(parts="同一个单位只能出现一次，主办单位不用再列")
        if not ask.strip():
            raise Invalid(parts="请写明每个协办单位做哪一段")
        if len(ask.strip()) > LONGEST_ASK:
            raise Invalid(parts="每个单位做哪一段最多 500 个字")
        seen.add(unit.id)
        division.append({"unit": unit.code, "unit_id": unit.id, "ask": ask.strip()})
    if not division:
        raise Invalid(parts="至少要有一个协办单位；只有一家管的，写在派单目录里")
    return division


def _only_admin(actor: Actor) -> None:
    if not actor.has(ADMIN):
        raise Forbidden("只有管理员能改职责边界清单")
