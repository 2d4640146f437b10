"""Many processes, one set of servers: joined, left, killed. Each user is a real process that asks `ensure` and writes what it got."""

import json
import os
import subprocess
import sys
import time

import psycopg
import pytest
import redis

from app.embedded import needed, process
from app.embedded.locks import held
from tests.conftest_servers import ROOT
from tests.embedded.conftest import eventually, kill_all

USER = """
import json, sys
from app.embedded import Trouble, ensure
try:
    print(json.dumps(ensure()), flush=True)
except Trouble as trouble:
    sys.exit(str(trouble))
sys.stdin.read()
"""


@pytest.fixture
def a_user(bare, postgres):
    """Starts processes that use the servers until their stdin is closed: `process, addresses = a_user()`."""
    users = []

    def start(**more):
        user = subprocess.Popen(
            [sys.executable, "-c", USER], cwd=ROOT, env=bare | more, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        users.append(user)
        return user, json.loads(user.stdout.readline())

    yield start
    for user in users:
        user.kill()
        user.communicate()


@pytest.fixture
def gone(folder):
    """Whether neither a keeper nor a server of this folder lives."""
    data = folder / "var" / "data"
    return lambda: (
        not held(folder / "var" / "run" / "keeper.lock")
        and not process.living_in(data / "postgres")
        and not process.living_in(data / "valkey")
    )


def works(addresses):
    with psycopg.connect(addresses["DATABASE_URL"]) as connection, redis.from_url(addresses["REDIS_URL"]) as cache:
        return connection.execute("SELECT 1").fetchone() == (1,) and cache.ping()


def leave(user):
    user.communicate(timeout=30)
    return user.returncode


def test_the_servers_run_while_anybody_uses_them_and_the_last_one_sees_them_stopped(a_user, gone, folder):
    first, addresses = a_user()
    second, same = a_user()
    assert works(addresses)
    assert addresses == same
    assert leave(first) == 0
    assert works(addresses)
    assert leave(second) == 0
    assert gone()
    assert sorted(file.name for file in (folder / "var" / "run").iterdir()) == ["keeper.lock", "secrets.lock", "use.lock"]


def test_a_user_that_is_killed_leaves_no_orphan(a_user, gone):
    user, addresses = a_user()
    assert works(addresses)
    user.kill()
    assert eventually(gone)


def test_a_keeper_that_is_killed_takes_its_servers_along_and_the_next_user_gets_new_ones(a_user, gone, folder):
    first, addresses = a_user()
    with psycopg.connect(addresses["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE words (word text)")
        connection.execute("INSERT INTO words VALUES ('kept')")
    kill_all([keeper_of(folder)])
    assert eventually(gone)
    second, again = a_user()
    with psycopg.connect(again["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT word FROM words").fetchone() == ("kept",)
    assert leave(first) == leave(second) == 0
    assert gone()


def test_a_server_that_is_killed_is_started_again_by_the_keeper(a_user, folder):
    _, addresses = a_user()
    for server in ("postgres", "valkey"):
        kill_all(process.living_in(folder / "var" / "data" / server))
    assert eventually(lambda: answers(addresses))


def test_everything_killed_at_once_is_no_obstacle(a_user, folder, gone):
    user, _ = a_user()
    data = folder / "var" / "data"
    kill_all((keeper_of(folder), user.pid, *process.living_in(data / "postgres"), *process.living_in(data / "valkey")))
    _, addresses = a_user()
    assert works(addresses)


def test_only_what_the_environment_lacks_is_started(a_user, folder):
    _, found = a_user(DATABASE_URL="postgresql://elsewhere/hotline")
    assert "DATABASE_URL" not in found
    assert redis.from_url(found["REDIS_URL"]).ping()
    assert not (folder / "var" / "data" / "postgres" / "postmaster.pid").exists()
    assert not (folder / "var" / "log" / "postgres.log").exists()


def test_a_refusal_reaches_whoever_asked_and_the_next_one_may_succeed(bare, a_user):
    refused = ask_once(bare | {"PG_BIN": "/nowhere"})
    assert refused.returncode == 1
    assert "PG_BIN" in refused.stderr
    assert works(a_user()[1])


def test_secrets_are_made_once_kept_privately_and_given_way_to_the_environment(a_user, folder):
    user, first = a_user()
    leave(user)
    _, second = a_user(SECRET_KEY="from the environment")
    assert second["IDENTITY_KEY"] == first["IDENTITY_KEY"]
    assert second["DEMO_PASSWORD"] == first["DEMO_PASSWORD"]
    assert "SECRET_KEY" not in second
    assert (folder / "var" / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_a_lost_identity_key_is_not_silently_replaced(a_user, bare, folder):
    user, _ = a_user()
    leave(user)
    (folder / "var" / "secrets.env").unlink()
    refused = ask_once(bare)
    assert refused.returncode == 1
    assert "IDENTITY_KEY" in refused.stderr
    assert not (folder / "var" / "secrets.env").exists()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, True),
        ({"APP_ENV": "production"}, False),
        ({"DATABASE_URL": "x", "REDIS_URL": "x"}, True),
        ({"DATABASE_URL": "x", "REDIS_URL": "x", "SECRET_KEY": "x", "IDENTITY_KEY": "x"}, False),
    ],
)
def test_a_production_machine_and_one_that_is_given_everything_need_nothing(environ, expected):
    assert needed(environ) is expected


def ask_once(environ):
    return subprocess.run([sys.executable, "-c", USER], cwd=ROOT, env=environ, input="", capture_output=True, text=True, check=False)


def answers(addresses):
    try:
        return works(addresses)
    except (psycopg.OperationalError, redis.ConnectionError):
        time.sleep(0.05)
        return False


def keeper_of(folder):
    for entry in process.PROC.glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"app.embedded.keeper" in words and os.fsencode(folder / "var") in words:
            return int(entry.name)
    raise AssertionError("no keeper runs")
