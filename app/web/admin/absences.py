"""Who is away and will be, and putting somebody else down as away when they cannot do it themselves (R71)."""

import sqlalchemy as sa
from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.models import Account
from app.auth.people import names_of
from app.errors import Invalid
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.moments import moment
from app.work import session_now
from tickets import away, posts, words
from tickets.reference import reference


@pages.get("/absences")
def absence_list():
    """Everybody's that are not over."""
    return _list()


@pages.post("/absences")
def put_away():
    """For somebody named by account."""

    def do(session: Session, now):
        row = session.scalar(sa.select(Account).where(Account.username == forms.text("username").lower(), Account.active))
        if row is None:
            raise Invalid(username="没有这个在用的账号")
        if forms.text("reason") not in words.ABSENCE:
            raise Invalid(reason="请选一个原因")
        absence = posts.set_absence(
            session, row.id, moment("starts_at", now), moment("ends_at"), forms.text("reason"), g.actor, forms.text("note")[:200]
        )
        return f"account {row.username}", {}, {"starts_at": absence.starts_at, "ends_at": absence.ends_at, "reason": absence.reason}

    return change("set-absence", do, _("记下了。B 岗到时自动接上。"), "/admin/absences", _list)


@pages.post("/absences/<int:absence_id>/endings")
def end_absence(absence_id: int):
    """They are back, or it was a mistake."""

    def do(session: Session, now):
        row = posts.end_absence(session, absence_id, g.actor, now)
        return f"account {names_of(session, [row.account_id]).get(row.account_id, '')}", {"ends_at": row.ends_at}, {"ends_at": now}

    return change("end-absence", do, _("取消了。"), "/admin/absences", _list)


def _list(errors: dict | None = None) -> str:
    session, now = session_now(), clock.now()
    rows = away.all_absences(session, now)
    ids = [row.account_id for row in rows]
    people = {row.id: row for row in session.scalars(sa.select(Account).where(Account.id.in_(ids)))} if ids else {}
    return render_template(
        "admin/absences.html",
        rows=rows,
        people=people,
        names=reference(session),
        errors=errors or {},
        typed=request.form,
        now=now,
        reasons=[(code, _(word)) for code, word in words.ABSENCE.items()],
    )
