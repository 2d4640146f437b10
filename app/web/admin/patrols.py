"""Cells of the grid patrol: opened one by one or many at once, renamed, graded anew, closed. How their rounds are counted is escalation's."""

import csv

from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.errors import Invalid
from app.web import forms
from app.web.admin.room import change, pages
from app.web.clock_faces import said_hours
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.web.patrol import GRADE
from app.work import session_now
from escalation import patrol_queries, patrols
from escalation.hours import Hours
from escalation.limits import Limit
from escalation.patrol_models import PatrolCell
from escalation.rules import limits_of, rules_for
from tickets.reference import reference
from tickets.text import whole_number

MOST_LINES = 500


@pages.get("/patrols")
def patrol_cells():
    """All cells by code; `?cell` opens one beside them."""
    return _page()


@pages.post("/patrols")
def open_cell():
    """Another cell, or, with `lines`, many: all of them or none."""

    def do(session: Session, now):
        lines = forms.text("lines")
        if lines:
            made = _open_all(session, lines, now)
            return f"cells {made[0].code}…", {}, {"cells": [cell.code for cell in made]}
        cell = patrols.open_cell(session, forms.text("code"), forms.text("name"), forms.text("unit"), forms.whole("grade"), g.actor, now)
        return f"cell {cell.code}", {}, _shape(cell)

    return change("cell-open", do, _("设好了，从现在起算。"), "/admin/patrols", _page)


@pages.post("/patrols/<code>")
def change_cell(code: str):
    """Another name or grade."""

    def do(session: Session, now):
        before = _shape(patrols.fetch_cell(session, code, lock=True))
        return f"cell {code}", before, _shape(patrols.change_cell(session, code, forms.text("name"), forms.whole("grade"), g.actor, now))

    return change("cell-change", do, _("改好了，下一轮按新的算。"), "/admin/patrols", lambda errors: _page(errors, code))


@pages.post("/patrols/<code>/endings")
def close_cell(code: str):
    """Patrolled no more."""

    def do(session: Session, now):
        cell = patrols.close_cell(session, code, g.actor, now)
        return f"cell {code}", {"active_until": None}, {"active_until": cell.active_until}

    return change("cell-close", do, _("停巡了，正在算的这一轮不算数。"), "/admin/patrols", _page)


def _open_all(session: Session, lines: str, now) -> list[PatrolCell]:
    """Lines of "code,name,street's code,grade". Raises Invalid naming the line."""
    made, bad = [], []
    rows = [row for row in csv.reader(lines.replace("，", ",").splitlines()) if any(part.strip() for part in row)]
    for number, row in enumerate(rows[:MOST_LINES], 1):
        parts = [part.strip() for part in row] + [""] * 4
        try:
            made.append(patrols.open_cell(session, parts[0], parts[1], parts[2], whole_number(parts[3]), g.actor, now))
        except Invalid as no:
            bad.append(_("第 %(n)s 行：%(why)s", n=number, why=_("，").join(_(said) for several in no.fields.values() for said in several)))
    if len(rows) > MOST_LINES:
        bad.append(_("一次最多 %(n)s 行", n=MOST_LINES))
    if bad:
        raise Invalid(lines=bad[:10])
    return made


def _shape(cell: PatrolCell) -> dict:
    return {"name": cell.name, "grade": cell.grade, "unit_id": cell.unit_id}


def _page(errors: dict | None = None, chosen: str = "") -> str:
    session, now = session_now(), clock.now()
    names, limits = reference(session), limits_of(session, now)
    rows, more = patrol_queries.every_cell(session, request.args.get("after", ""))
    wanted = chosen or request.args.get("cell", "")
    row = patrols.fetch_cell(session, wanted, closed=True) if wanted else None
    return render_template(
        "admin/patrols.html",
        rows=rows,
        next=rows[-1].code if more else "",
        chosen=row,
        errors=errors or {},
        v=request.form if errors else {"name": row.name, "grade": row.grade} if row else {},
        names=names,
        grades=[(grade, _(word)) for grade, word in GRADE.items()],
        limits=[(_(GRADE[grade]), limits.get(code), _hours(session, limits.get(code))) for grade, code in patrols.CODES.items()],
        units=[(unit.code, name_of(unit)) for unit in sorted(names.units.values(), key=lambda unit: unit.path) if unit.kind == "street"],
        most=MOST_LINES,
    )


def _hours(session: Session, limit: Limit | None) -> str:
    hours: Hours | None = rules_for(session).book.hours_for(limit) if limit else None
    return said_hours(hours) if hours else _("全天候")
