"""What `doctor` looks at, one small function a check. Each gives a Finding or nothing; none raises for what it is there to find."""

import importlib.metadata
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import redis

from app import clock
from app.commands import schema
from app.commands.wechat_finding import wechat
from app.config import BadSettings, Settings
from app.vault import Vault

OLDEST_POSTGRES = 15
FREE_MB = 500
LARGEST_SKEW = 2.0  # seconds: clocks of tickets are minutes
SILENCE = 120.0  # seconds without a beat after which a scheduler counts as gone
DAYS_AHEAD = 120  # the longest limits run this far
DAYS_SURE = 30  # within these the official notice must be loaded
ALARM_MONTH = 11  # from this month on the coming year's must be, too
QUEUES = ("urgent", "notify", "webhooks", "robots", "mail", "bulk")


@dataclass(frozen=True)
class Finding:
    """One line of the report. `mend` says what to do when it is not ok."""

    name: str
    ok: bool
    says: str
    mend: str = ""


Database = psycopg.Connection[Any]
Cache = redis.Redis


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(
        "python", sys.version_info >= (3, 11), f"Python {version}", "装 Python 3.11 以上，删掉 .venv 再运行 (install Python 3.11+)"
    )


def packages(requirements: Path = schema.ROOT / "requirements.txt") -> Finding:
    """Installed versions against the pins."""
    pins = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", requirements.read_text(), re.MULTILINE)
    wrong = [f"{name} {_version(name) or '—'}≠{pin}" for name, pin in pins if _version(name) != pin]
    says = (
        f"{len(pins)} 个依赖包版本都对 (packages match their pins)"
        if not wrong
        else "依赖包版本不对 (packages differ): " + ", ".join(wrong[:5])
    )
    return Finding("packages", not wrong, says, "删掉 .venv 再运行任一命令 (delete .venv and run any command)")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def disk(home: Path) -> Finding:
    nearest = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(nearest).free // 1024**2
    return Finding(
        "disk", free >= FREE_MB, f"{home} 还有 {free} MB (MB free)", f"清理磁盘到 {FREE_MB} MB 以上，或换 HOTLINE_HOME (free some space)"
    )


def uploads(settings: Settings) -> Finding:
    folder = next(place for place in (settings.uploads, *settings.uploads.absolute().parents) if place.exists())
    ok = folder.is_dir() and os.access(folder, os.W_OK)
    return Finding(
        "uploads", ok, f"附件放在 {settings.uploads} (uploads)", f"让运行网站的用户能写 {folder} (make it writable for the web's user)"
    )


def secrets(settings: Settings) -> Finding:
    """Keys that can be used at all, and in production none that anybody could guess."""
    name, kind = "secrets", "正式环境 (production)" if settings.production else "演示环境 (demonstration)"
    try:
        Vault(settings.identity_key)
        settings.refuse_weak_secrets({} if not settings.production else os.environ)
    except BadSettings as bad:
        return Finding(
            name, False, str(bad), "换成强密钥后重启；IDENTITY_KEY 一旦有数据就不能再换 (set strong keys; never change IDENTITY_KEY later)"
        )
    return Finding(name, True, f"密钥可用，{kind} (keys are usable)")


def telephone(settings: Settings) -> Finding | None:
    """A telephone system is set up whole or not at all; none is no fault."""
    name = "telephone"
    if bool(settings.cti_url) != bool(settings.cti_secret):
        missing = "CTI_SECRET" if settings.cti_url else "CTI_URL"
        return Finding(
            name, False, f"电话系统只设了一半，缺 {missing} (half a telephone system)", "CTI_URL 和 CTI_SECRET 一起设 (set both)"
        )
    if settings.cti_url:
        return Finding(name, True, "电话走本市的电话系统 (calls go through the city's own system)")
    if not settings.twilio_account_sid:
        return None
    return Finding(
        name,
        bool(settings.hotline),
        f"电话号码 {settings.hotline or '还没设'} (the hotline's number)",
        "TWILIO_FROM 不是号码时，设 TWILIO_VOICE_NUMBER=+86… (set TWILIO_VOICE_NUMBER)",
    )


def server_version(database: Database) -> Finding:
    major, full = database.info.server_version // 10000, database.info.parameter_status("server_version")
    return Finding(
        "database", major >= OLDEST_POSTGRES, f"PostgreSQL {full} 连得上 (reachable)", f"升级到 {OLDEST_POSTGRES} 以上 (upgrade it)"
    )


