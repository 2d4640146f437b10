"""What a channel is: something that takes one message in words and says at once what became of it. Known failures are values."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

ACCEPTED, RETRY, REFUSED, UNKNOWN = "accepted", "retry", "refused", "unknown"
WITHHELD, POSTPONED = "withheld", "postponed"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One claimed message, ready to leave: the address in clear, the words in its language.

    `title`: for channels that have one; `template`, `values`: for those that fill a provider's own; `taken`: what the provider calls our
    other messages about the same subjects, so that none of them is taken for this one.
    """

    message_id: int
    attempt: int
    address: str
    text: str
    claimed_at: datetime
    created_at: datetime
    in_doubt: bool
    title: str = ""
    template: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    language: str = "zh"
    taken: frozenset[str] = frozenset()
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """accepted: the provider has it, under `provider_id`; retry: not now, `wait` if it said how long; refused: never, this way;
    unknown: it may have it; withheld: we do not send it this way; postponed: our own limit, no try was made. `code` is the provider's own,
    `words` what a person reads in the list of tries. `sure`: the provider was asked first and surely had nothing of it. `found`: it had one with these words, which is ours unless another
    message's."""

    kind: str
    provider_id: str = ""
    code: str = ""
    words: str = ""
    wait: timedelta | None = None
    sure: bool = False
    found: bool = False


UNASKABLE = Outcome(UNKNOWN, code="unaskable")  # what `find` says where nobody can be asked: it is sent again, in doubt as before


class Sender(Protocol):
    """One channel to the outside."""

    def send(self, message: Outgoing) -> Outcome:
        """Hand it over. Raises only for programming errors; everything the provider can do is an Outcome."""

    def find(self, message: Outgoing) -> Outcome | None:
        """Whether an earlier try of this very message reached the provider: its outcome, None when it surely did not, UNASKABLE."""
