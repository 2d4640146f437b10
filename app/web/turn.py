"""现在轮到你: what this person may do on this ticket now, as buttons; a button that cannot be pressed says why. Pure.

Who may is tickets/workflow.py's; the rules the verbs add (once only, before the date, nobody still open) are asked here so that nobody
fills a form in vain. The verbs ask again.
"""

from dataclasses import dataclass
from datetime import datetime

from app.web.dossier import Dossier
from app.web.i18n import format_due, later
from app.web.i18n import gettext as _
from escalation.limits import WINDOW
from escalation.queries import ClockView
from tickets.actors import AGENT, DISPATCHER, UNIT_ROLES, Actor
from tickets.codes import OPEN
from tickets.dispatch import RETURN_CAP
from tickets.dispatch_models import Task
from tickets.possible import fits_kind
from tickets.workflow import allowed_actions

ATTACHABLE = OPEN | {"emergency-transferred", "direct-closed"}


@dataclass(frozen=True)
class Offer:
    """One button. `act` is the noun of its address and the id of its dialog; `direct` posts at once, `href` leads to another desk."""

    act: str
    label: str
    key: str
    icon: str
    why: str = ""
    direct: bool = False
    href: str = ""


# action → (noun, label, key, icon, posts at once); the order is the order of the buttons
BUTTONS: dict[str, tuple[str, str, str, str, bool]] = {
    "sign": ("signature", later("签收"), "Q", "check", True),
    "accept": ("acceptance", later("受理这件"), "A", "clipboard-check", False),
    "conclude-check": ("conclusion", later("写核查结论"), "G", "gavel", False),
    "tell-parties": ("party-notices", later("终止调解，告知双方"), "U", "message-report", False),
    "tell-reporter": ("reporter-notice", later("告知举报人核查结论"), "U", "message-report", False),
    "fulfil": ("replies", later("写结果，兑现承诺"), "D", "edit", False),
    "reply": ("replies", later("写答复（时间·对象·措施·时限）"), "D", "edit", False),
    "draft-reply": ("replies", later("起草答复（时间·对象·措施·时限）"), "D", "edit", False),
    "approve-reply": ("approval", later("通过"), "A", "clipboard-check", False),
    "check-on-site": ("site-checks", later("记现场核查（拍照）"), "E", "map-pin", False),
    "contact": ("contacts", later("记首次联系"), "L", "phone-call", False),
    "contact-again": ("contacts", later("记一次联系"), "L", "phone-call", False),
    "interim-reply": ("interim-replies", later("先行答复市民"), "M", "message-dots", False),
    "resume": ("resumption", later("恢复计时"), "H", "player-play", False),
    "note": ("notes", later("记一笔"), "N", "notes", False),
    "reject-reply": ("rejection", later("发回重办"), "B", "refresh-alert", False),
    "add-task": ("tasks", later("请别的单位协办"), "X", "users-plus", False),
    "find-violation": ("violations", later("发现违法线索，另案核查"), "I", "git-branch", False),
    "request-extension": ("extensions", later("申请延期"), "Y", "calendar-plus", False),
    "request-suspension": ("suspensions", later("申请暂停计时"), "P", "player-pause", False),
    "request-return": ("returns", later("申请退单"), "T", "arrow-back-up", False),
    "dispute": ("disputes", later("提出争议"), "S", "scale", False),
    "request-termination": ("termination-request", later("申请终止调解"), "Z", "player-stop", False),
    "request-ledger": ("ledger", later("申请挂账"), "G", "notebook", False),
    "accept-return": ("return-decision", later("决定退单"), "T", "gavel", False),
    "grant-extension": ("extension-decision", later("决定延期"), "Y", "calendar-plus", False),
    "grant-suspension": ("suspension-decision", later("决定暂停"), "P", "player-pause", False),
    "deny-termination": ("termination-decision", later("决定终止调解"), "V", "gavel", False),
    "confirm-ledger": ("ledger-confirmation", later("同意挂账"), "G", "notebook", False),
    "rule": ("ruling", later("裁定"), "R", "gavel", False),
    "urge": ("urges", later("替市民催办"), "C", "bell-ringing", False),
    "supplement": ("supplements", later("替市民补充"), "B", "message-plus", False),
    "classify": ("classification", later("改一下分类"), "F", "tag", False),
    "set-urgency": ("urgency", later("改紧急程度"), "J", "flag", False),
    "recuse": ("recusals", later("回避"), "K", "user-off", False),
    "split": ("split", later("拆开单办"), "X", "arrows-split", True),
    "terminate": ("termination", later("终止办理"), "Z", "player-stop", False),
}
DESKS = {
    "dispatch": ("/desk/dispatch?sel=", later("去派单台派"), "A", "send"),
    "answer-directly": ("/desk/intake/mine?q=", later("去受理台办"), "A", "headset"),
    "follow-up": ("/desk/follow-up?t=", later("去回访台"), "A", "phone-call"),
}
ASK_FOR_UNIT = frozenset({"returns", "tasks", "return-decision", "ruling"})
MEANWHILE = ("interim-reply", "enterprise-answer")
DECIDES = {"grant-extension": "extension", "grant-suspension": "suspension", "confirm-ledger": "ledger", "deny-termination": "termination"}


