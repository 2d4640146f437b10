"""Other systems that are called back: add one (its secret is shown once), try it, stop it, and what became of its last messages."""

import sqlalchemy as sa
from flask import current_app, g, render_template
from sqlalchemy.orm import Session

from app import clock, webhooks
from app.auth.audit import audit
from app.auth.models import Account
from app.auth.people import names_of
from app.errors import Invalid, WrongState
from app.web import forms, messages
from app.web.admin.room import change, pages
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.work import session_now, work
from notifiers import inbox
from notifiers import webhooks as verbs
from notifiers.webhooks import WebhookSubscription
from tickets.actors import INTEGRATION

LAST = 3  # messages shown of each
EVENT = {
    "ticket.registered": later("登记"),
    "ticket.dispatched": later("派单"),
    "ticket.answered": later("答复送出"),
    "ticket.urged": later("催办"),
    "ticket.reopened": later("发回重办了"),
    "ticket.ended": later("办结或终止"),
}
SCOPE = {"own": later("它自己提交的"), "open": later("公开的全部")}
LIST = "/admin/webhooks"


@pages.get("/webhooks")
def webhook_list():
    """All of them, those in use first, and the form for one more."""
    return _page()


@pages.post("/webhooks/new")
def add_webhook():
    """One more; the answer shows its secret this once and is kept by nobody."""
    now = clock.now()
    try:
        with work() as session:
            row, secret = verbs.add(
                session,
                _system(session),
                forms.text("url"),
                forms.many("events"),
                forms.text("scope"),
                g.actor.account_id,
                now,
                current_app.config["SETTINGS"].webhook_inside,
            )
            audit(
                session,
                g.actor.account_id,
                g.actor.name,
                "webhook-add",
                webhooks.subject_of(row.id),
                now,
                url=row.url,
                events=row.events,
                scope=row.scope,
            )
            made = row.url
    except Invalid as bad:
        return _page({name: [_(one) for one in said] for name, said in bad.fields.items()}), 422
    webhooks.forget(session_now())
    page = current_app.make_response(_page(fresh=(made, secret)))
    page.headers["Cache-Control"] = "no-store"
    return page


@pages.post("/webhooks/<int:row_id>/trials")
def try_webhook(row_id: int):
    """Send it a trial message. Raises NotFound, WrongState for one that is out of use."""

    def do(session: Session, now):
        row = verbs.one(session, row_id)
        if not row.active:
            raise WrongState("这个回调停着，先启用再试")
        webhooks.ping(session, row, now)
        return webhooks.subject_of(row_id), {}, {"trial": now}

    return change("webhook-try", do, _("试发了一条，结果稍后在它下面看"), LIST, lambda errors: _page())


@pages.post("/webhooks/<int:row_id>/state")
def switch_webhook(row_id: int):
    """In use, or not."""
    active = forms.text("active") == "1"

    def do(session: Session, now):
        row = verbs.switch(session, row_id, active)
        webhooks.forget(session)
        return webhooks.subject_of(row.id), {"active": not active}, {"active": active}

    return change("webhook-switch", do, _("启用了") if active else _("停用了"), LIST, lambda errors: _page())


def _system(session: Session) -> int:
    """The integration account that was chosen. Raises Invalid."""
    chosen = forms.whole("account")
    if chosen not in {one.id for one in _systems(session)}:
        raise Invalid(account="请选一个“外部系统”账号")
    return chosen


def _systems(session: Session) -> list[Account]:
    return list(session.scalars(sa.select(Account).where(Account.active, Account.roles.contains([INTEGRATION])).order_by(Account.name)))


def _page(errors: dict | None = None, fresh: tuple[str, str] | None = None) -> str:
    session = session_now()
    rows = session.scalars(sa.select(WebhookSubscription).order_by(WebhookSubscription.active.desc(), WebhookSubscription.id)).all()
    last = {row.id: inbox.about(session, webhooks.subject_of(row.id), LAST) for row in rows}
    typed = (
        {"url": forms.text("url"), "scope": forms.text("scope"), "account": forms.text("account"), "events": forms.many("events")}
        if errors
        else {"events": verbs.EVENTS, "scope": "own"}
    )
    return render_template(
        "admin/webhooks.html",
        rows=rows,
        last=last,
        people=names_of(session, {row.account_id for row in rows}),
        errors=errors or {},
        fresh=fresh,
        typed=typed,
        systems=[(one.id, one.name) for one in _systems(session)],
        events=EVENT,
        scopes=SCOPE,
        words=messages,
        sent_as=lambda message: message.values["kind"],
    )
