"""The arrivals board as values: how far each department has come, what it says now, how long it took, what its clock shows.

Three statements a board.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy.orm import Session

from app.clock import local
from app.web.clock_faces import Face, plain_face
from app.web.i18n import clock_time, format_due, format_span, listed
from app.web.i18n import gettext as _
from app.web.naming import named_of, short_of, unit_name
from app.web.whistle_plan import Step, plan_of
from tickets import arrivals
from tickets import whistle_words as words
from tickets.actors import Actor
from tickets.away import gone_of_steps
from tickets.organisations import Unit
from tickets.reference import Reference, reference
from tickets.whistle_codes import AWAITED, PRESENT
from tickets.whistle_events import WhistleEvent, events_of
from tickets.whistle_models import CheckIn, Summons, Whistle, WhistlePhoto
from tickets.whistle_photos import photos_of
from tickets.whistle_queries import calling
from tickets.whistle_workflow import allowed_actions

FAR = {"called": 1, "signed": 2, "contacted": 3, "checked-in": 4, "result-submitted": 4, "released": 5, "no-show": 0, "excused": 1}
HERE, SLOW, GONE = "here", "slow", "gone"
OF_THE_OFFICE = ("decide-objection", "uphold-objection", "change-lead")  # on the office's own desk


@dataclass(frozen=True)
class Row:
    """One department. `steps` of five; `tone`: here, slow, gone or ""; `said` in big letters; `took` and `under` beside it.

    `acts`: what the reader may do."""

    row: Summons
    name: str
    phone: str
    came: CheckIn | None
    steps: int
    tone: str
    icon: str
    said: str
    took: str
    under: str
    face: Face | None
    card: str
    acts: tuple[str, ...]


@dataclass(frozen=True)
class Board:
    """A whistle with its departments. `ring`: the clock of whom one still waits for, the soonest; `mine`: the reader's own department.

    `events` tell the rest: the log, the `plan`, the second looks (`looks`), who has signed the draft as it stands (`signed`)."""

    rows: list[Row]
    ring: Face | None
    due: datetime | None
    counts: list[tuple[int, str, str]]
    tickets: list[str]
    photos: list[WhistlePhoto]
    acts: tuple[str, ...]
    mine: Row | None
    events: list[WhistleEvent]
    plan: list[Step]
    looks: list[WhistleEvent]
    signed: list[str]

    @property
    def owed(self) -> list[Step]:
        """What the reader's own department has still to do."""
        return [step for step in self.plan if self.mine is not None and step.unit_id == self.mine.row.unit_id and not step.done]


def board_of(session: Session, whistle: Whistle, actor: Actor, now: datetime) -> Board:
    """The board as this person sees it at `now`."""
    names, came = reference(session), arrivals.with_arrivals(session, whistle)
    found = [one for one, _arrival in came]
    lead = next((one.unit_id for one in found if one.lead), None)
    rows = [
        _row(whistle, one, names.units.get(one.unit_id), unit_name(names, one.unit_id), arrival, lead, actor, now) for one, arrival in came
    ]
    waiting = [one for one in found if one.state in AWAITED | {"no-show"} and one.released_at is None and one.check_in_due_at]
    next_due = min((one.check_in_due_at for one in waiting), default=None)
    face = plain_face(next_due, now, whistle.sounded_at) if next_due else None
    events = events_of(session, whistle.id)
    signed = signed_of(events)
    plan = plan_of(events, lambda unit_id: unit_name(names, unit_id), now)
    if any(step.in_charge and not step.done for step in plan):
        gone = gone_of_steps(session, whistle.id, now)
        for step in plan:
            step.in_charge = named_of(step.in_charge, gone.get(step.id, ""))
    acts = tuple(
        action
        for action in allowed_actions(whistle, actor, None, lead)
        if action not in ("approve", "co-sign") or actor.account_id not in signed
    )
    tickets = [number for event in events if event.kind == "blow" for number in event.data["tickets"]]
    return Board(
        rows,
        face,
        next_due,
        _counts(rows),
        tickets,
        photos_of(session, whistle.id),
        acts,
        next((row for row in rows if row.row.unit_id == actor.unit_id), None),
        events,
        plan,
        [event for event in events if event.kind == "look-again"],
        list(signed.values()),
    )


def signed_of(events: Sequence[WhistleEvent]) -> dict[int, str]:
    """Who has signed the draft as it stands, by account; sent back or changed, it is signed anew."""
    signed: dict[int, str] = {}
    for event in events:
        if event.kind in ("send-back", "revise"):
            signed.clear()
        elif event.kind in ("co-sign", "approve"):
            signed[event.actor_id] = event.actor_name
    return signed


def shots_of(names: Reference, whistle: Whistle, rows: Sequence[Summons], photos: Sequence[WhistlePhoto]) -> list[dict]:
    """Pictures as `ui.thumbs` wants them: whose and when under each."""
    units = {one.id: one.unit_id for one in rows}
    return [
        {
            "href": url_for("whistle.photo", number=whistle.number, photo_id=one.id),
            "alt": _("现场照片 %(n)s", n=place),
            "caption": f"{short_of(names.units.get(units.get(one.summons_id, whistle.street_id)))} {clock_time(one.at)}",
        }
        for place, one in enumerate(photos, start=1)
    ]


