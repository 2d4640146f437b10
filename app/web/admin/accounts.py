"""Accounts: who may sign in, for which unit, in which posts. A new password is shown once and opens only the page that changes it."""

import sqlalchemy as sa
from flask import g, render_template, request
from sqlalchemy.orm import Session

from app import clock
from app.auth import accounts
from app.auth.models import Account
from app.auth.passwords import hash_password
from app.web import forms, kit
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.naming import name_of, unit_name
from app.web.said import posts_said
from app.work import session_now
from tickets import words
from tickets.actors import ACCOUNT_ROLES, CENTRE_ROLES, UNIT_ROLES
from tickets.reference import reference
from tickets.text import whole_number

A_PAGE = 50
STATES = ("", "active", "locked", "rest", "totp-off")


@pages.get("/accounts")
def account_list():
    """Narrowed by words, unit, post and state; fifty a page."""
    session, args, now = session_now(), request.args, clock.now()
    page = whole_number(args.get("page", ""), 9) or 1
    query = sa.select(Account).where(*_tests(session, now))
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    rows = session.scalars(query.order_by(Account.unit_id, Account.username).limit(A_PAGE).offset((page - 1) * A_PAGE)).all()
    return render_template(
        "admin/accounts.html",
        rows=rows,
        total=total,
        page=page,
        pages=-(-total // A_PAGE),
        now=now,
        names=reference(session),
        posts_said=posts_said,
        **_choices(session),
    )


@pages.get("/accounts/new")
def new_account():
    """The form for a new one."""
    return _new()


@pages.post("/accounts/new")
def add_account():
    """Made, with a password said once."""
    made, password = {}, accounts.one_time_password()

    def do(session: Session, now):
        stored = hash_password(password)
        row = accounts.create(session, forms.text("username"), forms.text("name"), forms.whole("unit"), forms.many("roles"), stored)
        made["id"] = row.id
        return f"account {row.username}", {}, accounts.shape(row)

    answer = change("account-add", do, _("账号建好了。"), lambda: f"/admin/accounts/{made['id']}", _new)
    return _account(made["id"], password=password) if made.get("id") and not isinstance(answer, tuple) else answer


@pages.get("/accounts/<int:account_id>")
def account(account_id: int):
    """One account."""
    return _account(account_id)


@pages.post("/accounts/<int:account_id>")
def change_account(account_id: int):
    """Name, unit, posts."""

    def do(session: Session, now):
        row = accounts.account_of(session, account_id)
        before, after = accounts.change(session, row, g.account.id, forms.text("name"), forms.whole("unit"), forms.many("roles"))
        return f"account {row.username}", before, after

    return change("account-change", do, _("存好了。"), f"/admin/accounts/{account_id}", lambda errors: _account(account_id, errors))


@pages.post("/accounts/<int:account_id>/<act>")
def act_on_account(account_id: int, act: str):
    """Lock, unlock, put to rest, wake, a new password, the second factor off."""
    password = accounts.one_time_password()
    verbs = {
        "lock": ("account-lock", _("锁住了，已登录的也退出了。"), lambda session, row, now: accounts.lock(row, g.account.id, now)),
        "unlock": ("account-unlock", _("解锁了。"), lambda session, row, now: accounts.unlock(row)),
        "rest": (
            "account-rest",
            _("停用了，令牌也一起失效。"),
            lambda session, row, now: accounts.set_active(session, row, g.account.id, False),
        ),
        "wake": ("account-wake", _("启用了。"), lambda session, row, now: accounts.set_active(session, row, g.account.id, True)),
        "password": (
            "account-password",
            _("新密码在下面，只显示这一次。"),
            lambda session, row, now: accounts.give_password(row, password),
        ),
        "totp": ("account-totp", _("动态码去掉了，请本人尽快重新打开。"), lambda session, row, now: accounts.drop_totp(row)),
    }
    if act not in verbs:
        return _account(account_id), 404
    action, said, verb = verbs[act]

    def do(session: Session, now):
        row = accounts.account_of(session, account_id)
        before, after = verb(session, row, now)
        return f"account {row.username}", before, after

    answer = change(action, do, said, f"/admin/accounts/{account_id}", lambda errors: _account(account_id, errors))
    return _account(account_id, password=password) if act == "password" and not isinstance(answer, tuple) else answer


def _account(account_id: int, errors: dict | None = None, password: str = "") -> str:
    session = session_now()
    row = session.get(Account, account_id)
    if row is None:
        accounts.account_of(session, account_id)
    return render_template(
        "admin/account.html",
        row=row,
        errors=errors or {},
        password=password,
        typed=request.form,
        now=clock.now(),
        own=row.id == g.account.id,
        unit=unit_name(reference(session), row.unit_id),
        **_choices(session),
    )


def _new(errors: dict | None = None) -> str:
    return render_template(
        "admin/account_new.html", errors=errors or {}, typed=request.form, chosen=forms.many("roles"), **_choices(session_now())
    )


def _choices(session: Session) -> dict:
    every = sorted(reference(session).units.values(), key=lambda one: one.path)
    groups = [(_("热线中心和市里"), CENTRE_ROLES), (_("承办单位"), UNIT_ROLES), (_("其他"), set(ACCOUNT_ROLES) - CENTRE_ROLES - UNIT_ROLES)]
    return {
        "units": [(one.id, "　" * one.path.count(".") + name_of(one)) for one in every],
        "plain": kit.is_fragment(),
        "role_groups": [(label, [(code, _(words.ROLE[code])) for code in ACCOUNT_ROLES if code in group]) for label, group in groups],
    }


def _tests(session: Session, now) -> list:
    args, tests = request.args, []
    if q := args.get("q", "").strip():
        tests.append(sa.or_(Account.username.contains(q.lower(), autoescape=True), Account.name.contains(q, autoescape=True)))
    if (unit := whole_number(args.get("unit", ""))) in reference(session).units:
        tests.append(Account.unit_id.in_(reference(session).below(unit)))
    if args.get("role") in ACCOUNT_ROLES:
        tests.append(sa.literal(args["role"]) == sa.any_(Account.roles))
    state = {
        "active": [Account.active],
        "locked": [Account.active, Account.locked_until > now],
        "rest": [sa.not_(Account.active)],
        "totp-off": [Account.active, Account.totp_secret.is_(None)],
    }
    return tests + state.get(args.get("state", ""), [])
