"""What each event says: icon, sentence, side matter, the words people said. One function a family of actions; pure on plain values."""

from collections.abc import Callable
from datetime import datetime

from app.web import evaluation_said, procedure_words
from app.web.eyes import Eyes, Said, joined, lead_of, quoted, unit_of
from app.web.i18n import format_day, format_due, format_moment, format_span, later
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from tickets import words
from tickets.actors import SYSTEM_ACTOR

CITIZEN = "ink"
CAME = {
    "phone": later("市民打进来"),
    "wechat": later("市民在微信上反映"),
    "web": later("市民在网上反映"),
    "sms": later("市民发来短信"),
    "email": later("市民发来邮件"),
    "open311": later("Open311 转来"),
    "visit": later("走访时登记"),
    "patrol": later("巡查时发现"),
    "transfer": later("上级转来"),
    "api": later("外部系统转来"),
}
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


def _register(event, eyes: Eyes) -> Said:
    data = event.data
    who = "" if event.actor_id is None else _("%(who)s 登记", who=event.actor_name)
    kind, urgency = data.get("appeal_type", ""), data.get("urgency", "ordinary")
    sub = joined(
        _(words.APPEAL_TYPE.get(kind, "")),
        _(words.URGENCY[urgency]) if urgency != "ordinary" else "",
        _("接着 %(number)s 说", number=data["previous"]) if data.get("previous") else "",
    )
    icon = "phone" if data.get("channel") == "phone" else "message-circle"
    return Said(icon, lead_of(_(CAME.get(data.get("channel", ""), "市民反映")), who), sub, tone=CITIZEN)


def _urge(event, eyes: Eyes) -> Said:
    rest = _("%(who)s 代记", who=event.actor_name) if event.actor_id else ""
    return Said("bell-ringing", lead_of(_("市民催办"), rest), say=quoted(eyes.citizens(event.data.get("words"))), tone=CITIZEN)


def _supplement(event, eyes: Eyes) -> Said:
    rest = _("%(who)s 代记", who=event.actor_name) if event.actor_id else ""
    return Said("message-plus", lead_of(_("市民补充"), rest), say=quoted(eyes.citizens(event.data.get("content"))), tone=CITIZEN)


def _child_supplement(event, eyes: Eyes) -> Said:
    """Another citizen of the same matter: what they said, never who."""
    text = lead_of(_("反映同一件事的另一位市民补充"))
    return Said("message-plus", text, say=quoted(eyes.citizens(event.data.get("content"))), tone=CITIZEN)


def _rate(event, eyes: Eyes) -> Said:
    data = event.data
    solved = {True: _("说解决了"), False: _("说没解决")}.get(data.get("solved"), "")
    text = lead_of(_("市民评价：%(level)s", level=_(words.SCORE.get(data.get("score"), "—"))), solved)
    return Said(
        "star",
        text,
        _("第 %(n)s 轮", n=data["round"]) if data.get("round", 1) > 1 else "",
        quoted(eyes.citizens(data.get("words"))),
        CITIZEN,
    )


def _answer(event, eyes: Eyes) -> Said:
    return Said("message", lead_of(_("当场答复"), event.actor_name), event.data.get("article", ""), eyes.words(event.data.get("answer")))


def _emergency(event, eyes: Eyes) -> Said:
    return Said(
        "ambulance", lead_of(_("转 %(line)s", line=event.data.get("line", "")), event.actor_name), say=eyes.words(event.data.get("words"))
    )


def _refuse(event, eyes: Eyes) -> Said:
    data = event.data
    return Said(
        "circle-x",
        lead_of(_("不予受理：%(why)s", why=_(words.REFUSAL.get(data.get("code"), ""))), event.actor_name),
        _("可以走的路：%(route)s", route=_(data["route"])) if data.get("route") else "",
        eyes.words(data.get("words")),
    )


def _merge(event, eyes: Eyes) -> Said:
    return Said("git-merge", lead_of(_("并入 %(number)s", number=event.data.get("master", "")), event.actor_name))


def _child(event, eyes: Eyes) -> Said:
    return Said(
        "git-merge",
        lead_of(_("又有一位市民反映同一件事"), _("%(number)s 并进来，各自收到答复", number=event.data.get("child", ""))),
        tone=CITIZEN,
    )


def _split(event, eyes: Eyes) -> Said:
    return Said("arrows-split", lead_of(_("拆开单办"), event.actor_name))


def _classify(event, eyes: Eyes) -> Said:
    data = event.data
    sub = joined(eyes.categories(data["category"]) if data.get("category") else "", _(words.APPEAL_TYPE.get(data.get("appeal_type"), "")))
    return Said("tag", lead_of(_("改分类"), event.actor_name), sub)


def _urgency(event, eyes: Eyes) -> Said:
    data = event.data
    text = lead_of(_("紧急程度改为%(level)s", level=_(words.URGENCY.get(data.get("to"), ""))), event.actor_name)
    return Said("flag", text, say=eyes.words(data.get("reason")))


def _recuse(event, eyes: Eyes) -> Said:
    who = eyes.people.get(event.data.get("account"), "")
    return Said("user-off", lead_of(_("%(who)s 回避", who=who), event.actor_name), say=eyes.words(event.data.get("reason")))


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


