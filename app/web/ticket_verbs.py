"""Noun of an act → what it reads from the form and which verb it calls. Each answers with the sentence that says what was done.

The acts of statutory procedures are procedure_verbs.py's.
"""

from collections.abc import Callable

import sqlalchemy as sa

from app.auth.models import Account
from app.errors import Forbidden, Invalid
from app.web import forms, procedure_verbs
from app.web.i18n import format_due
from app.web.i18n import gettext as _
from app.web.moments import end_of_day, moment_given
from app.web.ticket_sent import Sent
from app.work import settle
from tickets import answering, dispatch, handling, intake, sorting, standards
from tickets import tasks as joint
from tickets.actors import AGENT, DISPATCHER, UNIT_ROLES
from tickets.dispatch_models import Task
from tickets.workflow import allowed_actions


def _sign(sent: Sent) -> str:
    handling.sign(*sent.who, sent.actor, sent.now, handler=forms.whole("handler"), backup=forms.whole("backup"))
    settle(sent.session)
    due = sent.ticket.due_at
    return _("签收了，%(due)s 前答复市民", due=format_due(due)) if due else _("签收了")


def _contact(sent: Sent) -> str:
    handling.contact(
        *sent.who, forms.text("method"), forms.text("result"), sent.actor, sent.now, at=moment_given("at"), words=forms.text("words")
    )
    return _("联系记下了")


def _note(sent: Sent) -> str:
    handling.note(*sent.who, forms.text("words"), sent.actor, sent.now)
    return _("记下了")


def _reply(sent: Sent) -> str:
    """The head releases, anybody else drafts; a head may keep a draft too."""
    said = {name: forms.text(name) for name in ("result", "content", "measures", "time", "person")} | {
        "promised_at": end_of_day("promised_at")
    }
    actions = allowed_actions(sent.ticket, sent.actor)
    sent.attach("reply")
    if {"reply", "fulfil"} & set(actions) and forms.text("as") != "draft":
        handling.reply(*sent.who, sent.actor, sent.now, **said)
        return _("答复放行了，中心审核后告诉市民")
    handling.draft_reply(*sent.who, sent.actor, sent.now, **said)
    return _("草稿存好了，等负责人放行")


def _return(sent: Sent) -> str:
    dispatch.request_return(*sent.who, forms.text("reason"), forms.text("basis"), sent.actor, sent.now, forms.text("suggested_unit"))
    return _("退单申请交给中心了；决定之前请和市民保持联系")


def _dispute(sent: Sent) -> str:
    dispatch.dispute(*sent.who, forms.text("statement"), sent.actor, sent.now)
    return _("争议交给中心裁定了")


def _extend(sent: Sent) -> str:
    handling.request_extension(*sent.who, forms.whole("days") or 0, forms.text("reason"), forms.text("plan"), sent.actor, sent.now)
    return _("延期申请交给中心了；同意之前日期不变")


def _suspend(sent: Sent) -> str:
    handling.request_suspension(*sent.who, forms.text("code"), forms.text("evidence"), sent.actor, sent.now)
    return _("暂停申请交给中心了；同意之前钟照走")


def _resume(sent: Sent) -> str:
    handling.resume(*sent.who, sent.actor, sent.now, forms.text("words"))
    settle(sent.session)
    return _("恢复计时，新的日期是 %(due)s", due=format_due(sent.ticket.due_at)) if sent.ticket.due_at else _("恢复计时了")


def _add_task(sent: Sent) -> str:
    joint.add_task(*sent.who, forms.text("unit"), forms.text("ask"), sent.actor, sent.now, forms.whole("days"))
    return _("请它协办了，它 30 分钟内要签收")


def _sign_task(sent: Sent) -> str:
    joint.sign_task(*sent.who, sent.task(), sent.actor, sent.now, forms.whole("person"))
    return _("协办签收了")


def _hand_over_task(sent: Sent) -> str:
    joint.hand_over_task(*sent.who, sent.task(), forms.whole("person"), forms.text("reason"), sent.actor, sent.now)
    return _("换好了，两位都会收到消息")


def _reply_task(sent: Sent) -> str:
    task = sent.task()
    sent.attach("task")
    joint.reply_task(*sent.who, task, forms.text("content"), sent.actor, sent.now)
    return _("回复主办了")


def _release_task(sent: Sent) -> str:
    joint.release_task(*sent.who, sent.task(), forms.text("reason"), sent.actor, sent.now)
    return _("放行了，不再等它")


def _grade_task(sent: Sent) -> str:
    joint.grade_task(*sent.who, sent.task(), forms.whole("score") or 0, forms.text("reason"), sent.actor, sent.now)
    return _("分打好了")


def _ledger(sent: Sent) -> str:
    handling.ledger(*sent.who, sent.actor, sent.now, forms.text("measures"), end_of_day("promised_at"))
    return _("挂账申请交给中心了")


