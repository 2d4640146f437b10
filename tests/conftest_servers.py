"""Servers of a test run: one PostgreSQL and one Valkey, real ones, started when the first test asks and stopped at the end.

Loaded by tests/conftest.py with `pytest_plugins`. Under xdist the controller owns them. TEST_DATABASE_URL or DATABASE_URL
names another PostgreSQL (its user must be allowed to CREATE DATABASE; the database it names is never touched);
TEST_REDIS_URL or REDIS_URL names another Redis. Migrations run once, into a template that every database is copied from.
"""

import base64
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

from app.embedded import process
from app.embedded.place import settle
from app.embedded.postgres import Postgres
from app.embedded.supervisor import Supervisor
from app.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
PREFIX = "shaoxiang-test-"
SECRETS = {"SECRET_KEY": "test-" * 8, "IDENTITY_KEY": base64.urlsafe_b64encode(b"identity" * 4).decode()}
FAST = {  # a crash may cost the test data, nothing else
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",
    "shared_buffers": "128MB",
}
UTF8 = sql.SQL("TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")


class Servers:
    """The addresses of this run, `at`, and the servers behind them where they are our own."""

    def __init__(self) -> None:
        self.at: dict[str, str] = {}
        self._supervisor = Supervisor(print)
        self._home: Path | None = None

    def addresses(self) -> dict[str, str]:
        """Start what is not given from outside, make the migrated template; the second call only answers."""
        if not self.at:
            template = f"hotline_test_{os.getpid()}"
            admin, cache = _given("TEST_DATABASE_URL", "DATABASE_URL"), _given("TEST_REDIS_URL", "REDIS_URL")
            self.at = {
                "admin": admin.replace("postgresql+psycopg://", "postgresql://", 1) or self._start_postgres(),
                "redis": cache or self._start_valkey(),
                "template": template,
            }
            create_database(self.at["admin"], template, UTF8)
            migrate(database_at(self.at["admin"], template), self.at["redis"])
        return self.at

    def close(self) -> None:
        """Leave nothing: neither databases on a server that is not ours, nor servers, nor files."""
        if self.at and "postgres" not in self._supervisor.children:
            drop_database(self.at["admin"], self.at["template"])
        self._supervisor.stop_all()
        if self._home:
            shutil.rmtree(self._home, ignore_errors=True)

    def _start_postgres(self) -> str:
        postgres = Postgres(settle(self._folder()), FAST)
        self._supervisor.await_ready(postgres)
        return postgres.url()

    def _start_valkey(self) -> str:
        valkey = Valkey(settle(self._folder()), {"appendonly": "no", "databases": "64"})
        self._supervisor.await_ready(valkey)
        return valkey.url()

    def _folder(self) -> Path:
        if not self._home:
            for left in Path(quick_folder()).glob(f"{PREFIX}[0-9]*-*"):
                if not process.alive(int(left.name.removeprefix(PREFIX).split("-")[0])):
                    shutil.rmtree(left, ignore_errors=True)
            self._home = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=quick_folder()))
            self._home.chmod(0o711)  # as root the servers run as nobody
        return self._home


def quick_folder() -> str:
    """Memory where there is enough of it, else the disk: tests write much and keep nothing."""
    memory = Path("/dev/shm")  # noqa: S108
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * 1024**3
    return str(memory) if roomy else tempfile.gettempdir()


def database_at(admin: str, name: str) -> str:
    """The address of database `name` on the server of `admin`."""
    return make_url(admin).set(database=name).render_as_string(hide_password=False)


def create_database(admin: str, name: str, how: sql.Composable) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} {}").format(sql.Identifier(name), how))


def drop_database(admin: str, name: str) -> None:
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def migrate(database_url: str, redis_url: str) -> None:
    """The installation's own way to a schema: `flask upgrade` in a process of its own."""
    env = os.environ | SECRETS | {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "upgrade"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise pytest.UsageError(f"迁移失败 (migrations failed):\n{done.stdout}{done.stderr}")


def _given(*names: str) -> str:
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


_SERVERS = pytest.StashKey[Servers]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_SERVERS] = Servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # xdist: runs in the controller, once per worker
    node.workerinput["servers"] = node.config.stash[_SERVERS].addresses()


@pytest.hookimpl(tryfirst=True)  # pytest's own may raise for what tests left open
def pytest_unconfigure(config: pytest.Config) -> None:
    servers = config.stash.get(_SERVERS, None)
    if servers:
        servers.close()


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> dict[str, str]:
    """`admin` (a PostgreSQL address that may create databases), `template` (a migrated database), `redis`."""
    given = getattr(request.config, "workerinput", None)
    return given["servers"] if given else request.config.stash[_SERVERS].addresses()


@pytest.fixture(scope="session")
def new_database(servers: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Callable[..., str]]:
    """`new_database()` makes a migrated, empty database and gives its address; `like=address`: a copy of that one, unused at the time."""
    worker, count, made = _worker(request.config), itertools.count(), []

    def make(like: str = "") -> str:
        name = f"{servers['template']}_{worker}_{next(count)}"
        template = make_url(like).database if like else servers["template"]
        create_database(
            servers["admin"], name, sql.SQL("TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        )  # a third of the time
        made.append(name)
        return database_at(servers["admin"], name)

    yield make
    for name in made:
        drop_database(servers["admin"], name)


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str]) -> str:
    """This worker's database: migrated, empty, its own."""
    return new_database()


@pytest.fixture(scope="session")
def redis_url(servers: dict[str, str], request: pytest.FixtureRequest) -> str:
    """This worker's Redis database, emptied; other workers have other numbers."""
    worker = _worker(request.config)
    number = 1 + int(worker.removeprefix("gw")) if worker != "main" else 0
    address = servers["redis"]
    if address.startswith("unix://"):
        address = f"{address.partition('?')[0]}?db={number}"
    else:
        address = f"{address.rstrip('/').removesuffix('/0')}/{number}"
    with redis.from_url(address) as connection:
        connection.flushdb()
    return address


def _worker(config: pytest.Config) -> str:
    return getattr(config, "workerinput", {}).get("workerid", "main")
