"""The boundary list: drafts, the second pair of eyes, what is published, and every earlier version (R44, R45)."""

import sqlalchemy as sa
from flask import g, render_template, request
from sqlalchemy.orm import Session, aliased

from app import clock
from app.auth.people import names_of
from app.errors import NotFound
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of, path_of
from app.work import session_now
from tickets import boundaries
from tickets.boundaries import BoundaryDraft
from tickets.duties import Boundary
from tickets.reference import Reference, reference
from tickets.text import whole_number

ROWS = 6
SHOWN, FEW = 300, 50  # drafts one may act on, and rows that are only to be seen


@pages.get("/boundaries")
def boundary_list():
    """What is published, what waits for one's own eyes, what one is writing, what others are."""
    return listed()


def listed(**said) -> str:
    """The page of the list; `said`: what its buttons came to."""
    session, now = session_now(), clock.now()
    waiting, mine, others = _drafts(session)
    drafts = [*waiting, *mine, *others]
    ended = session.scalars(
        sa.select(Boundary).where(Boundary.effective_to.is_not(None)).order_by(Boundary.effective_to.desc()).limit(FEW)
    ).all()
    people = names_of(session, [row.by_id for row in drafts] + [row.reviewed_by_id for row in drafts] + [row.by_id for row in ended])
    names = reference(session)
    return render_template(
        "admin/boundaries.html",
        published=boundaries.published(session, now),
        waiting=waiting,
        mine=mine,
        others=others,
        shown=SHOWN,
        ended=ended,
        people=people,
        names=names,
        path=lambda row: path_of(names, names.categories.get(row.category_id)),
        **({"refused": [], "picked": (), "errors": {}} | said),
    )


@pages.get("/boundaries/new")
def new_boundary():
    """An empty draft, or one that will replace a published line."""
    replaced = whole_number(request.args.get("replaces", ""), 9)
    return _form(None, session_now().get(Boundary, replaced) if replaced else None)


@pages.post("/boundaries/new")
def write_draft():
    """A draft of one's own."""
    made = {}

    def do(session: Session, now):
        row = boundaries.draft(session, None, g.actor, now, replaces=forms.whole("replaces"), **_typed())
        made["id"] = row.id
        return f"boundary draft {row.id}", {}, boundaries.shape(row)

    return change(
        "boundary-draft",
        do,
        _("草稿存好了。看一遍再送审。"),
        lambda: f"/admin/boundaries/drafts/{made['id']}",
        lambda errors: _form(None, None, errors),
    )


@pages.get("/boundaries/drafts/<int:draft_id>")
def draft(draft_id: int):
    """One draft: its author goes on writing, another administrator reads it and decides."""
    return _draft(draft_id)


@pages.post("/boundaries/drafts/<int:draft_id>")
def rewrite_draft(draft_id: int):
    """Changed by its author."""

    def do(session: Session, now):
        row = boundaries.draft_of(session, draft_id)
        before = boundaries.shape(row)
        boundaries.draft(session, row, g.actor, now, **_typed())
        return f"boundary draft {row.id}", before, boundaries.shape(row)

    return change("boundary-draft", do, _("草稿存好了。"), f"/admin/boundaries/drafts/{draft_id}", lambda errors: _draft(draft_id, errors))


@pages.post("/boundaries/drafts/<int:draft_id>/submissions")
def submit_draft(draft_id: int):
    """Handed to another administrator."""

    def do(session: Session, now):
        row = boundaries.draft_of(session, draft_id)
        boundaries.submit(row, g.actor)
        return f"boundary draft {row.id}", {"state": "draft"}, {"state": row.state}

    return change("boundary-submit", do, _("送审了，请另一位管理员来看。"), "/admin/boundaries", lambda errors: _draft(draft_id, errors))


@pages.post("/boundaries/drafts/<int:draft_id>/reviews")
def review_draft(draft_id: int):
    """Published as the next version, or sent back with words."""
    approve = forms.text("decision") == "approve"

    def do(session: Session, now):
        row = boundaries.draft_of(session, draft_id)
        line = boundaries.review(session, row, approve, forms.text("words"), g.actor, now)
        return (
            f"boundary draft {row.id}",
            {"state": "review"},
            {"state": row.state, "words": row.words, "version": line.version if line else None},
        )

    said = _("公布了，市民在“几家一起管的事”里看得到。") if approve else _("退回去了。")
    return change(
        "boundary-publish" if approve else "boundary-reject", do, said, "/admin/boundaries", lambda errors: _draft(draft_id, errors)
    )