def _return(event, eyes: Eyes) -> Said:
    data = event.data
    other = eyes.unit_codes(data["suggested"]) if data.get("suggested") else ""
    text = lead_of(
        _("%(unit)s申请退单：%(why)s", unit=unit_of(event, eyes), why=_(words.RETURN_REASON.get(data.get("reason"), ""))), event.actor_name
    )
    return Said("arrow-back-up", text, _("建议派给%(unit)s", unit=other) if other else "", eyes.words(data.get("basis")))


def _decided(event, eyes: Eyes) -> Said:
    """A centre's yes or no that moves nothing by itself."""
    data = event.data
    days = _n("加 %(n)s 个工作日", data["days"]) if event.kind == "grant-extension" and data.get("days") else ""
    code = _(words.PAUSE_CODE.get(data.get("code"), "")) if event.kind == "grant-suspension" else ""
    icon = {"grant-extension": "calendar-plus", "grant-suspension": "player-pause"}.get(event.kind, "circle-x")
    return Said(icon, lead_of(_(words.ACTION[event.kind]), joined(days, code, event.actor_name)), say=eyes.words(data.get("reason")))


def _dispute(event, eyes: Eyes) -> Said:
    return Said(
        "scale", lead_of(_("%(unit)s提出争议", unit=unit_of(event, eyes)), event.actor_name), say=eyes.words(event.data.get("statement"))
    )


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
    return Said("player-play", lead_of(_("恢复计时"), event.actor_name), say=eyes.words(event.data.get("words")))


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
    return Said(icon, lead_of(lead, event.actor_name), say=eyes.words(data.get("content") or data.get("reason")))


def _grade(event, eyes: Eyes) -> Said:
    data = event.data
    unit = eyes.units(data.get("unit_id")) or data.get("unit", "")
    return Said(
        "award", lead_of(_("给%(unit)s打 %(n)s 分", unit=unit, n=data.get("score")), event.actor_name), say=eyes.words(data.get("reason"))
    )


def _audit(event, eyes: Eyes) -> Said:
    data = event.data
    if event.kind == "approve-reply":
        return Said("clipboard-check", lead_of(_("审核通过"), event.actor_name), say=eyes.words(data.get("words")))
    text = lead_of(_("审核发回重办：%(why)s", why=_(words.DEFECT.get(data.get("defect"), ""))), event.actor_name)
    return Said("refresh-alert", text, _("进入第 %(n)s 轮", n=data["round"]) if data.get("round") else "", eyes.words(data.get("words")))


def _checked(event, eyes: Eyes) -> Said:
    return Said("map-pin", lead_of(_("现场核查"), event.actor_name), say=eyes.words(event.data.get("words")))


def _ledger(event, eyes: Eyes) -> Said:
    data = event.data
    day = format_day(datetime.fromisoformat(data["promised_at"])) if data.get("promised_at") else ""
    lead = _("列入台账") if event.kind == "confirm-ledger" else _("申请挂账")
    return Said(
        "notebook", lead_of(lead, event.actor_name), _("承诺 %(day)s 前办好", day=day) if day else "", eyes.words(data.get("measures"))
    )


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


def _import(event, eyes: Eyes) -> Said:
    return Said("database-import", lead_of(_("从旧系统导入"), event.actor_name))


def _reveal(event, eyes: Eyes) -> Said:
    return Said("eye", lead_of(_("看过市民身份"), event.actor_name), say=eyes.words(event.data.get("reason")))


def _attach(event, eyes: Eyes) -> Said:
    if event.data.get("kind") == "audio" and event.actor_id is None and event.actor_name == SYSTEM_ACTOR.name:  # app/phone/recordings.py
        return Said("phone", _("通话录音"))
    who = event.actor_name if event.actor_id else _("市民")
    return Said("photo", lead_of(_("上传附件"), who), tone="" if event.actor_id else CITIZEN)


TABLE: dict[str, Callable] = {
    "register": _register,
    "import": _import,
    "urge": _urge,
    "supplement": _supplement,
    "rate": _rate,
    "answer-directly": _answer,
    "transfer-emergency": _emergency,
    "refuse": _refuse,
    "merge": _merge,
    "child-joined": _child,
    "child-supplement": _child_supplement,
    "split": _split,
    "classify": _classify,
    "set-urgency": _urgency,
    "recuse": _recuse,
    "dispatch": _dispatch,
    "dispatch-by-rule": _dispatch,
    "accept-return": _dispatch,
    "rule": _dispatch,
    "recall": _recall,
    "request-return": _return,
    "deny-return": _decided,
    "dispute": _dispute,
    "sign": _sign,
    "contact": _contact,
    "contact-again": _contact,
    "note": _note,
    "request-extension": _extension,
    "grant-extension": _decided,
    "deny-extension": _decided,
    "request-suspension": _suspension,
    "grant-suspension": _decided,
    "deny-suspension": _decided,
    "resume": _resume,
    "terminate": _terminate,
    "request-termination": _ask_termination,
    "deny-termination": _decided,
    "draft-reply": _draft,
    "reply": _reply,
    "fulfil": _reply,
    "add-task": _add_task,
    "sign-task": _task,
    "reply-task": _task,
    "release-task": _task,
    "grade-task": _grade,
    "approve-reply": _audit,
    "check-on-site": _checked,
    "reject-reply": _audit,
    "request-ledger": _ledger,
    "confirm-ledger": _ledger,
    "follow-up": _follow_up,
    "close": _follow_up,
    "rework": _follow_up,
    "close-unasked": _close_unasked,
    "archive": _archive,
    "reveal": _reveal,
    "attach": _attach,
    **procedure_words.TABLE,
    **evaluation_said.TABLE,
}
