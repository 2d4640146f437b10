"""Two languages: Chinese source strings, English from one .po read at start. Language of a request, words, dates.

Belongs here: how text and moments are said. Not here: which words a status has (tickets/words.py).
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from babel.messages.pofile import read_po
from flask import Flask, Response, current_app, g, has_request_context, request, session
from markupsafe import Markup

from app import clock
from app.errors import Filled, later

LANGUAGES = {"zh": "中文", "en": "English"}
TAGS = {"zh": "zh-CN", "en": "en"}
CATALOGUE = Path(__file__).resolve().parent.parent / "translations" / "en.po"
YEAR = timedelta(days=365)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


WEEKDAYS = (later("周一"), later("周二"), later("周三"), later("周四"), later("周五"), later("周六"), later("周日"))

NAMELESS = (later("系统"), later("市民"))


def init_app(app: Flask, account_language: Callable[[], str | None]) -> None:
    """Give templates the words and moments. `account_language`: the signed-in person's own setting, or None."""
    catalogue()  # a broken catalogue stops the start, not the first English page

    app.extensions["account_language"] = account_language

    @app.before_request
    def take() -> None:
        if request.args.get("lang") in LANGUAGES:
            session["lang"] = request.args["lang"]

    @app.after_request
    def remember(answer: Response) -> Response:
        asked = request.args.get("lang")
        if asked in LANGUAGES:
            answer.set_cookie("lang", asked, max_age=YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
        return answer

    app.jinja_env.globals.update(
        _=gettext,
        _n=ngettext,
        _html=html,
        current_language=current_language,
        language_tag=lambda: TAGS[current_language()],
        weekday=weekday,
        weekday_names=WEEKDAYS,
        format_moment=format_moment,
        format_day=format_day,
        format_ago=format_ago,
        format_span=format_span,
    )
    app.jinja_env.filters.update(
        moment=format_moment,
        day=format_day,
        ago=format_ago,
        span=format_span,
        due=format_due,
        clock_time=clock_time,
        line_time=line_time,
        listed=listed,
        aside=aside,
        doer=doer,
    )


def current_language() -> str:
    """Either "zh" or "en" for this request; "zh" outside of one."""
    try:
        return g.language  # asked for every sentence of a page
    except (AttributeError, RuntimeError):  # not chosen yet, or no application at all
        if not has_request_context():
            return "zh"
        g.language = _chosen()
        return g.language


def gettext(text: str, **values) -> str:
    """`text` in the language of the request, its %(name)s holes filled. Templates: `_("…")`; escaped on output."""
    if isinstance(text, Filled):
        return _lookup(text.text, 0) % text.values
    said = _lookup(text, 0)
    return said % values if values else said


def ngettext(text: str, n: int, **values) -> str:
    """Like gettext for a counted thing: `_n("%(n)s 件在办", n)`. Chinese has one form, English two."""
    return _lookup(text, 0 if n == 1 else 1) % {"n": n, **values}


def html(text: str, **values) -> Markup:
    """`_html("<b>%(name)s</b> 刚改过", name=who)`: markup in the sentence, values escaped."""
    sentence = Markup(_lookup(text, 0))  # noqa: S704 — sentences are ours; values are escaped by %
    return sentence % values if values else sentence


def listed(words: Iterable[object]) -> str:
    """Things in a row: "水务集团、供电公司" / "Water Group, Power Company". Templates: `units|listed`."""
    return gettext("、").join(map(str, words))


def aside(text: object) -> str:
    """What stands in brackets behind something else: "12%（3 ÷ 25）" / "12% (3 ÷ 25)". Templates: `text|aside`."""
    return gettext("（%(why)s）", why=text)


def doer(name: str) -> str:
    """Who acted, as rows keep it: a person's name, or the word of somebody who has none (the system, a citizen)."""
    return gettext(name) if name in NAMELESS else name


@lru_cache(maxsize=1)
def catalogue() -> dict[str, tuple[str, ...]]:
    """Source string → English (singular, plural). Empty entries are left out, so the Chinese shows through."""
    with CATALOGUE.open("rb") as file:
        return {source: said for source, said in entries(file) if all(said)}


def entries(file: BinaryIO) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every entry of a .po file: its source string and its English, singular and plural where it is counted."""
    for entry in read_po(file, locale="en", abort_invalid=True):
        source = entry.id if isinstance(entry.id, str) else entry.id[0]
        if source:
            yield source, (entry.string or "",) if isinstance(entry.string, str | None) else tuple(entry.string)


def _lookup(text: str, form: int) -> str:
    if current_language() == "zh" or not text:
        return text
    said = catalogue().get(text)
    return text if said is None else said[min(form, len(said) - 1)]


def _chosen() -> str:
    """This visit's choice, else the account's, else this device's, else the browser's, else Chinese."""
    account_language = current_app.extensions["account_language"]
    for wanted in (request.args.get("lang"), session.get("lang"), account_language(), request.cookies.get("lang")):
        if wanted in LANGUAGES:
            return wanted
    best = request.accept_languages.best_match(["zh", "zh-CN", "zh-TW", "zh-HK", "en", "en-US", "en-GB"], default="zh")
    return best[:2]


def format_day(day: date | datetime, year: bool | None = None) -> str:
    """As "10 月 10 日" / "Oct 10". The year is said when it is not the current one, or as `year` asks."""
    if isinstance(day, datetime):
        day = clock.local(day).date()
    say_year = day.year != clock.local(clock.now()).year if year is None else year
    if current_language() == "en":
        return f"{MONTHS[day.month - 1]} {day.day}" + (f", {day.year}" if say_year else "")
    return (f"{day.year} 年 " if say_year else "") + f"{day.month} 月 {day.day} 日"


def format_moment(instant: datetime, year: bool | None = None) -> str:
    """A moment in the city's time: "10 月 9 日 17:00" / "Oct 9, 17:00"."""
    there = clock.local(instant)
    joint = ", " if current_language() == "en" else " "
    return f"{format_day(there.date(), year)}{joint}{there:%H:%M}"


def format_due(instant: datetime, year: bool | None = None) -> str:
    """A deadline. Midnight is shown as 24:00 of the day before (design §7): "10 月 10 日 24:00" / "Oct 10, 24:00"."""
    there = clock.local(instant)
    if (there.hour, there.minute, there.second) != (0, 0, 0):
        return format_moment(instant, year)
    joint = ", " if current_language() == "en" else " "
    return f"{format_day(there.date() - timedelta(days=1), year)}{joint}24:00"


def format_ago(instant: datetime, now: datetime | None = None) -> str:
    """As "刚刚", "12 分钟前", "3 小时前", then the moment itself."""
    gone = int(((now or clock.now()) - instant.astimezone(UTC)).total_seconds())
    if gone < 60:
        return gettext("刚刚")
    if gone < 3600:
        return ngettext("%(n)s 分钟前", gone // 60)
    if gone < 86400:
        return ngettext("%(n)s 小时前", gone // 3600)
    return format_moment(instant)


def format_span(seconds: float) -> str:
    """A length of time in the largest two units: "6 小时 10 分", "12 分", "40 秒"; the sign is dropped."""
    whole = abs(int(seconds))
    days, hours, minutes = whole // 86400, whole % 86400 // 3600, whole % 3600 // 60
    if days:
        return gettext("%(d)s 天 %(h)s 小时", d=days, h=hours) if hours else ngettext("%(n)s 天", days)
    if hours:
        return gettext("%(h)s 小时 %(m)s 分", h=hours, m=minutes) if minutes else ngettext("%(n)s 小时", hours)
    if minutes:
        return gettext("%(n)s 分", n=minutes)
    return gettext("%(n)s 秒", n=whole)


def clock_time(instant: datetime) -> str:
    """The city's clock: "10:26"."""
    return f"{clock.local(instant):%H:%M}"


def line_time(instant: datetime) -> str:
    """Short, for timelines and rows: "9-28 11:05" / "Sep 28 11:05"; the year before when it is another one."""
    there = clock.local(instant)
    year = f"{there.year}-" if there.year != clock.local(clock.now()).year else ""
    day = f"{MONTHS[there.month - 1]} {there.day}" if current_language() == "en" else f"{there.month}-{there.day}"
    return f"{year}{day} {there:%H:%M}"


def weekday(day: date) -> str:
    """As "周六" / "Sat"."""
    return gettext(WEEKDAYS[day.weekday()])
