"""What a file means before anything is stored: its encoding, its columns, its lines, the type of a matter. No database."""

import pytest

from app.imports import cells
from app.imports.csv_lines import Feed, records
from app.imports.lines import Unreadable
from app.imports.mapping import mapped
from app.imports.readers import encoding_of


def test_columns_are_found_by_the_names_people_use():
    assert mapped(["id", "user", "time", "title", "content", "label"]) == {
        "external_id": "id",
        "received_at": "time",
        "title": "title",
        "content": "content",
        "category": "label",
        "appellant_name": "user",
    }
    assert mapped(["编号", "诉求内容", "来电时间"], ("来电时间=closed_at",)) == {
        "closed_at": "来电时间",
        "external_id": "编号",
        "content": "诉求内容",
    }
    with pytest.raises(Unreadable, match="没有“nothing”这个字段"):
        mapped(["a", "content"], ("a=nothing",))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("我要举报一家无证作坊", "report"),
        ("表扬 3 路司机", "praise"),
        ("请问社保卡怎么办理", "consult"),
        ("夜里施工扰民", "complaint"),
        ("建议加个红绿灯", "suggestion"),
        ("今天天气不错", "other"),
    ],
)
def test_the_type_is_guessed_from_the_words(text, kind):
    assert cells.guessed_type(text) == kind


def test_the_encoding_is_the_one_most_lines_can_be_read_in():
    assert encoding_of("编号,内容\n1,路灯不亮\n".encode("gbk")) == "gb18030"
    assert encoding_of("编号,内容\n1,路灯不亮\n".encode() + b"2,\xff\xfe\n" + "3,积水\n".encode()) == "utf-8"


def test_a_stray_quote_costs_one_line_only():
    feed = Feed(iter(['1,"open\n', "2,fine\n", '3,"two\n', 'lines"\n', "4,last"]))
    got = [(line.number, line.broken[:2], line.cells.get("b")) for line in records(feed, ["a", "b"], ",")]
    assert got == [(1, "格式", None), (2, "", "fine"), (3, "", "two\nlines"), (5, "", "last")]
