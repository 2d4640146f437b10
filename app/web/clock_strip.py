"""The strip of clocks on a ticket: which four are shown, under which name, with what beside them. Pure; one clock's face is clock_faces.py's."""

from dataclasses import dataclass
from datetime import datetime

from app.web.clock_faces import CENTRE, CONTACTS, SHARE, Face, face_of, governing, plain_face
from app.web.dossier import Dossier
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.i18n import ngettext as _n
from escalation import words as time_words
from escalation.calendar import Calendar
from escalation.limits import PROMISE
from escalation.queries import ClockView

MOST = 8


@dataclass(frozen=True)
class Box:
    """One clock of the strip. `main`: the citizen's own, with the question why beside it."""

    label: str
    face: Face | None
    sub: str = ""
    main: bool = False


def strip_of(file: Dossier, clocks: list[ClockView], now: datetime, calendar: Calendar) -> list[Box]:
    """The citizen's promise first, then the unit's count, first contact, signing, then whatever else is running."""
    ticket = file.ticket
    own = [clock for clock in clocks if clock.task_id is None and clock.stop_reason != "cancelled"]
    main = governing(ticket, own)
    boxes = []
    if main is not None and not (main.stopped_at and ticket.status == "registered"):
        what = _(time_words.LIMIT.get(main.code, ""))
        label = what if ticket.found_in_id else _("市民在等（%(what)s）", what=what)  # nobody waits for a violation's check
        boxes.append(Box(label, face_of(main, now, calendar), main=True))
    elif ticket.due_at is not None:
        boxes.append(Box(_("市民在等"), plain_face(ticket.due_at, now, ticket.dispatched_at, ticket.due_provisional), main=True))
    unit = [clock for clock in own if clock.owner_unit_id == ticket.lead_unit_id]
    boxes += [_box(found, file, now, calendar) for found in (_last(unit, SHARE), _last(unit, *CONTACTS), _last(unit, "sign")) if found]
    shown = {main.id if main else 0} | {clock.id for clock in (_last(unit, SHARE), _last(unit, *CONTACTS), _last(unit, "sign")) if clock}
    others = [
        clock for clock in own if clock.stopped_at is None and clock.id not in shown and clock.kind != "window" and clock.code != SHARE
    ]
    boxes += [_box(clock, file, now, calendar) for clock in sorted(others, key=lambda clock: clock.due_at)]
    return boxes[:MOST]


def _last(clocks: list[ClockView], *codes: str) -> ClockView | None:
    """The running clock of these codes, else the one that ended last."""
    found = [clock for clock in clocks if clock.code in codes]
    return max(found, key=lambda clock: (clock.stopped_at is None, clock.started_at, clock.id), default=None)


def _box(clock: ClockView, file: Dossier, now: datetime, calendar: Calendar) -> Box:
    label = _(time_words.LIMIT.get(clock.code, clock.code))
    if clock.kind != PROMISE or clock.unit != "fixed":
        label = _("%(name)s（%(length)s）", name=label, length=_(time_words.LENGTH[clock.unit], n=clock.length))
    return Box(label, face_of(clock, now, calendar), _beside(clock, file))


def _beside(clock: ClockView, file: Dossier) -> str:
    """Who did it and when, or what is special about this count."""
    if clock.code == SHARE:
        if clock.short:
            return _n("改派后重新计；退过 %(n)s 次", file.ticket.returns)
        return _("从受理那天起算") if file.ticket.accepted_at else _("从派给本单位起算")
    if clock.code in CENTRE:
        return _("中心自己的时限")
    kinds = {"sign": ("sign",)}.get(clock.code, ("contact", "contact-again"))
    done = [event for event in file.events if event.kind in kinds and clock.stopped_at is not None and event.at <= clock.stopped_at]
    return f"{format_moment(done[-1].at)} {done[-1].actor_name}" if done else ""
