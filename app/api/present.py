"""Rows → JSON of api.md, each as much as this person may see. What a unit gets of a sealed report is a task slip (domain §11).

Belongs here: what is shown. Not here: which tickets one may reach (app/auth/access.py).
"""

from collections import defaultdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.clock import local
from app.web.i18n import gettext as _
from tickets import codes, identity, queries
from tickets.actors import Actor
from tickets.dispatch import RECALL_WINDOW
from tickets.dispatch_models import Dispatch, Request, Task
from tickets.models import Identity, Ticket
from tickets.possible import Hanging, Part, possible_actions
from tickets.reference import Reference, forget, reference


def moment(at: datetime | None) -> str | None:
    """ISO 8601 on the city's clock."""
    return None if at is None else local(at).isoformat()


def is_slip(ticket: Ticket, actor: Actor) -> bool:
    """Whether this person gets a task slip in place of the ticket: a sealed report in the eyes of a unit."""
    return ticket.sealed and actor.of_unit and not actor.of_centre


def is_overdue(ticket: Ticket, now: datetime) -> bool:
    """Past its date and still with the unit: the same test as the list's filter."""
    return ticket.due_at is not None and ticket.due_at <= now and ticket.status in codes.WITH_UNIT


def tickets(session: Session, rows: list[Ticket], actor: Actor, now: datetime) -> list[dict]:
    """Many tickets in three statements, whatever their number: identities, what hangs on them, masters."""
    session.flush()
    known = queries.identities(session, rows)
    hanging = _hanging(session, [row.id for row in rows], now)
    numbers = _numbers(session, rows)
    names = _names(session, rows)
    return [_ticket(row, known.get(row.id), hanging.get(row.id, Hanging()), numbers, names, actor, now) for row in rows]


def ticket(session: Session, row: Ticket, actor: Actor, now: datetime) -> dict:
    """One ticket as it stands now, events of this unit of work included."""
    return tickets(session, [row], actor, now)[0]


def new_ticket(session: Session, row: Ticket, person: Identity, actor: Actor, now: datetime) -> dict:
    """A ticket just registered: everything about it is in hand, no statement is needed."""
    return _ticket(row, person, Hanging(), _numbers(session, [row]), _names(session, [row]), actor, now)


def _ticket(
    row: Ticket, person: Identity | None, hanging: Hanging, numbers: dict[int, str], names: Reference, actor: Actor, now: datetime
) -> dict[str, Any]:
    slip = is_slip(row, actor)
    return {
        **_matter(row, slip, names),
        "appellant": identity.shown(row, person, actor),
        "confidential": row.confidential,
        "sealed": row.sealed,
        "lead_unit": _unit(names, row.lead_unit_id),
        "assisting_units": [names.units[part.unit_id].code for part in hanging.parts if part.state != "released"],
        "received_at": moment(row.received_at),
        "dispatched_at": moment(row.dispatched_at),
        "due": moment(row.due_at),
        "provisional": row.due_provisional,
        "overdue": is_overdue(row, now),
        "returns": row.returns,
        "reworks": row.reworks,
        "extensions": row.extensions,
        "urges": row.urges,
        "master": numbers.get(row.master_id or 0),
        "version": row.version,
        "allowed_actions": possible_actions(row, actor, hanging, now),
        "accused": "" if slip else row.accused,
        "reply_wanted": row.reply_wanted,
        "risk_flags": list(row.risk_flags),
        "locked": row.locked,
        "slip": row.slip,
        **_course(row, numbers),
        "call_id": "" if slip else row.call_id,
        "external": {"source": row.external_source, "id": row.external_id} if row.external_source else None,
    }


def _matter(row: Ticket, slip: bool, names: Reference) -> dict[str, Any]:
    """What it is about, and where; of a sealed report its slip."""
    return {
        "number": row.number,
        "query_code": "" if slip else row.query_code,
        "status": row.status,
        "appeal_type": row.appeal_type,
        "track": row.track,
        "urgency": row.urgency,
        "title": _("举报件（内容已密封）") if slip else row.title,
        "content": (row.slip or _("内容已密封。需要了解时请联系热线中心。")) if slip else row.content,
        "channel": row.channel,
        "category": names.categories[row.category_id].code if row.category_id else None,
        "place": {
            "region": row.region_code,
            "address": "" if slip else row.address,
            "lng": None if slip else row.lng,
            "lat": None if slip else row.lat,
        },
    }


