"""Which sentences the house says and which of them still lack English.

`python -m app.web.tools.strings` lists those and adds empty entries to app/translations/en.po. To fill them in without
stepping on each other, write {"中文": "English", "%(n)s 件": ["%(n)s ticket", "%(n)s tickets"]} and name the file as argument.
Found: `_`, `_n`, `_html`, gettext in Python and templates; every sentence given to a refusal of app/errors.py; the words of words.py tables.
"""

import argparse
import ast
import fcntl
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from babel.messages.extract import extract
from babel.messages.pofile import normalize

from app.web import i18n
from app.web.i18n import CATALOGUE

HOUSE = Path(__file__).resolve().parents[3]
ROOMS = ("app", "tickets", "escalation", "notifiers")
KEYWORDS = {"_": None, "gettext": None, "_html": None, "html": None, "_n": (1, 1), "ngettext": (1, 1), "later": None, "Filled": None}
REFUSALS = {
    "Refused",
    "Unauthenticated",
    "Forbidden",
    "NotFound",
    "WrongState",
    "Mismatch",
    "Stale",
    "TooLarge",
    "Invalid",
    "TooMany",
    "NoTelephone",
    "TelephonyFailed",
    "BadNotice",
    "BadCalendar",
    "CalendarRanOut",
    "Unfit",
}
WORD_FILES = {"words.py", "whistle_words.py", "evaluation_words.py"}
HAN = range(0x3400, 0xA000)
HEADER = """msgid ""
msgstr ""
"Language: en\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


@cache
def said() -> dict[str, tuple[bool, list[str]]]:
    """Every source string → (is it counted, where it is said), as the files stood at the first call."""
    found: dict[str, tuple[bool, list[str]]] = {}
    for path in _files():
        place = str(path.relative_to(HOUSE))
        for line, text, counted in _strings(path):
            was, places = found.get(text, (False, []))
            found[text] = (was or counted, [*places, f"{place}:{line}"])
    return found


def missing() -> dict[str, list[str]]:
    """Source string → where it is said, for all that have no English."""
    with CATALOGUE.open("rb") as file:
        english = {source for source, words in dict(i18n.entries(file)).items() if all(words)}
    return {text: places for text, (_counted, places) in said().items() if text not in english}


def stale() -> list[str]:
    """Entries of the catalogue that nobody says any more."""
    known = said()
    return [source for source in _sources() if source not in known]


def _files() -> Iterator[Path]:
    for room in ROOMS:
        for path in sorted((HOUSE / room).rglob("*")):
            if path.suffix in {".py", ".html", ".jinja"} and "static" not in path.parts and path.name != "strings.py":
                yield path


def _strings(path: Path) -> Iterator[tuple[int, str, bool]]:
    method = "python" if path.suffix == ".py" else "jinja2"
    with path.open("rb") as file:
        for line, text, _comments, _context in extract(method, file, KEYWORDS, options={"trimmed": "false", "silent": "false"}):
            yield line, text[0] if isinstance(text, tuple) else text, isinstance(text, tuple)
    if path.suffix == ".py":
        tree = ast.parse(path.read_text(encoding="utf-8"))
        yield from ((line, text, False) for line, text in _refusals(tree))
        if path.name in WORD_FILES or path.parent.name == "metrics":  # the table of metrics is words too
            yield from ((line, text, False) for line, text in _han(tree))


def _refusals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Sentences of `WrongState("…")`, `Invalid(content="…")`, also inside lists and conditional expressions; of `bad["content"] = "…"`; and
    what an edge of the lifecycle tells the citizen."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Subscript) and _name(to.value) == "bad" for to in node.targets):
            yield from _han(node.value)
        if isinstance(node, ast.Call) and _name(node.func) in REFUSALS:
            for given in [*node.args[:1], *(word.value for word in node.keywords)]:
                yield from _han(given)
        if isinstance(node, ast.Call) and _name(node.func) == "_edge":
            for word in node.keywords:
                yield from _han(word.value) if word.arg == "tells" else ()


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _han(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Chinese string constants, but no docstrings and no pieces of f-strings (those cannot be translated: use %(name)s)."""
    passed = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    passed |= {id(piece) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for piece in node.values}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in passed else None
        if isinstance(text, str) and any(ord(letter) in HAN for letter in text):
            yield getattr(node, "lineno", 0), text


def _sources() -> Iterator[str]:
    """Every source string of the catalogue, filled or not."""
    with CATALOGUE.open("rb") as file:
        yield from dict(i18n.entries(file))


def rewrite(more: dict[str, str | list[str]], drop: bool = False) -> None:
    """Write the catalogue: what it holds, `more` (source → English, or [singular, plural]), and empty entries for the rest.

    Locked, so that several people may fill it at once. `drop`: leave out what nobody says any more.
    """
    with CATALOGUE.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        words = {source: said for source, said in dict(i18n.entries(file)).items() if any(said)}
        words.update({source: (english,) if isinstance(english, str) else tuple(english) for source, english in more.items()})
        known = said()
        wanted = sorted(known, key=lambda one: known[one][1][0]) + ([] if drop else sorted(set(words) - set(known)))
        blocks = [HEADER, *(_block(one, known.get(one), words.get(one, ("",))) for one in wanted)]
        file.seek(0)
        file.truncate()
        file.write("\n".join(blocks).encode())


def _block(source: str, where: tuple[bool, list[str]] | None, english: tuple[str, ...]) -> str:
    counted, places = where or (len(english) > 1, [])
    note = f"#: {places[0].split(':')[0]}\n" if places else ""
    if counted:
        plural = "".join(f"msgstr[{n}] {normalize(english[min(n, len(english) - 1)], width=0)}\n" for n in (0, 1))
        return f"{note}msgid {normalize(source, width=0)}\nmsgid_plural {normalize(source, width=0)}\n{plural}"
    return f"{note}msgid {normalize(source, width=0)}\nmsgstr {normalize(english[-1], width=0)}\n"


def main(arguments: list[str]) -> int:
    """Take English from JSON objects, add empty entries, list what lacks English. Exit code 1 when any does."""
    options = argparse.ArgumentParser(description=main.__doc__)
    options.add_argument("fill", nargs="*", type=Path, help='JSON files: {"中文": "English"} or {"中文": ["one", "many"]}')
    options.add_argument("--drop", action="store_true", help="forget entries that nothing says any more")
    given = options.parse_args(arguments)
    more = {}
    for file in given.fill:
        more.update(json.loads(file.read_text(encoding="utf-8")))
    rewrite(more, drop=given.drop)
    lacking = missing()
    for text, places in lacking.items():
        sys.stdout.write(f"{places[0]}: {text}\n")
    sys.stderr.write(f"{len(said())} said, {len(lacking)} without English, {len(stale())} in the catalogue but said nowhere\n")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
