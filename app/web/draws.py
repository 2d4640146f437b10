"""抽样: every draw with its seed, drawn again before the reader's eyes; drawing now; the shares in force and how they were set."""

from flask import Blueprint, redirect, render_template, url_for

from app import clock
from app.auth.access import require
from app.errors import Invalid, NotFound
from app.web import forms, kit
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import name_of, unit_name
from app.work import session_now, work
from tickets import draws, evaluation_words, sampling
from tickets.actors import ADMIN, AUDITOR, DISCIPLINE, FOLLOW_UP, LEADER, SUPERVISOR
from tickets.draw_queries import numbers_of, sample_of, samples, strata_of, waiting_for_draw
from tickets.evaluation_rules import NAMES, change, rule_of
from tickets.reference import reference

pages = Blueprint("draws", __name__, url_prefix="/desk/draws")
READERS = (FOLLOW_UP, AUDITOR, SUPERVISOR, LEADER, DISCIPLINE, ADMIN)
DRAWERS = (FOLLOW_UP, SUPERVISOR)
FLAGS = ("on_reply", "on_due")


@pages.get("")
def show():
    """The draws, newest first, and the rule in force."""
    return _page()


@pages.get("/<int:sample_id>")
def one(sample_id: int):
    """One draw: who could be drawn, who was, and the same drawn again now."""
    actor, session = require(*READERS), session_now()
    row = sample_of(session, sample_id)
    if row is None:
        raise NotFound("没有这次抽样")
    names, again = reference(session), sampling.again(row)
    return render_template(
        "evaluation/draw.html",
        row=row,
        said=evaluation_words,
        same=again == sorted(row.chosen),
        strata=strata_of(row),
        numbers=numbers_of(session, row),
        unit=lambda unit_id: unit_name(names, unit_id) or "—",
        category=lambda category_id: name_of(names.categories.get(category_id)) or "—",
        may=actor.has(*DRAWERS),
    )


@pages.post("")
def draw():
    """Draw now what waits for a draw; `seed` may be given, else it is a fresh one."""
    actor, now = require(*DRAWERS), clock.now()
    seed = forms.text("seed")
    if len(seed) > 40:
        raise Invalid(seed="种子最多 40 个字符")
    with work() as session:
        row = draws.draw_calls(session, now, actor, seed)
        said = _n("抽了 %(n)s 件来回访", len(row.chosen)) if row else _("现在没有等抽样的")
        where = url_for("draws.one", sample_id=row.id) if row else url_for("draws.show")
    kit.toast(said)
    return redirect(where)


@pages.post("/rule")
def set_rule():
    """A new rule from now on; refused, the page comes back with what was typed."""
    actor, now = require(SUPERVISOR, ADMIN), clock.now()
    try:
        values = {name: forms.flag(name) if name in FLAGS else _whole(name) for name in NAMES}
        with work() as session:
            change(session, actor, now, forms.text("reason"), **values)
    except Invalid as no:
        return _page({name: [_(one) for one in told] for name, told in no.fields.items()}), no.status
    kit.toast(_("从现在起照新的规则抽"))
    return redirect(url_for("draws.show"))


def _whole(name: str) -> int:
    value = forms.whole(name)
    if value is None:
        raise Invalid(**{name: "请填整数"})
    return value


def _page(errors: dict | None = None) -> str:
    actor, session = require(*READERS), session_now()
    return render_template(
        "evaluation/draws.html",
        rows=samples(session),
        said=evaluation_words,
        rule=rule_of(session),
        waiting=waiting_for_draw(session),
        may_draw=actor.has(*DRAWERS),
        may_set=actor.has(SUPERVISOR, ADMIN),
        errors=errors or {},
        roles=actor.roles,
        typed={name: forms.text(name) for name in (*NAMES, "reason")} if errors else {},
    )
