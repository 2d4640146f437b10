"""What a ticket's words are about, as numbers: its terms, how rare each is in this city, how alike two matters are. Pure.

Belongs here: arithmetic over words. Which tickets stand together is topics.py's.
"""

import math
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field

import orjson
import rjieba

from tickets.text import normal

TITLE = 3  # a word of the title counts as often as three of the text
KEPT, KEYS, CORE = 40, 24, 60  # terms of a ticket, those it is looked up by, terms of a topic
PRIOR = 200  # tickets an empty city pretends to have read: the first ones would all look alike
MOST_TERMS = 300_000  # of the vocabulary; beyond, words said once are forgotten
LABEL = 3
_WORD = re.compile(r"\w+$")
_AREA = re.compile(r"[省市区县镇乡州]$")  # "A3区" is where, not what: half the city shares it
_NUMBER = re.compile(r"[\d.a-z]+$")

Vector = dict[str, float]


def terms_of(title: str, content: str) -> Counter[str]:
    """Words of two characters and more, and pairs of neighbouring words, each with how often; names of areas and bare numbers left out."""
    found: Counter[str] = Counter()
    for text, times in ((title, TITLE), (content, 1)):
        words = [word for word in rjieba.cut(normal(text)) if _WORD.match(word)]
        for word, after in zip(words, [*words[1:], ""], strict=False):
            if _AREA.search(word):
                continue
            if len(word) > 1 and not _NUMBER.match(word):
                found[word] += times
            pair = word + after
            if after and len(pair) > 2 and not _AREA.search(pair) and not _NUMBER.match(pair):
                found[pair] += times
    return found


@dataclass
class Vocabulary:
    """In how many of the tickets read each term stood."""

    read: int = 0
    counts: dict[str, int] = field(default_factory=dict)

    def learn(self, terms: Counter[str]) -> None:
        self.read += 1
        for term in terms:
            self.counts[term] = self.counts.get(term, 0) + 1
        if len(self.counts) > MOST_TERMS:
            self.counts = {term: count for term, count in self.counts.items() if count > 1}

    def vector(self, terms: Counter[str]) -> Vector:
        """The weightiest KEPT terms, weightiest first, of length 1: often here and rare in the city weighs most."""
        every = {
            term: (1 + math.log(times)) * math.log((self.read + PRIOR) / (self.counts.get(term, 0) + 0.5)) for term, times in terms.items()
        }
        return scaled(dict(sorted(every.items(), key=lambda pair: -pair[1])[:KEPT]))

    def dump(self) -> bytes:
        return zlib.compress(orjson.dumps([self.read, self.counts]), 1)

    @classmethod
    def load(cls, stored: bytes | None) -> "Vocabulary":
        return cls(*orjson.loads(zlib.decompress(stored))) if stored else cls()


def scaled(vector: Vector) -> Vector:
    length = math.sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {term: weight / length for term, weight in vector.items()}


def alike(one: Vector, other: Vector) -> float:
    """0–1: the cosine of two vectors, of any length."""
    if len(other) < len(one):
        one, other = other, one
    lengths = math.sqrt(sum(weight * weight for weight in one.values()) * sum(weight * weight for weight in other.values()))
    return sum(weight * other.get(term, 0.0) for term, weight in one.items()) / lengths if lengths else 0.0


def blended(one: Vector, other: Vector) -> Vector:
    """Two topics as one, weightiest terms first, no more than CORE."""
    both = dict(one)
    for term, weight in other.items():
        both[term] = both.get(term, 0.0) + weight
    return dict(sorted(both.items(), key=lambda pair: -pair[1])[:CORE])


def label_of(vector: Vector) -> list[str]:
    """The LABEL weightiest terms that do not hold one another: what a topic is called until a person names it."""
    told: list[str] = []
    for term in sorted(vector, key=lambda term: -vector[term]):
        if not any(term in other or other in term for other in told):
            told.append(term)
        if len(told) == LABEL:
            break
    return told
