"""Real servers in folders of their own. As root they run as nobody, so the folders must be passable: pytest's own are not."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from app.embedded.keys import kept
from app.embedded.place import Place, settle
from app.embedded.postgres import Postgres
from app.embedded.supervisor import Supervisor
from tests.conftest_servers import quick_folder

SPARING = {"shared_buffers": "16MB", "max_wal_senders": "0", "wal_level": "minimal"}  # durable, only small


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path that every user may pass through."""
    made = Path(tempfile.mkdtemp(prefix="sx-", dir=quick_folder()))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def place(folder: Path) -> Place:
    return settle(folder / "var")


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """A cluster to copy: making one takes a second, and each test wants its own."""
    home = Path(tempfile.mkdtemp(prefix="sx-", dir=quick_folder()))
    home.chmod(0o711)
    cluster = Postgres(settle(home))
    cluster.prepare()
    yield cluster.data
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres(place: Place, made_once: Path) -> Postgres:
    """A cluster that was made, with its secrets, and not yet started."""
    kept(place, {})
    subprocess.run(["cp", "-a", made_once, place.data], check=True)
    return Postgres(place, SPARING)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """Ends whatever a test started, however the test ended."""
    keeps = Supervisor(print)
    yield keeps
    keeps.stop_all()


@pytest.fixture
def bare(folder: Path) -> dict[str, str]:
    """The environment of a machine where nothing is given, with its data in `folder`."""
    given = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "IDENTITY_KEY", "DEMO_PASSWORD", "APP_ENV"}
    return {name: value for name, value in os.environ.items() if name not in given} | {"HOTLINE_HOME": str(folder / "var")}


def kill_all(pids: Iterable[int]) -> None:
    """SIGKILL each; one may already have followed another."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def eventually(true: Callable[[], object], seconds: float = 20.0) -> bool:
    """Whether `true()` comes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.02)
    return bool(true())
