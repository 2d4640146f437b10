"""What a form remembers across a refusal: what was typed, what was wrong with it, who was first. Nothing typed is lost."""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from app.web.i18n import gettext as _

CODE = re.compile(r"[a-z0-9.:T-]*")  # what a choice, a number or a date field sends


class Conflict(NamedTuple):
    """Somebody else acted first: who, when, and what they did."""

    who: str
    when: str
    what: str


@dataclass(frozen=True)
class Wrong:
    """A refused act. `key` is the form's ("contacts", "task-replies-7"), `values` what was typed, `errors` the sentences by field."""

    key: str
    status: int
    text: str
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    conflict: Conflict | None = None
    kept: str = ""
    many: dict[str, list[str]] = field(default_factory=dict)

    @property
    def written(self) -> str:
        """The long things a person typed, to be copied where they can no longer be sent."""
        return "\n".join(value for name, value in self.values.items() if name != "csrf_token" and not CODE.fullmatch(value))


class FormState:
    """One dialog of a page: ids that are its own, values and errors if it was the one refused."""

    def __init__(self, subject: str, key: str, wrong: Wrong | None, open_form: str = ""):
        self.key, self.dialog, self.draft = key, f"do-{key}", f"{subject}:{key}"
        self._wrong = wrong if wrong is not None and wrong.key == key else None
        self.shown = self._wrong is not None or (wrong is None and open_form == key)

    def value(self, name: str, default: Any = None) -> Any:
        return self._wrong.values.get(name, default) if self._wrong else default

    def values(self, name: str) -> list[str]:
        """Everything that was ticked under one name."""
        return self._wrong.many.get(name, []) if self._wrong else []

    def error(self, name: str) -> list[str] | None:
        return [_(said) for said in self._wrong.errors.get(name, [])] or None if self._wrong else None

    def id(self, name: str) -> str:
        return f"{self.dialog}-{name}"

    @property
    def text(self) -> str:
        return self._wrong.text if self._wrong else ""

    @property
    def kept(self) -> str:
        return self._wrong.kept if self._wrong else ""

    @property
    def conflict(self) -> Conflict | None:
        return self._wrong.conflict if self._wrong else None
