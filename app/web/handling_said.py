"""What the events of the unit's work say on a ticket's way: signing, contact, requests, answers, joint handling. Pure."""

from collections.abc import Callable
from datetime import datetime

from app.web.eyes import Eyes, Said, joined, lead_of, unit_of
from app.web.i18n import format_day, format_due, format_moment, format_span
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from tickets import words


def _sign(event, eyes: Eyes) -> Said:
    data, sent = event.data, eyes.sent_at.get(event.seq)
    took = _("用时 %(span)s", span=format_span((event.at - sent).total_seconds())) if sent else event.actor_name
    posts = joined(
        _("A 岗 %(who)s", who=eyes.people[data["handler"]]) if data.get("handler") in eyes.people else "",
        _("B 岗 %(who)s", who=eyes.people[data["backup"]]) if data.get("backup") in eyes.people else "",
    )
    return Said("check", lead_of(_("%(unit)s签收", unit=unit_of(event, eyes)), took), joined(event.actor_name if sent else "", posts))


def _contact(event, eyes: Eyes) -> Said:
    data = event.data
    result = data.get("result", "")
    lead = {"reached": _("联系上市民"), "arrived": _("到了现场"), "unreachable": _("没联系上市民")}.get(result, _("没有联系方式"))
    at = datetime.fromisoformat(data["at"]) if data.get("at") else event.at
    late = (event.at - at).total_seconds() > 60
    sub = _("%(at)s 的事，事后补记", at=format_moment(at)) if late else ""
    icon = {"reached": "phone-call", "arrived": "map-pin"}.get(result, "phone-x")
    said = eyes.citizens(data.get("words")) if result == "reached" else eyes.words(data.get("words"))
    return Said(icon, lead_of(lead, joined(event.actor_name, _(words.CONTACT_METHOD.get(data.get("method"), "")))), sub, said)


def _note(event, eyes: Eyes) -> Said:
    return Said(
        "notes", lead_of(_("%(unit)s记了一笔", unit=unit_of(event, eyes)), event.actor_name), say=eyes.words(event.data.get("words"))
    )


def _return(event, eyes: Eyes) -> Said:
    data = event.data
    other = eyes.unit_codes(data["suggested"]) if data.get("suggested") else ""
    text = lead_of(
        _("%(unit)s申请退单：%(why)s", unit=unit_of(event, eyes), why=_(words.RETURN_REASON.get(data.get("reason"), ""))), event.actor_name
    )
    return Said("arrow-back-up", text, _("建议派给%(unit)s", unit=other) if other else "", eyes.words(data.get("basis")))


def _dispute(event, eyes: Eyes) -> Said:
    return Said(
        "scale", lead_of(_("%(unit)s提出争议", unit=unit_of(event, eyes)), event.actor_name), say=eyes.words(event.data.get("statement"))
    )


def _extension(event, eyes: Eyes) -> Said:
    data = event.data
    text = lead_of(_n("申请延期 %(n)s 个工作日", data.get("days", 0)), event.actor_name)
    return Said(
        "calendar-plus",
        text,
        _("计划：%(plan)s", plan=eyes.words(data["plan"])) if data.get("plan") else "",
        eyes.words(data.get("reason")),
    )


def _suspension(event, eyes: Eyes) -> Said:
    data = event.data
    text = lead_of(_("申请暂停计时：%(why)s", why=_(words.PAUSE_CODE.get(data.get("code"), ""))), event.actor_name)
    return Said("player-pause", text, say=eyes.words(data.get("evidence")))


def _resume(event, eyes: Eyes) -> Said:
    return Said("player-play", lead_of(_("恢复了计时"), event.actor_name), say=eyes.words(event.data.get("words")))


def _terminate(event, eyes: Eyes) -> Said:
    text = lead_of(_("终止办理：%(why)s", why=_(words.TERMINATION_GROUND.get(event.data.get("ground"), ""))), event.actor_name)
    return Said("player-stop", text, say=eyes.words(event.data.get("words")))


def _ask_termination(event, eyes: Eyes) -> Said:
    text = lead_of(_("申请终止调解：%(why)s", why=_(words.TERMINATION_GROUND.get(event.data.get("ground"), ""))), event.actor_name)
    return Said("player-stop", text, say=eyes.words(event.data.get("words")))