@pages.post("/boundaries/<int:boundary_id>/endings")
def withdraw(boundary_id: int):
    """A published line ends without another in its place."""

    def do(session: Session, now):
        row = session.get(Boundary, boundary_id, with_for_update=True)
        if row is None:
            raise NotFound("清单里没有这一条")
        boundaries.withdraw(session, row, g.actor, now)
        return f"boundary {row.id} {row.title}", {"effective_to": None}, {"effective_to": now}

    return change("boundary-withdraw", do, _("停用了。"), "/admin/boundaries", lambda errors: boundary_list())


def _drafts(session: Session) -> tuple[list[BoundaryDraft], list[BoundaryDraft], list[BoundaryDraft]]:
    """What waits for one's own review, one's own drafts, and the rest; one sent back is shown until a later draft speaks of the matter."""
    later, by_me = aliased(BoundaryDraft), BoundaryDraft.by_id == g.account.id
    overtaken = sa.exists().where(later.title == BoundaryDraft.title, later.id > BoundaryDraft.id)
    to_read = sa.and_(BoundaryDraft.state == "review", sa.not_(by_me))
    own = sa.and_(BoundaryDraft.state == "draft", by_me)
    rest = sa.and_(
        BoundaryDraft.state != "published", sa.not_(to_read), sa.not_(own), sa.or_(BoundaryDraft.state != "rejected", sa.not_(overtaken))
    )

    def rows(test, most: int, *order) -> list[BoundaryDraft]:
        return list(session.scalars(sa.select(BoundaryDraft).where(test).order_by(*order).limit(most)))

    longest, newest = (BoundaryDraft.at, BoundaryDraft.id), (BoundaryDraft.at.desc(), BoundaryDraft.id.desc())
    return rows(to_read, SHOWN, *longest), rows(own, SHOWN, *longest), rows(rest, FEW, *newest)


def _typed() -> dict:
    parts = [
        (unit, ask)
        for unit, ask in zip(request.form.getlist("part_unit"), request.form.getlist("part_ask"), strict=False)
        if unit or ask.strip()
    ]
    return {
        "category": forms.text("category"),
        "title": forms.text("title"),
        "lead": forms.text("lead"),
        "basis": forms.text("basis"),
        "parts": parts,
    }


def _draft(draft_id: int, errors: dict | None = None) -> str:
    session = session_now()
    row = session.get(BoundaryDraft, draft_id)
    if row is None:
        raise NotFound("没有这份草稿")
    own = row.state == "draft" and row.by_id == g.account.id
    if own:
        return _form(row, row, errors)
    names = reference(session)
    old = session.get(Boundary, row.replaces_id) if row.replaces_id else None
    return render_template(
        "admin/boundary_review.html",
        row=row,
        old=old,
        names=names,
        errors=errors or {},
        typed=request.form,
        people=names_of(session, [row.by_id, row.reviewed_by_id]),
        path=path_of(names, names.categories.get(row.category_id)),
        may=row.state == "review" and row.by_id != g.account.id,
    )


def _form(row: BoundaryDraft | None, source: BoundaryDraft | Boundary | None, errors: dict | None = None) -> str:
    names = reference(session_now())
    typed = _typed() if request.method == "POST" else _filled(names, source)
    typed["parts"] = [*typed["parts"], *[("", "")] * (ROWS - len(typed["parts"]))][: max(ROWS, len(typed["parts"]))]
    categories = [
        (one.code, "　" * (one.level - 1) + name_of(one))
        for one in sorted(names.categories.values(), key=lambda one: one.code)
        if one.active
    ]
    units = [(one.code, name_of(one)) for one in sorted(names.units.values(), key=lambda one: one.path) if one.live]
    replaces = source.id if isinstance(source, Boundary) else forms.whole("replaces")
    return render_template(
        "admin/boundary_form.html", row=row, typed=typed, errors=errors or {}, categories=categories, units=units, replaces=replaces
    )


def _filled(names: Reference, source: BoundaryDraft | Boundary | None) -> dict:
    if source is None:
        return {"category": "", "title": "", "lead": "", "basis": "", "parts": []}
    return {
        "category": names.categories[source.category_id].code,
        "title": source.title,
        "lead": names.units[source.lead_unit_id].code,
        "basis": source.basis,
        "parts": [(part["unit"], part["ask"]) for part in source.division],
    }