def _row(
    whistle: Whistle, one: Summons, unit: Unit | None, name: str, came: CheckIn | None, lead: int | None, actor: Actor, now: datetime
) -> Row:
    late = one.check_in_due_at is not None and (one.checked_in_at or now) > one.check_in_due_at
    absent = one.state == "no-show" or (one.state in AWAITED and late)
    coming = one.set_out_at is not None and one.state in AWAITED | {"no-show"} and one.released_at is None
    due, tone = _due(one), _tone(one, late, absent, coming)
    took, under = _took(one, late, due, now)
    return Row(
        one,
        name,
        unit.phone if unit else "",
        came,
        _steps(one, coming, absent),
        tone,
        _icon(one, absent, coming),
        _on_the_way(one, late, now) if coming else _("缺席") if absent else _said(one, late),
        took,
        under,
        plain_face(due, now, one.called_at) if due else None,
        "y" if tone == SLOW else "r" if absent else "",
        tuple(action for action in allowed_actions(whistle, actor, one, lead) if action not in OF_THE_OFFICE),
    )


def _tone(one: Summons, late: bool, absent: bool, coming: bool) -> str:
    """Who is late but on the way is slow, not gone; who is there on time is here; "" for who has time left."""
    if absent:
        return SLOW if coming else GONE
    if one.checked_in_at and late:
        return SLOW
    return HERE if one.state in PRESENT else ""


def _icon(one: Summons, absent: bool, coming: bool) -> str:
    if coming:
        return "run"
    if absent:
        return "alert-triangle"
    if one.checked_in_at:
        return "circle-check"
    return "check" if one.signed_at or one.released_at else "bell-ringing"


def _said(one: Summons, late: bool) -> str:
    """Where a department stands that is neither absent nor on its way."""
    if one.called_at is None:
        return _("待吹响")
    if one.state == "released" and one.checked_in_at is None:
        return _("没到，放行了")
    return _("迟到，到了") if late and one.state in PRESENT else _(words.STATE[one.state])


def _steps(one: Summons, coming: bool, absent: bool) -> int:
    """How many of the five steps are behind it; who never came keeps those it took."""
    if one.called_at is None:
        return 0
    if coming:
        return 3
    if absent or (one.state == "released" and one.checked_in_at is None):
        return 2 if one.signed_at else 1
    return FAR[one.state]


def _on_the_way(one: Summons, late: bool, now: datetime) -> str:
    if one.arriving_at is None or one.arriving_at <= now:
        return _("迟到，在路上") if late else _("在路上")
    left = format_span((one.arriving_at - now).total_seconds())
    return _("迟到，还有 %(span)s", span=left) if late else _("在路上，还有 %(span)s", span=left)


def _due(one: Summons) -> datetime | None:
    """When the next thing is due: signing, then arriving; None for who is there or let go."""
    if one.state == "called":
        return one.sign_due_at
    return one.check_in_due_at if one.state in AWAITED | {"no-show"} and one.released_at is None else None


def _took(one: Summons, late: bool, due: datetime | None, now: datetime) -> tuple[str, str]:
    if one.checked_in_at and one.called_at:
        took = format_span((one.checked_in_at - one.called_at).total_seconds())
        return clock_time(one.checked_in_at), _("%(span)s，迟到", span=took) if late else took
    if due is None:
        return "", ""
    rest = (due - now).total_seconds()
    at = clock_time(due) if local(due).date() == local(now).date() else format_due(due)
    line = _("%(at)s前签收", at=at) if one.state == "called" else _("%(at)s前到场", at=at)
    over = _("已过 %(span)s，报了负责人和区里", span=format_span(-rest)) if one.no_show_at else _("已过 %(span)s", span=format_span(-rest))
    return line, _("还剩 %(span)s", span=format_span(rest)) if rest >= 0 else over


def _counts(rows: list[Row]) -> list[tuple[int, str, str]]:
    """What stands above the board: how many, in which words, in which tone."""
    here = sum(row.row.checked_in_at is not None for row in rows)
    slow = sum(row.tone == SLOW for row in rows)
    gone = sum(row.tone == GONE for row in rows)
    waiting = sum(row.row.state in AWAITED and row.tone != GONE and row.row.called_at is not None for row in rows)
    found = [(here, _("已到"), ""), (slow, _("迟到"), "soon"), (gone, _("缺席"), "late"), (waiting, _("还没到"), "")]
    return [one for one in found if one[0]] or [(len(rows), _("待叫"), "")]


@dataclass(frozen=True)
class Calling:
    """One whistle that calls the reader's unit, as a line of its desk; `in_charge`: who was named for its open steps."""

    whistle: Whistle
    row: Summons
    said: str
    face: Face | None
    due: str
    in_charge: str


def summoned(session: Session, unit_id: int | None, now: datetime) -> list[Calling]:
    """The whistles a unit must answer now, each with the clock of what comes next. One statement."""
    found = []
    for row, whistle, in_charge in calling(session, unit_id, now):
        due = _due(row)
        found.append(
            Calling(
                whistle,
                row,
                _(words.STATE[row.state]),
                plain_face(due, now, row.called_at) if due else None,
                format_due(due) if due else "",
                listed(named_of(name, why) for name, why in in_charge),
            )
        )
    return found
