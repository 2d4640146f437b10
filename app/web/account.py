"""What a person of the house sets for themselves: password, second factor, language, API tokens, absences; a leader also delegates posts."""

from datetime import datetime, timedelta

import pyotp
from flask import Blueprint, g, redirect, render_template, request
from flask import session as browser
from sqlalchemy.orm import Session

from app import clock
from app.auth import sessions, tokens
from app.auth.audit import audit
from app.auth.models import Account
from app.auth.people import names_of, people_of
from app.errors import Invalid, NotFound
from app.web import account_ways, forms, kit, qr
from app.web.i18n import LANGUAGES
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.moments import moment
from app.web.naming import short_of, unit_name
from app.web.said import posts_said
from app.work import session_now, work
from tickets import away, posts, words
from tickets.actors import LEADER
from tickets.organisations import Post
from tickets.reference import reference

pages = Blueprint("account", __name__, url_prefix="/account")
ISSUER = "哨响 12345"
TOKEN_DAYS = (30, 90, 180, 365)


@pages.get("")
def show():
    """The page."""
    return _page()


@pages.post("/password")
def password():
    """A new password; all other devices are signed out."""
    if forms.text("new") != forms.text("again"):
        return _page({"again": [_("两次写的不一样")]}), 422
    return _changed(
        lambda session, account, now: sessions.change_password(session, account, request.form.get("old", ""), forms.text("new"), now),
        _("密码改好了，别的设备都已退出。"),
    )


@pages.post("/totp")
def start_totp():
    """Show a new secret as a QR code; it counts once a right code was typed."""
    browser["totp"] = sessions.new_totp()
    return redirect("/account#totp")


@pages.post("/totp/codes")
def enable_totp():
    """The first right code turns it on."""
    secret = browser.get("totp", "")
    if not secret:
        return redirect("/account#totp")
    answer = _changed(
        lambda session, account, now: sessions.enable_totp(session, account, secret, "".join(forms.text("code").split()), now),
        _("动态码开好了，下次登录要填。"),
    )
    if g.account.totp_secret is not None:
        browser.pop("totp", None)
    return answer


@pages.post("/totp/off")
def disable_totp():
    """Off, with the password."""
    return _changed(
        lambda session, account, now: sessions.disable_totp(session, account, request.form.get("password", ""), now), _("动态码关了。")
    )


@pages.post("/language")
def language():
    """The language of this account on every device."""
    wanted = forms.text("language")
    if wanted not in ("", *LANGUAGES):
        return _page({"language": [_("只有中文和 English")]}), 422

    def change(session: Session, account: Account, now: datetime) -> None:
        account.language = wanted

    answer = _changed(change, _("语言改好了。"))
    browser.pop("lang", None)
    return answer


@pages.post("/ways")
def set_way():
    """Where else to hear what hurries: one way, or only in the house."""
    channel = forms.text("way")

    def change(session: Session, account: Account, now: datetime) -> None:
        account_ways.set_own(session, account.id, channel, forms.text("address"), now)
        audit(session, account.id, account.name, "own-way", f"account:{account.id}", now, channel=channel)

    return _changed(change, _("记下了，着急的提醒也会发到那里。") if channel else _("好，只在站内提醒。"))


@pages.post("/tokens")
def make_token():
    """A new API token, shown this once."""
    scopes = ("read", "write") if forms.text("scope") == "write" else ("read",)
    days, name = forms.whole("days") or 90, forms.text("name")[:60]
    with work() as session:
        account = session.get(Account, g.account.id)
        made = tokens.make_token(session, account, clock.now(), name, scopes, timedelta(days=days))
        audit(session, account.id, account.name, "make-token", account.username, clock.now(), name=name, scopes=list(scopes), days=days)
    return _page(token=made)


@pages.post("/tokens/<int:token_id>/revocations")
def revoke_token(token_id: int):
    """Taken back at once."""

    def change(session: Session, account: Account, now: datetime) -> None:
        row = tokens.revoke_token(session, account, token_id, now)
        audit(session, account.id, account.name, "revoke-token", account.username, now, name=row.name)

    return _changed(change, _("令牌收回了。"))


@pages.post("/absences")
def add_absence():
    """Down as away; B takes over by itself (R71)."""

    def change(session: Session, account: Account, now: datetime) -> None:
        if forms.text("reason") not in words.ABSENCE:
            raise Invalid(reason="请选一个原因")
        starts, ends = moment("starts_at", now), moment("ends_at")
        posts.set_absence(session, account.id, starts, ends, forms.text("reason"), g.actor, forms.text("note")[:200])
        audit(
            session,
            account.id,
            account.name,
            "set-absence",
            account.username,
            now,
            starts=starts.isoformat(),
            ends=ends.isoformat(),
            reason=forms.text("reason"),
        )

    return _changed(change, _("记下了。你外出时，B 岗自动接上。"))


@pages.post("/absences/<int:absence_id>/endings")
def end_absence(absence_id: int):
    """Back earlier, or it was a mistake."""

    def change(session: Session, account: Account, now: datetime) -> None:
        row = posts.end_absence(session, absence_id, g.actor, now)
        audit(
            session,
            account.id,
            account.name,
            "end-absence",
            account.username,
            now,
            starts=row.starts_at.isoformat(),
            ends=row.ends_at.isoformat(),
        )

    return _changed(change, _("外出取消了，事情又回到你这里。"))


