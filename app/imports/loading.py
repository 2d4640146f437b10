"""A batch of wanted tickets becomes rows in one transaction: drafted like any registration, copied in, each with its chained events."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import orjson
import sqlalchemy as sa
from psycopg.types.json import Jsonb
from sqlalchemy.orm import Session

from app.imports.rows import Wanted
from escalation import clocks
from escalation.models import Clock
from tickets.actors import SYSTEM, Actor
from tickets.events import Event, TicketEvent, chained
from tickets.identity import identity_row
from tickets.intake import drafted, registration, search_words
from tickets.models import Identity, Ticket
from tickets.reference import Reference
from tickets.workflow import stand

IMPORTER = Actor(name="导入", roles=frozenset({SYSTEM}))
WRITTEN: dict[type, tuple[str, ...]] = {  # the columns a batch fills; all others keep their defaults
    Ticket: (
        "id",
        "number",
        "query_code",
        "status",
        "version",
        "head_hash",
        "touched_at",
        "appeal_type",
        "track",
        "urgency",
        "title",
        "content",
        "channel",
        "category_id",
        "region_code",
        "address",
        "confidential",
        "sealed",
        "reply_wanted",
        "risk_flags",
        "external_source",
        "external_id",
        "lead_unit_id",
        "received_at",
        "closed_at",
        "search",
        "sketch",
    ),
    Identity: ("ticket_id", "kind", "sealed", "masked_name", "masked_phone", "phone_trace", "tail_trace", "contactable"),
    Clock: tuple(column.key for column in Clock.__table__.columns if column.key != "id"),
    TicketEvent: (
        "ticket_id",
        "seq",
        "kind",
        "actor_id",
        "actor_name",
        "unit_id",
        "at",
        "from_status",
        "to_status",
        "data",
        "prev_hash",
        "hash",
    ),
}


def load(session: Session, batch: Sequence[Wanted], names: Reference, now: datetime) -> tuple[list[Wanted], list[Wanted]]:
    """Bring in what is not here yet, inside the caller's transaction. Returns (brought in, here already).

    Imports of one source wait for each other, so that none is brought in twice. An open ticket's dispatch clock starts now.
    """
    sources = sorted({each.matter.external[0] for each in batch if each.matter.external})
    for source in sources:
        session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('import'), hashtext(:source))"), {"source": source})
    here = _here(session, batch)
    fresh = [each for each in batch if each.matter.external not in here]
    if fresh:
        _insert(session, fresh, names, now)
    return fresh, [each for each in batch if each.matter.external in here]


def _here(session: Session, batch: Sequence[Wanted]) -> set[tuple[str, str]]:
    """The (source, external id) pairs of the batch that have a ticket."""
    found: set[tuple[str, str]] = set()
    for source in {each.matter.external[0] for each in batch if each.matter.external}:
        ids = [each.matter.external[1] for each in batch if each.matter.external and each.matter.external[0] == source]
        known = session.scalars(sa.select(Ticket.external_id).where(Ticket.external_source == source, Ticket.external_id.in_(ids)))
        found |= {(source, known_id) for known_id in known if known_id}
    return found


def _insert(session: Session, fresh: Sequence[Wanted], names: Reference, now: datetime) -> None:
    serials = session.scalars(sa.text("SELECT nextval('tickets_id_seq') FROM generate_series(1, :many)"), {"many": len(fresh)})
    tickets, identities, events = [], [], []
    for each, serial in zip(fresh, serials, strict=True):
        ticket, happened = drafted_history(each, serial, session.info, names, now)
        tickets.append(ticket)
        events += happened
        identities.append(identity_row(serial, each.matter.appellant, session.info["vault"]))
    _copy(session, Ticket, (_ticket_values(ticket) for ticket in tickets))
    _copy(session, Identity, ([getattr(row, name) for name in WRITTEN[Identity]] for row in identities))
    _copy(
        session,
        TicketEvent,
        ([Jsonb(row[name], _json) if name == "data" else row[name] for name in WRITTEN[TicketEvent]] for row in events),
    )
    _start_clocks(session, [ticket for ticket in tickets if ticket.status == "registered"], now)


def _start_clocks(session: Session, tickets: Sequence[Ticket], now: datetime) -> None:
    """The centre's own limit for what is still to be sent: the clocks a registration starts, from now, copied in like the rest."""
    for ticket in tickets:
        clocks.react(session, Event(ticket, "register", IMPORTER, now))
    started = [row for row in session.new if isinstance(row, Clock)]
    for clock in started:
        session.expunge(clock)
    _copy(
        session,
        Clock,
        ([Jsonb(clock.trace, _json) if name == "trace" else getattr(clock, name) for name in WRITTEN[Clock]] for clock in started),
    )


def drafted_history(each: Wanted, serial: int, info, names: Reference, now: datetime) -> tuple[Ticket, list[dict]]:
    """The ticket as `intake.register` would have made it when it was received, with its event; what it had come to elsewhere is a second event."""
    matter = each.matter
    category, region = names.category_codes.get(matter.category), names.regions.get(matter.region)
    received = matter.received_at or now
    ticket = drafted(matter, serial, info, IMPORTER, received, category.id if category else None, region)
    events = [chained(Event(ticket, "register", IMPORTER, received, registration(ticket), "", "registered"))]
    if each.state != "registered" or each.stood or each.unit:
        ticket.lead_unit_id = each.unit.id if each.unit and each.state != "registered" else None
        ticket.closed_at = each.closed_at
        told = {
            "source": matter.external[0] if matter.external else "",
            "status": each.stood or each.state,
            "unit": each.unit.code if each.unit else "",
            "closed_at": each.closed_at.isoformat() if each.closed_at else None,
        }
        events.append(chained(Event(ticket, "import", IMPORTER, now, told, "registered", each.state)))
        stand(ticket, each.state)
    return ticket, events


def _ticket_values(ticket: Ticket) -> list:
    words = search_words(ticket.title, ticket.content, ticket.address)
    return [_tsvector(words) if name == "search" else getattr(ticket, name) for name in WRITTEN[Ticket]]


def _tsvector(words: Sequence[str]) -> str:
    """The lexemes as PostgreSQL writes them; they are letters, digits and _ only, so nothing needs escaping."""
    return "'" + "' '".join(words) + "'" if words else ""


def _copy(session: Session, table: type, rows: Iterable[list]) -> None:
    """COPY the rows into the table, on the session's own connection and in its transaction."""
    columns = ", ".join(WRITTEN[table])
    connection = session.connection().connection.driver_connection
    with connection.cursor() as cursor, cursor.copy(f"COPY {sa.inspect(table).local_table.name} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _json(value) -> str:
    return orjson.dumps(value).decode()
