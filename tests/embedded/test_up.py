"""`manage.py up` as a person has it: the real command, the real processes, killed and refused."""

import http.client
import os
import random
import signal
import socket
import subprocess
import sys

import psycopg
import pytest

from app.embedded import process
from app.embedded.keys import _read as read_secrets
from app.embedded.locks import held
from tests.conftest_servers import ROOT
from tests.embedded.conftest import eventually, kill_all

QUICKLY = 60  # seconds on a machine busy with other tests; alone it is a few


@pytest.fixture
def port():
    """Nobody listens there, and the kernel gives it to nobody by chance."""
    while True:
        number = random.randrange(20000, 32000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) != 0:
                return number


@pytest.fixture
def up(bare, folder, port):
    """Starts `up`; ends what is left of it."""
    started = []

    def start(**more):
        with (folder / "up.out").open("ab") as words:
            command = [sys.executable, "-m", "app.commands.up"]
            child = subprocess.Popen(command, cwd=ROOT, env=bare | {"PORT": str(port)} | more, stdout=words, stderr=words)
        started.append(child)
        return child

    yield start
    for child in started:
        child.terminate()
        child.wait()
    assert eventually(lambda: not relatives(folder))


def relatives(folder):
    """Every process that was started for this data folder, by its environment or its arguments."""
    mark, found = os.fsencode(folder / "var"), []
    for entry in process.PROC.glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes() and process.alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def is_web_master(pid):
    words = (process.PROC / str(pid) / "cmdline").read_bytes()
    parent = int((process.PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
    return b"wsgi:application" in words and b"gunicorn" not in (process.PROC / str(parent) / "cmdline").read_bytes()


def answers(port):
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        line.request("GET", "/")
        return line.getresponse().status < 500
    except OSError:
        return False
    finally:
        line.close()


def comes_up(child, port):
    return eventually(lambda: child.poll() is not None or answers(port), QUICKLY) and child.poll() is None


def said(folder):
    return (folder / "up.out").read_text()


def database(folder):
    sockets = folder / "var" / "data" / "sockets"
    return psycopg.connect(host=str(sockets), user="hotline", dbname="hotline", autocommit=True)


def database_answers(folder):
    try:
        with database(folder) as connection:
            return connection.execute("SELECT word FROM words").fetchone() == ("acknowledged",)
    except psycopg.OperationalError:
        return False


@pytest.mark.timeout(300)
def test_killed_at_any_point_it_or_its_part_starts_again_loses_nothing_and_leaves_no_orphan(up, folder, port):
    up()
    assert eventually(lambda: held(folder / "var" / "run" / "keeper.lock"), QUICKLY)
    kill_all(relatives(folder))  # in the middle of the very first start
    first = up()
    assert comes_up(first, port), said(folder)
    with database(folder) as connection:
        connection.execute("CREATE TABLE words AS SELECT 'acknowledged' AS word")
    first.kill()
    assert eventually(lambda: not relatives(folder), QUICKLY)
    again = up()
    assert comes_up(again, port), said(folder)
    with database(folder) as connection:
        assert connection.execute("SELECT word FROM words").fetchone() == ("acknowledged",)
    assert eventually(lambda: f"http://127.0.0.1:{port}/" in said(folder))
    assert read_secrets(folder / "var" / "secrets.env")["DEMO_PASSWORD"] in said(folder)
    (master,) = [pid for pid in relatives(folder) if is_web_master(pid)]
    kill_all([master])
    assert eventually(lambda: "web 意外停止" in said(folder), QUICKLY)
    assert eventually(lambda: answers(port), QUICKLY)
    (keeper,) = [pid for pid in relatives(folder) if b"app.embedded.keeper" in (process.PROC / str(pid) / "cmdline").read_bytes()]
    kill_all([keeper])
    assert eventually(lambda: database_answers(folder), QUICKLY)
    refused = up(PORT=str(port + 1))
    assert refused.wait(QUICKLY) == 1
    assert "已经在运行" in said(folder)
    again.send_signal(signal.SIGINT)
    assert again.wait(QUICKLY) == 0
    assert not relatives(folder)


def test_a_taken_port_is_one_sentence_before_anything_is_started(up, folder, port):
    with socket.create_server(("127.0.0.1", port)):
        assert up().wait(QUICKLY) == 1
    assert f"端口 {port}" in said(folder)
    assert "PORT" in said(folder)
    assert "Traceback" not in said(folder)
    assert not (folder / "var" / "data" / "postgres").exists()


@pytest.mark.parametrize(("port", "words"), [("web", "web"), ("70000", "70000")])
def test_a_port_that_is_none_is_one_sentence(up, folder, port, words):
    assert up(PORT=port).wait(QUICKLY) == 2
    assert words in said(folder)
    assert "Traceback" not in said(folder)


def test_a_database_that_cannot_be_reached_is_one_sentence(up, folder):
    child = up(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert child.wait(QUICKLY) == 1
    assert "DATABASE_URL" in said(folder)
    assert "Traceback" not in said(folder)
