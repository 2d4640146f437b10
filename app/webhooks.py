"""What other systems hear of a matter, as numbers and codes only: never who raised it, never a word of it, nothing of a sealed or confidential one (domain §11).

A reaction: runs in the verb's transaction; no statement while nobody subscribed, one otherwise, however many did.
"""

from datetime import datetime
from typing import NamedTuple
from weakref import WeakKeyDictionary

import orjson
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from app import clock
from app.clock import local
from app.db import db
from notifiers import outbox
from notifiers.channels.webhook import Endpoint
from notifiers.message import WEBHOOK, Message
from notifiers.webhooks import OWN, PING, WebhookSubscription
from tickets import open_matters
from tickets.events import Event
from tickets.models import Ticket
from tickets.reference import reference

TYPES = {
    "register": "ticket.registered",
    **dict.fromkeys(("dispatch", "dispatch-by-rule", "accept-return", "rule"), "ticket.dispatched"),
    "approve-reply": "ticket.answered",
    "urge": "ticket.urged",
    "rework": "ticket.reopened",
    **dict.fromkeys(
        ("close", "close-unasked", "close-case", "answer-directly", "refuse", "terminate", "transfer-emergency", "merge"), "ticket.ended"
    ),
}
HEARD = tuple(TYPES)
HIDDEN = {"return-requested": "dispatched", "disputed": "dispatched"}  # quarrels among units stay inside
FRESH = 10.0  # seconds a process knows subscriptions by heart


class Known(NamedTuple):
    """A subscription in use, as a process remembers it."""

    id: int
    account_id: int
    url: str
    events: frozenset[str]
    scope: str


_held: WeakKeyDictionary = WeakKeyDictionary()


def react(session: Session, event: Event) -> None:
    """Put one message for everybody who subscribed to this and may hear of this matter."""
    ticket, kind = event.ticket, TYPES[event.kind]
    wanted = [one for one in subscriptions(session) if kind in one.events and _may_hear(one, ticket)]
    if wanted:
        outbox.put(
            session,
            [
                _message(
                    one,
                    f"hook:{one.id}:{ticket.id}:{ticket.version}:{kind}",
                    kind,
                    _body(session, ticket, kind, event.at, own=ticket.registered_by_id == one.account_id),
                )
                for one in wanted
            ],
            event.at,
        )


def ping(session: Session, row: WebhookSubscription, now: datetime) -> None:
    """A trial message, by which an administrator sees that the address answers."""
    one = Known(row.id, row.account_id, row.url, frozenset(row.events), row.scope)
    outbox.put(
        session, [_message(one, f"hook:{row.id}:{PING}:{now.isoformat()}", PING, _written(PING, now, {"subscription": row.id}))], now
    )


def subject_of(subscription_id: int) -> str:
    """The name under which a subscription's messages are found again."""
    return f"webhook:{subscription_id}"


def subscriptions(session: Session) -> tuple[Known, ...]:
    """Those in use, at most FRESH seconds old."""
    engine = session.get_bind().engine
    held = _held.get(engine)
    if held is None or clock.ticks() - held[0] > FRESH:
        row = WebhookSubscription
        rows = session.execute(sa.select(row.id, row.account_id, row.url, row.events, row.scope).where(row.active).order_by(row.id))
        held = _held[engine] = (
            clock.ticks(),
            tuple(Known(one.id, one.account_id, one.url, frozenset(one.events), one.scope) for one in rows),
        )
    return held[1]


def forget(session: Session) -> None:
    """Subscriptions changed: this process asks anew."""
    _held.pop(session.get_bind().engine, None)


def endpoint_of(subscription_id: int) -> Endpoint | None:
    """Address and secret of one in use, else None; in a session of its own, so that none is open while it is called."""
    with Session(db.engine) as session:
        row = session.get(WebhookSubscription, subscription_id)
        return (
            Endpoint(row.url, current_app.extensions["session_info"]["vault"].open(row.secret)) if row is not None and row.active else None
        )


def _may_hear(one: Known, ticket: Ticket) -> bool:
    if ticket.sealed or ticket.confidential:
        return False
    return ticket.registered_by_id == one.account_id if one.scope == OWN else open_matters.is_open_to_all(ticket)


def _message(one: Known, key: str, kind: str, body: str) -> Message:
    return Message(
        key, WEBHOOK, "webhook", {"kind": kind, "body": body}, address=str(one.id), shown_to=one.url, subjects=(subject_of(one.id),)
    )


def _body(session: Session, ticket: Ticket, kind: str, at: datetime, own: bool) -> str:
    """`own`: its number in their own system goes to who filed it, to nobody else."""
    names = reference(session)
    category, unit = names.categories.get(ticket.category_id or 0), names.units.get(ticket.lead_unit_id or 0)
    return _written(
        kind,
        at,
        {
            "number": ticket.number,
            "status": HIDDEN.get(ticket.status, ticket.status),
            "appeal_type": ticket.appeal_type,
            "channel": ticket.channel,
            "category": category.code if category else None,
            "region": ticket.region_code,
            "unit": unit.code if unit else None,
            "version": ticket.version,
            "received_at": _moment(ticket.received_at),
            "due": _moment(ticket.due_at),
            "external": {"source": ticket.external_source, "id": ticket.external_id} if own and ticket.external_source else None,
        },
    )


def _written(kind: str, at: datetime, data: dict) -> str:
    return orjson.dumps({"type": kind, "timestamp": _moment(at), "data": data}).decode()


def _moment(at: datetime | None) -> str | None:
    return None if at is None else local(at).isoformat(timespec="seconds")