def letters(database: Database) -> Finding:
    """UTF-8, and a locale that takes Chinese characters for letters; under plain C the search finds nothing."""
    row = _row(
        database, "SELECT pg_encoding_to_char(encoding), datctype, '噪' ~ '[[:alpha:]]' FROM pg_database WHERE datname = current_database()"
    )
    encoding, ctype, knows = row
    remedy = "用 ENCODING UTF8、LC_CTYPE C.UTF-8 另建库再 restore (create the database with UTF8 and C.UTF-8, then restore)"
    return Finding("encoding", encoding == "UTF8" and bool(knows), f"编码 {encoding}，LC_CTYPE {ctype}", remedy)


def schema_version(database: Database) -> Finding:
    at, head = schema.current(database), schema.head()
    says = f"表结构 {at or '还没建 (none yet)'}" + ("" if at == head else f"，代码要 {head} (the code wants {head})")
    return Finding("schema", at == head, says, "运行 upgrade (run the command `upgrade`)")


def history(database: Database) -> Finding | None:
    """The triggers that refuse UPDATE and DELETE on the events stand and are on."""
    if not _has(database, "ticket_events"):
        return None
    row = _row(
        database,
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'ticket_events'::regclass AND NOT tgisinternal AND tgenabled IN ('O', 'A')",
    )
    ok = row[0] > 0
    return Finding(
        "history",
        ok,
        "历史表防改触发器" + ("有效 (on)" if ok else "被关掉或删掉了 (off)"),
        "运行 audit verify 查清，再恢复触发器 (run `audit verify`)",
    )


def clock_skew(database: Database) -> Finding:
    before = time.time()
    there = float(_row(database, "SELECT extract(epoch FROM clock_timestamp())")[0])
    skew = abs(there - (before + time.time()) / 2)
    return Finding(
        "clock", skew <= LARGEST_SKEW, f"与数据库时钟相差 {skew:.1f} 秒 (s apart)", "两台机器都开 NTP 校时 (run NTP on both machines)"
    )


def calendar(database: Database) -> Finding | None:
    """The working-day table reaches far enough, its next weeks are official, and from 1 November on the coming year is (domain §4)."""
    if not _has(database, "calendar_days"):
        return None
    today = clock.local(clock.now()).date()
    last, guessed = _row(database, "SELECT max(day), min(day) FILTER (WHERE provisional AND day >= %s) FROM calendar_days", today)
    remedy = "导入国务院放假通知：calendar import 文件 (import the State Council's notice)"
    if last is None or (last - today).days < DAYS_AHEAD:
        return Finding("calendar", False, f"工作日历只到 {last} (the calendar ends too soon)", remedy)
    if guessed and ((guessed - today).days < DAYS_SURE or (today.month >= ALARM_MONTH and guessed.year == today.year + 1)):
        return Finding("calendar", False, f"{guessed} 起的放假安排还是推算的 (still provisional)", remedy)
    return Finding("calendar", True, f"工作日历到 {last}" + (f"，{guessed} 起待通知 (provisional from then)" if guessed else ""))


def city_map(database: Database) -> Finding | None:
    """Areas of streets or a backdrop are laid. Without, pages have no map, a whistle's pin is not checked and no street is found by place."""
    if not _has(database, "backdrops"):
        return None
    laid = _row(database, "SELECT EXISTS (SELECT FROM region_areas) OR EXISTS (SELECT FROM backdrops)")[0]
    none = (
        "没有本市的地图，页面不画图；要画就 import-areas 文件.geojson，见 docs/管理员.md“地图” (no map; docs/管理员.md says how to lay one)"
    )
    return Finding("map", True, "本市地图已装 (the city's map is laid)" if laid else none)


def scheduler(database: Database) -> Finding | None:
    if not _has(database, "heartbeats"):
        return None
    row = _row(database, "SELECT extract(epoch FROM clock_timestamp() - max(at)) FROM heartbeats")
    age = float(row[0]) if row[0] is not None else None
    says = "调度从没跑过 (the scheduler never ran)" if age is None else f"调度心跳在 {age:.0f} 秒前 (seconds since the last beat)"
    return Finding("scheduler", age is not None and age <= SILENCE, says, "启动 up，或单独启动 scheduler (start `up` or `scheduler`)")


