"""What one wording is: Chinese and English side by side, title and sentence. Short: who, what, by when, what to do."""

from dataclasses import dataclass

Both = dict[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """Title (empty where a channel has none), one sentence a part, and what is said before several of them.

    `outside`: the sentence for channels that leave the house, where `line` repeats what somebody typed; such words stay inside (domain §11).
    """

    title: Both
    line: Both
    icon: str = "message"
    opening: Both | None = None
    outside: Both | None = None


def both(zh: str, en: str) -> Both:
    """The same in the two languages of the house."""
    return {"zh": zh, "en": en}


NONE = both("", "")
