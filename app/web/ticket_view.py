"""What the ticket page shows, gathered: clocks, way, rounds, this person's turn. Reads only; at most ten statements however long the story."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.models import Account
from app.clock import local
from app.web import choices_of, dossier, timeline, turn
from app.web.clock_faces import Face, face_of, governing, running, why
from app.web.clock_strip import strip_of
from app.web.dossier import Dossier
from app.web.eyes import joined, quoted
from app.web.form_state import FormState, Wrong
from app.web.frame import frame
from app.web.i18n import format_moment
from app.web.i18n import gettext as _
from app.web.naming import named_of, path_of, region_name, unit_name
from app.web.seen import Seen
from escalation import ladder
from escalation import words as time_words
from escalation.calendar import Calendar
from escalation.queries import ClockView, clocks_of
from escalation.rules import calendar_for
from escalation.supervision_rules import OVERSEERS, SUPERVISABLE
from tickets import identity, words
from tickets.actors import HANDLER, Actor
from tickets.away import gone_of_tasks
from tickets.dispatch_models import Task
from tickets.handling import longest_extension
from tickets.models import FollowUp, Rating, Reply, Ticket
from tickets.reference import Reference, reference
from tickets.standards import standard_of

OPEN_FOR = 300
NOTICES = ("yellow-card", "red-card", "urge-notice", "breach")


class Round(NamedTuple):
    """One time round: what was answered, called and rated in it."""

    n: int
    replies: list[Reply]
    follow_ups: list[FollowUp]
    ratings: list[Rating]


@dataclass(frozen=True)
class Helper:
    """An assisting unit's part as the page shows it."""

    task: Task
    face: Face | None
    offers: list[turn.Offer]


class Coming(NamedTuple):
    """Something that will happen by itself."""

    at: datetime
    card: str
    words: str


def ticket_context(session: Session, ticket: Ticket, actor: Actor, now: datetime, open_form: str = "", wrong: Wrong | None = None) -> dict:
    """All the page reads. `open_form` opens a dialog at once; `wrong` is the refusal of what was just sent, with what was typed."""
    base = _base(session, ticket, actor, now)
    file, clocks, calendar = base["file"], base["clocks"], base["calendar"]
    offers = turn.offers(file, actor, clocks, now)
    acts = {offer.act for offer in offers}
    states: dict[str, FormState] = {}

    def state_of(act: str, task: Task | None = None) -> FormState:
        key = f"{act}-{task.id}" if task else act
        return states.setdefault(key, FormState(ticket.number, key, wrong, open_form))

    helpers = [_helper(file, task, actor, clocks, now, calendar) for task in file.tasks if task.release_reason != "recall"]
    shown = acts | {f"{offer.act}-{helper.task.id}" for helper in helpers for offer in helper.offers}
    main = governing(ticket, clocks)
    actions = set(turn.allowed(file, actor))
    return base | {
        "offers": offers,
        "hints": turn.hints(file, offers, clocks, now),
        "state_of": state_of,
        "helpers": helpers,
        "lost": wrong if wrong is not None and wrong.key not in shown else None,
        "boxes": strip_of(file, clocks, now, calendar),
        "why": why(main, now, calendar, file.changes) if main and main.stopped_at is None else None,
        "waiting_for": timeline.awaited(file, base["names"]),
        "coming": coming(main, now, calendar),
        "may_send": bool(actions & {"reply", "fulfil"}),
        "may_draft": "draft-reply" in actions,
        "units": choices_of.units(base["names"]) if acts & turn.ASK_FOR_UNIT else [],
        "categories": choices_of.categories(base["names"]) if "classification" in acts else [],
        "colleagues": _colleagues(session, actor) if "allotment" in acts else [],
        "mates": choices_of.mates(session, base["names"], actor.unit_id, now)
        if any(key.startswith(("task-allotments-", "task-handovers-")) for key in shown)
        else [],
        "gone": gone_of_tasks(session, ticket.id, now) if any(task.person_id for task in file.open_tasks) else {},
        "named_of": named_of,
        "registrar": file.people.get(ticket.registered_by_id or 0, "") if actor.of_centre else "",
        "posts": _posts(file),
        "key_hints": _hints(offers, main is not None and main.stopped_at is None),
        "longest": longest_extension(ticket),
        "dock": _dock(ticket, offers),
        "day_value": lambda at: local(at).date().isoformat(),
        "clear": None,
        **identity_context(file, actor, now),
    }


