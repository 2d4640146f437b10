"""The citizen's story in sentences: one function per kind of line. What may be told at all is tickets/public.py's."""

from collections.abc import Callable
from datetime import datetime

from markupsafe import Markup

from app.web.i18n import format_day, format_due, later
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import name_of
from escalation.calendar import last_day_of
from tickets import words
from tickets.public import Line
from tickets.reference import Reference
from tickets.workflow import EDGES

ICONS = {
    "register": "edit",
    "urge": "bell",
    "supplement": "plus",
    "rate": "star",
    "dispatch": "send",
    "dispatch-by-rule": "send",
    "accept-return": "send",
    "rule": "send",
    "contact": "phone-call",
    "reply": "message-2",
    "fulfil": "message-2",
    "answer-directly": "message-2",
    "approve-reply": "star",
    "reject-reply": "refresh",
    "rework": "refresh",
    "close": "check",
    "close-unasked": "check",
    "refuse": "ban",
    "transfer-emergency": "phone-outgoing",
    "terminate": "ban",
    "grant-extension": "calendar-plus",
    "grant-suspension": "clock-pause",
    "resume": "clock-play",
    "confirm-ledger": "calendar-time",
    "merge": "git-merge",
    "split": "git-branch",
    "interim-reply": "message-2",
    "accept": "clipboard-check",
    "find-violation": "git-branch",
    "conclude-check": "gavel",
    "tell-reporter": "message-2",
    "tell-parties": "message-2",
    "contact-rater": "phone-call",
    "rectify": "tool",
    "rule-rating": "scale",
    "revisit": "check",
}
ACCEPTED = {
    "consumer": later("单位受理了，组织您和对方调解"),
    "instant": later("单位受理了，今天就办"),
    "simple": later("单位受理了，按简易程序办"),
    "ordinary": later("单位受理了，按普通信访程序办"),
    "": later("单位受理了"),
}
INK = frozenset({"register", "urge", "supplement", "rate"})


def timeline(lines: list[Line], names: Reference, code: str) -> list[dict]:
    """Items for ui.timeline, newest first."""
    return [_item(line, names, code) for line in reversed(lines)]


def _item(line: Line, names: Reference, code: str) -> dict:
    said = SENTENCES.get(line.kind, _plainly)(line, names)
    item = {"text": said} if isinstance(said, str) else said
    photos = [
        {"href": f"/t/{code}/photos/{photo.id}", "alt": _("照片 %(n)s", n=place), "caption": ""}
        for place, photo in enumerate(line.photos, 1)
        if photo.kind == "photo"
    ]
    item["text"] = Markup("<b>%s</b>") % item["text"]
    return {"at": line.at, "icon": ICONS.get(line.kind, "point"), "tone": "ink" if line.kind in INK else "", "photos": photos, **item}


def _plainly(line: Line, names: Reference) -> str:
    edge = EDGES.get(line.kind)
    return _(edge.tells) if edge and edge.tells else ""


def _unit(line: Line, names: Reference) -> str:
    return name_of(names.unit_codes.get(line.data.get("unit"))) or line.data.get("unit_name", "")


def _contact(line: Line, names: Reference) -> str:
    method, reached = line.data.get("method"), line.data.get("result") in ("reached", "arrived")
    if method == "visit":
        return _("上门找您了") if reached else _("上门找您，没见到您")
    if method in ("phone", "video"):
        return _("打给您了") if reached else _("打给您，没打通。会再打")
    return _("给您发消息了") if method == "message" else _("开始办了")


def _reply(line: Line, names: Reference) -> dict:
    promised = line.data.get("promised_at")
    sub = _("剩下的，答应您最晚 %(day)s 办好", day=_day_of(promised)) if promised else ""
    return {
        "text": _("答复您了（%(result)s）", result=_(words.RESULT.get(line.data.get("result"), "")) or "—"),
        "sub": sub,
        "say": line.data.get("content", ""),
    }


def _meanwhile(line: Line, names: Reference) -> dict:
    due = line.data.get("due")
    sub = _("法定期限到 %(day)s", day=_day_of(due)) if due else ""
    return {"text": _("先告诉您进展"), "sub": sub, "say": line.data.get("content", "")}


def _extension(line: Line, names: Reference) -> dict:
    after = line.data.get("due_after")
    text = _("答复的日子改到 %(day)s", day=format_due(after)) if after else _n("答复的日子往后挪 %(n)s 个工作日", line.data.get("days", 0))
    return {"text": text, "sub": _("原因：%(reason)s", reason=line.data.get("reason", "—"))}


def _refusal(line: Line, names: Reference) -> dict:
    reason = _(words.REFUSAL.get(line.data.get("code"), ""))
    return {
        "text": _("这件不能受理：%(reason)s", reason=reason),
        "sub": _("可以找：%(route)s", route=_(line.data.get("route", ""))),
        "say": line.data.get("words", ""),
    }