def _course(row: Ticket, numbers: dict[int, str]) -> dict[str, Any]:
    """How far it came in the unit's hands, and how it ended."""
    return {
        "sign_due": moment(row.sign_due_at),
        "signed_at": moment(row.signed_at),
        "first_contact_at": moment(row.first_contact_at),
        "accepted_at": moment(row.accepted_at),
        "checked_at": moment(row.checked_at),
        "notice": row.notice,
        "found_in": numbers.get(row.found_in_id or 0),
        "replied_at": moment(row.replied_at),
        "closed_at": moment(row.closed_at),
        "promised_at": moment(row.promised_at),
        "result": row.result,
        "handlers": [handler for handler in (row.handler_a_id, row.handler_b_id) if handler],
        "rating": {"first": row.first_rating, "final": row.final_rating},
        "explained": row.explained,
        "previous": numbers.get(row.previous_id or 0),
    }


def _names(session: Session, rows: list[Ticket]) -> Reference:
    """The names in memory, loaded anew when a row has one that another process added a moment ago."""
    names = reference(session)
    fresh = all(row.category_id in names.categories or row.category_id is None for row in rows)
    if not fresh or any(row.lead_unit_id and row.lead_unit_id not in names.units for row in rows):
        forget(session)
        names = reference(session)
    return names


def _unit(names: Reference, unit_id: int | None) -> str | None:
    return names.units[unit_id].code if unit_id else None


def _hanging(session: Session, ids: list[int], now: datetime) -> dict[int, Hanging]:
    """What hangs on each ticket, by its id: sub-tasks, undecided requests, who sent it a moment ago. One statement."""
    if not ids:
        return {}
    found: defaultdict[int, dict[str, list]] = defaultdict(lambda: {"task": [], "request": [], "sending": []})
    for row in session.execute(_HANGING, {"ids": ids, "since": now - RECALL_WINDOW}):
        found[row.ticket_id][row.kind].append(row)
    return {
        ticket_id: Hanging(
            tuple(Part(row.who, row.what, row.graded) for row in kinds["task"]),
            frozenset(row.what for row in kinds["request"]),
            next((row.who for row in kinds["sending"]), None),
        )
        for ticket_id, kinds in found.items()
    }


def _what_hangs() -> sa.CompoundSelect:
    """Built once: every answer about a ticket asks it. `ids`: of tickets; `since`: sendings before it are no longer recalled."""
    ids = sa.bindparam("ids", expanding=True)
    task, request, sending = sa.literal("task"), sa.literal("request"), sa.literal("sending")
    tasks = sa.select(
        task.label("kind"),
        Task.ticket_id,
        Task.id,
        Task.unit_id.label("who"),
        Task.state.label("what"),
        Task.score.is_not(None).label("graded"),
    )
    asked = sa.select(request, Request.ticket_id, Request.id, Request.unit_id, Request.kind, sa.false())
    sent = sa.select(sending, Dispatch.ticket_id, Dispatch.id, Dispatch.by_id, Dispatch.reason, sa.false())
    return sa.union_all(
        tasks.where(Task.ticket_id.in_(ids), Task.release_reason != "recall"),
        asked.where(Request.ticket_id.in_(ids), Request.decision.is_(None)),
        sent.where(Dispatch.ticket_id.in_(ids), Dispatch.ended_at.is_(None), Dispatch.at >= sa.bindparam("since", type_=Dispatch.at.type)),
    ).order_by("id")


_HANGING = _what_hangs()


def _numbers(session: Session, rows: list[Ticket]) -> dict[int, str]:
    """The numbers of masters, earlier tickets and mediations by id."""
    wanted = {other for row in rows for other in (row.master_id, row.previous_id, row.found_in_id) if other}
    return dict(session.execute(sa.select(Ticket.id, Ticket.number).where(Ticket.id.in_(wanted))).all()) if wanted else {}
