"""Group robots of units: set one (address and secret are sealed and never shown again), try it for real, stop it."""

import sqlalchemy as sa
from flask import current_app, g, redirect, render_template
from sqlalchemy.orm import Session

from app import clock
from app.auth.audit import audit
from app.errors import Invalid, WrongState
from app.web import forms, kit, messages
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from notifiers import robots as verbs
from notifiers.channels.base import ACCEPTED
from notifiers.channels.robots import say
from notifiers.message import ROBOTS
from notifiers.robots import UnitRobot
from tickets.reference import reference

LIST = "/admin/robots"


@pages.get("/robots")
def robot_list():
    """All of them, by unit, and the form to set one."""
    return _page()


@pages.post("/robots/new")
def set_robot():
    """One unit's robot, new or in place of the one before."""

    def do(session: Session, now):
        unit = forms.whole("unit")
        if unit not in reference(session).units:
            raise Invalid(unit="请选单位")
        row = verbs.set_robot(
            session, unit, forms.text("kind"), forms.text("url"), forms.text("signing"), g.actor.account_id, now, _inside(forms.text("url"))
        )
        return f"robot:{row.id}", {}, {"unit": unit, "kind": row.kind, "signed": row.secret is not None}

    return change("robot-set", do, _("设好了，请试说一句"), LIST, _page)


@pages.post("/robots/<int:robot_id>/trials")
def try_robot(robot_id: int):
    """Let it say a sentence in its group, now; what its platform answered is shown. Raises NotFound, WrongState for one that is out of use."""
    now = clock.now()
    with work() as session:
        row = verbs.one(session, robot_id)
        if not row.active:
            raise WrongState("这个机器人停着，先启用再试")
        robot = verbs.in_clear(row, session.info["vault"])
        audit(session, g.actor.account_id, g.actor.name, "robot-try", f"robot:{robot_id}", now)
    outcome = say(robot, _("%(city)s12345：机器人接通了，以后着急的提醒会发到这里。", city=current_app.config["SETTINGS"].city_name), now)
    kit.toast(
        _("说出去了，请到群里看") if outcome.kind == ACCEPTED else _("没有说成：%(code)s %(words)s", code=outcome.code, words=outcome.words)
    )
    return redirect(LIST)


@pages.post("/robots/<int:robot_id>/state")
def switch_robot(robot_id: int):
    """In use, or not."""
    active = forms.text("active") == "1"

    def do(session: Session, now):
        verbs.switch(session, robot_id, active)
        return f"robot:{robot_id}", {"active": not active}, {"active": active}

    return change("robot-switch", do, _("启用了") if active else _("停用了"), LIST, _page)


def _inside(url: str) -> bool:
    """Whether hosts that are no platform's are allowed: the city's own relay, or the demonstration's counterpart."""
    settings = current_app.config["SETTINGS"]
    return settings.webhook_inside or bool(settings.counterpart_url and url.startswith(settings.counterpart_url + "/"))


def _page(errors: dict | None = None) -> str:
    session = session_now()
    names = reference(session)
    rows = session.scalars(sa.select(UnitRobot).order_by(UnitRobot.active.desc(), UnitRobot.unit_id)).all()
    units = sorted(((unit.id, unit_name(names, unit.id)) for unit in names.units.values()), key=lambda pair: pair[1])
    return render_template(
        "admin/robots.html",
        rows=[(row, unit_name(names, row.unit_id)) for row in rows],
        units=units,
        kinds=[(kind, _(messages.CHANNEL[kind])) for kind in ROBOTS],
        kind_words={kind: _(messages.CHANNEL[kind]) for kind in ROBOTS},
        errors=errors or {},
        typed={"unit": forms.text("unit"), "kind": forms.text("kind")} if errors else {},
    )
