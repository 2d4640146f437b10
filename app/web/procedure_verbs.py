"""Acts of statutory procedures (acceptance, interim reply, violation case, notices, termination): what each reads from the form and which verb it calls."""

from collections.abc import Callable

from app.web import forms
from app.web.i18n import format_due
from app.web.i18n import gettext as _
from app.web.moments import moment_given
from app.web.ticket_sent import Sent
from app.work import settle
from tickets import procedures, words


def _accept(sent: Sent) -> str:
    how = procedures.accept(*sent.who, sent.actor, sent.now, forms.many("checks"), forms.flag("instant"), forms.text("words"))
    settle(sent.session)
    said, due = _(words.PROCEDURE[how]), sent.ticket.due_at
    return _("受理了，%(how)s，最晚 %(due)s", how=said, due=format_due(due)) if due else _("受理了，%(how)s", how=said)


def _interim(sent: Sent) -> str:
    procedures.interim_reply(*sent.who, forms.text("content"), sent.actor, sent.now)
    return _("先行答复告诉市民了")


def _violation(sent: Sent) -> str:
    case = procedures.find_violation(*sent.who, forms.text("facts"), sent.actor, sent.now, forms.text("accused"))
    return _("另立一案，尾号 %(tail)s，15 个工作日内核查；调解照常进行", tail=case.number[-6:])


def _conclude(sent: Sent) -> str:
    procedures.conclude_check(*sent.who, forms.text("outcome"), forms.text("words"), sent.actor, sent.now)
    return _("核查结论写好了，5 个工作日内告知举报人") if sent.ticket.notice == "reporter" else _("核查结论写好了")


def _tell_reporter(sent: Sent) -> str:
    procedures.tell_reporter(*sent.who, _told(sent, "method", "at"), sent.actor, sent.now, forms.text("words"))
    return _("告知记下了")


def _tell_parties(sent: Sent) -> str:
    """The proof comes with the form and is kept before the verb asks for it."""
    sent.attach("proof")
    procedures.tell_parties(
        *sent.who, _told(sent, "appellant", "appellant_at"), _told(sent, "respondent", "respondent_at"), sent.actor, sent.now
    )
    return _("告知双方记下了，凭证已归到工单")


def _request_termination(sent: Sent) -> str:
    """A party's own writing comes with the form and is kept before the verb asks for it."""
    sent.attach("proof")
    procedures.request_termination(*sent.who, forms.text("ground"), forms.text("words"), sent.actor, sent.now)
    return _("申请送到中心了，定下来之前照常调解")


def _decide_termination(sent: Sent) -> str:
    grant = sent.granted()
    procedures.decide_termination(*sent.who, sent.waiting("termination"), grant, forms.text("reason"), sent.actor, sent.now)
    return _("调解终止了，单位 7 个工作日内告知双方") if grant else _("不同意终止，继续调解")


def _told(sent: Sent, method: str, at: str) -> procedures.Told:
    return procedures.Told(forms.text(method), moment_given(at) or sent.now)


ACTS: dict[str, Callable[[Sent], str]] = {
    "acceptance": _accept,
    "interim-replies": _interim,
    "violations": _violation,
    "conclusion": _conclude,
    "reporter-notice": _tell_reporter,
    "party-notices": _tell_parties,
    "termination-request": _request_termination,
    "termination-decision": _decide_termination,
}
