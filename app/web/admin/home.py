"""What an administrator should look at first: units that cannot work, accounts that are locked, drafts that wait for a second pair of eyes."""

import sqlalchemy as sa
from flask import g, render_template

from app import clock
from app.auth.models import Account
from app.web.admin.room import pages
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.work import session_now
from escalation.calendar import city_day
from escalation.publish import unpublished_year
from escalation.rules import calendar_for
from notifiers.models import DEAD, FAILED, OutboxMessage
from tickets.boundaries import BoundaryDraft
from tickets.organisations import Absence, Post, Unit


@pages.get("")
def home():
    """The list of what wants attention, each with its place; empty is good."""
    session, now = session_now(), clock.now()

    def count(table, *tests) -> int:
        return session.scalar(sa.select(sa.func.count()).select_from(table).where(*tests)) or 0

    takes, headless = Unit.kind.not_in(("city", "centre")), ~sa.exists().where(Post.unit_id == Unit.id, Post.role == "head")
    asleep, leaderless = count(Unit, takes, sa.not_(Unit.live)), count(Unit, Unit.live, headless)
    locked, away = (
        count(Account, Account.active, Account.locked_until > now),
        count(Absence, Absence.starts_at <= now, Absence.ends_at > now),
    )
    unpublished = unpublished_year(calendar_for(session), city_day(now))
    drafts = count(BoundaryDraft, BoundaryDraft.state == "review", BoundaryDraft.by_id != g.account.id)
    unsent = count(OutboxMessage, OutboxMessage.status.in_((DEAD, FAILED)))
    found = [
        (_n("%(n)s 个单位还没开通收单", asleep), asleep, "/admin/units?live=no"),
        (_n("%(n)s 个单位没有负责人岗位", leaderless), leaderless, "/admin/units"),
        (_n("%(n)s 个账号被锁", locked), locked, "/admin/accounts?state=locked"),
        (_n("%(n)s 份职责边界草稿等你审", drafts), drafts, "/admin/boundaries"),
        (_n("%(n)s 条消息没发出去", unsent), unsent, "/admin/messages"),
        (_n("%(n)s 人今天外出", away), away, "/admin/absences"),
    ]
    if unpublished:
        found.insert(0, (_("%(year)s 年的放假安排还没装进来，到那年的承诺都是暂定", year=unpublished), 1, "/admin/calendar"))
    return render_template("admin/home.html", found=[(words, href) for words, n, href in found if n])
