"""Special topics (专题专席, R08): which categories, whose experts, which line, from when to when."""

from flask import render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.clock import local
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.work import session_now
from tickets import specials
from tickets.reference import reference


@pages.get("/specials")
def special_topics():
    """All topics; the chosen one open beside them."""
    return _page()


@pages.post("/specials")
def write_special():
    """A new topic, or `topic` changed."""
    code = forms.text("topic")

    def do(session: Session, now):
        row = specials.by_code(session, code, lock=True) if code else None
        wanted = specials.Wanted(
            forms.text("code"),
            forms.text("name"),
            forms.text("name_en"),
            forms.text("categories").replace("，", " ").replace(",", " ").split(),
            forms.text("unit"),
            forms.text("phone"),
            *forms.days(request.form, "opened_on", "closed_on"),
        )
        row, before, after = specials.write(session, row, wanted)
        return f"special {row.code}", before, after

    return change("special-topic", do, _("存好了，专题台和报表马上按它算。"), "/admin/specials", lambda errors: _page(errors, code))


def _page(errors: dict | None = None, chosen: str = "") -> str:
    session, names = session_now(), reference(session_now())
    rows = specials.every(session)
    wanted = chosen or request.args.get("topic", "")
    row = next((row for row in rows if row.code == wanted), None)
    units = [(unit.code, name_of(unit)) for unit in sorted(names.units.values(), key=lambda unit: unit.path) if unit.live]
    shown = (
        {**specials.shape(row), "unit": names.units[row.unit_id].code, "categories": " ".join(row.categories)}
        if row
        else {"opened_on": local(clock.now()).date().isoformat()}
    )
    return render_template(
        "admin/specials.html", rows=rows, chosen=row, errors=errors or {}, v=request.form if errors else shown, units=units, names=names
    )