def _attach(sent: Sent) -> str:
    """The lead, its assistants and the centre's speakers for the citizen. Raises Forbidden, or Invalid without a file."""
    if not sent.files:
        raise Invalid(file="请先选照片、录音或 PDF")
    units = {
        sent.ticket.lead_unit_id,
        *sent.session.scalars(sa.select(Task.unit_id).where(Task.ticket_id == sent.ticket.id, Task.state != "released")),
    }
    for_citizen = sent.actor.has(AGENT, DISPATCHER)
    if not for_citizen and not (sent.actor.has(*UNIT_ROLES) and sent.actor.unit_id in units):
        raise Forbidden("您的岗位不能办这一步")
    return _("传好了 %(n)s 个文件", n=sent.attach("citizen" if for_citizen else "evidence"))


def _urge(sent: Sent) -> str:
    intake.urge(*sent.who, sent.actor, sent.now, forms.text("words"))
    return _("催办记下了，单位马上看到")


def _supplement(sent: Sent) -> str:
    intake.supplement(*sent.who, forms.text("content"), sent.actor, sent.now)
    return _("补充进去了")


def _classify(sent: Sent) -> str:
    sorting.classify(*sent.who, sent.actor, sent.now, forms.text("category"), forms.text("appeal_type"))
    return _("分类改好了")


def _urgency(sent: Sent) -> str:
    sorting.set_urgency(*sent.who, forms.text("urgency"), forms.text("reason"), sent.actor, sent.now)
    return _("紧急程度改好了")


def _recuse(sent: Sent) -> str:
    account = sent.session.scalar(sa.select(Account).where(Account.username == forms.text("account").lower()))
    if account is None:
        raise Invalid(account="没有这个登录名")
    sorting.recuse(*sent.who, account.id, forms.text("reason"), sent.actor, sent.now)
    return _("%(who)s 回避了，不再看到这件", who=account.name)


def _split(sent: Sent) -> str:
    intake.split(*sent.who, sent.actor, sent.now)
    return _("拆开了，等派单")


def _terminate(sent: Sent) -> str:
    handling.terminate(*sent.who, forms.text("ground"), sent.actor, sent.now, forms.text("words"))
    return _("终止办理了，市民会收到说明")


def _decide_return(sent: Sent) -> str:
    accept = sent.granted()
    dispatch.decide_return(*sent.who, sent.waiting("return"), accept, forms.text("reason"), sent.actor, sent.now, forms.text("lead"))
    return _("同意退单，改派出去了") if accept else _("不同意退单，还归它办")


def _decide_extension(sent: Sent) -> str:
    grant = sent.granted()
    handling.decide_extension(*sent.who, sent.waiting("extension"), grant, forms.text("reason"), sent.actor, sent.now)
    settle(sent.session)
    return _("同意延期，新的日期是 %(due)s", due=format_due(sent.ticket.due_at)) if grant and sent.ticket.due_at else _("决定告诉单位了")


def _decide_suspension(sent: Sent) -> str:
    handling.decide_suspension(*sent.who, sent.waiting("suspension"), sent.granted(), forms.text("reason"), sent.actor, sent.now)
    return _("决定告诉单位了")


def _confirm_ledger(sent: Sent) -> str:
    handling.ledger(*sent.who, sent.actor, sent.now, forms.text("words"))
    return _("同意挂账，到承诺那天系统会来要结果")


def _rule(sent: Sent) -> str:
    dispatch.rule(
        *sent.who, forms.text("unit"), forms.text("reason"), sent.actor, sent.now, update_catalogue=forms.flag("update_catalogue")
    )
    return _("裁定发出去了，不能再退")


def _approve(sent: Sent) -> str:
    answering.review(*sent.who, True, sent.actor, sent.now, words=forms.text("words"))
    return _("审核通过，转回访") if sent.ticket.status == "follow-up" else _("审核通过，已办结")


def _reject(sent: Sent) -> str:
    answering.review(*sent.who, False, sent.actor, sent.now, forms.text("defect"), forms.text("words"))
    return _("发回重办了，3 个工作日内要重新答复")


def _check_on_site(sent: Sent) -> str:
    """The photos come with the form and are kept before the verb asks for them."""
    sent.attach("evidence")
    standards.check_on_site(*sent.who, forms.text("words"), sent.actor, sent.now)
    return _("现场核查记下了，可以审核了")


ACTS: dict[str, Callable[[Sent], str]] = {
    "signature": _sign,
    "allotment": _sign,
    "contacts": _contact,
    "notes": _note,
    "replies": _reply,
    "returns": _return,
    "disputes": _dispute,
    "extensions": _extend,
    "suspensions": _suspend,
    "resumption": _resume,
    "tasks": _add_task,
    "task-signatures": _sign_task,
    "task-allotments": _sign_task,
    "task-handovers": _hand_over_task,
    "task-replies": _reply_task,
    "task-releases": _release_task,
    "task-grades": _grade_task,
    "ledger": _ledger,
    "attachments": _attach,
    "urges": _urge,
    "supplements": _supplement,
    "classification": _classify,
    "urgency": _urgency,
    "recusals": _recuse,
    "split": _split,
    "termination": _terminate,
    "return-decision": _decide_return,
    "extension-decision": _decide_extension,
    "suspension-decision": _decide_suspension,
    "ledger-confirmation": _confirm_ledger,
    "ruling": _rule,
    "approval": _approve,
    "site-checks": _check_on_site,
    "rejection": _reject,
    **procedure_verbs.ACTS,
}
