"""What the events of a ticket's coming say on its way: what citizens say and send, and what the centre makes of it before it is sent out. Pure."""

from collections.abc import Callable

from app.web.eyes import Eyes, Said, joined, lead_of, quoted
from app.web.i18n import gettext as _
from app.web.i18n import later
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


def _import(event, eyes: Eyes) -> Said:
    return Said("database-import", lead_of(_("从旧系统导入"), event.actor_name))


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


def _child(event, eyes: Eyes) -> Said:
    return Said(
        "git-merge",
        lead_of(_("又有一位市民反映同一件事"), _("%(number)s 并进来，各自收到答复", number=event.data.get("child", ""))),
        tone=CITIZEN,
    )


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


def _attach(event, eyes: Eyes) -> Said:
    if event.data.get("kind") == "audio" and event.actor_id is None and event.actor_name == SYSTEM_ACTOR.name:  # app/phone/recordings.py
        return Said("phone", _("通话录音"))
    who = event.actor_name if event.actor_id else _("市民")
    return Said("photo", lead_of(_("上传附件"), who), tone="" if event.actor_id else CITIZEN)


def _answer(event, eyes: Eyes) -> Said:
    return Said("message", lead_of(_("当场答复了"), event.actor_name), event.data.get("article", ""), eyes.words(event.data.get("answer")))


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


def _split(event, eyes: Eyes) -> Said:
    return Said("arrows-split", lead_of(_("拆开单办了"), event.actor_name))


def _classify(event, eyes: Eyes) -> Said:
    data = event.data
    sub = joined(eyes.categories(data["category"]) if data.get("category") else "", _(words.APPEAL_TYPE.get(data.get("appeal_type"), "")))
    return Said("tag", lead_of(_("改了分类"), event.actor_name), sub)


def _urgency(event, eyes: Eyes) -> Said:
    data = event.data
    text = lead_of(_("紧急程度改为%(level)s", level=_(words.URGENCY.get(data.get("to"), ""))), event.actor_name)
    return Said("flag", text, say=eyes.words(data.get("reason")))


def _recuse(event, eyes: Eyes) -> Said:
    who = eyes.people.get(event.data.get("account"), "")
    return Said("user-off", lead_of(_("%(who)s 回避", who=who), event.actor_name), say=eyes.words(event.data.get("reason")))


TABLE: dict[str, Callable[..., Said]] = {
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
    "attach": _attach,
}
