"""What the unit desk says: the greeting, what stands under a title, beside a date, on a row's one or two buttons. Pure."""

from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup, escape

from app.clock import local
from app.web.eyes import quoted
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import region_name
from app.web.unit_rows import Desk, Row
from tickets import words
from tickets.codes import ACCEPTED_TRACKS
from tickets.reference import Reference


class Act(NamedTuple):
    """A row's button. `do` opens that form on the ticket's page; `sign` signs here and now; `task` signs the sub-task."""

    label: str
    key: str
    icon: str
    main: bool = False
    do: str = ""
    sign: bool = False
    task: int = 0


def greeting(desk: Desk, now: datetime) -> str:
    """What to do first."""
    hour = local(now).hour
    hello = (
        _("夜里好") if hour < 5 else _("早上好") if hour < 9 else _("上午好") if hour < 12 else _("下午好") if hour < 18 else _("晚上好")
    )
    says = {
        "sign": lambda n: _n("%(hello)s，先签这 %(n)s 件", n, hello=hello),
        "tasks": lambda n: _n("%(hello)s，先看协办的 %(n)s 件", n, hello=hello),
        "notice": lambda n: _n("%(hello)s，有 %(n)s 件还要告知", n, hello=hello),
        "contact": lambda n: _n("%(hello)s，先联系这 %(n)s 位市民", n, hello=hello),
        "overdue": lambda n: _n("%(hello)s，先办逾期的 %(n)s 件", n, hello=hello),
        "release": lambda n: _n("%(hello)s，有 %(n)s 件等你放行", n, hello=hello),
        "rework": lambda n: _n("%(hello)s，有 %(n)s 件发回重办", n, hello=hello),
        "soon": lambda n: _n("%(hello)s，有 %(n)s 件快到期", n, hello=hello),
        "hand": lambda n: _n("%(hello)s，手上 %(n)s 件，都没到黄线", n, hello=hello),
        "centre": lambda n: _n("%(hello)s，有 %(n)s 件等中心决定", n, hello=hello),
    }
    first = next((group for group in says if desk.count(group)), "")
    return says[first](desk.count(first)) if first else _("%(hello)s，都办完了", hello=hello)


def meta_of(row: Row, names: Reference) -> list[Markup]:
    """The short facts under a title, the number aside."""
    ticket = row.ticket
    said = [region_name(names, ticket.region_code), _(words.CHANNEL[ticket.channel])]
    said.append(_("密封举报") if ticket.sealed else _("要求保密") if ticket.confidential else "")
    if row.task:
        said.append(_("请你们：%(ask)s", ask=row.seen.words(row.task.ask)))
        said.append(_("段长：%(who)s", who=row.in_charge) if row.in_charge else "")
    if row.open_tasks and not row.task:
        said.append(_n("协办 %(n)s 家还没回", row.open_tasks))
    if ticket.found_in_id:
        said.append(_("调解中发现的违法线索"))
    if ticket.track in ACCEPTED_TRACKS and not ticket.found_in_id and ticket.status == "handling" and ticket.accepted_at is None:
        said.append(_("还没受理"))
    if row.has_draft:
        said.append(_("草稿等放行"))
    said += [_("等中心决定%(what)s", what=_(words.REQUEST_KIND[kind])) for kind in row.asked]
    if ticket.status in ("return-requested", "disputed", "ledgered") and not row.asked:
        said.append(_(words.STATUS[ticket.status]))
    if ticket.urges:
        said.append(_n("市民催过 %(n)s 次", ticket.urges))
    if row.rework_words:
        said.append(quoted(_short(row.seen.citizens(row.rework_words))))
    return [escape(one) for one in said if one]


def under_due(row: Row, now: datetime) -> str:
    """One line beside the date."""
    ticket, face = row.ticket, row.face
    if row.group == "sign" and face is not None and face.ring is not None:
        if face.ring.seconds < 0:
            return _("已经报到负责人和热线中心")
        return _("过时就报负责人和热线中心") if face.ring.seconds < 300 else ""
    if ticket.status == "ledgered":
        return _("挂账，到这天要给结果")
    return face.rest if face is not None and not face.ring and (face.tone == "late" or ticket.status == "suspended") else ""


def acts_of(row: Row, now: datetime) -> list[Act]:
    """The one or two buttons this person may press now; opening the ticket when there is none."""
    may, late = set(row.actions), row.ticket.due_at is not None and now >= row.ticket.due_at
    if row.task is not None:
        found = [Act(_("签收"), "Q", "check", True, task=row.task.id)] if row.task.state == "open" and "sign-task" in may else []
        if row.task.state == "signed" and "reply-task" in may:
            found.append(Act(_("回复主办"), "D", "message-dots", True, do=f"task-replies-{row.task.id}"))
        return found or [Act(_("打开"), "O", "arrow-right")]
    blocked = row.open_tasks > 0 and "draft-reply" not in may
    choices = (
        ("sign", Act(_("签收"), "Q", "check", True, sign=True), True),
        ("request-return", Act(_("申请退单"), "T", "", do="returns"), row.group == "sign"),
        ("contact", Act(_("记首次联系"), "L", "phone-call", True, do="contacts"), True),
        ("tell-parties", Act(_("告知双方"), "U", "message-report", True, do="party-notices"), True),
        ("tell-reporter", Act(_("告知举报人"), "U", "message-report", row.group == "notice", do="reporter-notice"), True),
        ("accept", Act(_("受理这件"), "A", "clipboard-check", True, do="acceptance"), True),
        (
            "conclude-check",
            Act(_("写核查结论"), "G", "gavel", row.ticket.found_in_id is not None, do="conclusion"),
            row.ticket.found_in_id is not None,
        ),
        ("resume", Act(_("恢复计时"), "H", "player-play", True, do="resumption"), True),
        ("fulfil", Act(_("写结果"), "D", "edit", True, do="replies"), True),
        ("reply", Act(_("看草稿，放行") if row.has_draft else _("写答复"), "D", "edit", True, do="replies"), not blocked),
        ("draft-reply", Act(_("改草稿") if row.has_draft else _("写答复"), "D", "edit", True, do="replies"), "reply" not in may),
        (
            "request-extension",
            Act(_("申请延期"), "Y", "", do="extensions"),
            not late and not row.ticket.extensions and "extension" not in row.asked,
        ),
        ("note", Act(_("记一笔"), "N", "", do="notes"), True),
    )
    found = [act for action, act, fits in choices if fits and action in may]
    return found[:2] or [Act(_("打开"), "O", "arrow-right")]


def _short(text: str, most: int = 40) -> str:
    return text if len(text) <= most else text[:most] + "…"
