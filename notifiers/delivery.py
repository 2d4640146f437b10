"""Claim, send, settle: the three transactions-apart steps by which messages leave. No transaction is open while a provider is asked."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from sqlalchemy.orm import Session

from app.vault import Vault
from notifiers import outbox
from notifiers.channels.base import REFUSED, Outcome, Outgoing, Sender
from notifiers.models import OutboxMessage
from notifiers.texts import render

BATCH = 10  # an urgent message waits for no more than these
AT_MOST = timedelta(seconds=45)  # other queues wait for this worker too

Work = Callable[[], AbstractContextManager[Session]]


def deliver(work: Work, senders: Mapping[str, Sender], now: Callable[[], datetime], at_most: timedelta = AT_MOST) -> int:
    """Send what is due, channel by channel, until nothing is or `at_most` has passed. Returns how many tries were made.

    Killed at any instant, the rest is taken back later (outbox.take_back); two at once never send the same message.
    """
    until, tries = now() + at_most, 0
    for channel, sender in senders.items():
        while now() < until:
            with work() as session:
                claimed = [_prepare(message, session.info["vault"]) for message in outbox.claim(session, channel, now(), BATCH)]
            if not claimed:
                break
            for outgoing, wrong in claimed:
                outcome = wrong or _send(sender, outgoing)
                with work() as session:
                    outbox.settle(session, outgoing.message_id, outgoing.attempt, outcome, now())
            tries += len(claimed)
    return tries


def _send(sender: Sender, outgoing: Outgoing) -> Outcome:
    """Ask first whether an earlier try got through when nobody heard its answer."""
    earlier = sender.find(outgoing) if outgoing.in_doubt else None
    return earlier or sender.send(outgoing)


def _prepare(message: OutboxMessage, vault: Vault) -> tuple[Outgoing, Outcome | None]:
    """The message in words and its address in clear; what cannot be said or addressed any more is refused, not tried for ever."""
    text, address, wrong = "", "", None
    try:
        text, address = render(message.template, message.values, message.language).plain, vault.open(message.address)
    except KeyError as missing:
        wrong = Outcome(REFUSED, code="no-words", words=f"{message.template}: {missing}")
    except InvalidTag:
        wrong = Outcome(REFUSED, code="unreadable-address", words="IDENTITY_KEY")
    return Outgoing(message.id, message.attempts, address, text, message.claimed_at, message.created_at, message.in_doubt), wrong