def offers(file: Dossier, actor: Actor, clocks: list[ClockView], now: datetime) -> list[Offer]:
    """The buttons of this person, the most urgent first. One for each noun, however many actions share it."""
    actions = set(allowed(file, actor))
    found: dict[str, Offer] = {}
    for action, (act, label, key, icon, direct) in BUTTONS.items():
        if action not in actions or (act in found and not found[act].why) or not _stands(action, file, actor, clocks, now):
            continue
        to_release = act == "replies" and file.draft is not None and "reply" in actions
        found[act] = Offer(act, _("看草稿，放行答复") if to_release else _(label), key, icon, _why_not(action, file, clocks, now), direct)
    for action, (path, label, key, icon) in DESKS.items():
        if action in actions:
            found[path] = Offer(path, _(label), key, icon, href=path + file.ticket.number)
    if "sign" in actions:
        found["allotment"] = Offer("allotment", _("签收，并指定承办人"), "", "user-check")
    if _may_attach(file, actor):
        found["attachments"] = Offer(
            "attachments", _("传照片"), "Z" if actions.isdisjoint(("terminate", "request-termination")) else "", "camera"
        )
    return list(found.values())


def allowed(file: Dossier, actor: Actor) -> list[str]:
    """The workflow's own answer for this person."""
    return allowed_actions(file.ticket, actor, frozenset(task.unit_id for task in file.open_tasks))


def task_acts(file: Dossier, task: Task, actor: Actor) -> list[Offer]:
    """What this person may do with one sub-task."""
    actions = set(allowed(file, actor))
    mine = task.unit_id == actor.unit_id
    found = []
    if mine and task.state == "open" and "sign-task" in actions:
        found.append(Offer("task-signatures", _("签收"), "Q", "check", direct=True))
        found.append(Offer("task-allotments", _("签收，并指定段长"), "", "user-check"))
    if mine and task.state == "signed" and "reply-task" in actions:
        found.append(Offer("task-replies", _("回复主办"), "D", "message-dots"))
    if mine and task.state == "signed" and "hand-over-task" in actions:
        found.append(Offer("task-handovers", _("换段长") if task.person_id else _("指定段长"), "", "users"))
    if task.state in ("open", "signed") and "release-task" in actions:
        found.append(Offer("task-releases", _("不等了，放行"), "", "arrow-forward-up"))
    if task.state in ("replied", "released") and task.score is None and task.release_reason != "recall" and "grade-task" in actions:
        found.append(Offer("task-grades", _("打分"), "", "award"))
    return found


def _stands(action: str, file: Dossier, actor: Actor, clocks: list[ClockView], now: datetime) -> bool:
    """Whether there is anything to do it to: a request that waits, a procedure of law this ticket is under, somebody to answer."""
    if action in DECIDES:
        return file.waiting(DECIDES[action]) is not None
    if action == "interim-reply" and not any(clock.code in MEANWHILE and clock.stopped_at is None for clock in clocks):
        return False
    return fits_kind(action, file.ticket, actor, now)


def _why_not(action: str, file: Dossier, clocks: list[ClockView], now: datetime) -> str:
    """Why the verb would refuse this now; "" when it would not."""
    ticket, window = file.ticket, return_window(file, clocks)
    late = ticket.due_at is not None and now >= ticket.due_at
    extendable = any(clock.extendable and clock.stopped_at is None and clock.task_id is None for clock in clocks)
    reasons = {
        "reply": ((bool(file.open_tasks), _("还有协办没回复，先等或放行")),),
        "request-return": (
            (ticket.locked, _("已有裁定")),
            (ticket.returns >= RETURN_CAP, _("已退过两次，请走争议")),
            (window is not None and now > window.due_at, _("窗口已过")),
        ),
        "dispute": ((ticket.locked, _("已有裁定")),),
        "request-extension": (
            (file.waiting("extension") is not None, _("已提过，在等中心")),
            (ticket.extensions > 0, _("只能延一次")),
            (late, _("到期前才能提")),
            (not extendable, _("这个期限不能延")),
        ),
        "request-suspension": ((file.waiting("suspension") is not None, _("已提过，在等中心")),),
        "request-termination": ((file.waiting("termination") is not None, _("已提过，在等中心")),),
        "request-ledger": ((file.waiting("ledger") is not None, _("已提过，在等中心")),),
    }
    return next((said for closed, said in reasons.get(action, ()) if closed), "")


def return_window(file: Dossier, clocks: list[ClockView]) -> ClockView | None:
    """Until when the lead unit may still ask for a return (T15)."""
    return next((clock for clock in reversed(clocks) if clock.kind == WINDOW and clock.owner_unit_id == file.ticket.lead_unit_id), None)


def hints(file: Dossier, found: list[Offer], clocks: list[ClockView], now: datetime) -> list[str]:
    """Below the buttons: until when the rarer ones stay open."""
    acts = {offer.act for offer in found if not offer.why}
    window = return_window(file, clocks)
    said = []
    if "returns" in acts and window is not None:
        said.append(_("退单：%(due)s 前可申请。", due=format_due(window.due_at)))
    if "extensions" in acts:
        said.append(_("延期：须在到期前，只有一次。"))
    return said


def _may_attach(file: Dossier, actor: Actor) -> bool:
    """The lead, the assistants, and the centre's people who speak for the citizen."""
    if file.ticket.status not in ATTACHABLE:
        return False
    own = {file.ticket.lead_unit_id} | {task.unit_id for task in file.live_tasks}
    return actor.has(AGENT, DISPATCHER) or (actor.has(*UNIT_ROLES) and actor.unit_id in own)
