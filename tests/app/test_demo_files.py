"""What the demo city is told from: data files that agree with each other, in words of our own, at a pace of the past. No database."""

import random
import re
from collections import Counter

from app import clock
from app.demo.files import FOLDER, entries, rows
from app.demo.pace import Pace
from app.demo.tales import duty
from tickets import codes

GIVEN = ("城乡建设", "环境保护", "交通运输", "教育文体", "劳动和社会保障", "商贸旅游", "卫生计生")


def test_the_tree_has_the_taxonomys_shape_and_english_names():
    tree = rows("categories")
    levels = Counter(row["code"].count(".") + 1 for row in tree)
    assert levels[1] == 15
    assert 90 <= levels[2] <= 130
    assert 330 <= levels[3] <= 400
    assert set(GIVEN) <= {row["name"] for row in tree if "." not in row["code"]}
    assert len({row["name"] for row in tree}) == len(tree)
    for row in tree:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*){0,2}", row["code"]), row["code"]
        assert re.fullmatch(r"[A-Z0-9][ -~]+", row["name_en"]), row
        assert row["code"].count(".") < 2 or len(row["keywords"].split()) >= 3, row


def test_data_files_name_only_what_exists():
    categories, units = {row["code"] for row in rows("categories")}, {row["code"] for row in rows("units")}
    regions, kinds = {row["code"] for row in rows("regions")}, {row["kind"] for row in rows("places")}
    for row in rows("catalogue"):
        assert row["category"] in categories
        assert row["unit"] in units
        assert row["region"] in regions | {""}
        assert len(row["basis"]) > 8
    for matter in entries("matters"):
        assert matter["category"] in categories
        assert matter["where"] in kinds
        assert matter["type"] in codes.APPEAL_TYPES
        assert matter.get("return", {"reason": "not-our-duty"})["reason"] in codes.RETURN_REASONS
        assert matter.get("pause", {"code": "applicant-supplement"})["code"] in codes.PAUSE_CODES
        assert matter.get("unit") or all(duty(matter["category"], region["code"]) for region in rows("regions") if region["parent_code"])
    titles = {each["title"] for each in entries("knowledge")}
    assert {each["knowledge"] for each in entries("questions")} <= titles


def test_no_sentence_of_the_shared_messages_stands_in_the_demo_data():
    """Own words only: files hold no masked numbers or city letters of the shared data's kind."""
    for path in FOLDER.iterdir():
        assert not re.search(r"[A-Z]\d?市|[A-Z]\d区", path.read_text(encoding="utf-8")), path.name


def test_the_pace_never_leaves_the_present():
    now = clock.now()
    pace = Pace(random.Random(1), now)
    for _ in range(300):
        start = pace.ago(0.1, 50)
        assert start < now
        for moment in (pace.minutes(start, 1, 100_000), pace.office(start, 1, 3000)):
            assert start < moment < now
