"""Claim, send, settle: the three transactions-apart steps by which messages leave. No transaction is open while a provider is asked."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import replace
from datetime import datetime, timedelta
from time import monotonic

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session

from notifiers import outbox, preferences, pulse, wordings
from notifiers.channels.base import REFUSED, UNASKABLE, WITHHELD, Outcome, Outgoing, Sender
from notifiers.fallback import may_follow
from notifiers.message import EMAIL, NOW, SMS, WECHAT
from notifiers.models import MessageWording, OutboxMessage
from notifiers.pace import Paced, Unpaced
from notifiers.texts import render

SEATS = 10  # messages of a channel that are out at once
KEPT = 2  # seats for what hurries alone: a provider that hangs over everything else leaves these free
FEW = 5  # free seats before it is worth a look for more
LOOK = 0.25  # seconds after which it is, however few: an urgent message waits no longer for those that are out
AT_MOST = timedelta(seconds=45)  # other queues wait for this worker too
REFUSABLE = (SMS, WECHAT, EMAIL)

Work = Callable[[], AbstractContextManager[Session]]
Prepared = tuple[Outgoing, Outcome | None]


def deliver(
    work: Work,
    senders: Mapping[str, Sender],
    now: Callable[[], datetime],
    at_most: timedelta = AT_MOST,
    pace: Paced | None = None,
    urgent_only: bool = False,
) -> int:
    """Send what is due until nothing is, our own limits are reached, or `at_most` has passed. Returns how many tries were made.

    Urgent messages first, and they keep leaving while earlier ones are waited for. Killed at any instant, the rest is taken back later
    (outbox.take_back); two at once never send the same message.
    """
    until, channels = now() + at_most, [_Channel(work, name, sender, now, pace or Unpaced()) for name, sender in senders.items()]
    with ThreadPoolExecutor(SEATS * max(1, len(channels))) as pool:
        while True:
            late = now() >= until
            for channel in channels:
                if not late or (channel.asked and now() < until + at_most):
                    channel.fill(pool, others=not (late or urgent_only))
            out = {answer: channel for channel in channels for answer in channel.asked}
            if not out:
                break
            for answer in wait(out, LOOK, FIRST_COMPLETED).done:
                out[answer].settle(pool, answer)
    for channel in channels:
        channel.note()
    return sum(channel.tries for channel in channels)


class _Channel:
    """What is out on one channel: many addresses at once, one address in order, what hurries first and then as things happened."""

    def __init__(self, work: Work, name: str, sender: Sender, now: Callable[[], datetime], pace: Paced):
        self._work, self._name, self._sender, self._now, self._pace = work, name, sender, now, pace
        self.asked: dict[Future[Outcome], Outgoing] = {}
        self.tries = 0
        self._lines: dict[str, list[Prepared]] = {}  # address with one asked → those who wait behind it
        self._outcomes: list[Outcome] = []
        self._looked = 0.0

    def fill(self, pool: ThreadPoolExecutor, others: bool) -> None:
        """Claim as many as there are seats and as may leave now, and ask for them; `others`: also what does not hurry."""
        free = SEATS - len(self.asked) - sum(map(len, self._lines.values()))
        if free == 0 or (free < FEW and monotonic() < self._looked + LOOK):
            return
        self._looked = monotonic()
        common = self._pace.take(self._name, max(0, free - KEPT), self._now(), hurries=False) if others else 0
        allowed = common + self._pace.take(self._name, free - common, self._now())
        if not allowed:
            return
        with self._work() as session:
            self._note(session)
            claimed = _prepared(session, self._name, outbox.claim(session, self._name, self._now(), allowed, common))
        self._pace.take(self._name, len(claimed) - allowed, self._now())
        self.tries += len(claimed)
        for one in claimed:
            self._queue(pool, one)

    def settle(self, pool: ThreadPoolExecutor, answer: Future[Outcome]) -> None:
        """Record one answer, and ask for the next to the same address."""
        outgoing = self.asked.pop(answer)
        outcome = answer.result()
        with self._work() as session:
            outbox.settle(session, outgoing.message_id, outgoing.attempt, outcome, self._now())
        self._outcomes.append(outcome)
        line = self._lines.pop(outgoing.address)
        if line:
            self._ask(pool, line[0], line[1:])

    def note(self) -> None:
        """How the channel fared."""
        if self._outcomes:
            with self._work() as session:
                self._note(session)

    def _note(self, session: Session) -> None:
        pulse.note(session, self._name, self._outcomes, self._now())
        self._outcomes = []

    def _queue(self, pool: ThreadPoolExecutor, one: Prepared) -> None:
        line = self._lines.get(one[0].address)
        if line is None:
            self._ask(pool, one, [])
        else:
            line.append(one)
            line.sort(key=lambda waiting: not waiting[0].urgent)

    def _ask(self, pool: ThreadPoolExecutor, one: Prepared, behind: list[Prepared]) -> None:
        self._lines[one[0].address] = behind
        self.asked[pool.submit(copy_context().run, _send, self._sender, one[0], one[1])] = one[0]


def _send(sender: Sender, outgoing: Outgoing, wrong: Outcome | None) -> Outcome:
    """Ask first whether an earlier try got through when nobody heard its answer."""
    if wrong is not None:
        return wrong
    earlier = sender.find(outgoing) if outgoing.in_doubt else UNASKABLE
    if earlier is None:
        return replace(sender.send(outgoing), sure=True)
    return sender.send(outgoing) if earlier is UNASKABLE else replace(earlier, found=True)


def _prepared(session: Session, channel: str, messages: Sequence[OutboxMessage]) -> list[Prepared]:
    """Messages in words, their addresses in clear, and what keeps some of them from leaving."""
    written = wordings.current(session, channel) if messages else {}
    prepared = [_prepare(session, message, written) for message in messages]
    if channel not in REFUSABLE or not prepared:
        return prepared
    out = preferences.refused(session, channel, {outgoing.address for outgoing, wrong in prepared if wrong is None})
    return [(outgoing, wrong or _withheld(outgoing, message, out)) for (outgoing, wrong), message in zip(prepared, messages, strict=True)]


def _prepare(session: Session, message: OutboxMessage, written: Mapping[tuple[str, str], MessageWording]) -> Prepared:
    """What cannot be said or addressed any more is refused, not tried for ever."""
    title, text, address, wrong = "", "", "", None
    own = written.get((message.template, message.language))
    message.words_id = own.id if own else None
    try:
        said = render(
            message.template,
            message.values,
            message.language,
            message.channel,
            {template: one.line for (template, language), one in written.items() if language == message.language},
        )
        title, text, address = said.title, said.plain, session.info["vault"].open(message.address)
    except KeyError as missing:
        wrong = Outcome(REFUSED, code="no-words", words=f"{message.template}: {missing}")
    except InvalidTag:
        wrong = Outcome(REFUSED, code="unreadable-address", words="IDENTITY_KEY")
    return Outgoing(
        message.id,
        message.attempts,
        address,
        text,
        message.claimed_at,
        message.created_at,
        message.in_doubt,
        title,
        message.template,
        message.values,
        message.language,
        _others(session, message) if message.in_doubt else frozenset(),
        message.urgency == NOW,
    ), wrong


def _others(session: Session, message: OutboxMessage) -> frozenset[str]:
    """What the provider calls our other messages about the same subjects."""
    one = OutboxMessage
    return frozenset(
        session.scalars(
            sa.select(one.provider_id).where(
                one.subjects.overlap(message.subjects), one.channel == message.channel, one.id != message.id, one.provider_id != ""
            )
        )
    )


def _withheld(outgoing: Outgoing, message: OutboxMessage, out: set[str]) -> Outcome | None:
    """Who turned the channel off is not told by it; what the law wants told goes another way, or all the same when there is none. One in doubt is settled first."""
    owed = message.template in preferences.OWED and not any(may_follow(message.channel, way["channel"]) for way in message.otherwise)
    return None if outgoing.address not in out or owed or outgoing.in_doubt else Outcome(WITHHELD, code=preferences.OPTED_OUT)
