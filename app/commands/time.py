"""Commands about time: `due` (when does a limit end, and why), `calendar import`, `calendar show`, `sweep`, `scheduler`."""

import signal
import threading
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import ProgrammingError

from app import clock, patrolling, supervising, sweeping, ticking, whistling, wiring
from app.errors import Invalid, Refused
from app.work import session_now, work
from escalation import faces
from escalation.due import WORKING_DAYS, Due, Pause
from escalation.due import due as due_of
from escalation.limits import Limit
from escalation.month import month_lines
from escalation.notices import parse_notice
from escalation.publish import load_notice
from escalation.rules import Rules, forget, rules_for
from escalation.scheduler import Leader
from escalation.scheduler import run as run_scheduler
from tickets.actors import SYSTEM_ACTOR

calendar = AppGroup("calendar", help="工作日历 (the working-day table)")


def register(app: Flask) -> None:
    app.cli.add_command(due)
    app.cli.add_command(calendar)
    app.cli.add_command(sweep)
    app.cli.add_command(scheduler)


class Plain(click.ClickException):
    """What was given cannot be used: one sentence, exit code 2."""

    exit_code = 2


@click.command()
@click.argument("code", required=False)
@click.option("--from", "start", metavar="ISO", help="起算时刻，例如 2026-09-30T16:00；不写时区就是本市时间 (the instant it starts)")
@click.option("--pause", "pauses", metavar="ISO/ISO", multiple=True, help="暂停的一段，可多次 (a pause; repeatable)")
@click.option("--extend", default=0, metavar="N", help="延期天数 (days of extension)")
@click.option("--profile", default="", help="哪一套期限，默认本安装的 (a preset; default: this installation's)")
@click.option("--batch", type=click.Path(path_type=Path, allow_dash=True), help='每行一个 {"code","from","pauses","extend"} (JSON lines)')
@with_appcontext
def due(code: str | None, start: str | None, pauses: tuple[str, ...], extend: int, profile: str, batch: Path | None) -> None:
    """Print when the limit CODE ends that starts at --from, as JSON; the trace says of every day whether it counts and why."""
    limits, rules = _limits(profile)
    if batch is not None:
        _answer_batch(batch, limits, rules)
        return
    if not code or not start:
        raise Plain("要给出 CODE 和 --from，或者 --batch FILE (give CODE and --from, or --batch FILE)")
    try:
        split = [pause.split("/", 1) for pause in pauses]
        limit, answer = _answer({"code": code, "from": start, "pauses": split, "extend": extend}, limits, rules)
    except Refused as refused:
        raise Plain(_said(refused)) from refused
    _print(_shown(limit, start, answer) | {"trace": faces.trace_rows(answer.trace)}, pretty=True)


def _answer_batch(batch: Path, limits: dict[str, Limit], rules: Rules) -> None:
    """One answer a line, in order. A line that cannot be used gets {"line", "error"}; then the exit code is 2."""
    faults = 0
    for number, line in enumerate(_lines(batch), 1):
        if not line.strip():
            continue
        try:
            asked = _read(line)
            limit, answer = _answer(asked, limits, rules)
            _print(_shown(limit, asked["from"], answer))
        except Refused as refused:
            faults += 1
            _print({"line": number, "error": _said(refused)})
    if faults:
        raise Plain(f"有 {faults} 行用不了，见各行的 error ({faults} lines could not be used)")


def _answer(asked: dict[str, Any], limits: dict[str, Limit], rules: Rules) -> tuple[Limit, Due]:
    limit = limits.get(asked["code"])
    if limit is None:
        raise Invalid(code=f"没有期限 {asked['code']}；有这些：{' '.join(sorted(limits))} (no such limit)")
    pauses = [_pause(pair) for pair in asked.get("pauses") or ()]
    extension_unit = limit.extension.unit if limit.extension else WORKING_DAYS
    extend = asked.get("extend") or 0
    if not isinstance(extend, int):
        raise Invalid(extend=f"extend 要是整数天数，现在是 {extend!r} (extend is a whole number of days)")
    hours = rules.book.hours_for(limit)
    return limit, due_of(_instant(asked["from"]), limit.length, limit.unit, rules.calendar, pauses, extend, extension_unit, hours)


def _shown(limit: Limit, start: str, answer: Due) -> dict[str, Any]:
    return {"code": limit.code, "from": faces.iso(_instant(start)), "due": faces.iso(answer.instant), "provisional": answer.provisional}