def messages(database: Database) -> Finding | None:
    """Nothing waits that should have left, nothing was given up."""
    if not _has(database, "outbox_messages"):
        return None
    dead, stuck, waiting = _row(
        database,
        "SELECT count(*) FILTER (WHERE status = 'dead' AND NOT EXISTS (SELECT 1 FROM outbox_messages AS next WHERE next.instead_of_id = outbox_messages.id)), count(*) FILTER (WHERE coalesce(next_try_at, claimed_at) < clock_timestamp() - interval '10 minutes'"
        " AND status <> 'dead'), count(*) FILTER (WHERE status <> 'dead') FROM outbox_messages WHERE status IN ('pending', 'sending', 'dead')",
    )
    remedy = "没人发就启动 scheduler 和 worker；没发出去的在 管理 › 消息收发 里看原因、重发 (start scheduler and worker; dead ones: see Administration › Messages)"
    says = f"{waiting} 条消息等着发，{stuck} 条卡住，{dead} 条没发出去 (messages waiting, stuck, dead)"
    return Finding("messages", not dead and not stuck, says, remedy)


def channels(database: Database) -> Finding | None:
    """No channel has only failed since it last worked."""
    if not _has(database, "channel_pulses"):
        return None
    rows = database.execute(
        "SELECT channel, last_code, last_ok_at FROM channel_pulses WHERE last_bad_at > clock_timestamp() - interval '1 day'"
        " AND last_bad_at > coalesce(last_ok_at, '-infinity'::timestamptz) + interval '10 minutes' ORDER BY channel"
    ).fetchall()
    broken = "；".join(
        f"{channel} {code}" + (f"，{ok:%m-%d %H:%M} UTC 以后没发成过 (none since)" if ok else "，从没发成过 (never)")
        for channel, code, ok in rows
    )
    remedy = "看 管理 › 消息收发 里的失败代码；多半是账号、密钥或网络 (see the codes under Administration › Messages)"
    return Finding("channels", not rows, f"通道发不出去 (channels failing): {broken}" if rows else "发信通道都正常 (channels work)", remedy)


def cache_kept(cache: Cache) -> Finding:
    """Queues survive a restart of the server, and are never evicted to make room."""
    facts: dict[str, Any] = cache.info("everything")
    product = f"Valkey {facts['valkey_version']}" if "valkey_version" in facts else f"Redis {facts['redis_version']}"
    wrong = [] if facts.get("aof_enabled") else ["没有持久化 (not persistent)"]
    wrong += [] if facts.get("maxmemory_policy") == "noeviction" else [f"maxmemory-policy={facts.get('maxmemory_policy')}"]
    remedy = "设 appendonly yes 和 maxmemory-policy noeviction (set both in its configuration)"
    return Finding(
        "redis", not wrong, f"{product} " + ("连得上，持久化 (reachable, persistent)" if not wrong else ", ".join(wrong)), remedy
    )


def workers(cache: Cache) -> Finding:
    """Somebody works the queues, and nobody waits in vain."""
    waiting = sum(cache.llen(f"rq:queue:{name}") for name in QUEUES)
    busy = cache.scard("rq:workers")
    says = f"{busy} 个后台进程，{waiting} 个任务在等 (workers, jobs waiting)"
    return Finding("workers", bool(busy), says, "启动 up，或单独启动 worker (start `up` or `worker`)")


ON_DATABASE: tuple[Callable[[Database], Finding | None], ...] = (
    *(server_version, letters, schema_version, history, clock_skew, calendar, city_map, scheduler, messages, channels),
)
ON_CACHE: tuple[Callable[[Cache], Finding | None], ...] = (cache_kept, workers)


def on_settings(settings: Settings) -> Iterator[Finding | None]:
    """Everything that needs settings: the folder, the keys, the database, the cache."""
    yield uploads(settings)
    yield secrets(settings)
    yield telephone(settings)
    try:
        with psycopg.connect(schema.libpq(settings.database_url), connect_timeout=5, autocommit=True) as database:
            for check in ON_DATABASE:
                yield check(database)
            if (said := wechat(settings, database)) is not None:
                yield Finding("wechat", *said)
    except psycopg.Error as error:
        yield Finding(
            "database",
            False,
            f"数据库连不上或中断：{_first_line(error)} (the database cannot be reached)",
            "检查 DATABASE_URL 和数据库服务 (check DATABASE_URL and the server)",
        )
    try:
        with redis.from_url(settings.redis_url, socket_connect_timeout=5) as cache:
            for look in ON_CACHE:
                yield look(cache)
    except redis.RedisError as error:
        yield Finding(
            "redis",
            False,
            f"Redis 连不上：{_first_line(error)} (redis cannot be reached)",
            "检查 REDIS_URL 和 Redis 服务 (check REDIS_URL and the server)",
        )


def _has(database: Database, table: str) -> bool:
    return _row(database, "SELECT to_regclass(%s)", table)[0] is not None


def _row(database: Database, query: str, *values: object) -> tuple[Any, ...]:
    row = database.execute(query, values or None).fetchone()
    assert row is not None  # noqa: S101 - aggregates always give a row
    return row


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
