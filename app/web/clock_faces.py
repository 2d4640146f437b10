"""Clocks as this room shows them: the clock of a row, the strip of clocks on a ticket, the day-by-day answer to "为什么是这天". Pure.

What a clock is and how its days are counted is escalation's; the drawing is ui.jinja's.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from app.web import articles
from app.web.i18n import format_day, format_due, format_moment, format_span, weekday
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from escalation import words as time_words
from escalation.calendar import Calendar, CalendarRanOut, city_day, last_day_of
from escalation.due import DAY_UNITS
from escalation.faces import Ring, by_days, grid, ring, steps, strip
from escalation.hours import Hours, say_spans
from escalation.limits import PROMISE
from escalation.queries import ClockView
from tickets import words
from tickets.models import Ticket

SHARE = "unit-reply"
CONTACTS = ("urgent-response", "enterprise-contact", "first-contact", "enterprise-start")
CENTRE = ("dispatch-urgent", "dispatch", "return-decision", "dispute-decision")
LONGEST_STRIP = 20
LONGEST_OPEN = 21


@dataclass(frozen=True)
class Face:
    """One clock. `ring` for minutes and hours, else `left` days with `card` ("y", "r" or ""). `tone`: "", "soon" or "late".

    `days` are the words of ui.days, `say` what a screen reader hears; `due` is the promised moment, `rest` what remains of it.
    """

    due: str
    rest: str = ""
    tone: str = ""
    ring: Ring | None = None
    word: str = ""
    left: str = ""
    unit: str = ""
    card: str = ""
    days: tuple[str, ...] = ()
    say: str = ""
    done: str = ""
    provisional: bool = False
    code: str = ""


class Cell(NamedTuple):
    """One day of the grid: `words` are said already."""

    date: date
    kind: str
    words: list[str]


@dataclass(frozen=True)
class Why:
    """The answer to "为什么是这天": the rule, every day, and what moved the date."""

    title: str
    rule: str
    cells: list[Cell]
    notes: list[str] = field(default_factory=list)
    open: bool = True


def governing(ticket: Ticket, clocks: list[ClockView]) -> ClockView | None:
    """The clock behind the promised date: running first, then the one whose date the ticket carries, else the unit's own count."""
    promises = [clock for clock in clocks if clock.kind == PROMISE and clock.task_id is None]
    return min(promises, key=lambda clock: (clock.stopped_at is not None, clock.due_at != ticket.due_at, -clock.id), default=None)


def running(clocks: list[ClockView], *codes: str, task: int | None = None) -> ClockView | None:
    """The clock of these codes that has not stopped, the one due first."""
    found = [clock for clock in clocks if clock.stopped_at is None and clock.code in codes and clock.task_id == task]
    return min(found, key=lambda clock: clock.due_at, default=None)


def face_of(clock: ClockView, now: datetime, calendar: Calendar) -> Face:
    """What one clock shows at `now`."""
    if clock.stopped_at is not None:
        return _stopped(clock, now)
    return _daily(clock, now, calendar) if by_days(clock) else _quick(clock, now)


def plain_face(due_at: datetime, now: datetime, start: datetime | None = None, provisional: bool = False) -> Face:
    """A clock that no row keeps: an imported ticket's date, or a ticket read before its clocks were written."""
    seconds = int((due_at - now).total_seconds())
    if start is not None and (due_at - start).total_seconds() <= 3600:
        share = round(100 * max(0.0, min(1.0, seconds / (due_at - start).total_seconds())))
        return Face(format_due(due_at), _remains(seconds), _tone(seconds), Ring(seconds, share))
    if seconds < 0:
        return Face(format_due(due_at), _remains(seconds), "late", left=_("已过"), unit=_("到期日"), provisional=provisional)
    days = (last_day_of(due_at) - city_day(now)).days
    return Face(
        format_due(due_at),
        _remains(seconds),
        left=str(days) if days else _("今天"),
        unit=_n("天", days) if days else _("到期"),
        provisional=provisional,
    )


def is_soon(clock: ClockView, now: datetime, calendar: Calendar) -> bool:
    """Past the yellow line (one working day left, domain §5 E1), or in the last fifth of a limit counted in hours."""
    if clock.stopped_at or clock.paused_at:
        return False
    if by_days(clock):
        return _days_ahead(clock, now, calendar) <= 1
    return ring(clock, now).share <= 20


def _stopped(clock: ClockView, now: datetime) -> Face:
    took = format_span((clock.stopped_at - clock.started_at).total_seconds())
    late = clock.stop_reason == "late"
    said = _("%(span)s，超期", span=took) if late else took
    return Face(format_due(clock.due_at), said, "late" if late else "", done=said, provisional=clock.provisional, code=clock.code)


def _quick(clock: ClockView, now: datetime) -> Face:
    shown = ring(clock, now)
    if clock.paused_at is not None:
        return Face(format_due(clock.due_at), _("暂停中"), ring=shown, code=clock.code)
    return Face(
        format_due(clock.due_at),
        _remains(shown.seconds),
        _tone(shown.seconds, shown.share),
        shown,
        provisional=clock.provisional,
        code=clock.code,
    )


