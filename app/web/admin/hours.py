"""Business hours: the sets there are, and the units that count a limit of theirs in them. Running clocks keep what they began with."""

from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.people import names_of
from app.web import forms
from app.web.admin.limits import limit_word
from app.web.admin.room import change, pages
from app.web.clock_faces import said_hours
from app.web.i18n import current_language
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.work import session_now
from escalation import business_hours as verbs
from escalation.hours import Hours
from escalation.hours_models import BusinessHours, UnitHours
from escalation.limits import RULE
from escalation.rules import forget, limits_of
from tickets.reference import reference


@pages.get("/hours")
def hours_list():
    """The sets, who uses them, and the two forms."""
    return _page()


@pages.post("/hours/new")
def make_hours():
    """Another set of spans."""

    def do(session: Session, now):
        row = verbs.make_hours(
            session, forms.text("name"), forms.text("name_en"), forms.text("spans"), forms.flag("every_day"), g.actor, now
        )
        return f"hours {row.id}", {}, {"name": row.name, **row.hours}

    return change(
        "hours-make",
        do,
        _("记好了。在某一项期限里选上，或给某个单位用上，才起作用。"),
        "/admin/hours",
        lambda errors: _page({"new": errors}),
    )


@pages.post("/hours/<int:hours_id>/endings")
def retire_hours(hours_id: int):
    """Offered no more."""

    def do(session: Session, now):
        row = verbs.retire_hours(session, hours_id, now)
        return f"hours {row.id}", {"name": row.name, "retired": False}, {"name": row.name, "retired": True}

    return change("hours-retire", do, _("撤下了。"), "/admin/hours", lambda errors: _page())


@pages.post("/hours/units")
def set_unit_hours():
    """One unit counts one limit of its own in these hours from now on."""

    def do(session: Session, now):
        unit = reference(session).unit_codes.get(forms.text("unit"))
        row = verbs.set_unit_hours(
            session, unit.id if unit else None, forms.text("code"), forms.whole("hours"), forms.text("basis"), g.actor, now
        )
        return f"unit hours {forms.text('unit')} {row.code}", {}, {"hours_id": row.hours_id, "basis": row.basis}

    return change("unit-hours", do, _("用上了。已经在走的时钟不变。"), _fresh, lambda errors: _page({"unit": errors}))


@pages.post("/hours/units/<int:row_id>/endings")
def end_unit_hours(row_id: int):
    """The unit counts as everybody does again."""

    def do(session: Session, now):
        row = verbs.end_unit_hours(session, row_id, now)
        return f"unit hours {row.unit_id} {row.code}", {"hours_id": row.hours_id}, {"hours_id": None}

    return change("unit-hours-end", do, _("停用了。已经在走的时钟不变。"), _fresh, lambda errors: _page())


def _fresh() -> str:
    forget(session_now())
    return "/admin/hours"


def _page(errors: dict | None = None) -> str:
    session, now = session_now(), clock.now()
    names, limits = reference(session), limits_of(session, now)
    own, sets = verbs.unit_hours_in_force(session), verbs.offered(session)
    every = {row.id: row for row in session.query(BusinessHours)}
    taking = sorted(
        (row for row in limits.values() if row.owner in verbs.UNIT_OWNED and row.kind != RULE and verbs.takes_hours(row)),
        key=lambda row: row.code,
    )
    return render_template(
        "admin/hours.html",
        sets=sets,
        own=own,
        names=names,
        errors={"new": {}, "unit": {}} | (errors or {}),
        typed=request.form,
        said=_said,
        hours_name=lambda number: _name(every[number]),
        people=names_of(session, [row.by_id for row in (*own, *sets)]),
        uses=lambda row: _uses(row, limits.values(), own),
        limit_word=limit_word,
        units=[(one.code, name_of(one)) for one in sorted(names.units.values(), key=lambda one: one.path) if one.live],
        limits=[(row.code, f"{limit_word(row.code)} · {row.code}") for row in taking],
        choices=[(row.id, f"{_name(row)} · {_said(row)}") for row in sets],
    )


def _name(row: BusinessHours) -> str:
    return row.name_en if row.name_en and current_language() == "en" else row.name


def _said(row: BusinessHours) -> str:
    return said_hours(Hours.of(row.hours))


def _uses(row: BusinessHours, limits, own: list[UnitHours]) -> list[str]:
    """The limits and how many units run in this set."""
    return [limit_word(limit.code) for limit in limits if limit.hours_id == row.id] + [
        limit_word(one.code) for one in own if one.hours_id == row.id
    ]
