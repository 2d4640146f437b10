"""The whole way of a ticket as lines a person understands at a glance: which events, in which order, what belongs together, what is
only a record of the system, and what everybody waits for now. Pure on plain values; the sentences are timeline_words.py's."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from markupsafe import Markup

from app.web import oversight_said as oversight
from app.web.dossier import Dossier
from app.web.eyes import Eyes, Said, joined
from app.web.i18n import format_day, format_due, later, listed
from app.web.i18n import gettext as _
from app.web.naming import name_of, path_of, unit_name
from app.web.seen import Seen
from app.web.timeline_words import line_of
from tickets.dispatch import DISPATCH_ACTIONS
from tickets.models import Attachment
from tickets.reference import Reference

# records people need seldom: folded away until asked for
MINOR = frozenset({"classify", "reveal", "draft-reply", "sign-task", "archive", "recuse", "recall", "grade-task"})
OWED = {"parties": later("等%(unit)s把终止调解告知双方"), "reporter": later("等%(unit)s或热线中心把核查结论告知举报人")}
TOGETHER = timedelta(minutes=10)


@dataclass(frozen=True)
class Line:
    """One line of the way. `at` is None for what is awaited now; `photos` are attachments that arrived with it."""

    key: str
    at: datetime | None
    said: Said
    minor: bool = False
    photos: list[Attachment] = field(default_factory=list)


def way(file: Dossier, names: Reference, seen: Seen) -> list[Line]:
    """All lines, oldest first, ending with what is awaited, if anything is."""
    eyes = _eyes(file, names, seen)
    kept = {row.id: row for row in file.attachments if _may_show(row, seen)}
    lines = [_line(event, followers, eyes, kept) for event, followers in _grouped(file.events)]
    waiting = awaited(file, names)
    return [*lines, Line("now", None, Said("", Markup.escape(waiting), tone="open"))] if waiting else lines


def _line(event, followers: list, eyes: Eyes, kept: dict[int, Attachment]) -> Line:
    said = (oversight.line_of if event.kind in oversight.ICONS else line_of)(event, eyes)
    if followers and event.kind in DISPATCH_ACTIONS:
        helpers = listed(eyes.units(follower.data.get("unit_id")) for follower in followers)
        said = said._replace(sub=joined(_("协办：%(units)s", units=helpers), said.sub))
    photos = [kept[one.data["attachment"]] for one in (event, *followers) if one.kind == "attach" and one.data.get("attachment") in kept]
    return Line(f"e-{event.seq}", event.at, said, event.kind in MINOR, photos)


def _grouped(events: list) -> list[tuple]:
    """Events with those that belong to the same line: assistants named with a sending, files sent together by one person."""
    groups: list[tuple] = []
    for event in events:
        first = groups[-1][0] if groups else None
        helper = first is not None and event.kind == "add-task" and first.kind in DISPATCH_ACTIONS and event.at == first.at
        upload = (
            first is not None
            and event.kind == first.kind == "attach"
            and event.actor_id == first.actor_id
            and event.at - first.at <= TOGETHER
        )
        if helper or upload:
            groups[-1][1].append(event)
        else:
            groups.append((event, []))
    return groups


def awaited(file: Dossier, names: Reference) -> str:
    """What happens next, by whom and until when; "" when nothing does."""
    ticket = file.ticket
    unit = unit_name(names, ticket.lead_unit_id)
    due = format_due(ticket.due_at) if ticket.due_at else ""
    if ticket.status == "handling" and file.open_tasks:
        helpers = listed(unit_name(names, task.unit_id) for task in file.open_tasks)
        return _("等%(helpers)s回复，然后由%(unit)s统一答复市民", helpers=helpers, unit=unit)
    if ticket.status == "handling" and file.draft is not None:
        return _("答复已起草，等%(unit)s负责人放行", unit=unit)
    said = {
        "registered": _("等派单员派单"),
        "dispatched": _("等%(unit)s签收，%(due)s 前", unit=unit, due=format_due(ticket.sign_due_at))
        if ticket.sign_due_at
        else _("等%(unit)s签收", unit=unit),
        "signed": _("等%(unit)s联系市民", unit=unit),
        "handling": _("等%(unit)s答复市民，%(due)s 前", unit=unit, due=due) if due else _("等%(unit)s答复市民", unit=unit),
        "suspended": _("暂停计时，等材料或检测结果"),
        "return-requested": _("等中心决定退单"),
        "disputed": _("等中心裁定由谁主办"),
        "replied": _("等中心审核答复"),
        "follow-up": _("等中心回访市民"),
        "ledgered": _("挂账中，%(unit)s承诺 %(day)s 前办好", unit=unit, day=format_day(ticket.promised_at))
        if ticket.promised_at
        else _("挂账中"),
        "merged": _("随主件一起办，答复会同样告诉这位市民"),
    }
    if ticket.notice in OWED:
        return _(OWED[ticket.notice], unit=unit)
    if ticket.found_in_id and ticket.status == "handling":
        return _("等%(unit)s写核查结论，%(due)s 前", unit=unit, due=due)
    return said.get(ticket.status, "")


def _eyes(file: Dossier, names: Reference, seen: Seen) -> Eyes:
    def unit(unit_id: int | None) -> str:
        return unit_name(names, unit_id)

    def unit_of(code: str) -> str:
        return name_of(names.unit_codes.get(code)) or code

    def category(code: str) -> str:
        return path_of(names, names.category_codes.get(code)) or code

    return Eyes(unit, unit_of, category, file.people, seen.words, seen.citizens, _sendings(file))


def _sendings(file: Dossier) -> dict[int, datetime]:
    """For each signature (by seq) when the ticket had been sent to that unit."""
    found, sent = {}, None
    for event in file.events:
        if event.kind in DISPATCH_ACTIONS:
            sent = event.at
        elif event.kind == "sign" and sent is not None:
            found[event.seq] = sent
    return found


def _may_show(photo: Attachment, seen: Seen) -> bool:
    """A sealed report's own pictures would tell a unit who sent it."""
    return not (seen.is_slip and photo.purpose == "citizen")
