"""`up`: everything on one machine. Servers, schema, demo city, then web, scheduler and worker under one supervisor.

Run as a module of its own: this process loads neither the application nor a model, only its children do.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click
import psycopg

from app.commands import counterparts, schema
from app.commands.serving import web_command
from app.embedded import Trouble, ensure, home_of, lease
from app.embedded import process as processes
from app.embedded.locks import Lock, held
from app.embedded.place import Place, settle
from app.embedded.supervisor import Supervisor
from app.embedded.trouble import from_os_error

ROOT = schema.ROOT
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")
# one worker for what hurries and nothing else, one for talks and notices, one for what may hang (other people's servers, imports)
BEHIND = {
    "scheduler": ("scheduler",),
    "worker-urgent": ("worker", "--lane", "urgent"),
    "worker": ("worker", "--lane", "quick"),
    "worker-slow": ("worker", "--lane", "slow"),
}
GIVE_WAY = ("worker-slow", "demo", "counterpart")  # starting is what costs: a message that hurries waits for none of these
FIRST_ANSWER = 60.0  # seconds the portal may take before we call it broken
ACCOUNTS = "agent1 dispatcher1 auditor1 followup1 supervisor1 leader1 publisher1 admin1；housing.liaison …"


@dataclass(frozen=True)
class Command:
    """One process of the application, as the supervisor wants it."""

    name: str
    argv: tuple[str, ...]
    log: Path
    environ: Mapping[str, str]
    shared: tuple[int, ...] = ()
    gives_way: bool = False
    stop_steps = ((signal.SIGTERM, 12.0),)

    def spawn(self) -> subprocess.Popen[bytes]:
        """Start it; it gets SIGTERM when we die, and keeps the servers running until it has ended."""
        return processes.spawn(self.argv, log=self.log, env=self.environ, cwd=ROOT, pass_fds=self.shared, gives_way=self.gives_way)


@dataclass(frozen=True)
class Installation:
    """What one `up` works with."""

    place: Place
    environ: Mapping[str, str]
    host: str
    port: int

    @property
    def address(self) -> str:
        shown = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{shown}:{self.port}/"

    @property
    def own_database(self) -> bool:
        return not os.environ.get("DATABASE_URL")

    @property
    def pending_demo(self) -> Path:
        """Stands from before the first migration until the demo city is complete, over any kill between."""
        return self.place.home / "demo.pending"

    @property
    def loaded_demo(self) -> Path:
        """Stands from then on: there are accounts to tell about."""
        return self.place.home / "demo.loaded"

    @property
    def has_demo(self) -> bool:
        """Whether the demo city is here, or is about to be."""
        return self.pending_demo.exists() or self.loaded_demo.exists()

    def command(self, name: str, *argv: str) -> Command:
        """A child `name` with the installation's environment."""
        share = lease(self.place.home)
        shared = (share.fileno(),) if share else ()
        return Command(name, argv, self.place.log / f"{name}.log", self.environ, shared, name in GIVE_WAY)


@click.command("up", help="启动全部：数据库、队列、网站、调度和后台任务；Ctrl-C 全部停止 (start everything; Ctrl-C stops it)")
@click.option("--host", envvar="HOST", default="127.0.0.1", show_default=True, help="监听地址 (address to listen on)")
@click.option("--port", envvar="PORT", default=8000, show_default=True, type=click.IntRange(1, 65535), help="端口 (port)")
@click.option("--demo/--no-demo", default=None, help="装入演示城市；默认只在自带的空库里装 (load the demo city)")
def up(host: str, port: int, demo: bool | None) -> None:
    """Run until told to stop. Ends with 1 and one sentence when it cannot."""
    try:
        sys.exit(run(host, port, demo))
    except (Trouble, OSError) as trouble:
        click.echo(str(trouble if isinstance(trouble, Trouble) else from_os_error(trouble, home_of())), err=True)
        sys.exit(1)


@click.command("up", context_settings={"ignore_unknown_options": True, "help_option_names": []}, help=up.help)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def up_from_flask(arguments: tuple[str, ...]) -> None:
    """`flask up`: become the light process."""
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, "-m", "app.commands.up", *arguments])  # noqa: S606 - no shell is the point


def register(app) -> None:  # type: ignore[no-untyped-def] # flask is not imported here
    """Give the application its `up` command."""
    app.cli.add_command(up_from_flask)


def run(host: str, port: int, demo: bool | None) -> int:
    """All of `up`: its exit code. Raises Trouble."""
    stop = _stop_when_told()
    place = settle(home_of())
    with Lock(place.run / "up.lock") as alone:
        if not alone.take():
            raise Trouble(
                f"{place.home} 已经在运行（{alone.read()}），请先停掉它，或换一个 HOTLINE_HOME "
                f"({place.home} is in use by a running `up`: stop it, or set another HOTLINE_HOME)"
            )
        alone.write(f"pid {os.getpid()}, port {port}")
        _demand_port(host, port)
        environ = {**os.environ, **ensure(place.home), "PORT": str(port), "PYTHONUNBUFFERED": "1"}
        installation = Installation(place, environ, host, port)
        _bring_schema_up(installation, demo, stop)
        if installation.has_demo:
            installation = replace(installation, environ=environ | counterparts.played(environ, host, port))
        supervisor = Supervisor(_tell)
        try:
            if not stop.is_set():
                _start_web(installation, supervisor, stop)
            if not stop.is_set():
                for name, argv in BEHIND.items():
                    supervisor.start(installation.command(name, *FLASK, *argv))
                if url := installation.environ.get("COUNTERPART_URL"):
                    supervisor.start(
                        installation.command("counterpart", *counterparts.counterpart_command(url, host, installation.address))
                    )
                _greet(installation)
                _stay(installation, supervisor, stop)
        finally:
            supervisor.stop_all()
    return 0