def _daily(clock: ClockView, now: datetime, calendar: Calendar) -> Face:
    ahead = _days_ahead(clock, now, calendar)
    days = tuple(strip(clock, now, calendar))
    days = days if len(days) <= LONGEST_STRIP else ()
    base = {"due": format_due(clock.due_at), "days": days, "provisional": clock.provisional, "code": clock.code}
    if clock.paused_at is not None:
        return Face(rest=_("暂停计时，恢复当天起接着算"), left=str(max(ahead, 0)), unit=_("暂停中"), say=_("暂停中"), **base)
    if ahead < 0 or now > clock.due_at:
        over = -ahead
        rest = _n("逾期 %(n)s 个工作日", over) if over else _("已过期")
        card = "r" if over else ""
        return Face(
            rest=rest, tone="late", left=_n("超 %(n)s 日", over) if over else _("已过"), unit=_("到期日"), card=card, say=rest, **base
        )
    yellow = ahead <= 1 and not (clock.unit in DAY_UNITS and clock.length <= 1)
    rest = _n("还剩 %(n)s 个工作日", ahead) if ahead else _("今天到期")
    card_words = _n("剩 %(n)s 日", ahead) if ahead else _("今天")
    return Face(
        rest=rest,
        tone="soon" if ahead <= 1 else "",
        left=card_words if yellow else str(ahead) if ahead else _("今天"),
        unit=_n("工作日", ahead) if ahead else _("到期"),
        card="y" if yellow else "",
        say=rest,
        **base,
    )


def _days_ahead(clock: ClockView, now: datetime, calendar: Calendar) -> int:
    """Working days after today until the last one; negative: working days since."""
    today, last = city_day(now), last_day_of(clock.due_at)
    try:
        return calendar.workdays_between(today, last) if today <= last else -calendar.workdays_between(last, today)
    except CalendarRanOut:
        return (last - today).days


def _remains(seconds: int) -> str:
    return _("还剩 %(span)s", span=format_span(seconds)) if seconds >= 0 else _("已超 %(span)s", span=format_span(seconds))


def _tone(seconds: int, share: int = 100) -> str:
    return "late" if seconds < 300 else "soon" if seconds < 900 or share <= 20 else ""


def why(clock: ClockView, now: datetime, calendar: Calendar, changes: list) -> Why:
    """The rule, the days one by one, and everything that moved the date."""
    name, length = _(time_words.LIMIT.get(clock.code, clock.code)), said_length(clock)
    cells, counted = [], 0
    for step, cell in zip(steps(clock, calendar), grid(clock, now, calendar), strict=True):
        counted += step.counts
        cells.append(Cell(cell.date, cell.kind, _day_words(step, cell.kind, counted)))
    rule = _("%(name)s：%(length)s", name=name, length=length)
    if clock.unit in DAY_UNITS:
        rule += _("；派出当天不算，最后一天算到下班") if clock.hours else _("；派出当天不算，最后一天算到 24:00")
    title = _("为什么是 %(day)s", day=format_day(last_day_of(clock.due_at)) if by_days(clock) else format_moment(clock.due_at))
    shown = cells if by_days(clock) and len(cells) <= 100 else []
    return Why(title, rule, shown, _notes(clock, changes), len(shown) <= LONGEST_OPEN)


def said_length(clock: ClockView) -> str:
    return _(time_words.LENGTH.get(clock.unit, ""), n=clock.length) if clock.unit != "fixed" else _(time_words.LENGTH["fixed"])


def said_hours(hours: Hours | None) -> str:
    """As "工作日 08:30–12:00 13:30–17:30"; "" for a limit that runs round the clock."""
    if hours is None:
        return ""
    return _("每天 %(spans)s", spans=say_spans(hours.spans)) if hours.every_day else _("工作日 %(spans)s", spans=say_spans(hours.spans))


def _day_words(step, kind: str, counted: int) -> list[str]:
    provisional = [_(time_words.PROVISIONAL)] if step.provisional else []
    if step.reason == "start":
        return [_("起算"), _("不算")]
    if not step.counts:
        reason = _("暂停") if step.reason == "paused" else _(step.note) if step.note else weekday(step.day)
        return [reason, *provisional]
    said = [_("第 %(n)s 天", n=counted)]
    said += [_("今天")] if kind == "now" else []
    said += [_("调休上班")] if step.reason == "make-up-day" else [_("延期")] if step.reason == "extension" else []
    return [*said, *provisional]


def _moved(change) -> str:
    """One move: when, why, by whom and from which day to which; a date that only became certain says so."""
    named = {
        "day": format_day(change.at),
        "why": _(time_words.CHANGE.get(change.why, change.why)),
        "old": format_due(change.old_due),
        "new": format_due(change.new_due),
    }
    if change.old_due == change.new_due:
        said = (
            _("%(day)s %(why)s：%(new)s 不变，不再是暂定", **named)
            if change.old_provisional
            else _("%(day)s %(why)s：%(new)s 不变，成了暂定", **named)
        )
    elif change.old_provisional and not change.new_provisional:
        said = _("%(day)s %(why)s：%(old)s（暂定）→ %(new)s", **named)
    else:
        said = _("%(day)s %(why)s：%(old)s → %(new)s", **named)
    return said + (_("（%(who)s：%(words)s）", who=change.by_name, words=change.words) if change.words else "")


def _notes(clock: ClockView, changes: list) -> list[str]:
    said = [_("依据：%(article)s", article=articles.said(clock.article))]
    if clock.hours:
        said.append(_("只在这些时间里算：%(hours)s", hours=said_hours(Hours.of(clock.hours))))
    for begin, end, code in clock.pauses:
        begun = format_day(datetime.fromisoformat(begin))
        until = format_day(datetime.fromisoformat(end)) if end else _("现在")
        said.append(_("%(begin)s 到 %(end)s 暂停：%(why)s", begin=begun, end=until, why=_(words.PAUSE_CODE.get(code, code))))
    said += [_moved(change) for change in changes if change.clock_id == clock.id]
    if not clock.pauses and not clock.extended_by:
        said.append(_("没有暂停，没有延期。"))
    if clock.provisional:
        said.append(_("暂定：那一年的放假安排还没公布，先按周末和法定假日算，公布后自动重算并留痕。"))
    return said
