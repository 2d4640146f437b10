"""The outbox: put a message in the caller's transaction, claim what is due, settle it, take back what a crash left, send again.

Nothing is sent here. At-least-once to the provider, exactly-once on record: a claim is fenced by its attempt's number (design §4).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.orm import Session

from notifiers import fallback
from notifiers.channels.base import ACCEPTED, POSTPONED, REFUSED, UNKNOWN, WITHHELD, Outcome
from notifiers.message import INBOX, SMS, URGENCIES, Message
from notifiers.models import DEAD, DELIVERED, FAILED, PENDING, READ, SENDING, SENT, SUPPRESSED, DeliveryAttempt, OutboxMessage
from notifiers.quiet import leaves_at
from notifiers.retry import wait_before_next

STUCK_AFTER = timedelta(minutes=5)  # far longer than any provider is waited for
WORKER_GONE, WITHDRAWN, NOT_NEEDED, FOUND, ANOTHERS = "worker-gone", "withdrawn", "not-needed", "found", "anothers"
ENDS = {REFUSED: FAILED, WITHHELD: SUPPRESSED}

# people who are told the same thing share one row of what is sent to the database: parsing is most of the cost
_WRITE = """
INSERT INTO outbox_messages (key, account_id, address, shown_to, channel, template, "values", language, urgency, subjects, status, reason,
                             next_try_at, otherwise, instead_of_id, created_at, sent_at, settled_at)
SELECT told.key, told.account_id, decode(address, 'hex'), coalesce(shown_to, ''), channel, template, filled, language, urgency, subjects, status,
       coalesce(reason, ''), next_try_at, coalesce(otherwise, '[]'), instead_of_id, :now,
       CASE WHEN status = 'delivered' THEN CAST(:now AS timestamptz) END, CASE WHEN status <> 'pending' THEN CAST(:now AS timestamptz) END
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS put (keys text[], account_ids int[], address text, shown_to text, channel text, template text, filled jsonb,
                                                      language text, urgency text, subjects text[], status text, reason text, next_try_at timestamptz,
                                                      otherwise jsonb, instead_of_id bigint),
     unnest(put.keys, put.account_ids) AS told (key, account_id)
ON CONFLICT (key) DO NOTHING"""
_PUT, _PUT_AND_SAY = sa.text(_WRITE), sa.text(f"{_WRITE} RETURNING key")

# one range of the partial index for each urgency: a thousand bulk messages that wait are not looked at to find ten
_CLAIM = sa.text("""
WITH urgent AS (
    SELECT id FROM outbox_messages WHERE status = 'pending' AND channel = :channel AND urgency = 'now' AND next_try_at <= :now
    ORDER BY next_try_at, id LIMIT :batch FOR UPDATE SKIP LOCKED
), others AS (
    SELECT id FROM outbox_messages WHERE status = 'pending' AND channel = :channel AND urgency = 'can-wait' AND next_try_at <= :now
    ORDER BY next_try_at, id LIMIT least(:others, :batch - (SELECT count(*) FROM urgent)) FOR UPDATE SKIP LOCKED
), claimed AS (
    UPDATE outbox_messages SET status = 'sending', claimed_at = :now, next_try_at = NULL, attempts = attempts + 1
    WHERE id IN (SELECT id FROM urgent UNION ALL SELECT id FROM others) RETURNING *
), tried AS (
    INSERT INTO delivery_attempts (message_id, number, at) SELECT id, attempts, :now FROM claimed
)
SELECT * FROM claimed ORDER BY urgency DESC, id""")


_WAITING = sa.text("""
SELECT channel, urgency FROM unnest(CAST(:channels AS text[])) AS channel, unnest(CAST(:urgencies AS text[])) AS urgency
WHERE EXISTS (SELECT 1 FROM outbox_messages AS one WHERE one.status = 'pending' AND one.channel = channel.channel AND one.urgency = urgency.urgency AND one.next_try_at <= :now)""")

_NEXT = sa.orm.aliased(OutboxMessage)
GIVEN_UP = (OutboxMessage.status.in_((FAILED, DEAD)), ~sa.exists().where(_NEXT.instead_of_id == OutboxMessage.id))


def put(session: Session, messages: Sequence[Message], now: datetime) -> set[str]:
    """Write the messages, one statement however many; a key that is there already changes nothing. Returns the keys that were new.

    What goes to the inbox now is delivered by being written; what can wait leaves when quiet.leaves_at says.
    """
    return set(session.scalars(_PUT_AND_SAY, _written(session, messages, now))) if messages else set()


def put_quietly(session: Session, messages: Sequence[Message], now: datetime) -> None:
    """`put` for a sweep's thousands, whose keys nobody asks for: they are not sent back."""
    if messages:
        session.execute(_PUT, _written(session, messages, now))


