"""What each event says: icon, sentence, side matter, the words people said. Here those of the centre, and the table of all; pure on plain values."""

from collections.abc import Callable

from app.web import evaluation_said, handling_said, intake_said, procedure_words
from app.web.eyes import Eyes, Said, joined, lead_of, quoted
from app.web.i18n import gettext as _
from app.web.i18n import later
from app.web.i18n import ngettext as _n
from tickets import words

NO_CALL = {
    "reply-not-wanted": later("市民不要回复，不再打扰"),
    "no-contact": later("没有留下联系方式"),
    "not-drawn": later("回访没抽中，随时可评"),
}


def line_of(event, eyes: Eyes) -> Said:
    """The event as one line; an action this table does not know says its own name."""
    told = TABLE.get(event.kind)
    if told is None:
        return Said("circle", lead_of(_(words.ACTION.get(event.kind, event.kind)), event.actor_name))
    return told(event, eyes)


def _dispatch(event, eyes: Eyes) -> Said:
    data = event.data
    lead = {"accept-return": _("同意退单，改派给%(unit)s"), "rule": _("裁定由%(unit)s主办")}.get(event.kind, _("派给%(unit)s主办"))
    text = lead_of(lead % {"unit": eyes.units(data.get("unit_id")) or data.get("unit_name", "")}, event.actor_name)
    sub = joined(
        _("按派单目录") if event.kind == "dispatch-by-rule" else "",
        data.get("basis", ""),
        _("裁定后不能再退") if data.get("locked") else "",
        _("派单目录同时更新到第 %(n)s 版", n=data["version"]) if event.kind == "rule" and data.get("version") else "",
    )
    return Said("gavel" if event.kind == "rule" else "send", text, sub, eyes.words(data.get("note") or data.get("reason")))


def _recall(event, eyes: Eyes) -> Said:
    return Said("arrow-back-up", lead_of(_("撤回派单"), event.actor_name))


def _decided(event, eyes: Eyes) -> Said:
    """A centre's yes or no that moves nothing by itself."""
    data = event.data
    days = _n("加 %(n)s 个工作日", data["days"]) if event.kind == "grant-extension" and data.get("days") else ""
    code = _(words.PAUSE_CODE.get(data.get("code"), "")) if event.kind == "grant-suspension" else ""
    icon = {"grant-extension": "calendar-plus", "grant-suspension": "player-pause"}.get(event.kind, "circle-x")
    return Said(icon, lead_of(_(words.ACTION[event.kind]), joined(days, code, event.actor_name)), say=eyes.words(data.get("reason")))


def _audit(event, eyes: Eyes) -> Said:
    data = event.data
    if event.kind == "approve-reply":
        return Said("clipboard-check", lead_of(_("审核通过"), event.actor_name), say=eyes.words(data.get("words")))
    text = lead_of(_("审核发回重办：%(why)s", why=_(words.DEFECT.get(data.get("defect"), ""))), event.actor_name)
    return Said("refresh-alert", text, _("进入第 %(n)s 轮", n=data["round"]) if data.get("round") else "", eyes.words(data.get("words")))


def _checked(event, eyes: Eyes) -> Said:
    return Said("map-pin", lead_of(_("现场核查"), event.actor_name), say=eyes.words(event.data.get("words")))


def _follow_up(event, eyes: Eyes) -> Said:
    data = event.data
    if not data.get("reached"):
        lead = _("回访没打通，按联系不上办结") if event.kind == "close" else _("回访没打通")
        return Said("phone-x", lead_of(lead, event.actor_name), say=eyes.words(data.get("words")))
    asked = (
        ("contacted", _("单位联系过"), _("没人联系")),
        ("solved", _("解决了"), _("没解决")),
        ("truthful", _("答复属实"), _("答复不实")),
    )
    answers = [yes if data[name] else no for name, yes, no in asked if data.get(name) is not None]
    level = _(words.SCORE[data["satisfied"]]) if data.get("satisfied") else ""
    lead = {"rework": _("回访发回重办"), "explain": _("回访：依法解释，办结")}.get(data.get("outcome"), _("回访办结"))
    icon = {"rework": "refresh-alert", "explain": "scale"}.get(data.get("outcome"), "circle-check")
    return Said(icon, lead_of(lead, event.actor_name), joined(*answers, level), quoted(eyes.citizens(data.get("words"))))


def _close_unasked(event, eyes: Eyes) -> Said:
    return Said("circle-check", lead_of(_("办结"), _(NO_CALL.get(event.data.get("reason"), ""))))


def _archive(event, eyes: Eyes) -> Said:
    return Said("archive", lead_of(_("归档封存")))


def _reveal(event, eyes: Eyes) -> Said:
    return Said("eye", lead_of(_("看过市民身份"), event.actor_name), say=eyes.words(event.data.get("reason")))


TABLE: dict[str, Callable[..., Said]] = {
    "dispatch": _dispatch,
    "dispatch-by-rule": _dispatch,
    "accept-return": _dispatch,
    "rule": _dispatch,
    "recall": _recall,
    "deny-return": _decided,
    "grant-extension": _decided,
    "deny-extension": _decided,
    "grant-suspension": _decided,
    "deny-suspension": _decided,
    "deny-termination": _decided,
    "approve-reply": _audit,
    "check-on-site": _checked,
    "reject-reply": _audit,
    "follow-up": _follow_up,
    "close": _follow_up,
    "rework": _follow_up,
    "close-unasked": _close_unasked,
    "archive": _archive,
    "reveal": _reveal,
    **intake_said.TABLE,
    **handling_said.TABLE,
    **procedure_words.TABLE,
    **evaluation_said.TABLE,
}