def _draft(event, eyes: Eyes) -> Said:
    return Said("pencil", lead_of(_("起草答复"), _("%(who)s，等负责人放行", who=event.actor_name)))


def _reply(event, eyes: Eyes) -> Said:
    data = event.data
    lead = _("%(unit)s兑现承诺，答复市民") if event.kind == "fulfil" else _("%(unit)s答复市民")
    promised = _("承诺 %(day)s 前", day=format_due(datetime.fromisoformat(data["promised_at"]))) if data.get("promised_at") else ""
    rest = joined(_(words.RESULT.get(data.get("result"), "")), _("%(who)s 放行", who=event.actor_name))
    return Said("message-report", lead_of(lead % {"unit": unit_of(event, eyes)}, rest), promised, eyes.words(data.get("content")))


def _ledger(event, eyes: Eyes) -> Said:
    data = event.data
    day = format_day(datetime.fromisoformat(data["promised_at"])) if data.get("promised_at") else ""
    lead = _("列入台账") if event.kind == "confirm-ledger" else _("申请挂账")
    return Said(
        "notebook", lead_of(lead, event.actor_name), _("承诺 %(day)s 前办好", day=day) if day else "", eyes.words(data.get("measures"))
    )


def _add_task(event, eyes: Eyes) -> Said:
    data = event.data
    days = _n("%(n)s 个工作日内", data["days"]) if data.get("days") else ""
    text = lead_of(_("请%(unit)s协办", unit=eyes.units(data.get("unit_id")) or data.get("unit", "")), event.actor_name)
    return Said(
        "users-plus",
        text,
        joined(days, _("按边界清单：%(title)s", title=data["boundary"]) if data.get("boundary") else ""),
        eyes.words(data.get("ask")),
    )


def _task(event, eyes: Eyes) -> Said:
    data = event.data
    unit = eyes.units(data.get("unit_id")) or data.get("unit", "")
    lead = {"sign-task": _("%(unit)s签收协办"), "reply-task": _("%(unit)s回复主办"), "release-task": _("不再等%(unit)s，放行")}[
        event.kind
    ] % {"unit": unit}
    icon = {"sign-task": "check", "reply-task": "message-dots", "release-task": "arrow-forward-up"}[event.kind]
    named = _("段长：%(who)s", who=data["in_charge_name"]) if data.get("in_charge") else ""
    return Said(icon, lead_of(lead, event.actor_name), named, eyes.words(data.get("content") or data.get("reason")))


def _hand_over(event, eyes: Eyes) -> Said:
    data = event.data
    unit = eyes.units(data.get("unit_id")) or data.get("unit", "")
    lead = lead_of(_("%(unit)s换了段长", unit=unit), event.actor_name)
    return Said("users", lead, changed_hands(data), eyes.words(data.get("reason")))


def changed_hands(data: dict) -> str:
    """From whom to whom a handover went (R79c)."""
    former, who = data.get("former_name"), data.get("in_charge_name", "")
    return _("段长：%(former)s → %(who)s", former=former, who=who) if former else _("段长：%(who)s", who=who)


def _grade(event, eyes: Eyes) -> Said:
    data = event.data
    unit = eyes.units(data.get("unit_id")) or data.get("unit", "")
    return Said(
        "award", lead_of(_("给%(unit)s打 %(n)s 分", unit=unit, n=data.get("score")), event.actor_name), say=eyes.words(data.get("reason"))
    )


TABLE: dict[str, Callable[..., Said]] = {
    "request-return": _return,
    "dispute": _dispute,
    "sign": _sign,
    "contact": _contact,
    "contact-again": _contact,
    "note": _note,
    "request-extension": _extension,
    "request-suspension": _suspension,
    "resume": _resume,
    "terminate": _terminate,
    "request-termination": _ask_termination,
    "draft-reply": _draft,
    "reply": _reply,
    "fulfil": _reply,
    "add-task": _add_task,
    "sign-task": _task,
    "hand-over-task": _hand_over,
    "reply-task": _task,
    "release-task": _task,
    "grade-task": _grade,
    "request-ledger": _ledger,
    "confirm-ledger": _ledger,
}
