"""What the citizen was promised, said first: the unit's date, 暂定 beside it, what remains, and why that day. Reads clocks, changes nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.web.i18n import format_day, format_due, format_span, weekday
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from app.web.naming import unit_name
from escalation.calendar import CalendarRanOut, city_day, last_day_of
from escalation.due import DAY_UNITS, Step, read_marks
from escalation.limits import PROMISE
from escalation.models import Clock, ClockChange
from escalation.rules import calendar_for, limits_of, rules_for
from escalation.words import LENGTH
from tickets import words
from tickets.models import Ticket
from tickets.public import Line, extension_of
from tickets.reference import reference


@dataclass(frozen=True)
class Promise:
    """A box on the tracking page. `cells` is the trace for ui.trace, `why` the sentences beside it."""

    text: str
    moment: str = ""
    provisional: bool = False
    sub: str = ""
    late: bool = False
    why: tuple[str, ...] = ()
    cells: tuple[dict, ...] = field(default=())


def promise_of(session: Session, ticket: Ticket, lines: list[Line], now: datetime) -> Promise:
    """The promise that stands now, or what took its place. `ticket` is the master for a merged matter."""
    if ticket.status in ENDED:
        return ENDED[ticket.status](ticket, lines)
    if ticket.status == "registered":
        return _to_be_sent(session, ticket, now)
    unit = unit_name(reference(session), ticket.lead_unit_id)
    if ticket.status == "ledgered" and ticket.promised_at:
        return Promise(
            _("%(unit)s答应您，最晚", unit=unit),
            format_day(last_day_of(ticket.promised_at), year=True),
            sub=_("这件一时办不了，列了台账，到这天给您结果。"),
        )
    if ticket.status == "suspended":
        return _paused(unit, lines)
    return (
        _dated(session, ticket, unit, now)
        if ticket.due_at
        else Promise(_("%(unit)s正在办", unit=unit), sub=_("定下答复的日子就写在这里。"))
    )


def _to_be_sent(session: Session, ticket: Ticket, now: datetime) -> Promise:
    """Registered: the centre's own limit to send it on (T04)."""
    due = session.scalar(sa.select(sa.func.min(Clock.due_at)).where(Clock.ticket_id == ticket.id, Clock.stopped_at.is_(None)))
    if due is None:
        limit = limits_of(session, now).get("dispatch-urgent" if ticket.urgency != "ordinary" else "dispatch")
        due = ticket.received_at + timedelta(**{limit.unit: limit.length}) if limit and limit.unit not in DAY_UNITS else None
    if due is None or due < now:
        return Promise(_("我们正在给它找办事的单位"), _("已受理"), sub=_("派出去就告诉您是哪家、哪天答复。急的话请打 12345。"))
    return Promise(_("12345 热线中心答应您，最晚"), format_due(due), sub=_("派给一个单位。派出去后，这里写它哪天答复您。"))


def _dated(session: Session, ticket: Ticket, unit: str, now: datetime) -> Promise:
    late = now > ticket.due_at
    moment = (
        format_due(ticket.due_at)
        if local(ticket.due_at - timedelta(microseconds=1)).date() == local(ticket.due_at).date()
        else format_day(last_day_of(ticket.due_at), year=True)
    )
    clock = _clock(session, ticket)
    why, cells = _why(session, ticket, clock)
    if late:
        return Promise(
            _("%(unit)s答应您的日子过了：", unit=unit),
            moment,
            ticket.due_provisional,
            _late_by(session, ticket.due_at, now),
            True,
            why,
            cells,
        )
    return Promise(_("%(unit)s答应您，最晚", unit=unit), moment, ticket.due_provisional, _left(session, ticket, now), False, why, cells)


def _left(session: Session, ticket: Ticket, now: datetime) -> str:
    if ticket.due_at - now < timedelta(hours=24):
        return _("给您答复。还有 %(span)s。", span=format_span((ticket.due_at - now).total_seconds()))
    left = _working_days(session, now, ticket.due_at)
    return _n("给您答复。还有 %(n)s 个工作日。", left) if left is not None else _("给您答复。")


def _late_by(session: Session, due_at: datetime, now: datetime) -> str:
    gone = _working_days(session, due_at - timedelta(microseconds=1), now)
    if not gone:
        return _("已经晚了 %(span)s。单位和它的上级都已收到提醒。", span=format_span((now - due_at).total_seconds()))
    return _n("已经晚了 %(n)s 个工作日。单位和它的上级都已收到提醒。", gone)


def _working_days(session: Session, start: datetime, end: datetime) -> int | None:
    try:
        return calendar_for(session).workdays_between(city_day(start), last_day_of(end))
    except CalendarRanOut:
        return None


def _clock(session: Session, ticket: Ticket) -> Clock | None:
    """The ticket's own running promise, by which due_at is kept."""
    return session.scalar(
        sa.select(Clock)
        .where(Clock.ticket_id == ticket.id, Clock.kind == PROMISE, Clock.owner_unit_id.is_(None), Clock.task_id.is_(None))
        .order_by((Clock.due_at == ticket.due_at).desc(), Clock.id)
        .limit(1)
    )


