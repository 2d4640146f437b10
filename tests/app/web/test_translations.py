"""No sentence is missing in English, none is broken by its translation, none is kept that nobody says."""

import re

from app.web import i18n
from app.web.tools import strings

HOLE = re.compile(r"%\((\w+)\)s")


def test_every_sentence_has_english():
    lacking = strings.missing()
    assert not lacking, "run `python -m app.web.tools.strings`, then fill in:\n" + "\n".join(
        f"{places[0]}: {text}" for text, places in lacking.items()
    )


def test_every_translation_keeps_the_holes_of_its_sentence():
    wrong = {
        source: said
        for source, said in i18n.catalogue().items()
        for one in said
        if set(HOLE.findall(one)) - {"n"} != set(HOLE.findall(source)) - {"n"}
    }
    assert not wrong


def test_no_translation_leaves_chinese_standing():
    wrong = {source: said for source, said in i18n.catalogue().items() if any(ord(letter) in strings.HAN for one in said for letter in one)}
    assert not wrong


def test_no_entry_is_said_nowhere():
    assert strings.stale() == [], "run `python -m app.web.tools.strings --drop`"
