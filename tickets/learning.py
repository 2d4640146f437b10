"""What each kind of matter sounds like, learned from matters people have sorted: maximum entropy over characters and pairs of them.

Belongs here: the words as numbers, learning, guessing, measuring on matters held out. Which files and tables these come from does not.
"""

import math
import re
import threading
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import orjson
import pycrfsuite
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.errors import Invalid
from tickets.models import Category, Ticket
from tickets.organisations import Unit
from tickets.text import normal, sketch

KINDS, UNITS = "category", "unit"  # what is learned, and the name of its file
FINISHED = ("closed", "archived", "direct-closed")
NEWEST = 50_000  # matters learned from, at most
READ = 800  # characters of a matter that are read
SIZES = (1, 2)
RARE = 3  # matters a piece must stand in to be learned
FEWEST = 4  # matters a label must have to be learned (said in the refusal)
ONCE_IN = 5  # one in so many is held out
ROUNDS = 60
STIFF = 0.01  # of the L2 penalty: the higher, the less one matter counts
SURE = 0.9
MODEL, WEIGHTS = "model", "weights.json"  # what lies in the file
_SPLIT = re.compile(r"[^\w]+")


class Sorted(NamedTuple):
    """A matter's words and the labels people gave it; "" where they gave none."""

    text: str
    category: str
    unit: str = ""


class Guess(NamedTuple):
    label: str
    share: float


@dataclass
class Measured:
    """How often the first guess was right on `of` matters held out; `f1`: the mean over labels; `sure`: those guessed at SURE or more."""

    of: int = 0
    right: int = 0
    in_three: int = 0
    sure: int = 0
    sure_right: int = 0
    scores: dict[str, list[int]] = field(default_factory=dict)

    @property
    def f1(self) -> float:
        """Of every label that was there or guessed, the harmonic mean of precision and recall; their mean. 0 over nothing."""
        return (
            sum(2 * hit / (2 * hit + missed + wrong) for hit, missed, wrong in self.scores.values()) / len(self.scores)
            if self.scores
            else 0.0
        )

    def add(self, label: str, guesses: Sequence[Guess]) -> None:
        first = guesses[0]
        hit = first.label == label
        self.of += 1
        self.right += hit
        self.in_three += label in [guess.label for guess in guesses[:3]]
        if first.share >= SURE:
            self.sure += 1
            self.sure_right += hit
        own = self.scores.setdefault(label, [0, 0, 0])
        own[0 if hit else 1] += 1
        if not hit:
            self.scores.setdefault(first.label, [0, 0, 0])[2] += 1


class _Trainer(pycrfsuite.Trainer):
    """The library's, told nothing but that a round is done."""

    tell: Callable[[], object]

    def message(self, message: str) -> None:
        if message.startswith("***** Iteration"):
            self.tell()


class Learned:
    """A model from its file. One may be asked by several threads."""

    def __init__(self, file: Path):
        self._tagger, self._turn = pycrfsuite.Tagger(), threading.Lock()
        with zipfile.ZipFile(file) as packed:
            self._weights: dict[str, float] = orjson.loads(packed.read(WEIGHTS))
            self._bytes = packed.read(MODEL)  # the tagger reads from them as long as it lives
        self._tagger.open_inmemory(self._bytes)
        self.labels: list[str] = self._tagger.labels()

    def guess(self, text: str, most: int = 3) -> list[Guess]:
        """The likeliest labels, likeliest first; the shares of all labels add up to 1."""
        with self._turn:
            self._tagger.set([features(text, self._weights)])
            found = [Guess(label, self._tagger.marginal(label, 0)) for label in self.labels]
        return sorted(found, key=lambda guess: -guess.share)[:most]


def pieces(text: str) -> Counter[str]:
    """The characters and pairs of neighbouring ones, with how often each stands there."""
    found: Counter[str] = Counter()
    for run in _SPLIT.split(normal(text[:READ])):
        for size in SIZES:
            found.update(run[at : at + size] for at in range(len(run) - size + 1))
    return found