def _why(session: Session, ticket: Ticket, clock: Clock | None) -> tuple[tuple[str, ...], tuple[dict, ...]]:
    """Why this day: the limit, what is not counted, an extension with its reason, and what 暂定 means."""
    said = []
    limit = rules_for(session).book.by_id.get(clock.limit_id) if clock else None
    if limit:
        said.append(
            _(
                "这类事的期限是 %(length)s，从 %(day)s 派给单位算起。",
                length=_(LENGTH[limit.unit], n=limit.length),
                day=format_day(clock.started_at),
            )
        )
        if limit.unit in DAY_UNITS:
            said.append(_("派出当天不算，周末和法定假日不算，调休上班的日子算。"))
    extension = extension_of(session, ticket)
    if extension and extension.due_before and extension.due_after:
        said.append(_("原来答应 %(old)s，后来延到现在这天。原因：%(reason)s", old=format_due(extension.due_before), reason=extension.words))
    said += _moves(session, clock)
    if ticket.due_provisional:
        said.append(_("写着“暂定”，是因为那一年的放假安排国务院还没公布。公布后这天可能挪几天，一挪就告诉您。"))
    return tuple(said), _cells(session, clock)


def _moves(session: Session, clock: Clock | None) -> list[str]:
    """What moved the day besides an extension: the year's holidays came out, or the limit itself was changed."""
    wanted = (
        sa.select(ClockChange).where(ClockChange.clock_id == clock.id, ClockChange.why.in_(("calendar", "limit"))).order_by(ClockChange.id)
        if clock
        else None
    )
    said = []
    for change in session.scalars(wanted) if wanted is not None else ():
        days = {"day": format_day(change.at), "old": format_due(change.old_due), "new": format_due(change.new_due)}
        if change.why == "limit":
            said.append(_("%(day)s 市里改了这类事的期限，这天从 %(old)s 改到 %(new)s。", **days))
        elif change.old_due == change.new_due:
            said.append(_("%(day)s 那一年的放假安排公布了，这天不变。", **days))
        else:
            said.append(_("%(day)s 那一年的放假安排公布了，这天从 %(old)s 挪到 %(new)s。", **days))
    return said


def _cells(session: Session, clock: Clock | None) -> tuple[dict, ...]:
    if clock is None or not clock.trace or clock.unit not in DAY_UNITS:
        return ()
    steps = read_marks(datetime.fromisoformat(clock.trace["from"]).date(), clock.trace["marks"], calendar_for(session))
    numbered, cells = 0, []
    for place, step in enumerate(steps):
        numbered += step.counts
        last = place == len(steps) - 1
        cells.append(
            {
                "date": step.day,
                "kind": "start"
                if place == 0
                else "due"
                if last
                else "off"
                if not step.counts
                else "swap"
                if step.reason == "make-up-day"
                else "",
                "words": _day_words(step, numbered, place == 0),
            }
        )
    return tuple(cells) if len(cells) <= 100 else ()


def _day_words(step: Step, numbered: int, first: bool) -> list[str]:
    if first:
        return [_("派出"), _("不算")]
    if step.counts:
        return [_("第 %(n)s 天", n=numbered)] + ([_("调休上班")] if step.reason == "make-up-day" else [])
    return [_("在等") if step.reason == "paused" else _(step.note) if step.note else weekday(step.day)]


def _paused(unit: str, lines: list[Line]) -> Promise:
    """What is awaited, and by whom: when it is the citizen's papers, they are told so."""
    code = next((line.data.get("code") for line in reversed(lines) if line.kind == "grant-suspension"), "")
    sub = (
        _("在下面“补充情况、照片”里交，或打 12345。补上就接着办。")
        if code == "applicant-supplement"
        else _("等到了接着办，等的日子不算进期限，我们会告诉您新的日子。")
    )
    return Promise(_("%(unit)s先停一停，因为", unit=unit), _(words.PAUSE_CODE.get(code, "")) or "—", sub=sub)


def _replied(ticket: Ticket, lines: list[Line]) -> Promise:
    return Promise(_("答复已经给您"), format_day(ticket.replied_at), sub=_("中心正在核对答复说清楚了没有，核对完请您评价。"))


def _asking(ticket: Ticket, lines: list[Line]) -> Promise:
    return Promise(_("答复已经给您"), format_day(ticket.replied_at), sub=_("办得怎么样，您说了算。"))


def _closed(ticket: Ticket, lines: list[Line]) -> Promise:
    return Promise(
        _("办结了"), format_day(ticket.closed_at) if ticket.closed_at else "—", sub=_("有新情况，可以再说一次，我们会连着这件一起看。")
    )


def _refused(ticket: Ticket, lines: list[Line]) -> Promise:
    data = next((line.data for line in reversed(lines) if line.kind == "refuse"), {})
    return Promise(
        _("这件不能受理，因为"),
        _(words.REFUSAL.get(data.get("code"), "")) or "—",
        sub=_("可以找：%(route)s", route=_(data.get("route", ""))),
    )


def _handed_over(ticket: Ticket, lines: list[Line]) -> Promise:
    line = next((line.data.get("line") for line in reversed(lines) if line.kind == "transfer-emergency"), "")
    return Promise(_("已经转给紧急专线"), line, sub=_("如果危险还在，请直接打 %(line)s，不要等。", line=line))


def _terminated(ticket: Ticket, lines: list[Line]) -> Promise:
    ground = next((line.data.get("ground") for line in reversed(lines) if line.kind == "terminate"), "")
    return Promise(_("这件终止办理，因为"), _(words.TERMINATION_GROUND.get(ground, "")) or "—", sub=_("有不同意见，请打 12345。"))


def _archived(ticket: Ticket, lines: list[Line]) -> Promise:
    """Sealed for good: said by the way it ended."""
    ends = {"refuse": _refused, "transfer-emergency": _handed_over, "terminate": _terminated}
    end = next((ends[line.kind] for line in reversed(lines) if line.kind in ends), _closed)
    return end(ticket, lines)


ENDED = {
    "replied": _replied,
    "follow-up": _asking,
    "closed": _closed,
    "direct-closed": _closed,
    "archived": _archived,
    "refused": _refused,
    "emergency-transferred": _handed_over,
    "terminated": _terminated,
}
