"""PostgreSQL and Valkey of a bare machine, run by ourselves; DATABASE_URL and REDIS_URL replace them. No model, no Flask here.

    os.environ.update(ensure(home))      # before Settings.from_environment()

`ensure` answers with the variables the environment lacks (DATABASE_URL, REDIS_URL, SECRET_KEY, IDENTITY_KEY, DEMO_PASSWORD,
HOTLINE_HOME), having started the servers or joined those that run. They run until the last process that asked has ended, however
it ended; at a normal end the last one waits for them to stop. Nothing is asked, started or made when APP_ENV is production or
when both addresses and both keys are given. `needed(environ)` tells that. Raises `Trouble`: one sentence for a person.
"""

import atexit
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from app.embedded import process
from app.embedded.keys import kept
from app.embedded.locks import Lock, held
from app.embedded.place import Place, settle
from app.embedded.trouble import Trouble, from_os_error

__all__ = ["Trouble", "ensure", "home_of", "lease", "needed"]

ROOT = Path(__file__).resolve().parent.parent.parent
SERVERS = {"DATABASE_URL": "postgres", "REDIS_URL": "valkey"}
PATIENCE = 330.0  # seconds: PostgreSQL may have to replay a crash
_leases: dict[Path, Lock] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def home_of(environ: Mapping[str, str] = os.environ) -> Path:
    """HOTLINE_HOME, default `var` in the checkout."""
    return Path(environ.get("HOTLINE_HOME") or ROOT / "var").expanduser().resolve()


def needed(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this installation leaves anything for `ensure` to give."""
    given = all(environ.get(name) for name in (*SERVERS, "SECRET_KEY", "IDENTITY_KEY"))
    return not given and environ.get("APP_ENV") != "production"


def ensure(home: Path | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables `environ` lacks, with the servers behind them running. Call it from the main thread. Raises Trouble."""
    if not needed(environ):
        return {}
    place = settle(home or home_of(environ))
    try:
        return _provide(place, environ)
    except OSError as error:
        raise from_os_error(error, place.home) from error


def _provide(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    found = {"HOTLINE_HOME": str(place.home), **kept(place, environ)}
    wanted = {variable: name for variable, name in SERVERS.items() if not environ.get(variable)}
    if wanted:
        _join(place)
        for name in wanted.values():
            place.note(name, "trouble").unlink(missing_ok=True)
            place.note(name, "wanted").touch()
        found |= {variable: _address(place, name) for variable, name in wanted.items()}
    return found


def lease(home: Path) -> Lock | None:
    """Our share in the servers of `home`; a child that inherits its `fileno()` keeps them running after our death."""
    return _leases.get(home)


def _join(place: Place) -> None:
    if place.home in _leases:
        return
    share = Lock(place.run / "use.lock")
    if not share.share(60):
        raise Trouble(f"{place.home} 的服务正在停止，请稍后再试 (the servers of {place.home} are stopping: try again in a moment)")
    _leases[place.home] = share
    atexit.register(_leave, place, os.getpid())


def _leave(place: Place, owner: int) -> None:
    """At the end of the process that joined: let go and, if nobody else uses the servers, see them stopped."""
    share = _leases.pop(place.home, None)
    if not share or os.getpid() != owner:
        return
    last = share.take()
    share.release()
    deadline = time.monotonic() + 40
    while last and held(place.run / "keeper.lock") and not _used(place) and time.monotonic() < deadline:
        time.sleep(0.02)
    for keeper in _keepers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            keeper.wait(2 if last else 0)  # leave no zombie to a first process that buries none


def _used(place: Place) -> bool:
    """Whether some other user came meanwhile. The keeper holds the lock alone when nobody did."""
    with Lock(place.run / "use.lock") as probe:
        return probe.share(0) and not probe.take()


def _address(place: Place, name: str) -> str:
    """Wait until the server `name` is kept, starting a keeper as often as there is none."""
    deadline = time.monotonic() + PATIENCE
    keeper: subprocess.Popen[bytes] | None = None
    while time.monotonic() < deadline:
        by, _, address = _words(place.note(name, "ready")).partition(" ")
        if address and process.alive(int(by)):  # a keeper that was killed left its note behind
            return address
        if reason := _words(place.note(name, "trouble")):
            raise Trouble(reason)
        place.note(name, "wanted").touch()
        if not held(place.run / "keeper.lock") and (keeper is None or keeper.poll() is not None):
            keeper = _start_keeper(place)
        time.sleep(0.02)
    raise Trouble(f"{name} 一直没有就绪，详见 {place.log} ({name} did not come up in time: see that folder)")


def _words(note: Path) -> str:
    try:
        return note.read_text()
    except FileNotFoundError:
        return ""


def _start_keeper(place: Place) -> subprocess.Popen[bytes]:
    with (place.log / "keeper.log").open("ab") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "app.embedded.keeper", str(place.home)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    _keepers.append(keeper)
    return keeper