def features(text: str, weights: Mapping[str, float]) -> dict[str, float]:
    """The pieces that have a weight, a second one of a kind telling less than the first; of length 1 together."""
    told = {piece: (1 + math.log(n)) * weights[piece] for piece, n in pieces(text).items() if piece in weights}
    whole = math.sqrt(sum(one * one for one in told.values())) or 1.0
    return {piece: one / whole for piece, one in told.items()}


def weights_of(texts: Sequence[str]) -> dict[str, float]:
    """Piece → how much it tells: the rarer, the more; the rarest nothing."""
    often: Counter[str] = Counter()
    for text in texts:
        often.update(pieces(text).keys())
    return {piece: round(1 + math.log(len(texts) / n), 3) for piece, n in often.items() if n >= RARE}


def held_out(text: str) -> bool:
    """Whether a matter is kept aside to measure by: one in five, the same one every time, edited copies of one text on one side."""
    hashes = sketch(text) or [zlib.crc32(text.encode())]
    return hashes[0] % ONCE_IN == 0


def learnable(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The rows (text, label) whose label occurs often enough. Raises Invalid when less than two labels are left to tell apart."""
    often = Counter(label for _text, label in rows if label)
    kept = [(text, label) for text, label in rows if often[label] >= FEWEST]
    if len({label for _text, label in kept}) < 2:
        raise Invalid(file="学不了：至少要有两种分类、每种 4 件以上")
    return kept


def learn(rows: Sequence[tuple[str, str]], file: Path, tell: Callable[[], object]) -> None:
    """Learn (text, label) rows into a file, which takes the place of an older one when it is whole. `tell` is called after each of ROUNDS rounds at most."""
    trainer = _Trainer(algorithm="lbfgs", verbose=False)
    trainer.tell = tell
    trainer.set_params({"c1": 0.0, "c2": STIFF, "max_iterations": ROUNDS})
    weights = weights_of([text for text, _label in rows])
    for text, label in rows:
        trainer.append([features(text, weights)], [label])
    file.parent.mkdir(parents=True, exist_ok=True)
    raw, part = file.with_suffix(".raw"), file.with_suffix(".part")
    trainer.train(str(raw))
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(raw, MODEL)
        packed.writestr(WEIGHTS, orjson.dumps(weights))
    raw.unlink()
    part.replace(file)


def measure(model: Learned, rows: Sequence[tuple[str, str]]) -> Measured:
    """What the model makes of rows (text, label) it has not learned from."""
    found = Measured()
    for text, label in rows:
        found.add(label, model.guess(text))
    return found


def closed(session: Session) -> Iterator[Sorted]:
    """The newest closed matters with their category and lead unit; no sealed or confidential ones: a model remembers words."""
    rows = session.execute(
        sa.select(Ticket.title, Ticket.content, Category.code, Unit.code)
        .join(Category, Category.id == Ticket.category_id)
        .outerjoin(Unit, Unit.id == Ticket.lead_unit_id)
        .where(Ticket.status.in_(FINISHED), sa.not_(Ticket.sealed), sa.not_(Ticket.confidential))
        .order_by(Ticket.id.desc())
        .limit(NEWEST)
        .execution_options(yield_per=1000)
    )
    for title, content, category, unit in rows:
        yield Sorted(f"{title}。{content}", category, unit or "")


_held: dict[Path, tuple[int, Learned | None]] = {}


def learned(folder: Path | None, what: str) -> Learned | None:
    """The model in the folder as it stands now, kept in memory until its file changes; None when nothing was learned or the
    file cannot be read: the desk goes on without it."""
    if folder is None:
        return None
    file = file_of(folder, what)
    try:
        made = file.stat().st_mtime_ns
    except OSError:
        return None
    held = _held.get(file)
    if held is None or held[0] != made:
        held = _held[file] = (made, _opened(file))
    return held[1]


def _opened(file: Path) -> Learned | None:
    try:
        return Learned(file)
    except (OSError, zipfile.BadZipFile, KeyError, ValueError):
        return None


def file_of(folder: Path, what: str) -> Path:
    return folder / f"{what}.model"