def _read(line: bytes) -> dict[str, Any]:
    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError as bad:
        raise Invalid(line=f"不是 JSON：{bad} (not JSON)") from bad
    if not isinstance(asked, dict) or not isinstance(asked.get("code"), str) or "from" not in asked:
        raise Invalid(line='要有 "code" 和 "from" ("code" and "from" are needed)')
    return asked


def _pause(pair: Any) -> Pause:
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise Invalid(pause=f"暂停要写成 开始/结束，现在是 {pair!r} (a pause is START/END)")
    return _instant(pair[0]), _instant(pair[1])


def _instant(text: Any) -> datetime:
    """An ISO instant; without an offset it is the city's time. Raises Invalid."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError) as bad:
        raise Invalid(instant=f"时刻要写成 2026-09-30T16:00:00+08:00，现在是 {text!r} (not an ISO instant)") from bad
    return instant if instant.tzinfo else instant.replace(tzinfo=clock.CITY_ZONE)


@calendar.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_notice(file: Path) -> None:
    """Load a State Council notice, JSON or CSV (date,is_workday,name). Open clocks it touches are counted again."""
    try:
        with work() as session:
            now = clock.now()
            loaded = load_notice(session, parse_notice(file.read_text("utf-8"), file.name), SYSTEM_ACTOR, now, file.name)
            wiring.tell_moved(session, loaded.outcome.moves, now)
        forget(session)
    except UnicodeDecodeError as bad:
        raise Plain(f"{file} 不是 UTF-8 文本 (not UTF-8 text)") from bad
    except Refused as refused:
        raise Plain(_said(refused)) from refused
    years = "、".join(map(str, loaded.years))
    click.echo(
        f"{years} 年：{loaded.days_changed} 天与原来不同；重算 {loaded.clocks_recounted} 个在办时钟，{loaded.clocks_changed} 个有变 "
        f"({loaded.days_changed} days differ, {loaded.clocks_recounted} open clocks recounted, {loaded.clocks_changed} changed)"
    )


@calendar.command("show")
@click.argument("year", type=int)
def show(year: int) -> None:
    """The year month by month: 休 a holiday, 班 a make-up working day, · a plain weekend."""
    days = _limits("")[1].calendar
    rows = days.year(year)
    if not rows:
        raise Plain(
            f"日历只有 {days.first_day.year} 到 {days.last_day.year} 年 (the calendar has {days.first_day.year} to {days.last_day.year})"
        )
    click.echo("\n".join(month_lines(rows)))


@click.command()
@click.option("--now", metavar="ISO", help="当作这一刻来扫，默认现在 (as of this instant; default: now)")
@with_appcontext
def sweep(now: str | None) -> None:
    """Take every escalation step that is due, once, issue the orders they ask for, write down rounds missed, and print how many steps."""
    try:
        at = _instant(now) if now else clock.now()
    except Refused as refused:
        raise Plain(_said(refused)) from refused
    done = sweeping.sweep(at)
    supervising.open_orders(at)
    whistling.mark_no_shows(at)
    patrolling.sweep(at)
    _print(done)


@click.command()
@with_appcontext
def scheduler() -> None:
    """Tick: sweeps, heartbeat, abandoned jobs, calendar. Any number may run on any host; one leads."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    run_scheduler(Leader(app.config["SQLALCHEMY_DATABASE_URI"]), ticking.jobs(app), stop)


def _limits(profile: str) -> tuple[dict[str, Limit], Rules]:
    """The limits of the profile, and the rules they are counted by. Exits with a plain sentence when there are none yet."""
    session = session_now()
    try:
        rules = rules_for(session)
    except ProgrammingError as missing:
        raise Plain("数据库还没有建表，请先运行 init (run `init` first)") from missing
    except Refused as refused:
        raise Plain(f"{_said(refused)} (run `init` first)") from refused
    known = rules.book.profiles
    if profile and profile not in known:
        raise Plain(f"没有 {profile} 这一套；有这些：{' '.join(known)} (no such profile)")
    return rules.book.of_profile(profile or session.info["profile"], clock.now()), rules


def _lines(batch: Path) -> Iterator[bytes]:
    try:
        with click.open_file(str(batch), "rb") as file:
            yield from file
    except OSError as bad:
        raise Plain(f"{batch} 打不开：{bad.strerror} (cannot be opened)") from bad


def _print(answer: dict[str, Any], pretty: bool = False) -> None:
    click.echo(orjson.dumps(answer, option=orjson.OPT_INDENT_2 if pretty else 0))


def _said(refused: Refused) -> str:
    fields: Iterable[list[str]] = refused.fields.values() if isinstance(refused, Invalid) else ()
    return "；".join(sentence for said in fields for sentence in said) or str(refused)
