"""Claim, send, settle: the three transactions-apart steps by which messages leave. No transaction is open while a provider is asked."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session

from notifiers import outbox, preferences, pulse, wordings
from notifiers.channels.base import REFUSED, UNASKABLE, WITHHELD, Outcome, Outgoing, Sender
from notifiers.fallback import may_follow
from notifiers.message import EMAIL, SMS, WECHAT
from notifiers.models import MessageWording, OutboxMessage
from notifiers.pace import Paced, Unpaced
from notifiers.texts import render

BATCH = 10  # asked together; an urgent message waits for no more than these
AT_MOST = timedelta(seconds=45)  # other queues wait for this worker too
REFUSABLE = (SMS, WECHAT, EMAIL)

Work = Callable[[], AbstractContextManager[Session]]


def deliver(work: Work, senders: Mapping[str, Sender], now: Callable[[], datetime], at_most: timedelta = AT_MOST, pace: Paced | None = None) -> int:
    """Send what is due, a batch of each channel in turn, until nothing is, our own limits are reached, or `at_most` has passed. Returns how many tries were made.

    Killed at any instant, the rest is taken back later (outbox.take_back); two at once never send the same message.
    """
    until, tries, busy = now() + at_most, 0, list(senders)
    with ThreadPoolExecutor(BATCH) as pool:
        while busy and now() < until:
            for channel in tuple(busy):
                done = _a_batch(work, pool, channel, senders[channel], now, pace or Unpaced())
                tries += done
                if not done:
                    busy.remove(channel)
    return tries


def _a_batch(work: Work, pool: ThreadPoolExecutor, channel: str, sender: Sender, now: Callable[[], datetime], pace: Paced) -> int:
    """Claim as many as may leave now, ask the provider for all of them at once, settle each as its answer comes."""
    allowed = pace.take(channel, BATCH, now())
    if not allowed:
        return 0
    with work() as session:
        claimed = _prepared(session, channel, outbox.claim(session, channel, now(), allowed))
    pace.take(channel, len(claimed) - allowed, now())
    outcomes = []
    for outgoing, outcome in _asked(pool, sender, claimed):
        outcomes.append(outcome)
        with work() as session:
            outbox.settle(session, outgoing.message_id, outgoing.attempt, outcome, now())
    if outcomes:
        with work() as session:
            pulse.note(session, channel, outcomes, now())
    return len(claimed)


def _asked(pool: ThreadPoolExecutor, sender: Sender, claimed: Sequence[tuple[Outgoing, Outcome | None]]) -> Iterator[tuple[Outgoing, Outcome]]:
    """The provider's answers as they come. Many addresses at once, one address in the order of the claim: what hurries, then as things happened."""
    lines: dict[str, deque[tuple[Outgoing, Outcome | None]]] = {}
    for one in claimed:
        lines.setdefault(one[0].address, deque()).append(one)
    asked = {_submit(pool, sender, *line[0]): line for line in lines.values()}
    while asked:
        for answer in wait(asked, return_when=FIRST_COMPLETED).done:
            line = asked.pop(answer)
            yield line.popleft()[0], answer.result()
            if line:
                asked[_submit(pool, sender, *line[0])] = line


def _submit(pool: ThreadPoolExecutor, sender: Sender, outgoing: Outgoing, wrong: Outcome | None) -> Future[Outcome]:
    return pool.submit(copy_context().run, _send, sender, outgoing, wrong)


def _send(sender: Sender, outgoing: Outgoing, wrong: Outcome | None) -> Outcome:
    """Ask first whether an earlier try got through when nobody heard its answer."""
    if wrong is not None:
        return wrong
    earlier = sender.find(outgoing) if outgoing.in_doubt else UNASKABLE
    if earlier is None:
        return replace(sender.send(outgoing), sure=True)
    return sender.send(outgoing) if earlier is UNASKABLE else earlier


def _prepared(session: Session, channel: str, messages: Sequence[OutboxMessage]) -> list[tuple[Outgoing, Outcome | None]]:
    """Messages in words, their addresses in clear, and what keeps some of them from leaving."""
    written = wordings.current(session, channel) if messages else {}
    prepared = [_prepare(session, message, written) for message in messages]
    if channel not in REFUSABLE or not prepared:
        return prepared
    out = preferences.refused(session, channel, {outgoing.address for outgoing, wrong in prepared if wrong is None})
    return [(outgoing, wrong or _withheld(outgoing, message, out)) for (outgoing, wrong), message in zip(prepared, messages, strict=True)]


def _prepare(session: Session, message: OutboxMessage, written: Mapping[tuple[str, str], MessageWording]) -> tuple[Outgoing, Outcome | None]:
    """What cannot be said or addressed any more is refused, not tried for ever."""
    title, text, address, wrong = "", "", "", None
    own = written.get((message.template, message.language))
    message.words_id = own.id if own else None
    try:
        said = render(message.template, message.values, message.language, message.channel, {template: one.line for (template, language), one in written.items() if language == message.language})
        title, text, address = said.title, said.plain, session.info["vault"].open(message.address)
    except KeyError as missing:
        wrong = Outcome(REFUSED, code="no-words", words=f"{message.template}: {missing}")
    except InvalidTag:
        wrong = Outcome(REFUSED, code="unreadable-address", words="IDENTITY_KEY")
    return Outgoing(message.id, message.attempts, address, text, message.claimed_at, message.created_at, message.in_doubt, title, message.template, message.values,
                    message.language, _others(session, message) if message.in_doubt else frozenset()), wrong


def _others(session: Session, message: OutboxMessage) -> frozenset[str]:
    """What the provider calls our other messages about the same subjects."""
    one = OutboxMessage
    return frozenset(session.scalars(sa.select(one.provider_id).where(one.subjects.overlap(message.subjects), one.channel == message.channel, one.id != message.id, one.provider_id != "")))


def _withheld(outgoing: Outgoing, message: OutboxMessage, out: set[str]) -> Outcome | None:
    """Who turned the channel off is not told by it; what the law wants told goes another way, or all the same when there is none. One in doubt is settled first."""
    owed = message.template in preferences.OWED and not any(may_follow(message.channel, way["channel"]) for way in message.otherwise)
    return None if outgoing.address not in out or owed or outgoing.in_doubt else Outcome(WITHHELD, code=preferences.OPTED_OUT)
