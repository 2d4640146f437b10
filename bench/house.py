"""An installation of its own for a benchmark: a folder, servers, the schema; then the small city or the demo city; web servers. Never anybody's real database.

And what small numbers need: options that are at least one, percentiles of few measurements or none.
"""

import argparse
import http.client
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from flask import Flask
from flask_migrate import upgrade

from app import clock, create_app, embedded
from app.demo import city
from app.work import work
from escalation.seed import seed_calendar, seed_limits
from tests import factories


def some(raw: str) -> int:
    """An option that counts something: at least one."""
    if not (raw.isascii() and raw.isdecimal() and int(raw) > 0):
        raise argparse.ArgumentTypeError("a whole number from 1 on")
    return int(raw)


def cuts_of(spent: Sequence[float], n: int) -> list[float]:
    """statistics.quantiles, of one measurement and of none too: itself, and "not a number"."""
    return statistics.quantiles(spent, n=n) if len(spent) > 1 else [*spent, math.nan][:1] * (n - 1)


def shared(part: float, whole: float) -> float:
    """part / whole; "not a number" where nothing was measured."""
    return part / whole if whole else math.nan


@contextmanager
def installed(name: str, home: Path | None = None, **settings: str) -> Iterator[tuple[Flask, Path]]:
    """The application with its schema, and a folder that is gone afterwards; its data in `home` when they are to stay. `settings`: of the environment."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", ignore_cleanup_errors=True) as folder:
        for one in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(one, None)
        Path(folder).chmod(0o711)  # as root the servers run as nobody
        os.environ |= {"HOTLINE_HOME": str(home or folder)} | settings
        os.environ.update(embedded.ensure())
        app = create_app()
        with app.app_context():
            upgrade()
        yield app, Path(folder)


def lay_small_city() -> None:
    """The tests' city: a few units, one account a post."""
    with work() as session:
        seed_calendar(session)
        seed_limits(session)
        factories.a_city(session)


def lay_demo_city() -> None:
    """The demo city's structure, without tickets."""
    with work() as session:
        seed_calendar(session)
        seed_limits(session)
        city.load_organisation(session, clock.now(), "nobody signs in here")


@contextmanager
def serving(folder: Path, apps: Mapping[str, tuple[str, int]]) -> Iterator[dict[str, psutil.Process]]:
    """A gunicorn (gthread 2 x 4) for each name → (application, port), answering."""
    running = {}
    for name, (target, port) in apps.items():
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            target,
            "--bind",
            f"127.0.0.1:{port}",
            "--worker-class",
            "gthread",
            "--workers",
            "2",
            "--threads",
            "4",
            "--log-level",
            "warning",
            "--no-control-socket",
        ]
        running[name] = subprocess.Popen(command, stdout=(folder / f"{name}.log").open("wb"), stderr=subprocess.STDOUT)
    try:
        for name, (_target, port) in apps.items():
            _wait_for(port, folder / f"{name}.log")
        yield {name: psutil.Process(process.pid) for name, process in running.items()}
    finally:
        for process in running.values():
            process.terminate()
            process.wait(20)


def _wait_for(port: int, log: Path) -> None:
    """Until the server answers anything at all. Raises SystemExit with its log when it never does."""
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        try:
            line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            line.request("GET", "/healthz")
            line.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(log.read_text())
