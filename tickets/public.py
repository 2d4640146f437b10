"""What the citizen may read of their own matter: the telling events, without a word that belongs inside; and when they may urge.

Only actions whose workflow edge `tells` something, and what the citizen did themselves. Sentences are the page's business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tickets.codes import WITH_UNIT
from tickets.dispatch_models import Request
from tickets.evaluation_models import Rectification
from tickets.events import TicketEvent
from tickets.models import Attachment, Rating, Reply, Ticket
from tickets.text import mask_numbers
from tickets.workflow import TABLE

BY_CITIZEN = frozenset({"register", "urge", "supplement", "rate", "attach"})
TELLING = frozenset(edge.action for edge in TABLE if edge.tells) | {"contact-rater", "rule-rating", "rectify", "revisit"}
RECALL = "recall"
SENDING = frozenset({"dispatch", "dispatch-by-rule"})
SHOWN_PURPOSES = ("citizen", "reply")
# what of an event's data the citizen may read; everything else stays inside
OPEN_DATA = {
    "dispatch": ("unit", "unit_name"),
    "dispatch-by-rule": ("unit", "unit_name"),
    "accept-return": ("unit", "unit_name"),
    "rule": ("unit", "unit_name"),
    "contact": ("method", "result"),
    "reply": ("result", "content", "promised_at"),
    "fulfil": ("result", "content", "promised_at"),
    "answer-directly": ("answer", "article"),
    "refuse": ("code", "route", "words"),
    "transfer-emergency": ("line",),
    "terminate": ("ground", "words"),
    "confirm-ledger": ("measures", "promised_at"),
    "close-unasked": ("reason",),
    "urge": ("words",),
    "supplement": ("content",),
    "rate": ("score", "solved", "words"),
    "merge": (),
    "interim-reply": ("content", "due"),
    "accept": ("procedure",),
    "conclude-check": ("outcome",),
    "tell-reporter": ("method",),
    "tell-parties": (),
    "contact-rater": (),
    "rule-rating": ("decision",),
    "rectify": ("measures",),
    "revisit": ("outcome",),
}
URGE_EVERY = timedelta(hours=24)
URGE_AFTER = {"ordinary": timedelta(hours=24), "urgent": timedelta(hours=1), "critical": timedelta(minutes=30)}


@dataclass(frozen=True)
class Line:
    """One line of the citizen's story. `by_phone`: the centre noted it for them. `data` holds only what they may read."""

    at: datetime
    kind: str
    by_phone: bool = False
    data: dict = field(default_factory=dict)
    photos: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Urging:
    """Whether the citizen may urge now; if not, from when; `late`: the promised moment has passed."""

    now: bool
    since: datetime | None = None
    late: bool = False


def story(session: Session, ticket: Ticket, master: Ticket | None = None) -> list[Line]:
    """The citizen's lines, oldest first. A merged ticket goes on with its master's, from which other citizens' words are left out."""
    own = _events(session, ticket)
    lines = [_line(session, event, ticket) for event in own]
    if master is not None:
        since = next((event.at for event in reversed(own) if event.kind == "merge"), None)
        theirs = [event for event in _events(session, master) if event.kind not in BY_CITIZEN and event.kind != "merge"]
        lines += [_line(session, event, master, masked=True) for event in theirs if since is None or event.kind != "split"]
    lines = _with_photos(session, lines, ticket)
    return sorted(lines, key=lambda line: line.at)


def master_of(session: Session, ticket: Ticket) -> Ticket | None:
    """The ticket this one is merged into, or None."""
    return session.get(Ticket, ticket.master_id) if ticket.status == "merged" and ticket.master_id else None


def urging(session: Session, ticket: Ticket, now: datetime) -> Urging:
    """Once a day, and only while a unit has it: a day after it was sent (urgent ones sooner), or at once when it is late."""
    late = ticket.due_at is not None and now > ticket.due_at and ticket.status in WITH_UNIT
    if ticket.status not in WITH_UNIT and ticket.status != "ledgered":
        return Urging(False)
    last = session.scalar(sa.select(sa.func.max(TicketEvent.at)).where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind == "urge"))
    since = ticket.dispatched_at + URGE_AFTER[ticket.urgency] if ticket.dispatched_at and not late else now
    if last is not None:
        since = max(since, last + URGE_EVERY)
    return Urging(since <= now, since, late)


def rated(session: Session, ticket: Ticket) -> Rating | None:
    """The rating of this round, if the citizen gave one."""
    return session.scalar(sa.select(Rating).where(Rating.ticket_id == ticket.id, Rating.round == ticket.rating_round))


