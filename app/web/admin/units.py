"""The tree of units and, for each, its names, its place, its posts A and B, and whether it takes tickets."""

from collections.abc import Callable

import sqlalchemy as sa
from flask import render_template, request
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.auth.people import names_of, people_of
from app.errors import Invalid
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of, region_name, short_of
from app.work import session_now
from tickets import units, words
from tickets.actors import LEADER
from tickets.codes import UNIT_KINDS
from tickets.organisations import Post, Unit
from tickets.reference import reference

PLACED = ("name", "name_en", "short_name", "phone", "region", "peers")


@pages.get("/units")
def unit_tree():
    """All units in the order of the tree, with who is their liaison."""
    session, q = session_now(), request.args.get("q", "").strip()
    rows = session.execute(
        sa.select(Unit, Post).outerjoin(Post, sa.and_(Post.unit_id == Unit.id, Post.role == "liaison")).order_by(Unit.path)
    ).all()
    shown = [
        (unit, post)
        for unit, post in rows
        if (not q or q in unit.name or q in unit.code or q in unit.short_name)
        and (request.args.get("live") != "no" or (not unit.live and unit.kind not in ("city", "centre")))
    ]
    people = names_of(session, [one for _unit, post in shown if post for one in (post.holder_a_id, post.holder_b_id)])
    return render_template("admin/units.html", rows=shown, people=people, kinds=words.UNIT_KIND, q=q, total=len(rows))


@pages.get("/units/new")
def new_unit():
    """The form for a new one."""
    return _new()


@pages.post("/units/new")
def add_unit():
    """Added, not open for tickets until it has a liaison."""
    made = {}

    def do(session: Session, now):
        row = units.add(
            session,
            forms.text("code"),
            forms.text("kind"),
            forms.whole("parent"),
            superior_id=forms.whole("superior"),
            **{name: forms.text(name) for name in PLACED},
        )
        made["id"] = row.id
        return f"unit {row.code}", {}, units.shape(row)

    return change("unit-add", do, _("建好了。定下联络员，就能开通收单。"), lambda: f"/admin/units/{made['id']}", _new)


@pages.get("/units/<int:unit_id>")
def unit(unit_id: int):
    """One unit."""
    return _unit(unit_id)


@pages.post("/units/<int:unit_id>")
def change_unit(unit_id: int):
    """Names, telephone, region, leader."""
    placed = {name: forms.text(name) for name in PLACED}
    return _changed(
        "unit-change",
        unit_id,
        _("存好了。"),
        lambda session, row: units.rename(session, row, superior_id=forms.whole("superior"), **placed),
    )


@pages.post("/units/<int:unit_id>/moves")
def move_unit(unit_id: int):
    """Under another parent, with everything below."""
    return _changed("unit-move", unit_id, _("移好了，下级一起移。"), lambda session, row: units.move(session, row, forms.whole("parent")))


@pages.post("/units/<int:unit_id>/live")
def open_unit(unit_id: int):
    """Open for tickets; the database itself refuses a unit without a liaison (R51)."""
    return _changed("unit-open", unit_id, _("开通了，可以收单。"), units.open_for_tickets)


@pages.post("/units/<int:unit_id>/rest")
def rest_unit(unit_id: int):
    """No new tickets."""
    return _changed("unit-rest", unit_id, _("停了，不再收新单。"), units.rest)


@pages.post("/units/<int:unit_id>/posts/<role>")
def set_post(unit_id: int, role: str):
    """A and B of one post. A's account gets the role when it lacks it, or A could not do the work."""

    def do(session: Session, now):
        row = units.unit_by_id(session, unit_id)
        first, second = forms.whole("holder_a"), forms.whole("holder_b")
        for name, holder in (("holder_a", first), ("holder_b", second)):
            person = session.get(Account, holder) if holder else None
            if holder and (person is None or not person.active or person.unit_id != unit_id):
                raise Invalid(**{name: "要选本单位在用的账号"})
            if name == "holder_a" and person is not None and role not in person.roles:
                person.roles = [*person.roles, role]
        before, after = units.set_post(session, row, role, forms.text("name") or words.ROLE.get(role, ""), first, second)
        return f"unit {row.code} {role}", before, after

    return change(
        "post-set",
        do,
        _("岗位定好了。"),
        f"/admin/units/{unit_id}#posts",
        lambda errors: _unit(unit_id, {f"{role}-{name}": said for name, said in errors.items()}),
    )


def _changed(action: str, unit_id: int, said: str, act: Callable[[Session, Unit], object]):
    """One act on a unit, with what it was before and after on record."""

    def do(session: Session, now):
        row = units.unit_by_id(session, unit_id)
        before = units.shape(row)
        act(session, row)
        return f"unit {row.code}", before, units.shape(row)

    return change(action, do, said, f"/admin/units/{unit_id}", lambda errors: _unit(unit_id, errors))


def _unit(unit_id: int, errors: dict | None = None) -> str:
    session, names = session_now(), reference(session_now())
    row = units.unit_by_id(session, unit_id)
    staff = people_of(session, [unit_id])
    below = [one for one in names.units.values() if one.parent_id == unit_id]
    roles, people = [(code, _(words.ROLE[code])) for code in units.ROLES], [(one.id, one.name) for one in staff]
    return render_template(
        "admin/unit.html",
        unit=row,
        errors=errors or {},
        posts=units.posts_of(session, unit_id),
        staff=staff,
        roles=roles,
        people=people,
        parents=_parents(session, row),
        kind=_(words.UNIT_KIND[row.kind]),
        below=below,
        typed=request.form,
        role_words=words.ROLE,
        takes=row.kind not in ("city", "centre"),
        **_choices(session),
    )


def _new(errors: dict | None = None) -> str:
    session = session_now()
    kinds = [(code, _(words.UNIT_KIND[code])) for code in UNIT_KINDS if code not in ("city", "centre")]
    return render_template(
        "admin/unit_new.html", errors=errors or {}, kinds=kinds, parents=_parents(session), typed=request.form, **_choices(session)
    )


def _choices(session: Session) -> dict:
    names = reference(session)
    leaders = session.execute(sa.select(Account.id, Account.name).where(Account.active, sa.literal(LEADER) == sa.any_(Account.roles))).all()
    heads = session.execute(
        sa.select(Account.id, Account.name, Account.unit_id)
        .join(Post, Post.holder_a_id == Account.id)
        .where(Post.role == "head", Account.active)
        .order_by(Account.unit_id)
    ).all()
    return {
        "regions": [(code, region_name(names, code)) for code in names.regions],
        "superiors": [
            *((one, name) for one, name in leaders),
            *((one, f"{name} · {short_of(names.units[of])}") for one, name, of in heads if of in names.units),
        ],
    }


def _parents(session: Session, row: Unit | None = None) -> list[tuple[int, str]]:
    """Every unit that may stand above: not the unit itself, nor anything below it."""
    every = sorted(reference(session).units.values(), key=lambda one: one.path)
    return [
        (one.id, "　" * one.path.count(".") + name_of(one))
        for one in every
        if one.kind != "section" and (row is None or not (one.path == row.path or one.path.startswith(row.path + ".")))
    ]