def _written(session: Session, messages: Sequence[Message], now: datetime) -> dict:
    """The messages as one parameter: people who are told the same thing share one row of it."""
    leaves = {urgency: leaves_at(urgency, now) for urgency in URGENCIES}
    shared: dict[tuple, dict] = {}
    for message in messages:
        same = (
            id(message.values),
            message.template,
            message.urgency,
            message.channel,
            message.language,
            message.address,
            message.subjects,
            message.suppressed,
            message.otherwise,
            message.instead_of_id,
        )
        row = shared.get(same) or shared.setdefault(same, _row(session, message, leaves[message.urgency], now))
        row["keys"].append(message.key)
        row["account_ids"].append(message.account_id)
    return {"now": now, "rows": orjson.dumps(list(shared.values())).decode()}


def claim(session: Session, channel: str, now: datetime, batch: int, others: int | None = None) -> list[OutboxMessage]:
    """Up to `batch` messages of a channel that are due, urgent ones first; they are this caller's until settled or STUCK_AFTER.

    `others`: how many of them need not be urgent, default all.
    """
    return list(
        session.scalars(
            sa.select(OutboxMessage).from_statement(_CLAIM).execution_options(populate_existing=True),
            {"channel": channel, "now": now, "batch": batch, "others": batch if others is None else others},
        )
    )


def settle(session: Session, message_id: int, attempt: int, outcome: Outcome, now: datetime) -> bool:
    """Record what became of one try. False when the message had been taken back meanwhile; what the provider accepted counts all the same.

    What surely did not get there this way goes the next one, in the same transaction.
    """
    message = session.get(
        OutboxMessage, message_id, with_for_update=True, populate_existing=True
    )  # before its tries, as take_back does: else they wait for each other
    if outcome.provider_id and not _is_its_own(session, message, outcome.provider_id, outcome.found, now):
        outcome = Outcome(UNKNOWN, code=ANOTHERS)
    tried = (DeliveryAttempt.message_id == message_id, DeliveryAttempt.number == attempt)
    if outcome.kind == POSTPONED:
        session.execute(sa.delete(DeliveryAttempt).where(*tried))
    else:
        session.execute(
            sa.update(DeliveryAttempt)
            .where(*tried)
            .values(ended_at=now, outcome=outcome.kind, code=outcome.code or (FOUND if outcome.found else ""), words=outcome.words[:500])
        )
    if outcome.kind == ACCEPTED:
        return _accepted(session, message, outcome, now)
    if message.status != SENDING or message.attempts != attempt:
        return False
    message.in_doubt = outcome.kind == UNKNOWN or (message.in_doubt and not outcome.sure)
    message.attempts_before += outcome.kind == POSTPONED
    pause = outcome.wait if outcome.kind == POSTPONED else wait_before_next(attempt - message.attempts_before, message.id, outcome.wait)
    if outcome.kind in ENDS or pause is None:
        _end(session, message, ENDS.get(outcome.kind, DEAD), outcome.code, now)
    else:
        message.status, message.next_try_at = PENDING, now + pause
    return True


def take_back(session: Session, now: datetime) -> int:
    """Messages claimed STUCK_AFTER ago whose sender never came back: due again, in doubt. Returns how many."""
    stuck = session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.status == SENDING, OutboxMessage.claimed_at < now - STUCK_AFTER)
        .order_by(OutboxMessage.id)
        .with_for_update(skip_locked=True)
    ).all()
    for message in stuck:
        settle(session, message.id, message.attempts, Outcome(UNKNOWN, code=WORKER_GONE), now)
    return len(stuck)


def receive(session: Session, message_id: int, status: str, provider_id: str, code: str, now: datetime) -> bool:
    """A receipt: `delivered`, `read` or `failed`. Late, doubled and out of order ones change nothing; False then.

    It may overtake our own settling of the send it answers.
    """
    message = session.get(OutboxMessage, message_id, with_for_update=True, populate_existing=True)
    before = (PENDING, SENDING, SENT, DEAD, *((DELIVERED,) if status == READ else ()))
    if message is None or message.status not in before or (message.provider_id and message.provider_id != provider_id):
        return False
    if message.status == DEAD:
        _call_off(session, message, now)
    _is_its_own(session, message, provider_id, False, now)
    message.provider_id, message.in_doubt, message.sent_at = provider_id, False, message.sent_at or now
    message.read_at = now if status == READ else message.read_at
    _end(session, message, status, code if status == FAILED else "", now)
    return True


def send_again(session: Session, message_ids: Iterable[int], now: datetime) -> int:
    """Failed and dead messages start anew, with all their tries. Returns how many; others are left alone, and what already goes another way."""
    rows = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.id.in_(list(message_ids)), *GIVEN_UP).with_for_update()).all()
    for message in rows:
        message.status, message.next_try_at, message.settled_at, message.reason = PENDING, now, None, ""
        message.attempts_before = message.attempts
    return len(rows)