def _ending(line: Line, names: Reference) -> dict:
    return {
        "text": _("终止办理：%(ground)s", ground=_(words.TERMINATION_GROUND.get(line.data.get("ground"), ""))),
        "say": line.data.get("words", ""),
    }


def _ledger(line: Line, names: Reference) -> dict:
    promised = line.data.get("promised_at")
    return {
        "text": _("一时办不了，列入台账，答应您 %(day)s 前给结果", day=_day_of(promised) if promised else "—"),
        "say": line.data.get("measures", ""),
    }


def _day_of(instant: str) -> str:
    """The day a promise is said as: midnight belongs to the day before."""
    return format_day(last_day_of(datetime.fromisoformat(instant)))


def _rating(line: Line, names: Reference) -> dict:
    return {"text": _("您评价：%(score)s", score=_(words.SCORE.get(line.data.get("score"), ""))), "say": line.data.get("words", "")}


def _rectified(line: Line, names: Reference) -> dict:
    return {"text": _("按您的差评改了，请您再评一次"), "say": line.data.get("measures", "")}


def _revisited(line: Line, names: Reference) -> str:
    said = {"redone": _("您说没改好，要求重新整改"), "unreachable": _("给您打电话核实整改，没打通")}
    return said.get(line.data.get("outcome", ""), _("给您打电话核实过整改了"))


def _unasked(line: Line, names: Reference) -> str:
    if line.data.get("reason") == "not-drawn":
        return _("办结了，您随时可以来评")
    return _("办结了（您说不用回复）") if line.data.get("reason") == "reply-not-wanted" else _("办结了（没有留联系方式，结果在这里看）")


SENTENCES: dict[str, Callable[[Line, Reference], str | dict]] = {
    "register": lambda line, names: _("您说的我们收到了"),
    "dispatch": lambda line, names: _("转给%(unit)s", unit=_unit(line, names)),
    "dispatch-by-rule": lambda line, names: _("转给%(unit)s", unit=_unit(line, names)),
    "accept-return": lambda line, names: _("换成%(unit)s来办", unit=_unit(line, names)),
    "rule": lambda line, names: _("定下来由%(unit)s办，不再转了", unit=_unit(line, names)),
    "contact": _contact,
    "reply": _reply,
    "fulfil": _reply,
    "interim-reply": _meanwhile,
    "accept": lambda line, names: _(ACCEPTED[line.data.get("procedure", "")]),
    "find-violation": lambda line, names: _("调解时发现违法线索，另立一案核查；调解照常进行"),
    "conclude-check": lambda line, names: _(
        "核查有了结论：%(outcome)s", outcome=_(words.CHECK_OUTCOME.get(line.data.get("outcome"), "")) or "—"
    ),
    "tell-reporter": lambda line, names: _(
        "立案情况告诉您了（%(how)s）", how=_(words.NOTICE_METHOD.get(line.data.get("method"), "")) or "—"
    ),
    "tell-parties": lambda line, names: _("终止调解的事，已经告知您和对方"),
    "answer-directly": lambda line, names: {
        "text": _("当场答复您了"),
        "sub": line.data.get("article", ""),
        "say": line.data.get("answer", ""),
    },
    "approve-reply": lambda line, names: _("答复核对过了，请您评价"),
    "reject-reply": lambda line, names: _("答复没说清楚，中心要求重办"),
    "rework": lambda line, names: _("您不满意，发回重办"),
    "close": lambda line, names: _("办结了"),
    "close-unasked": _unasked,
    "refuse": _refusal,
    "transfer-emergency": lambda line, names: _("已经转给 %(line)s", line=line.data.get("line", "")),
    "terminate": _ending,
    "grant-extension": _extension,
    "grant-suspension": lambda line, names: _(
        "先停一停：%(what)s。之后接着办", what=_(words.PAUSE_CODE.get(line.data.get("code"), "")) or "—"
    ),
    "resume": lambda line, names: _("等到了，接着办"),
    "confirm-ledger": _ledger,
    "merge": lambda line, names: _("和一件同样的事一起办，办好了同样告诉您、请您评价"),
    "split": lambda line, names: _("改成单独办"),
    "urge": lambda line, names: {"text": _("您打电话催了一次") if line.by_phone else _("您催了一次"), "say": line.data.get("words", "")},
    "supplement": lambda line, names: {
        "text": _("您打电话补充了") if line.by_phone else _("您补充了"),
        "say": line.data.get("content", ""),
    },
    "rate": _rating,
    "contact-rater": lambda line, names: _("为您的差评联系您了"),
    "rule-rating": lambda line, names: (
        _("中心核过您的差评：单位申诉成立，评价照样留着") if line.data.get("decision") == "uphold" else _("中心核过您的差评：单位要改")
    ),
    "rectify": _rectified,
    "revisit": _revisited,
}
