"""The dispatch catalogue: category × region → unit. A new entry ends the old one; each is tried on last month before it is written."""

import sqlalchemy as sa
from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.people import names_of
from app.errors import Invalid, NotFound, WrongState
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.moments import field_value, moment
from app.web.naming import name_of, path_of, region_name
from app.work import session_now
from tickets import trial
from tickets.catalogue import enter, in_force, shape
from tickets.dispatch import live_unit
from tickets.duties import CatalogueEntry
from tickets.organisations import Region
from tickets.reference import reference

MOST = 300


@pages.get("/catalogue")
def catalogue():
    """What is in force and what will be, by category or by unit."""
    session, now, args = session_now(), clock.now(), request.args
    names = reference(session)
    rows = session.scalars(
        sa.select(CatalogueEntry).where(sa.or_(CatalogueEntry.effective_to.is_(None), in_force(CatalogueEntry, now)))
    ).all()
    q, unit = args.get("q", "").strip(), args.get("unit", "")
    shown = [
        row
        for row in rows
        if (not unit or names.units[row.unit_id].code == unit)
        and (not q or q in names.categories[row.category_id].path_name or q in names.categories[row.category_id].code or q in row.basis)
    ]
    by_unit = args.get("by") == "unit"
    shown.sort(
        key=lambda row: (
            ((names.units[row.unit_id].path,) if by_unit else ()) + (names.categories[row.category_id].code, row.region_code or "")
        )
    )
    book = {(row.category_id, row.region_code): row.unit_id for row in rows}
    silent = [row for row in names.categories.values() if row.active and row.level == 3 and trial.answer(names, book, row.id, None) is None]
    return render_template(
        "admin/catalogue.html",
        rows=shown[:MOST],
        total=len(rows),
        found=len(shown),
        names=names,
        q=q,
        unit=unit,
        by_unit=by_unit,
        now=now,
        silent=silent,
        path=lambda row: path_of(names, names.categories[row.category_id]),
        region=lambda code: region_name(names, code) or _("全市"),
        unit_options=_units(session),
    )


@pages.get("/catalogue/new")
def new_entry():
    """The form, filled from an entry in force when it is to be replaced; with `try=1` the trial beside it."""
    args = request.args
    typed = {name: args.get(name, "") for name in ("category", "region", "unit", "basis", "starts_at")}
    return _form(typed, tried=_tried(typed) if args.get("try") else None)


@pages.post("/catalogue/new")
def write_entry():
    """Written: the old entry ends where the new one begins; past dispatches keep theirs (R59)."""

    def do(session: Session, now):
        category, region, unit = _place(session)
        starts = max(moment("starts_at", now), now)
        before, row = enter(session, category, region, unit, forms.text("basis"), starts, g.account.id)
        return f"catalogue {reference(session).categories[category].code} {region or '*'}", before, shape(row)

    return change(
        "catalogue-entry",
        do,
        _("写进目录了。"),
        lambda: "/admin/catalogue?q=" + forms.text("category"),
        lambda errors: _form(request.form, errors),
    )


@pages.post("/catalogue/<int:entry_id>/endings")
def end_entry(entry_id: int):
    """Out of force without another in its place."""

    def do(session: Session, now):
        row = session.get(CatalogueEntry, entry_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这条目录")
        if row.effective_to is not None:
            raise WrongState("这一条已经停用")
        before = shape(row)
        row.effective_to = max(now, row.effective_from)
        return f"catalogue {reference(session).categories[row.category_id].code} {row.region_code or '*'}", before, shape(row)

    return change("catalogue-end", do, _("停用了。以后这一类由派单员来定。"), "/admin/catalogue", lambda errors: catalogue())


@pages.get("/catalogue/<int:entry_id>/history")
def entry_history(entry_id: int):
    """Every version for the same category and region, newest first, with who wrote it and the ruling behind it."""
    session = session_now()
    row = session.get(CatalogueEntry, entry_id)
    if row is None:
        raise NotFound("没有这条目录")
    same = CatalogueEntry.region_code.is_(None) if row.region_code is None else CatalogueEntry.region_code == row.region_code
    rows = session.scalars(
        sa.select(CatalogueEntry).where(CatalogueEntry.category_id == row.category_id, same).order_by(CatalogueEntry.version.desc())
    ).all()
    names = reference(session)
    return render_template(
        "admin/catalogue_history.html",
        rows=rows,
        names=names,
        people=names_of(session, [one.by_id for one in rows]),
        now=clock.now(),
        title=path_of(names, names.categories[row.category_id]),
        region=region_name(names, row.region_code) or _("全市"),
    )


def _form(typed, errors: dict | None = None, tried: trial.Trial | None = None) -> str:
    session = session_now()
    names = reference(session)
    live = [
        (row.code, "　" * (row.level - 1) + name_of(row) + ("" if row.level == 1 else f" · {row.code}"))
        for row in names.categories.values()
        if row.active
    ]
    return render_template(
        "admin/catalogue_new.html",
        typed=typed,
        errors=errors or {},
        tried=tried,
        names=names,
        categories=sorted(live),
        units=_units(session),
        regions=[(code, region_name(names, code)) for code in names.regions],
        earliest=field_value(clock.now()),
    )


def _tried(typed: dict) -> trial.Trial | None:
    session = session_now()
    names = reference(session)
    category, unit = names.category_codes.get(typed["category"]), names.unit_codes.get(typed["unit"])
    if category is None or unit is None:
        return None
    return trial.try_entry(session, category.id, typed["region"] or None, unit.id, clock.now())


def _place(session: Session) -> tuple[int, str | None, int]:
    """Category, region and unit of the form. Raises Invalid."""
    category = reference(session).category_codes.get(forms.text("category"))
    region = forms.text("region") or None
    if category is None:
        raise Invalid(category="请选分类")
    if region and session.get(Region, region) is None:
        raise Invalid(region="没有这个区划")
    return category.id, region, live_unit(session, forms.text("unit"), "unit").id


def _units(session: Session) -> list[tuple[str, str]]:
    return [(one.code, name_of(one)) for one in sorted(reference(session).units.values(), key=lambda one: one.path) if one.live]