@pages.get("/delegations/<int:post_id>")
def ask_delegate(post_id: int):
    """The form by which a leader lets somebody hold a post for a while (R72)."""
    session = session_now()
    post, unit = _supervised(session, post_id)
    return _delegation(session, post, unit)


@pages.post("/delegations/<int:post_id>")
def delegate(post_id: int):
    """Done and recorded with the grantor's name."""
    now = clock.now()
    try:
        with work() as session:
            post, _unit = _supervised(session, post_id)
            chosen = forms.whole("delegate")
            if chosen is None or session.get(Account, chosen) is None:
                raise Invalid(delegate="请选顶岗的人")
            row = posts.delegate(session, post, chosen, moment("starts_at", now), moment("ends_at"), forms.text("reason"), g.actor)
            audit(
                session,
                g.account.id,
                g.account.name,
                "delegate",
                f"post {post.id}",
                now,
                delegate=chosen,
                starts=row.starts_at.isoformat(),
                ends=row.ends_at.isoformat(),
                reason=row.reason,
            )
    except Invalid as bad:
        session = session_now()
        return _delegation(session, *_supervised(session, post_id), _said(bad)), 422
    kit.toast(_("授权好了，到日子自动收回。"))
    return redirect("/account#delegations")


@pages.post("/delegations/<int:delegation_id>/revocations")
def revoke(delegation_id: int):
    """Taken back before its day."""

    def change(session: Session, account: Account, now: datetime) -> None:
        row = posts.revoke(session, delegation_id, g.actor, now)
        audit(session, account.id, account.name, "revoke-delegation", f"post {row.post_id}", now, delegate=row.delegate_id)

    return _changed(change, _("授权收回了。"))


def _changed(change, done: str):
    """Do it on one's own account in one transaction; bad input comes back beside its field."""
    now = clock.now()
    try:
        with work() as session:
            account = session.get(Account, g.account.id, with_for_update={"key_share": True})
            change(session, account, now)
    except Invalid as bad:
        return _page(_said(bad)), 422
    sessions.renew_session(g.account)
    kit.toast(done)
    return redirect("/account")


def _said(bad: Invalid) -> dict[str, list[str]]:
    return {name: [_(sentence) for sentence in said] for name, said in bad.fields.items()}


def _page(errors: dict | None = None, token: str = "") -> str:
    session, now = session_now(), clock.now()
    supervised = away.posts_supervised(session, g.actor)
    held = away.delegations_of(session, [post.id for post, _unit in supervised], now)
    people = names_of(
        session,
        [post.holder_a_id for post, _unit in supervised]
        + [post.holder_b_id for post, _unit in supervised]
        + [row.delegate_id for row in held]
        + [row.grantor_id for row in held],
    )
    secret = browser.get("totp", "") if g.account.totp_secret is None else ""
    address = pyotp.TOTP(secret).provisioning_uri(name=g.account.username, issuer_name=ISSUER) if secret else ""
    token_options = [(days, _n("%(n)s 天", days)) for days in TOKEN_DAYS]
    return render_template(
        "account/account.html",
        account=g.account,
        unit=unit_name(reference(session), g.account.unit_id),
        errors=errors or {},
        token=token,
        secret=secret,
        qr=qr.inline(address) if secret else "",
        tokens=tokens.tokens_of(session, g.account),
        absences=away.absences_of(session, g.account.id, now),
        ways=account_ways.offered(),
        way=account_ways.own(session, g.account.id),
        absence_words=[(code, _(word)) for code, word in words.ABSENCE.items()],
        now=now,
        token_options=token_options,
        supervised=supervised,
        held=held,
        people=people,
        leads=bool(supervised) or g.actor.has(LEADER),
        role_words=words.ROLE,
        posts_said=posts_said,
        short_of=short_of,
        typed=request.form,
        covering={_(words.ROLE[role]): name for role, name in _covered(session).items()},
    )


def _covered(session: Session) -> dict[str, str]:
    """The posts this person holds for others now: role → whom."""
    names = names_of(session, [int(holder) for holder in g.actor.covering.values()])
    return {role: names.get(int(holder), "") for role, holder in g.actor.covering.items()}


def _supervised(session: Session, post_id: int) -> tuple[Post, object]:
    found = next((pair for pair in away.posts_supervised(session, g.actor) if pair[0].id == post_id), None)
    if found is None:
        raise NotFound("没有这个岗位，或者不归你分管")
    return found


def _delegation(session: Session, post: Post, unit, errors: dict | None = None) -> str:
    candidates = [
        (row.id, f"{row.name} · {unit_name(reference(session), row.unit_id)}")
        for row in people_of(session, [unit.id, unit.parent_id])
        if row.id not in (post.holder_a_id, g.account.id)
    ]
    return render_template(
        "account/delegate.html",
        post=post,
        unit=unit,
        candidates=candidates,
        errors=errors or {},
        typed=request.form,
        people=names_of(session, [post.holder_a_id, post.holder_b_id]),
        role=_(words.ROLE[post.role]),
    )
