"""Every template speaks both languages, fills every hole, and stays short."""

import re

import pytest

from app.telling import GRAVITY, TEMPLATES
from escalation import ladder
from notifiers.texts import render, segments
from notifiers.wording import WORDING
from notifiers.wording.answers import ANSWERS
from notifiers.wording.citizens import CITIZEN
from notifiers.wording.house import SEVERAL, STEPS
from tests.notifiers.conftest import a_part

LONGEST = {
    "tail": "999999",
    "unit": {"zh": "市自然资源和规划局", "en": "Municipal Bureau of Natural Resources"},
    "limit": {"zh": "求助投诉举报答复（疑难）", "en": "Reply to request, complaint or report"},
    "due": {"due": "2026-11-30T16:00:00+00:00"},
    "planned": {"at": "2026-11-30T16:00:00+00:00"},
    "city": {"zh": "新疆维吾尔自治区某某市", "en": "Some Long-named City"},
    "code": "9999999999",
    "number": "SX20261130000001",
    "kind": {"zh": "应急哨", "en": "Emergency whistle"},
    "street": {"zh": "东门街道", "en": "Dongmen"},
    "problem": "-" * 60,
    "ask": "-" * 60,
    "place": "-" * 40,
    "words": "-" * 80,
    "body": "-",
    "said": "-",
    "sign": {"zh": "【新疆维吾尔自治区某某市12345】", "en": "[Some Long-named City 12345] "},
    "state": {"zh": "已转办", "en": "Dispatched"},
    "why": {"zh": "号码不对", "en": "No"},
    "moment": {"at": "2026-11-30T16:00:00+00:00"},
    "n": "3",
    "list": {"zh": "尾号 999999（9999999999）；" * 3, "en": "…999999 (9999999999); " * 3},
    "link": "https://12345.a-long-city-name.gov.example/t/9999999999",
}
LONGEST |= {
    "metric": {"zh": "按期答复率", "en": "Answers in time"},
    "whose": {"zh": "全市", "en": "The city"},
    "share": "94.99%",
    "above": "9,499",
    "below": "10,000",
    "line": "95%",
    "cell": "-" * 60,
    "times": "9",
    "report": {"zh": "升级与红黄牌", "en": "Escalations"},
    "about": "-" * 30,
    "people": "999",
    "title": "-" * 60,
    "former": {"zh": "（没有指定）", "en": "nobody"},
    "person": "-" * 20,
    "period": "2026-10-01 – 2026-10-31",
    "facts": {"zh": "按期办结率 95.0%（95 ÷ 100）", "en": "8 tables"},
}
TITLE, LINE, SMS_PARTS = {"zh": 30, "en": 70}, {"zh": 80, "en": 180}, 2
HAN = re.compile(r"[\u3400-\u9fff]")


@pytest.mark.parametrize("name", sorted(WORDING))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_says_everything_in_this_language_only(name, language):
    values = {"items": [a_part(), a_part(template="breach")]} if name in SEVERAL else LONGEST
    text = render(name, values, language)
    whole = text.title + text.plain
    assert whole.strip()
    assert not re.search(r"[{}]", whole)
    if language == "en":
        assert not HAN.search(whole), whole


@pytest.mark.parametrize("name", sorted(STEPS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_notice_is_short_with_the_longest_names(name, language):
    text = render(name, LONGEST, language)
    assert len(text.title) <= TITLE[language], text.title
    assert len(text.lines[0].words) <= LINE[language], text.lines[0].words


@pytest.mark.parametrize("name", sorted(CITIZEN | {name: words for name, words in ANSWERS.items() if "{list}" not in words.line["zh"]}))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_telephone_message_is_charged_as_two_at_most(name, language):
    text = render(name, LONGEST, language).plain
    assert segments(text, language) <= SMS_PARTS, (len(text), text)


def test_a_promise_that_ends_at_midnight_is_said_as_24_of_its_day():
    assert "9 月 18 日 24:00" in render("red-card", {"items": [a_part()]}, "zh").plain
    assert "Sep 18, 24:00" in render("red-card", {"items": [a_part()]}, "en").plain


def test_several_parts_are_one_message_with_a_line_each():
    text = render("late", {"items": [a_part(late=True), a_part(template="coordinate", subject="ticket:8", tail="000613", late=True)]}, "zh")
    assert text.title == "补告：2 件事"
    assert text.lines[2].words.endswith("（本该 9 月 19 日 00:00 说）")
    assert [line.subject for line in text.lines] == ["", "ticket:7", "ticket:8"]


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        ("好" * 70, "zh", 1),
        ("好" * 71, "zh", 2),
        ("好" * 134, "zh", 2),
        ("好" * 135, "zh", 3),
        ("a" * 160, "en", 1),
        ("a" * 161, "en", 2),
        ("é" * 71, "en", 2),
    ],
)
def test_segments_are_counted_as_they_are_charged(text, language, parts):
    assert segments(text, language) == parts


def test_every_rung_that_tells_somebody_has_words():
    rungs = [
        rung for each in vars(ladder).values() if isinstance(each, tuple) for rung in each if isinstance(rung, ladder.Rung) and rung.to
    ]
    assert len(rungs) > 20
    assert {rung.notice for rung in rungs} <= set(STEPS)
    assert {rung.step for rung in rungs} <= set(TEMPLATES)
    assert set(STEPS) == set(GRAVITY)
