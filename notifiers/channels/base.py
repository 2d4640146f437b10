"""What a channel is: something that takes one message in words and says at once what became of it. Known failures are values."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

ACCEPTED, RETRY, REFUSED, UNKNOWN = "accepted", "retry", "refused", "unknown"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One claimed message, ready to leave: the address in clear, the words in its language."""

    message_id: int
    attempt: int
    address: str
    text: str
    claimed_at: datetime
    created_at: datetime
    in_doubt: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """accepted: the provider has it, under `provider_id`; retry: not now, `wait` if it said how long; refused: never, this way;
    unknown: it may have it. `code` is the provider's own, `words` what a person reads in the list of tries."""

    kind: str
    provider_id: str = ""
    code: str = ""
    words: str = ""
    wait: timedelta | None = None


class Sender(Protocol):
    """One channel to the outside."""

    def send(self, message: Outgoing) -> Outcome:
        """Hand it over. Raises only for programming errors; everything the provider can do is an Outcome."""

    def find(self, message: Outgoing) -> Outcome | None:
        """Whether an earlier try of this very message reached the provider: its outcome, or None when it surely did not."""
