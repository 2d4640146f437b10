"""The knowledge desk: administrators keep all entries, a unit's head and liaison their own unit's; what is public stands on the portal."""

from datetime import date

import sqlalchemy as sa
from flask import Blueprint, g, redirect, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require
from app.auth.audit import audit, difference
from app.errors import Forbidden, Invalid, NotFound
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.web.naming import name_of, path_of, unit_name
from app.work import session_now, work
from tickets import knowledge
from tickets.actors import ADMIN, HEAD, LIAISON
from tickets.duties import Knowledge
from tickets.reference import reference
from tickets.text import whole_number

desk = Blueprint("knowledge", __name__, url_prefix="/desk/knowledge")
MOST = 100  # a page


@desk.before_request
def only_keepers() -> None:
    """Those who may keep entries; who only wants to read them uses the call screen or the portal."""
    require(ADMIN, HEAD, LIAISON)


@desk.get("")
def entries():
    """The entries one may keep, newest first, or those that hold the words; `?stale=1` those to look at again, longest due first."""
    session, q, today = session_now(), request.args.get("q", "").strip(), clock.local(clock.now()).date()
    error, page = "", whole_number(request.args.get("page", ""), 4) or 1
    try:
        rows, total = _listed(session, q, today, page)
    except Invalid as bad:
        rows, total, error = [], 0, " ".join(_(said) for said in bad.fields.get("q", []))
    names = reference(session)
    return render_template(
        "admin/knowledge.html",
        rows=rows,
        total=total,
        page=page,
        pages=max(1, -(-total // MOST)),
        free=g.actor.has(ADMIN),
        q=q,
        today=today,
        error=error,
        names=names,
        path=lambda row: path_of(names, names.categories.get(row.category_id)),
        unit=lambda row: unit_name(names, row.unit_id),
    )


@desk.get("/new")
def new_entry():
    """An empty one."""
    return _form(None, {"public": "1", "unit": str(g.actor.unit_id)})


@desk.post("/new")
def add_entry():
    """Written."""
    return _save(None)


@desk.get("/<int:entry_id>")
def entry(entry_id: int):
    """One to change."""
    row = _kept(entry_id)
    names = reference(session_now())
    typed = {
        "title": row.title,
        "content": row.content,
        "article": row.article,
        "category": names.categories[row.category_id].code if row.category_id in names.categories else "",
        "unit": str(row.unit_id),
        "public": "1" if row.public else "",
        "valid_until": row.valid_until.isoformat() if row.valid_until else "",
        "review_on": row.review_on.isoformat() if row.review_on > clock.local(clock.now()).date() else "",
    }
    return _form(row, typed)


@desk.post("/<int:entry_id>")
def change_entry(entry_id: int):
    """Changed."""
    return _save(entry_id)


@desk.post("/<int:entry_id>/removals")
def drop_entry(entry_id: int):
    """Taken out for good; the audit row keeps what it said."""
    now = clock.now()
    with work() as session:
        row = session.get(Knowledge, entry_id, with_for_update=True)
        if row is None or not knowledge.may_keep(g.actor, row.unit_id):
            raise NotFound("没有这条解答，可能已经撤下")
        audit(
            session,
            g.actor.account_id,
            g.actor.name,
            "knowledge-drop",
            f"knowledge {row.id} {row.title}",
            now,
            before=knowledge.kept(row),
            after={},
        )
        session.delete(row)
    kit.toast(_("撤下了。"))
    return redirect("/desk/knowledge")


@desk.post("/<int:entry_id>/reviews")
def confirm_entry(entry_id: int):
    """Looked at: it still holds."""
    now = clock.now()
    with work() as session:
        row = session.get(Knowledge, entry_id, with_for_update=True)
        if row is None:
            raise NotFound("没有这条解答，可能已经撤下")
        before, after = knowledge.confirm(row, g.actor, now)
        audit(
            session, g.actor.account_id, g.actor.name, "knowledge-save", f"knowledge {row.id} {row.title}", now, **difference(before, after)
        )
    kit.toast(_("记下了，半年后再来看。"))
    return redirect("/desk/knowledge?stale=1")


def _listed(session: Session, q: str, today: date, page: int) -> tuple[list[Knowledge], int]:
    """A page of what was asked for, and how many there are in all."""
    if q:
        found = [row for row in knowledge.find(session, q, None, MOST, public_only=False) if knowledge.may_keep(g.actor, row.unit_id)]
        return found, len(found)
    tests, order = [knowledge.kept_by(g.actor)], (Knowledge.updated_at.desc(), Knowledge.id.desc())
    if request.args.get("stale"):
        tests, order = [*tests, knowledge.stale(today)], (Knowledge.review_on, Knowledge.id)
    rows = session.scalars(sa.select(Knowledge).where(*tests).order_by(*order).offset((page - 1) * MOST).limit(MOST))
    return list(rows), session.scalar(sa.select(sa.func.count()).select_from(Knowledge).where(*tests)) or 0


def _save(entry_id: int | None):
    now = clock.now()
    try:
        valid_until, review_on = forms.days(request.form, "valid_until", "review_on")
        with work() as session:
            row = session.get(Knowledge, entry_id, with_for_update=True) if entry_id else None
            if entry_id and row is None:
                raise NotFound("没有这条解答，可能已经撤下")
            row, before, after = knowledge.save(
                session,
                row,
                g.actor,
                now,
                unit_id=_unit(session),
                public=forms.flag("public"),
                valid_until=valid_until,
                review_on=review_on,
                **{name: forms.text(name) for name in ("title", "content", "article", "category")},
            )
            audit(
                session,
                g.actor.account_id,
                g.actor.name,
                "knowledge-save",
                f"knowledge {row.id} {row.title}",
                now,
                **difference(before, after),
            )
    except Invalid as bad:
        return _form(
            _kept(entry_id) if entry_id else None, request.form, {name: [_(one) for one in said] for name, said in bad.fields.items()}
        ), 422
    kit.toast(_("存好了，公开的已经在门户上。"))
    return redirect("/desk/knowledge")


def _unit(session: Session) -> int:
    """The administrator chooses; everybody else writes for their own unit."""
    if not g.actor.has(ADMIN):
        return g.actor.unit_id
    chosen = forms.whole("unit")
    if chosen not in reference(session).units:
        raise Invalid(unit="请选单位")
    return chosen


def _kept(entry_id: int) -> Knowledge:
    row = knowledge.entry(session_now(), entry_id)
    if not knowledge.may_keep(g.actor, row.unit_id):
        raise Forbidden("只能写本单位的解答")
    return row


def _form(row: Knowledge | None, typed, errors: dict | None = None) -> str:
    names = reference(session_now())
    categories = [
        (one.code, "　" * (one.level - 1) + name_of(one))
        for one in sorted(names.categories.values(), key=lambda one: one.code)
        if one.active
    ]
    units = [(one.id, name_of(one)) for one in sorted(names.units.values(), key=lambda one: one.path) if one.kind != "city"]
    return render_template(
        "admin/knowledge_form.html",
        row=row,
        typed=typed,
        errors=errors or {},
        categories=categories,
        units=units,
        free=g.actor.has(ADMIN),
        own=unit_name(names, g.actor.unit_id),
    )
