"""Signing in and out, and the way from /desk to a person's first desk. What is checked, and how often, is app/auth/sessions.py's."""

from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Blueprint, current_app, g, redirect, render_template, request
from werkzeug.wrappers import Response

from app import clock
from app.auth import sessions
from app.auth.audit import audit
from app.auth.models import Account
from app.auth.principal import open_to_all
from app.errors import Refused
from app.web import kit, knocks
from app.web.frame import desks_of
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.work import session_now, work
from tickets.reference import reference

pages = Blueprint("signin", __name__)
LONGEST = 200


@pages.get("/sign-in")
@open_to_all
def show():
    """The form; a person who is in already goes on."""
    if g.actor is not None:
        return redirect(own_path(request.args.get("next", "")))
    return _form(request.args.get("as", ""), request.args.get("next", ""))


@pages.post("/sign-in")
@open_to_all
@knocks.sign_in
def enter():
    """Check, count a failure even when it is refused, and begin a fresh session."""
    name, wanted = request.form.get("username", ""), request.form.get("next", "")
    account, no = _checked(name, request.form.get("password", ""), "".join(request.form.get("code", "").split()))
    if account is None:
        return _form(name, wanted, _(no.text)), no.status
    sessions.open_session(account, clock.now())
    return redirect(own_path(wanted))


@pages.post("/sign-out")
def leave():
    """End this session on this device."""
    with work() as session:
        audit(session, g.account.id, g.account.name, "sign-out", g.account.username, clock.now())
    sessions.close_session()
    kit.toast(_("已退出"))
    return redirect("/sign-in")


@pages.get("/desk")
def home():
    """To the first desk of the person's day; without one, to their account."""
    desks = desks_of(g.actor)
    return redirect(desks[0].path if desks else "/account")


@pages.before_app_request
def change_first():
    """A password somebody else knows opens nothing but the page that changes it."""
    account = g.get("account")
    if account is None or not account.must_change or g.get("by_token") or request.endpoint == "static":
        return None
    return None if request.path.startswith(("/account", "/sign-out")) else redirect("/account#pw")


def own_path(wanted: str) -> str:
    """Where to go after signing in: a path of this installation, never another site's; /desk for everything else."""
    parts = urlsplit(wanted)
    plain = wanted.startswith("/") and not wanted.startswith("//") and not (set(wanted) & set("\\\r\n\t"))
    inside = plain and not parts.scheme and not parts.netloc and not wanted.startswith(("/sign-in", "/sign-out"))
    return wanted if inside else "/desk"


def _checked(name: str, password: str, code: str) -> tuple[Account | None, Refused | None]:
    """The account, or why not. The transaction is committed either way: a failure is a row (see sessions.sign_in)."""
    account = no = None
    with work() as session:
        try:
            account = sessions.sign_in(session, name[:LONGEST], password[:LONGEST], code[:10], clock.now())
        except Refused as refused:
            no = refused
    return account, no


def _form(name: str, wanted: str, error: str = "") -> Response | str:
    settings = current_app.config["SETTINGS"]
    demo = bool(settings.demo_password) and not settings.production
    return render_template(
        "signin/sign_in.html",
        name=name,
        wanted=wanted,
        error=error,
        demo=_demo_accounts() if demo else [],
        password=settings.demo_password if demo and request.args.get("as") else "",
    )


def _demo_accounts() -> list[tuple[str, list]]:
    """The demo city's people, grouped: (unit name, [(username, name, roles)])."""
    session = session_now()
    names = reference(session)
    groups: dict[int, list] = {}
    for row in session.execute(
        sa.select(Account.username, Account.name, Account.unit_id, Account.roles).where(Account.demo, Account.active).order_by(Account.id)
    ):
        groups.setdefault(row.unit_id, []).append(row)
    return [(unit_name(names, unit), people) for unit, people in groups.items()]
