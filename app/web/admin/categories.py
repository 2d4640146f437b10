"""The tree of categories and the citizens' own words for each."""

from flask import render_template, request
from sqlalchemy.orm import Session

from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of, path_of
from app.work import session_now
from tickets import categories, standards
from tickets.reference import reference
from tickets.text import whole_number


@pages.get("/categories")
def category_tree():
    """The tree, narrowed by words; the chosen one open beside it."""
    return _page()


@pages.post("/categories/new")
def add_category():
    """A new node under a parent, or on top."""
    made = {}

    def do(session: Session, now):
        row = categories.add(
            session, forms.whole("parent"), forms.text("piece"), forms.text("name"), forms.text("name_en"), forms.text("keywords")
        )
        made["id"] = row.id
        return f"category {row.code}", {}, categories.shape(row)

    return change(
        "category-add",
        do,
        _("建好了。再去派单目录写上归谁办。"),
        lambda: f"/admin/categories?id={made['id']}",
        lambda errors: _page({"new": errors}),
    )


@pages.post("/categories/<int:category_id>")
def change_category(category_id: int):
    """Names, words, in use or not."""

    def do(session: Session, now):
        row = categories.category_by_id(session, category_id)
        before, after = categories.change(
            session, row, forms.text("name"), forms.text("name_en"), forms.text("keywords"), forms.flag("active")
        )
        return f"category {row.code}", before, after

    return change(
        "category-change", do, _("存好了。"), f"/admin/categories?id={category_id}", lambda errors: _page({"own": errors}, category_id)
    )


@pages.post("/categories/<int:category_id>/standard")
def change_standard(category_id: int):
    """What must be shown before its matters may be closed; "inherit" gives its own standard up."""

    def do(session: Session, now):
        row = categories.category_by_id(session, category_id)
        own = (
            None
            if forms.flag("inherit")
            else standards.Standard(forms.whole("photos") or 0, forms.flag("on_site"), forms.flag("staged"), forms.text("words"))
        )
        return f"category {row.code}", *standards.change(session, row, own)

    return change(
        "closing-standard-change",
        do,
        _("结案标准改好了，从现在起的答复都按它。"),
        f"/admin/categories?id={category_id}",
        lambda errors: _page({"standard": errors}, category_id),
    )


def _page(errors: dict | None = None, chosen: int | None = None) -> str:
    session, q = session_now(), request.args.get("q", "").strip()
    names = reference(session)
    chosen = chosen or whole_number(request.args.get("id", ""))
    every = sorted(names.categories.values(), key=lambda row: row.code)
    shown = [row for row in every if not q or q in row.path_name or q in row.code or any(q in word for word in row.keywords)]
    parents = [(row.id, "　" * (row.level - 1) + name_of(row)) for row in every if row.level < categories.DEEPEST]
    row = names.categories.get(chosen)
    return render_template(
        "admin/categories.html",
        rows=shown,
        q=q,
        total=len(every),
        chosen=row,
        chosen_path=path_of(names, row),
        errors=errors or {},
        standard=standards.standard_of(names, chosen),
        most_photos=standards.MOST_PHOTOS,
        parents=parents,
        typed=request.form,
    )
