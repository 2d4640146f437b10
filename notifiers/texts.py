"""From a template and values to words, in the reader's language. The wording itself stands in wording/.

A value is text as it is, {"zh": …, "en": …}, or {"due": ISO instant} and {"at": ISO instant}, said as people of the city say them.
`values["items"]` are several parts of one message, each with a "template" of its own and perhaps a "subject" it is about, and "late" when it comes too late.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from string import Formatter
from typing import Any, NamedTuple

from app.clock import local
from notifiers.message import INBOX, WEBHOOK
from notifiers.wording import WORDING
from notifiers.wording.house import LATE

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SEGMENT, LONG_SEGMENT = {"zh": 70, "en": 160}, {"zh": 67, "en": 153}


class Line(NamedTuple):
    """One sentence of a message and what it is about ("" when it is about nothing of its own)."""

    words: str
    subject: str


class Text(NamedTuple):
    """A message as words. `icon` is a name of the house's drawings."""

    title: str
    lines: tuple[Line, ...]
    icon: str

    @property
    def plain(self) -> str:
        """All of it in one piece, for channels without titles."""
        return "\n".join(line.words for line in self.lines)


def render(template: str, values: dict[str, Any], language: str, channel: str = INBOX, edited: Mapping[str, str] | None = None) -> Text:
    """The message in words; its title counts what it is about. `edited`: what an administrator wrote instead, by template.

    Raises KeyError for a template that does not exist or a value it lacks.
    """
    parts = parts_of(template, values)
    wording = WORDING[template]
    title = wording.title[language].format_map(_Words(parts[0] | {"n": len({part.get("subject", "") for part in parts})}, language))
    opening = (Line(wording.opening[language], ""),) if wording.opening else ()
    lines = (Line(_sentence(part, language, channel, edited or {}), part.get("subject", "")) for part in parts)
    return Text(title, (*opening, *lines), wording.icon)


def parts_of(template: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a message, each with its template; a plain message is its only part."""
    return values["items"] if "items" in values else [values | {"template": template}]


def words_of(template: str, values: dict[str, Any], language: str) -> dict[str, str]:
    """What the holes of a message to a citizen are filled with, in words: for a provider that sends texts of its own. Raises KeyError."""
    words = _Words(values, language)
    return {hole: words[hole] for hole in sorted(holes_of(WORDING[template].line[language]) - {"sign"}) if hole in values}


def segments(text: str, language: str) -> int:
    """How many telephone messages this is charged as: 70 Chinese characters, 67 each when there are several; 160 and 153 in English."""
    kind = "zh" if language == "zh" or not text.isascii() else "en"
    return 1 if len(text) <= SEGMENT[kind] else -(-len(text) // LONG_SEGMENT[kind])


def line_of(template: str, channel: str, language: str) -> str:
    """The house's own sentence for a channel: what leaves the house says numbers and times, never what somebody typed (domain §11)."""
    wording = WORDING[template]
    return (wording.line if channel in (INBOX, WEBHOOK) else wording.outside or wording.line)[language]


def holes_of(line: str) -> set[str]:
    """The names of what a sentence leaves open. Raises ValueError for braces that do not match."""
    return {name for _text, name, _form, _conversion in Formatter().parse(line) if name is not None}


def _sentence(part: dict[str, Any], language: str, channel: str, edited: Mapping[str, str]) -> str:
    whole = (edited.get(part["template"]) or line_of(part["template"], channel, language)) + (LATE[language] if part.get("late") else "")
    return whole.format_map(_Words(part, language))


class _Words:
    """Values as words of one language, said only when a sentence asks for them."""

    def __init__(self, values: dict[str, Any], language: str):
        self._values, self._language = values, language

    def __getitem__(self, name: str) -> str:
        return _word(self._values[name], self._language)


def _word(value: Any, language: str) -> str:
    if not isinstance(value, dict):
        return str(value)
    if "due" in value:
        return _moment(value["due"], language, ends_day=True)
    return _moment(value["at"], language) if "at" in value else value[language]


def _moment(raw: str, language: str, ends_day: bool = False) -> str:
    """10 月 9 日 17:00 / Oct 9, 17:00; a promise that ends at midnight is said as 24:00 of its day (design §7)."""
    there = local(datetime.fromisoformat(raw))
    hour = f"{there:%H:%M}"
    if ends_day and hour == "00:00":
        there, hour = there - timedelta(days=1), "24:00"
    return f"{MONTHS[there.month - 1]} {there.day}, {hour}" if language == "en" else f"{there.month} 月 {there.day} 日 {hour}"