def paper_context(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> dict:
    """What is printed: no buttons, no identity in clear."""
    base = _base(session, ticket, actor, now)
    return base | {"boxes": strip_of(base["file"], base["clocks"], now, base["calendar"]), **identity_context(base["file"], actor, now)}


def identity_context(file: Dossier, actor: Actor, now: datetime) -> dict:
    """The card of the citizen: masked or hidden, and who may ask to see more."""
    looked = [{"who": file.people.get(row.account_id, ""), "at": row.at, "reason": quoted(row.reason)} for row in file.reveals]
    return {
        "identity": identity.shown(file.ticket, file.identity, actor),
        "reveals": looked,
        "may_reveal": file.identity is not None and identity.may_reveal(file.ticket, actor),
        "mark": watermark(actor, now),
        "reveal_reasons": choices_of.reveal_reasons(),
        "open_seconds": OPEN_FOR,
    }


def watermark(actor: Actor, now: datetime) -> str:
    """Who looked, for whom, when: on the screen and on paper (domain §11.2)."""
    return joined(actor.name, actor.unit_name, f"{local(now):%Y-%m-%d %H:%M}")


def _base(session: Session, ticket: Ticket, actor: Actor, now: datetime) -> dict:
    names, seen = reference(session), Seen(ticket, actor)
    file, clocks, calendar = dossier.read(session, ticket, actor), clocks_of(session, ticket.id), calendar_for(session)
    files = [row for row in file.attachments if not (seen.is_slip and row.purpose == "citizen")]
    return {
        "ticket": ticket,
        "file": file,
        "seen": seen,
        "clocks": clocks,
        "calendar": calendar,
        "names": names,
        "words": words,
        "quoted": quoted,
        "unit": lambda unit_id: unit_name(names, unit_id),
        "person": lambda account_id: file.people.get(account_id or 0, ""),
        "unit_code": lambda unit_id: names.units[unit_id].code if unit_id in names.units else "",
        "category": path_of(names, names.categories.get(ticket.category_id)),
        "category_code": _category_code(names, ticket),
        "place": place_of(names, ticket, seen),
        "lines": timeline.way(file, names, seen),
        "rounds": rounds_of(file),
        "public_step": public_step,
        "step": public_step(ticket.status),
        "steps": [_(step) for step in words.STEPS],
        "citizen_files": [row for row in files if row.purpose in ("citizen", "child")],
        "actor": actor,
        "supervision_words": time_words,
        "oversees": actor.has(*OVERSEERS) and ticket.status in SUPERVISABLE,
        "standard": standard_of(names, ticket.category_id),
        "stages": [_(stage) for stage in words.STAGES],
        "reply_models": [(_(words.RESULT[code]), _(said)) for code, said in words.REPLY_MODEL.items()],
        "reply_files": [row for row in files if row.purpose == "reply"],
    }


def place_of(names: Reference, ticket: Ticket, seen: Seen) -> str:
    """Street and address, the street once."""
    region = region_name(names, ticket.region_code)
    return seen.address if seen.address.startswith(region) else f"{region} {seen.address}".strip()


def public_step(status: str) -> int:
    """The citizen's step of six; the endings beside them count as the last."""
    return words.PUBLIC[status][1]


def rounds_of(file: Dossier) -> list[Round]:
    """Replies, calls and ratings by round, first round first; a rating belongs to the reply it came after, also the second one of a rectification."""
    replies = [row for row in file.replies if row.state != "draft"]
    rated = {row.id: next((one.round for one in reversed(replies) if one.at <= row.at), 1) for row in file.ratings}
    numbers = sorted({row.round for row in (*file.replies, *file.follow_ups)} | set(rated.values()))
    return [
        Round(
            n,
            [row for row in file.replies if row.round == n],
            [row for row in file.follow_ups if row.round == n],
            [row for row in file.ratings if rated[row.id] == n],
        )
        for n in numbers
    ]


def coming(main: ClockView | None, now: datetime, calendar: Calendar) -> list[Coming]:
    """The cards and notices this ticket would meet if nothing were done (domain §5)."""
    if main is None or main.stopped_at or main.paused_at:
        return []
    rungs = [rung for rung in ladder.ladder_of(main.code, main.kind, main.length, main.unit) if rung.card or rung.notice in NOTICES]
    found = [Coming(ladder.when(rung, main, calendar), rung.card, _(time_words.STEP[rung.step])) for rung in rungs]
    return [each for each in sorted(found) if each.at > now][:3]


def _helper(file: Dossier, task: Task, actor: Actor, clocks: list[ClockView], now: datetime, calendar: Calendar) -> Helper:
    clock = running(clocks, "task-sign", task=task.id) if task.state == "open" else None
    clock = clock or next((one for one in reversed(clocks) if one.task_id == task.id and one.code == "task-reply"), None)
    return Helper(task, face_of(clock, now, calendar) if clock and task.state != "released" else None, turn.task_acts(file, task, actor))


def _hints(offers: list[turn.Offer], with_why: bool) -> list[tuple[str, str]]:
    """The foot of the page: the first keys of this person."""
    own = [(offer.key, re.split("[（(]", offer.label)[0]) for offer in offers[:6] if offer.key and not offer.why]
    return [*own, ("W", _("为什么是这天"))] if with_why else own


def _dock(ticket: Ticket, offers: list[turn.Offer]) -> list[dict]:
    """On a phone the dock is the action bar: back to the desk, then the first three acts."""
    kept = frame().get("dock", [])
    found = [
        {
            "label": re.split("[（(]", offer.label)[0],
            "icon": offer.icon,
            "href": offer.href or ("#turn" if offer.direct else f"/tickets/{ticket.number}?do={offer.act}"),
        }
        for offer in offers
        if not offer.why
    ]
    return [*kept[:1], *found[:3], *kept[1:]][:4]


def _posts(file: Dossier) -> list[tuple[str, str]]:
    ticket = file.ticket
    said = [(_("A 岗"), file.people.get(ticket.handler_a_id or 0, "")), (_("B 岗"), file.people.get(ticket.handler_b_id or 0, ""))]
    if ticket.signed_at:
        said.append((_("签收于"), format_moment(ticket.signed_at)))
    return [(name, value) for name, value in said if value]


def _category_code(names: Reference, ticket: Ticket) -> str:
    return names.categories[ticket.category_id].code if ticket.category_id in names.categories else ""


def _colleagues(session: Session, actor: Actor) -> list[tuple[int, str]]:
    """Who of the unit may be handler A or B of a ticket."""
    wanted = sa.select(Account.id, Account.name).where(Account.unit_id == actor.unit_id, Account.active).order_by(Account.id)
    return [(row.id, row.name) for row in session.execute(wanted.where(sa.literal(HANDLER) == sa.any_(Account.roles)))]
