"""Special topics (专题专席, R08): which categories, whose experts, which line and number, who takes its calls, from when to when."""

from flask import current_app, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.people import names_of, operators
from app.clock import local
from app.errors import Invalid
from app.web import forms
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of
from app.work import session_now
from tickets import experts, specials
from tickets.reference import reference
from tickets.text import whole_number


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
            _own_number(),
        )
        chosen, had = _chosen(session), experts.accounts_of(session, row) if row else []
        row, before, after = specials.write(session, row, wanted)
        experts.appoint(session, row, chosen)
        return f"special {row.code}", before | {"experts": had}, after | {"experts": chosen}

    return change("special-topic", do, _("存好了，专题台和报表马上按它算。"), "/admin/specials", lambda errors: _page(errors, code))


def _own_number() -> str:
    """The number that leads to the topic. Raises Invalid for the hotline's own."""
    number = forms.text("dialled")
    if number and specials.plain_number(number) == specials.plain_number(current_app.config["SETTINGS"].hotline):
        raise Invalid(dialled="这是热线的总号，专题要用自己的号码")
    return number


def _chosen(session: Session) -> list[int]:
    """The account ids of the experts ticked. Raises Invalid for somebody who is no operator."""
    wanted, known = {whole_number(one) for one in request.form.getlist("experts")}, {account.id for account in operators(session)}
    if not wanted <= known:
        raise Invalid(experts="专家要是在用的受理员账号")
    return sorted(wanted & known)


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
    served = experts.by_topic(session)
    return render_template(
        "admin/specials.html",
        rows=rows,
        chosen=row,
        errors=errors or {},
        v=request.form if errors else shown,
        units=units,
        names=names,
        served=served,
        people=names_of(session, {one for several in served.values() for one in several}),
        operators=[(account.id, account.name) for account in operators(session)],
        ticked=request.form.getlist("experts", type=int) if errors else served.get(row.id, []) if row else [],
    )
