"""What the events of statutory procedures say on the way of a ticket: acceptance, interim reply, violation case, notices. Pure."""

from collections.abc import Callable
from datetime import datetime

from app.web.eyes import Eyes, Said, joined, lead_of, unit_of
from app.web.i18n import format_due, format_moment, listed
from app.web.i18n import gettext as _
from tickets import words


def _accept(event, eyes: Eyes) -> Said:
    data = event.data
    checks = listed(_(words.ELIGIBILITY[one]) for one in data.get("checks", ()) if one in words.ELIGIBILITY)
    text = lead_of(
        _("%(unit)s受理：%(how)s", unit=unit_of(event, eyes), how=_(words.PROCEDURE.get(data.get("procedure"), ""))), event.actor_name
    )
    return Said("clipboard-check", text, checks, eyes.words(data.get("words")))


def _interim(event, eyes: Eyes) -> Said:
    due = event.data.get("due")
    sub = _("法定期限到 %(day)s", day=format_due(datetime.fromisoformat(due))) if due else ""
    return Said(
        "message-dots",
        lead_of(_("%(unit)s先行答复市民", unit=unit_of(event, eyes)), event.actor_name),
        sub,
        eyes.words(event.data.get("content")),
    )


def _violation(event, eyes: Eyes) -> Said:
    text = lead_of(_("发现违法线索，另案核查"), joined(event.actor_name, event.data.get("case", "")))
    return Said("git-branch", text, say=eyes.words(event.data.get("facts")))


def _case(event, eyes: Eyes) -> Said:
    if event.kind == "close-case":
        return Said("circle-check", lead_of(_("核查完毕，办结")))
    return Said(
        "git-branch", lead_of(_("由调解中发现的线索立件"), event.actor_name), _("来自 %(number)s", number=event.data.get("found_in", ""))
    )


def _conclusion(event, eyes: Eyes) -> Said:
    text = lead_of(_("核查结论：%(outcome)s", outcome=_(words.CHECK_OUTCOME.get(event.data.get("outcome"), ""))), event.actor_name)
    return Said("gavel", text, "" if event.data.get("notice") else _("没有留联系方式，不用告知"), eyes.words(event.data.get("words")))


def _told(event, eyes: Eyes) -> Said:
    data = event.data
    parties = (("appellant", _("投诉人")), ("respondent", _("被投诉人"))) if event.kind == "tell-parties" else ()
    said = joined(*(f"{who} {_told_how(data.get(name, {}))}" for name, who in parties), "" if parties else _told_how(data))
    lead = _("终止调解告知双方") if parties else _("核查结论告知了举报人")
    return Said("message-report", lead_of(lead, event.actor_name), said, eyes.words(data.get("words")))


def _told_how(told: dict) -> str:
    at = format_moment(datetime.fromisoformat(told["at"])) if told.get("at") else ""
    return " ".join(part for part in (_(words.NOTICE_METHOD.get(told.get("method"), "")), at) if part)


TABLE: dict[str, Callable[..., Said]] = {
    "accept": _accept,
    "interim-reply": _interim,
    "find-violation": _violation,
    "open-case": _case,
    "close-case": _case,
    "conclude-check": _conclusion,
    "tell-reporter": _told,
    "tell-parties": _told,
}
