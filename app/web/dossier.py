"""Everything that hangs on one ticket, read in three statements whatever its age: rows, events, names of people.

Belongs here: reading. What of it a person may see is seen.py's; what it says is timeline.py's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.access import visible
from app.auth.models import Account
from app.auth.oversight import OVERSEEING
from app.db import UTCDateTime, db
from escalation import dossier_models as meetings
from escalation.models import Clock, ClockChange, LedgerEntry
from escalation.supervision_models import Supervision
from tickets.actors import Actor
from tickets.dispatch_models import Dispatch, Request, Task
from tickets.events import TicketEvent
from tickets.history import events_of
from tickets.models import Attachment, FollowUp, Identity, Rating, Reply, Reveal, Ticket

HANGING = {
    "replies": Reply,
    "follow_ups": FollowUp,
    "ratings": Rating,
    "tasks": Task,
    "requests": Request,
    "dispatches": Dispatch,
    "attachments": Attachment,
    "reveals": Reveal,
    "supervisions": Supervision,
    "cards": LedgerEntry,
}
MODELS = {**HANGING, "changes": ClockChange, "identity": Identity, "raised": meetings.Dossier, "referrals": meetings.Referral}
PEOPLE = (
    "by_id",
    "signed_by_id",
    "asked_by_id",
    "decided_by_id",
    "drafted_by_id",
    "approved_by_id",
    "reviewed_by_id",
    "account_id",
    "person_id",
)


@dataclass(frozen=True)
class Linked:
    """Another ticket of the same story: a `child` merged into this one, its `master`, the `previous` one, a `later` one, a
    `case` found in this mediation, the `mediation` a case was found in."""

    relation: str
    number: str
    title: str
    content: str
    status: str
    received_at: datetime
    hidden: bool
    may: bool


@dataclass(frozen=True)
class Dossier:
    """The ticket with its rows, each list oldest first. The rows are copies that no session holds: change nothing through them."""

    ticket: Ticket
    events: list[TicketEvent]
    identity: Identity | None = None
    replies: list[Reply] = field(default_factory=list)
    follow_ups: list[FollowUp] = field(default_factory=list)
    ratings: list[Rating] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    dispatches: list[Dispatch] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    reveals: list[Reveal] = field(default_factory=list)
    changes: list[ClockChange] = field(default_factory=list)
    linked: list[Linked] = field(default_factory=list)
    supervisions: list[Supervision] = field(default_factory=list)
    cards: list[LedgerEntry] = field(default_factory=list)
    raised: list[meetings.Dossier] = field(default_factory=list)
    referrals: list[meetings.Referral] = field(default_factory=list)
    people: dict[int, str] = field(default_factory=dict)

    @property
    def draft(self) -> Reply | None:
        """What a handler wrote and the head has not released yet."""
        return next((reply for reply in self.replies if reply.state == "draft"), None)

    @property
    def sent(self) -> Reply | None:
        """The reply the centre has yet to audit."""
        return next((reply for reply in self.replies if reply.state == "sent"), None)

    @property
    def live_tasks(self) -> list[Task]:
        return [task for task in self.tasks if task.state != "released"]

    @property
    def open_tasks(self) -> list[Task]:
        return [task for task in self.tasks if task.state in ("open", "signed")]

    def waiting(self, kind: str) -> Request | None:
        """The request of this kind nobody has decided yet."""
        return next((request for request in self.requests if request.kind == kind and request.decision is None), None)

    def overseen(self, actor: Actor) -> tuple[list[Supervision], list[LedgerEntry]]:
        """The orders, newest first, and of each clock the heaviest card that stands: all for the centre, its own for a unit."""
        mine = [row for row in (*self.supervisions, *self.cards) if actor.of_centre or row.unit_id in actor.unit_ids]
        standing = sorted(
            (row for row in mine if isinstance(row, LedgerEntry) and row.closed_at is None), key=lambda row: (row.level, row.id)
        )
        return [row for row in reversed(mine) if isinstance(row, Supervision)], list({row.clock_id: row for row in standing}.values())

    def relatives(self, relation: str) -> list[Linked]:
        return [other for other in self.linked if other.relation == relation]


def read(session: Session, ticket: Ticket, actor: Actor) -> Dossier:
    """The whole file of a ticket the actor may see (fetch_ticket answered for that)."""
    found: dict[str, list] = {name: [] for name in (*MODELS, "linked")}
    parts = [_whole(name, model).where(model.ticket_id == ticket.id) for name, model in HANGING.items()]
    moved = _whole("changes", ClockChange).where(ClockChange.clock_id.in_(sa.select(Clock.id).where(Clock.ticket_id == ticket.id)))
    highest = _highest(ticket) if actor.has(*OVERSEEING) else []
    for name, body in session.execute(sa.union_all(*parts, moved, _identity(ticket), _linked(ticket, actor), *highest)):
        found[name].append(_linked_of(body) if name == "linked" else _row(MODELS[name], body))
    identity = found.pop("identity")
    for name, rows in found.items():
        rows.sort(key=lambda row: row.number if name == "linked" else row.id)
    events = events_of(session, ticket.id)
    return Dossier(ticket, events, identity[0] if identity else None, people=_people(session, ticket, events, found), **found)


def names_of(session: Session, account_ids: Iterable[int | None]) -> dict[int, str]:
    """Account id → name; one statement, none for nobody."""
    wanted = {account_id for account_id in account_ids if account_id}
    return dict(session.execute(sa.select(Account.id, Account.name).where(Account.id.in_(wanted))).all()) if wanted else {}


def _whole(name: str, model: type[db.Model]) -> sa.Select:
    return sa.select(sa.literal(name), sa.func.to_jsonb(model.__table__.table_valued()))


def _identity(ticket: Ticket) -> sa.Select:
    """The masked half of the identity; the sealed bytes stay where they are."""
    body = sa.func.to_jsonb(Identity.__table__.table_valued()).op("-")("sealed")
    return sa.select(sa.literal("identity"), body).where(Identity.ticket_id == ticket.id)


def _highest(ticket: Ticket) -> list[sa.Select]:
    """What went to the standing meeting and to discipline: for whoever oversees; the sealed package stays where it is."""
    sealed = sa.func.to_jsonb(meetings.Referral.__table__.table_valued()).op("-")("package")
    return [
        _whole("raised", meetings.Dossier).where(meetings.Dossier.ticket_id == ticket.id),
        sa.select(sa.literal("referrals"), sealed).where(meetings.Referral.ticket_id == ticket.id),
    ]


def _linked(ticket: Ticket, actor: Actor) -> sa.Select:
    relation = sa.case(
        (Ticket.master_id == ticket.id, "child"),
        (Ticket.id == ticket.master_id, "master"),
        (Ticket.id == ticket.previous_id, "previous"),
        (Ticket.found_in_id == ticket.id, "case"),
        (Ticket.id == ticket.found_in_id, "mediation"),
        else_="later",
    )
    body = sa.func.jsonb_build_object(
        "relation",
        relation,
        "number",
        Ticket.number,
        "title",
        Ticket.title,
        "content",
        Ticket.content,
        "status",
        Ticket.status,
        "received_at",
        Ticket.received_at,
        "hidden",
        sa.or_(Ticket.sealed, Ticket.confidential),
        "may",
        visible(actor),
    )
    near = [Ticket.master_id == ticket.id, Ticket.previous_id == ticket.id, Ticket.found_in_id == ticket.id]
    near += [Ticket.id == other for other in (ticket.master_id, ticket.previous_id, ticket.found_in_id) if other]
    return sa.select(sa.literal("linked"), body).where(sa.or_(*near))


def _linked_of(body: dict) -> Linked:
    return Linked(**body | {"received_at": datetime.fromisoformat(body["received_at"])})


def _row(model: type[db.Model], body: dict) -> db.Model:
    """A row that came as JSON, as the object its table has, held by no session."""
    moments = {column.key for column in model.__table__.columns if isinstance(column.type, UTCDateTime)}
    return model(**{name: datetime.fromisoformat(value) if name in moments and value else value for name, value in body.items()})


def _people(session: Session, ticket: Ticket, events: list[TicketEvent], rows: dict[str, list]) -> dict[int, str]:
    """The names of everybody the rows and events point at; events carry most names themselves."""
    known = {event.actor_id: event.actor_name for event in events if event.actor_id}
    wanted = {getattr(row, name, None) for kind in rows if kind != "linked" for row in rows[kind] for name in PEOPLE}
    wanted |= {ticket.handler_a_id, ticket.handler_b_id, ticket.registered_by_id}
    wanted |= {event.data.get(name) for event in events for name in ("handler", "backup", "account")}
    return known | names_of(session, wanted - known.keys())
