"""What the operator reads out: before saving the unit and the dates it would get, after saving the number and what happens next."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.clock import local
from app.web.i18n import format_day, format_moment, format_span
from app.web.i18n import gettext as _
from app.web.naming import unit_name
from app.web.promises import Expected
from tickets import words
from tickets.events import TicketEvent
from tickets.models import Ticket
from tickets.reference import Reference, reference


def before(typed: dict, lead: str, promise: Expected | None) -> str:
    """The sentence while the form is being written. `lead`: the name of the unit it would go to, "" when a dispatcher decides."""
    who = typed["name"] or _("您好")
    if typed["appeal_type"] == "report":
        return _("%(who)s，举报会密封保存，身份不给承办单位看。派单员看过就转去核查。", who=who)
    if not lead:
        return _("%(who)s，这件先登记下来，派单员马上定由谁办，定了就告诉您单位和日期。", who=who)
    said = [_("%(who)s，这件转给%(unit)s。", who=who, unit=lead)]
    if promise and promise.first:
        said.append(_("%(span)s内会联系您。", span=format_span(promise.first.total_seconds())))
    if promise and promise.reply:
        said.append(_("最迟 %(day)s 给您答复%(over)s。", day=promised_day(promise.reply.instant), over=_across(promise)))
    return "".join(said)


def after(session: Session, ticket: Ticket, events: list[TicketEvent], did: str) -> str:
    """The sentence once it is saved. `did`: "append" when the call only added to this ticket."""
    names = reference(session)
    tail = " ".join(ticket.number[-6:])
    if did == "append":
        return _appended(names, ticket, tail)
    return SAYS.get(ticket.status, _on_its_way)(names, ticket, tail, {event.kind: event.data for event in events})


def promised_day(instant: datetime) -> str:
    """A deadline as one says it: midnight is the day before, any other moment its minute."""
    there = local(instant)
    if (there.hour, there.minute) == (0, 0):
        return format_day(there.date() - timedelta(days=1))
    return format_moment(instant)


def _across(promise: Expected) -> str:
    """As "，中间隔着国庆节": the holidays between now and the promised day, by name."""
    if promise.reply is None:
        return ""
    names = dict.fromkeys(step.note for step in promise.reply.trace if step.note and not step.counts)
    return _("，中间隔着%(holidays)s", holidays=_("和").join(_(name) for name in names)) if names else ""


def _due(ticket: Ticket) -> str:
    return _("最迟 %(day)s 答复您。", day=promised_day(ticket.due_at)) if ticket.due_at else ""


def _appended(names: Reference, ticket: Ticket, tail: str) -> str:
    unit = unit_name(names, ticket.lead_unit_id)
    said = _("已经补到尾号 %(tail)s 那件，也替您催了一次。", tail=tail)
    return said + (_("是%(unit)s在办。", unit=unit) if unit else "") + _due(ticket)


def _registered(_names: Reference, ticket: Ticket, tail: str, _done: dict) -> str:
    return _("您的事登记好了，编号尾号 %(tail)s。派单员马上定由谁办，定了就告诉您单位和日期。", tail=tail)


def _on_its_way(names: Reference, ticket: Ticket, tail: str, _done: dict) -> str:
    return _("您的事登记好了，编号尾号 %(tail)s，已经转给%(unit)s。", tail=tail, unit=unit_name(names, ticket.lead_unit_id)) + _due(ticket)


def _answered(_names: Reference, ticket: Ticket, tail: str, _done: dict) -> str:
    return _("刚才已经答复您了，编号尾号 %(tail)s。还有不明白的，随时打 12345。", tail=tail)


def _refused(_names: Reference, ticket: Ticket, tail: str, done: dict) -> str:
    data = done.get("refuse", {})
    return _(
        "这件 12345 不能受理：%(reason)s。您可以找：%(route)s。编号尾号 %(tail)s，我们留了记录。",
        reason=_(words.REFUSAL.get(data.get("code", ""), "")),
        route=_(data.get("route", "")),
        tail=tail,
    )


def _handed_over(_names: Reference, ticket: Ticket, tail: str, done: dict) -> str:
    return _(
        "已经替您转 %(line)s，请不要挂断。12345 这边留了底，编号尾号 %(tail)s。",
        line=done.get("transfer-emergency", {}).get("line", ""),
        tail=tail,
    )


def _merged(_names: Reference, ticket: Ticket, tail: str, done: dict) -> str:
    master = " ".join(done.get("merge", {}).get("master", "")[-6:])
    return _("您说的和尾号 %(master)s 那件是同一件事，并在一起办，办好了单独答复您。您自己的编号尾号 %(tail)s。", master=master, tail=tail)


SAYS = {
    "registered": _registered,
    "direct-closed": _answered,
    "refused": _refused,
    "emergency-transferred": _handed_over,
    "merged": _merged,
}
