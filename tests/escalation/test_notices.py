"""A State Council notice as a file: JSON or CSV, whole years out, plain words when it cannot be read."""

import json
from datetime import date

import pytest

from escalation.notices import BadNotice, forgotten_holidays, official_days, parse_notice


def json_notice(year, *days):
    return json.dumps({"year": year, "days": [{"date": day, "name": name, "isOffDay": off} for day, name, off in days]})


def test_json_lists_the_differences_and_a_whole_year_comes_out():
    days = {
        row.day: row for row in parse_notice(json_notice(2027, ("2027-02-05", "春节", True), ("2027-02-20", "春节", False)), "2027.json")
    }
    assert len(days) == 365
    assert not days[date(2027, 2, 5)].is_workday
    assert days[date(2027, 2, 20)].is_workday
    assert days[date(2027, 2, 20)].note == "春节"
    assert not days[date(2027, 2, 21)].is_workday
    assert not days[date(2027, 2, 5)].provisional


def test_csv_gives_the_same():
    text = "\ufeffdate,is_workday,name\n2027-02-05,0,春节\n2027-02-20,1,春节\n"
    as_json = json_notice(2027, ("2027-02-05", "春节", True), ("2027-02-20", "春节", False))
    assert parse_notice(text, "f") == parse_notice(as_json, "f")


def test_a_swap_across_new_year_touches_that_day_only():
    days = parse_notice(json_notice(2027, ("2027-01-01", "元旦", True), ("2026-12-27", "元旦", False)), "f")
    assert [row.day for row in days if row.day.year == 2026] == [date(2026, 12, 27)]


def test_a_whole_official_year_survives_the_round_trip():
    rows = official_days(2026)
    text = "date,is_workday,name\n" + "".join(f"{row.day},{int(row.is_workday)},{row.note}\n" for row in rows)
    assert [(row.day, row.is_workday) for row in parse_notice(text, "f")] == [(row.day, row.is_workday) for row in rows]


def test_a_notice_that_has_people_work_on_statutory_holidays_is_not_whole():
    partial = forgotten_holidays(parse_notice(json_notice(2027, ("2027-02-05", "春节", True)), "f"))
    assert {row.day for row in partial} >= {date(2027, 1, 1), date(2027, 10, 1), date(2027, 2, 8)}
    assert forgotten_holidays(official_days(2026)) == []
    assert forgotten_holidays([]) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json_notice(2027), "还没公布"),
        ("{", "不是合法的 JSON：第 1 行"),
        ('{"year": "2027", "days": []}', "year（年份）"),
        ('{"year": 2027, "days": [{"date": "2027-01-01"}]}', "第 1 条"),
        (json_notice(2027, ("2027-02-30", "", True)), "第 1 条的 date"),
        (json_notice(2027, ("2027-02-01", "", True), ("2027-02-01", "", False)), "出现了两次"),
        ("day,work\n", "CSV 第一行"),
        ("date,is_workday,name\n2027-01-01,maybe,\n", "第 2 行的 is_workday"),
        ("date,is_workday,name\n01/02/2027,1,\n", "第 2 行的 date"),
        ("date,is_workday,name\n", "一天也没有"),
        ("date,is_workday,name\n0027-01-01,0,\n", "第 2 行的 date"),
        ("date,is_workday,name\n2027-01-01,0\x00,\n", "第 2 行的 is_workday"),
    ],
)
def test_what_cannot_be_read_is_said_plainly(text, says):
    with pytest.raises(BadNotice) as refused:
        parse_notice(text, "f")
    assert says in str(refused.value)
