"""What all administration pages share: who may enter, their sections, and the one way a change is made: verb, audit row, answer."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, g, redirect, request
from sqlalchemy.orm import Session

from app import clock
from app.auth.access import require
from app.auth.audit import audit, difference
from app.errors import Invalid
from app.web import kit
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.naming import name_of, unit_name
from app.work import session_now, work
from tickets.actors import ADMIN, DISCIPLINE
from tickets.reference import forget

pages = Blueprint("admin", __name__, url_prefix="/admin")
SECTIONS = (
    (
        later("人和单位"),
        (
            ("/admin/units", later("单位和岗位"), "hierarchy"),
            ("/admin/accounts", later("账号"), "users"),
            ("/admin/absences", later("外出"), "calendar-off"),
        ),
    ),
    (
        later("派单"),
        (
            ("/admin/categories", later("分类"), "category"),
            ("/admin/catalogue", later("派单目录"), "route"),
            ("/admin/boundaries", later("职责边界"), "git-branch"),
            ("/admin/specials", later("专题专席"), "phone-call"),
        ),
    ),
    (
        later("时间"),
        (
            ("/admin/limits", later("期限"), "hourglass"),
            ("/admin/patrols", later("巡查网格"), "walk"),
            ("/admin/calendar", later("工作日历"), "calendar"),
        ),
    ),
    (
        later("消息"),
        (
            ("/admin/messages", later("消息收发"), "messages"),
            ("/admin/wordings", later("消息文字"), "pencil"),
            ("/admin/robots", later("群机器人"), "speakerphone"),
            ("/admin/webhooks", later("回调"), "webhook"),
        ),
    ),
    (later("留痕和系统"), (("/admin/audit", later("留痕"), "history"), ("/admin/system", later("系统"), "stethoscope"))),
)  # heading → (path, label, icon); shown as a rail beside the page, as one row on a phone
ALSO_DISCIPLINE = ("admin.log", "admin.export_log")
Done = tuple[str, dict, dict]  # subject, what was, what is


@pages.before_request
def only_admins() -> None:
    """Administrators; the log also to discipline inspection (domain §2)."""
    require(ADMIN, *((DISCIPLINE,) if request.endpoint in ALSO_DISCIPLINE else ()))


@pages.context_processor
def sections() -> dict:
    """The sections beside every page, and names in the language of the page."""
    groups = [(_(heading), [(path, _(label), icon, _within(path)) for path, label, icon in rows]) for heading, rows in SECTIONS]
    return {"name_of": name_of, "unit_name": unit_name, "sections": groups if g.actor.has(ADMIN) else []}


def _within(path: str) -> bool:
    return request.path == path or request.path.startswith(path + "/")


def change(action: str, do: Callable[[Session, datetime], Done], said: str, back: str | Callable[[], str], again: Callable[[dict], str]):
    """Run `do`, write its audit row in the same transaction, go to `back`. Bad input: `again(errors)` with 422."""
    now = clock.now()
    try:
        with work() as session:
            subject, before, after = do(session, now)
            audit(session, g.actor.account_id, g.actor.name, action, subject, now, **difference(before, after))
    except Invalid as bad:
        return again({name: [_(sentence) for sentence in sentences] for name, sentences in bad.fields.items()}), 422
    forget(session_now())
    kit.toast(said)
    return redirect(back if isinstance(back, str) else back())