def _tell(words: str) -> None:
    click.echo(words, err=True)


def _stop_when_told() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _demand_port(host: str, port: int) -> None:
    """Raises Trouble when nobody could listen there."""
    try:
        family, kind, _, _, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
    except PermissionError:
        raise Trouble(f"没有权限用端口 {port}，请设 PORT 为 1024 以上 (no permission for port {port}: set PORT above 1024)") from None
    except socket.gaierror as error:
        raise Trouble(f"HOST={host} 不是本机地址 (HOST={host} is no address of this machine)") from error
    except OSError as error:
        raise Trouble(
            f"端口 {port} 用不了（{error.strerror}），请设另一个 PORT，例如 PORT=8080 (port {port} is taken: set another PORT)"
        ) from error


def _bring_schema_up(installation: Installation, demo: bool | None, stop: threading.Event) -> None:
    """Migrate when the database is behind; note that a demo city is due when it is new. Raises Trouble."""
    try:
        with psycopg.connect(schema.libpq(installation.environ["DATABASE_URL"]), connect_timeout=10) as connection:
            now_at = schema.current(connection)
    except psycopg.OperationalError as error:
        raise Trouble(f"连不上数据库，请检查 DATABASE_URL：{error} (the database cannot be reached: check DATABASE_URL)") from error
    if demo or (demo is None and installation.own_database and not now_at):
        installation.pending_demo.touch()
    if now_at == schema.head():
        return
    click.echo("正在建表 (preparing the schema) …" if not now_at else "正在升级数据库 (upgrading the schema) …")
    with_people = (
        ["--demo"] if not now_at and installation.pending_demo.exists() else []
    )  # whom we greet with a password can sign in at once
    command = installation.command(name := "upgrade" if now_at else "init", *FLASK, name, *with_people)
    child = command.spawn()
    while child.poll() is None and not stop.wait(0.05):
        continue
    processes.stop((child, command.stop_steps))
    if child.returncode != 0 and not stop.is_set():
        raise Trouble(f"{name} 失败：{_last_words(command.log)}（{command.log}）({name} failed: see that log)")


def _start_web(installation: Installation, supervisor: Supervisor, stop: threading.Event) -> None:
    """Start the web by itself, so that nothing else slows it, and wait for its answer. Raises Trouble when none comes."""
    supervisor.start(installation.command("web", *web_command(installation.host, installation.port)))
    deadline = time.monotonic() + FIRST_ANSWER
    while not stop.is_set() and not _answers(installation):
        supervisor.tick()
        if supervisor.crashes("web") > 1 or time.monotonic() > deadline:
            log = installation.place.log / "web.log"
            raise Trouble(f"网站没有起来：{_last_words(log)}（{log}）(the portal did not start: see that log)")
        stop.wait(0.05)


def _answers(installation: Installation) -> bool:
    host = installation.address.removeprefix("http://").partition(":")[0]
    line = http.client.HTTPConnection(host, installation.port, timeout=10)
    try:
        line.request("GET", "/healthz")
        return line.getresponse().status < http.HTTPStatus.INTERNAL_SERVER_ERROR
    except OSError:
        return False
    finally:
        line.close()


def _greet(installation: Installation) -> None:
    place, password = installation.place, installation.environ.get("DEMO_PASSWORD", "")
    lines = ["", f"  哨响 12345 已启动 (Shaoxiang is up)   {installation.address}", ""]
    if password and installation.has_demo:
        lines += [f"  演示账号 accounts   {ACCOUNTS}", f"  密码 password       {password}"]
    if url := installation.environ.get("COUNTERPART_URL"):
        lines += [f"  演示手机 phones     {url}/   （发短信、打电话、写微信试试 text, call, write by hand）"]
    lines += [f"  数据 data           {place.data if place.elsewhere else place.home}", f"  日志 logs           {place.log}"]
    click.echo("\n".join([*lines, "", "  按 Ctrl-C 停止 (Ctrl-C stops everything)", ""]))


def _stay(installation: Installation, supervisor: Supervisor, stop: threading.Event) -> None:
    """Load the demo city if it is due, restart what dies, until told to stop."""
    demo = installation.command("demo", *FLASK, "demo").spawn() if installation.pending_demo.exists() else None
    if demo:
        click.echo("  正在装入演示城市，页面已可使用 (loading the demo city; pages work meanwhile) …")
    next_look = 0.0
    while not stop.wait(0.2):
        if demo and demo.poll() is not None:
            _note_demo(installation, demo.returncode)
            demo = None
        supervisor.tick()
        if time.monotonic() > next_look:
            supervisor.trim_logs()
            if lease(installation.place.home) and not held(installation.place.run / "keeper.lock"):
                ensure(installation.place.home)  # a keeper that was killed is replaced
            next_look = time.monotonic() + 2
    click.echo("\n正在停止 (stopping) …")
    if demo:
        processes.stop((demo, Command.stop_steps))


def _note_demo(installation: Installation, code: int) -> None:
    if code == 0:
        installation.pending_demo.rename(installation.loaded_demo)
        click.echo("  演示城市已装好 (the demo city is in)")
    else:
        log = installation.place.log / "demo.log"
        click.echo(f"  演示城市没有装好：{_last_words(log)}（{log}）(the demo city failed: see that log)", err=True)


def _last_words(log: Path) -> str:
    """The last exception in a log's end, else its last line."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()][-60:]
    raised = [line for line in lines if re.match(r"[\w.]+(?:Error|Exception|Settings): ", line)]
    return (raised or lines or ["?"])[-1]


if __name__ == "__main__":
    up()