def rectified_before(session: Session, ticket: Ticket) -> tuple[Rating, str] | None:
    """The bad rating a second one is asked for after a rectification, and what was done; None before that."""
    row = session.execute(
        sa.select(Rating, Rectification.measures)
        .join(Rectification, Rectification.rating_id == Rating.id)
        .where(Rating.ticket_id == ticket.id, Rectification.told_at.is_not(None))
        .order_by(Rectification.id.desc())
        .limit(1)
    ).first()
    return (row[0], row[1]) if row else None


def is_rateable(ticket: Ticket, master: Ticket | None = None) -> bool:
    """Whether the answer stands and has been checked, so that asking for a rating makes sense."""
    whole = master or ticket
    return whole.status in ("direct-closed", "follow-up", "closed") and whole.replied_at is not None


def latest_reply(session: Session, ticket: Ticket) -> Reply | None:
    """The unit's newest answer that was sent."""
    return session.scalar(
        sa.select(Reply).where(Reply.ticket_id == ticket.id, Reply.state.in_(("sent", "approved"))).order_by(Reply.id.desc()).limit(1)
    )


def extension_of(session: Session, ticket: Ticket) -> Request | None:
    """The extension that was granted, with its reason and both dates (domain §3 #12: the citizen gets reason and new date)."""
    return session.scalar(
        sa.select(Request)
        .where(Request.ticket_id == ticket.id, Request.kind == "extension", Request.decision == "accept")
        .order_by(Request.id.desc())
        .limit(1)
    )


def photo_of(session: Session, ticket: Ticket, attachment_id: int) -> Attachment | None:
    """One picture the citizen may fetch: their own, or the unit's that came with the reply."""
    row = session.get(Attachment, attachment_id)
    shown = row is not None and row.ticket_id == ticket.id and row.purpose in SHOWN_PURPOSES
    return row if shown else None


def _events(session: Session, ticket: Ticket) -> list[TicketEvent]:
    """The telling ones."""
    return unrecalled(
        session.scalars(
            sa.select(TicketEvent)
            .where(TicketEvent.ticket_id == ticket.id, TicketEvent.kind.in_([*TELLING, *BY_CITIZEN, RECALL]))
            .order_by(TicketEvent.seq)
        )
    )


def unrecalled(events: Iterable[TicketEvent]) -> list[TicketEvent]:
    """One ticket's events in their order. A sending that was recalled within its minute never happened."""
    kept: list[TicketEvent] = []
    for event in events:
        if event.kind == RECALL:
            while kept and kept[-1].kind in SENDING:
                kept.pop()
            continue
        kept.append(event)
    return kept


def _line(session: Session, event: TicketEvent, ticket: Ticket, masked: bool = False) -> Line:
    data = {name: event.data[name] for name in OPEN_DATA.get(event.kind, ()) if event.data.get(name) not in (None, "")}
    if event.kind in ("grant-extension", "grant-suspension"):
        data |= _asked(session, event)
    if event.kind == "attach":
        data = {"attachment": event.data.get("attachment"), "purpose": event.data.get("purpose")}
    if masked:
        data = {name: mask_numbers(value) if isinstance(value, str) else value for name, value in data.items()}
    return Line(event.at, event.kind, event.actor_id is not None, data)


def _asked(session: Session, event: TicketEvent) -> dict:
    """The reason the unit gave and the new date; for a suspension, what is awaited."""
    request = session.get(Request, event.data.get("request"))
    if request is None:
        return {}
    if request.kind == "suspension":
        return {"code": request.code}
    return (
        {"reason": request.words, "due_after": request.due_after} if request.due_after else {"reason": request.words, "days": request.days}
    )


def _with_photos(session: Session, lines: list[Line], ticket: Ticket) -> list[Line]:
    """Pictures hang on the line they came with: the report, the supplement, the reply."""
    rows = {
        row.id: row
        for row in session.scalars(sa.select(Attachment).where(Attachment.ticket_id == ticket.id, Attachment.purpose.in_(SHOWN_PURPOSES)))
    }
    anchors = {"citizen": ("register", "supplement"), "reply": ("reply", "fulfil")}
    kept: list[Line] = []
    for line in lines:
        photo = rows.get(line.data.get("attachment")) if line.kind == "attach" else None
        if line.kind != "attach":
            kept.append(line)
        elif photo is not None:
            _hang(kept, photo, anchors[photo.purpose])
    return kept


def _hang(kept: list[Line], photo: Attachment, kinds: tuple[str, ...]) -> None:
    for place in range(len(kept) - 1, -1, -1):
        if kept[place].kind in kinds:
            line = kept[place]
            kept[place] = Line(line.at, line.kind, line.by_phone, line.data, (*line.photos, photo))
            return
