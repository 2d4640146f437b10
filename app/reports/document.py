"""A document of one matter, as plain values: numbered parts with facts, dated lines and sentences. pages upright.py and the desks draw it."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: when, what and who, what was said."""

    when: str
    what: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One part: `facts` are (name, said), then sentences, then lines."""

    heading: str
    facts: Sequence[tuple[str, str]] = ()
    sentences: Sequence[str] = ()
    lines: Sequence[Line] = ()

    @property
    def empty(self) -> bool:
        return not (self.facts or self.sentences or self.lines)


@dataclass(frozen=True, slots=True)
class Document:
    """The whole. `below`: the line under the title; `foot`: who printed it when, on every page; `proof`: how to tell that it is whole."""

    title: str
    number: str
    below: str
    parts: Sequence[Part]
    proof: Sequence[str]
    foot: str
