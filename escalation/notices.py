"""Where calendar days come from: the chinesecalendar package, the statute's own days, and a State Council notice as a file."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta

import chinese_calendar
import holidays

from app.errors import Refused
from escalation.calendar import Day

FIRST_YEAR = min(chinese_calendar.holidays).year
LAST_OFFICIAL_YEAR = max(chinese_calendar.holidays).year
SHORT_NAMES = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节", "中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日": "抗战胜利日"}
SMALLEST_YEAR, LARGEST_YEAR, LONGEST_NAME = 1990, 2200, 40
YES, NO = frozenset({"1", "true", "yes", "是", "班", "工作日"}), frozenset({"0", "false", "no", "否", "休", "假"})


class BadNotice(Refused):
    """The file offered is no notice. The sentence names line and field, and what belongs there."""

    status = 422
    code = "bad-notice"


def official_days(year: int) -> list[Day]:
    """A year whose notice the chinesecalendar package knows, make-up weekends included."""
    return [_official(day) for day in days_of(year)]


def statutory_days(year: int) -> list[Day]:
    """A year whose notice is not out: weekends and the days of 全国年节及纪念日放假办法 are off, nothing is swapped, all provisional."""
    names = {day: name.replace("（补假）", "").replace("; ", "、") for day, name in holidays.China(years=year, language="zh_CN").items()}
    return [Day(day, day.weekday() < 5 and day not in names, names.get(day, ""), "statute", True) for day in days_of(year)]


def days_of(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += timedelta(1)


def forgotten_holidays(days: Sequence[Day]) -> list[Day]:
    """Statutory holidays on which the days offered would have people work: a sign that the notice is not whole."""
    worked = {row.day for row in days if row.is_workday}
    return [
        row
        for year in sorted({row.day.year for row in days})
        for row in statutory_days(year)
        if row.note and not row.is_workday and row.day in worked
    ]


def parse_notice(text: str, name: str) -> list[Day]:
    """A notice file as whole years of days, official.

    JSON: {"year": 2026, "days": [{"date", "name", "isOffDay"}]}; anything else is read as CSV with the header
    date,is_workday,name. A file lists only the days that differ from plain weekdays and weekends; a day it lists outside its
    own year (a swap across New Year) comes back alone. Raises BadNotice naming line, field and remedy.
    """
    text = text.removeprefix("\ufeff")
    year, listed = _from_json(text) if text.lstrip().startswith("{") else _from_csv(text)
    if not listed:
        raise BadNotice("%(name)s 里一天也没有：这一年的放假通知还没公布，或文件是空的", name=name)
    years = {year} if year else {row.day.year for row in listed}
    known = {}
    for row in listed:
        if row.day in known:
            raise BadNotice("%(name)s 里 %(day)s 出现了两次，请删掉一条", name=name, day=row.day)
        known[row.day] = replace(row, source=name)
    plain = (Day(day, day.weekday() < 5, "", name) for each in sorted(years) for day in days_of(each))
    full = {row.day: row for row in plain} | known
    return [full[day] for day in sorted(full)]


def _official(day: date) -> Day:
    off, name = chinese_calendar.get_holiday_detail(day)
    chinese = chinese_calendar.Holiday(name).chinese if name else ""
    return Day(day, not off, SHORT_NAMES.get(chinese, chinese), "chinesecalendar")


def _from_json(text: str) -> tuple[int | None, list[Day]]:
    try:
        notice = json.loads(text)
    except json.JSONDecodeError as bad:
        raise BadNotice("不是合法的 JSON：第 %(line)s 行第 %(column)s 个字符", line=bad.lineno, column=bad.colno) from bad
    except (ValueError, RecursionError) as bad:
        raise BadNotice("JSON 读不了：套得太深，或有太长的数") from bad
    year, rows = notice.get("year"), notice.get("days")
    if not isinstance(year, int) or not SMALLEST_YEAR <= year <= LARGEST_YEAR or not isinstance(rows, list):
        raise BadNotice("JSON 要有 year（年份）和 days（日期表）")
    return year, [_json_day(number, row) for number, row in enumerate(rows, 1)]


def _json_day(number: int, row) -> Day:
    if not isinstance(row, dict) or not isinstance(row.get("isOffDay"), bool):
        raise BadNotice("days 第 %(n)s 条要有 date、name 和 isOffDay（true 或 false）", n=number)
    day = _date(row.get("date"))
    if day is None:
        raise BadNotice("days 第 %(n)s 条的 date 要写成 2026-01-01，现在是 %(said)s", n=number, said=repr(row.get("date")))
    return Day(day, not row["isOffDay"], _name(str(row.get("name") or "")))


def _from_csv(text: str) -> tuple[None, list[Day]]:
    reader = csv.DictReader(io.StringIO(text))
    try:
        missing = {"date", "is_workday"} - set(reader.fieldnames or ())
        if missing:
            raise BadNotice("CSV 第一行要是 date,is_workday,name；缺 %(missing)s", missing=" ".join(sorted(missing)))
        return None, [_csv_day(reader.line_num, row) for row in reader]
    except csv.Error as bad:
        raise BadNotice("第 %(n)s 行不是 CSV", n=reader.line_num) from bad


def _csv_day(number: int, row: dict) -> Day:
    word, text = (row["is_workday"] or "").strip().lower(), (row["date"] or "").strip()
    if word not in YES | NO:
        raise BadNotice("第 %(n)s 行的 is_workday 只能是 1 或 0，现在是 %(said)s", n=number, said=repr(word))
    day = _date(text)
    if day is None:
        raise BadNotice("第 %(n)s 行的 date 要写成 2026-01-01，现在是 %(said)s", n=number, said=repr(text))
    return Day(day, word in YES, _name(row.get("name") or ""))


def _name(text: str) -> str:
    return "".join(filter(str.isprintable, text)).strip()[:LONGEST_NAME]


def _date(text) -> date | None:
    try:
        day = date.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return day if SMALLEST_YEAR <= day.year <= LARGEST_YEAR else None