def withdraw(session: Session, subject: str, template: str, now: datetime) -> int:
    """What was not sent yet about a subject, in this template, is not sent any more. Returns how many."""
    gone = sa.update(OutboxMessage).where(
        OutboxMessage.subjects.contains([subject]), OutboxMessage.template == template, OutboxMessage.status == PENDING
    )
    return len(
        session.scalars(
            gone.values(status=SUPPRESSED, reason=WITHDRAWN, next_try_at=None, settled_at=now).returning(OutboxMessage.id)
        ).all()
    )


def waiting(session: Session, channels: Iterable[str], now: datetime) -> set[tuple[str, str]]:
    """Of which channels, and how urgent, anything is due; one statement, a probe of the partial index for each."""
    return {
        (row.channel, row.urgency)
        for row in session.execute(_WAITING, {"channels": list(channels), "urgencies": list(URGENCIES), "now": now})
    }


def attempts_of(session: Session, message_ids: Sequence[int]) -> dict[int, list[DeliveryAttempt]]:
    """The tries of some messages, first to last; one statement."""
    found: dict[int, list[DeliveryAttempt]] = {}
    for row in session.scalars(
        sa.select(DeliveryAttempt)
        .where(DeliveryAttempt.message_id.in_(message_ids))
        .order_by(DeliveryAttempt.message_id, DeliveryAttempt.number)
    ):
        found.setdefault(row.message_id, []).append(row)
    return found


def _is_its_own(session: Session, message: OutboxMessage, provider_id: str, found: bool, now: datetime) -> bool:
    """Whether a receipt is this message's. Two may say the same to the same telephone: what was only found by its words gives way to whom the provider answered, and asks again."""
    if message.channel != SMS:
        return True
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:receipt, 0))"), {"receipt": provider_id})
    other = session.scalar(
        sa.select(OutboxMessage)
        .where(OutboxMessage.channel == SMS, OutboxMessage.provider_id == provider_id, OutboxMessage.id != message.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if other is None or found:
        return other is None
    if session.scalar(
        sa.select(DeliveryAttempt.id).where(
            DeliveryAttempt.message_id == other.id, DeliveryAttempt.outcome == ACCEPTED, DeliveryAttempt.code == FOUND
        )
    ):
        other.status, other.provider_id, other.in_doubt, other.next_try_at, other.settled_at, other.reason = (
            PENDING,
            "",
            True,
            now,
            None,
            "",
        )
    return True


def _accepted(session: Session, message: OutboxMessage, outcome: Outcome, now: datetime) -> bool:
    """However late we hear of it and whatever we thought meanwhile: the provider has it, so it is not sent again."""
    if message.status not in (PENDING, SENDING, DEAD):
        return False
    if message.status == DEAD:
        _call_off(session, message, now)
    message.status, message.provider_id, message.sent_at = SENT, outcome.provider_id, now
    message.next_try_at, message.settled_at, message.reason, message.in_doubt = None, None, "", False
    return True


def _end(session: Session, message: OutboxMessage, status: str, reason: str, now: datetime) -> None:
    """Settled for good. While a try may have got there nothing else is sent: one success is never two messages."""
    message.status, message.reason, message.next_try_at, message.settled_at = status, reason, None, now
    other = fallback.after(message, session.info["vault"]) if status in (FAILED, DEAD, SUPPRESSED) and not message.in_doubt else None
    if other is not None:
        message.otherwise = []
        put(session, [other], now)


def _call_off(session: Session, message: OutboxMessage, now: datetime) -> None:
    """It got there after all: what was to go another way instead, and has not left, does not."""
    child = sa.update(OutboxMessage).where(OutboxMessage.instead_of_id == message.id, OutboxMessage.status == PENDING)
    session.execute(child.values(status=SUPPRESSED, reason=NOT_NEEDED, next_try_at=None, settled_at=now))


def _row(session: Session, message: Message, leaves: datetime, now: datetime) -> dict:
    status = SUPPRESSED if message.suppressed else DELIVERED if message.channel == INBOX and leaves <= now else PENDING
    row: dict[str, Any] = {
        "keys": [],
        "account_ids": [],
        "channel": message.channel,
        "template": message.template,
        "filled": message.values,
        "language": message.language,
        "urgency": message.urgency,
        "subjects": message.subjects,
        "status": status,
    }
    if message.address:
        row |= {"address": session.info["vault"].seal(message.address).hex(), "shown_to": message.shown_to}
    if message.otherwise:
        row["otherwise"] = [fallback.sealed(way, session.info["vault"]) for way in message.otherwise]
    if message.instead_of_id is not None:
        row["instead_of_id"] = message.instead_of_id
    if message.suppressed:
        row["reason"] = message.suppressed
    if status == PENDING:
        row["next_try_at"] = leaves
    return row
