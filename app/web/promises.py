"""What a matter would be promised if it were sent now: asked of the limits before anything is written. The clocks themselves are escalation's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from escalation.due import CALENDAR_DAYS, HOURS, MINUTES, WORKING_DAYS, Due, due
from escalation.limits import PROMISE, Limit, limits_for
from escalation.rules import limits_of, rules_for

FIRST_WORDS = frozenset({"contact", "contact-again"})


@dataclass(frozen=True)
class Expected:
    """The shortest promise to the citizen, and within how long the unit must speak to them (None: no such limit)."""

    limit: Limit | None
    reply: Due | None
    first: timedelta | None

    @property
    def length(self) -> str:
        """As "5 工作日", "24 小时"; "—" when nothing is promised."""
        return said(self.limit) if self.limit else "—"


def expected(session: Session, track: str, appeal_type: str, urgency: str, now: datetime) -> Expected:
    """What dispatching such a ticket at `now` (aware UTC) would start. At most one small statement (see escalation.rules)."""
    found = limits_for(track, appeal_type, urgency, limits_of(session, now).values())
    rules = rules_for(session)
    ends = {limit.code: due(now, limit.length, limit.unit, rules.calendar, hours=rules.book.hours_for(limit)) for limit in found}
    promises = [(ends[limit.code], limit) for limit in found if limit.kind == PROMISE]
    contacts = [ends[limit.code].instant for limit in found if FIRST_WORDS & set(limit.stop)]
    reply, limit = min(promises, key=lambda pair: pair[0].instant, default=(None, None))
    return Expected(limit, reply, min(contacts) - now if contacts else None)


def lengths(session: Session, now: datetime):
    """A function (track, appeal type, urgency) → "5 工作日", for lists: the limits are looked up once, no date is counted."""
    rows = list(limits_of(session, now).values())

    def length(track: str, appeal_type: str, urgency: str) -> str:
        promises = [limit for limit in limits_for(track, appeal_type, urgency, rows) if limit.kind == PROMISE]
        return said(promises[0]) if promises else "—"

    return length


def said(limit: Limit) -> str:
    """The length of a limit as people say it."""
    if limit.unit == WORKING_DAYS:
        return _n("%(n)s 工作日", limit.length)
    if limit.unit == CALENDAR_DAYS:
        return _("当日") if limit.length == 0 else _n("%(n)s 天", limit.length)
    if limit.unit == HOURS:
        return _n("%(n)s 小时", limit.length)
    return _("%(n)s 分钟", n=limit.length) if limit.unit == MINUTES else _("%(n)s 秒", n=limit.length)
