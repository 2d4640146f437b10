"""Processes of the servers: starting one that dies with its parent, finding what an earlier run left, ending it. Knows no server."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
PROC = Path("/proc")
GIVES_WAY = 10  # of 19: about a tenth of what somebody else at nought gets, and everything when nobody wants it


@dataclass(frozen=True)
class Account:
    """The user a server runs as when we are root; PostgreSQL refuses to run as root."""

    uid: int
    gid: int
    name: str


def spawn(
    argv: Sequence[str | Path],
    *,
    log: Path,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | str = "/",
    death_signal: int = signal.SIGTERM,
    pass_fds: Iterable[int] = (),
    gives_way: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, its words appended to `log`; `gives_way`: others have the processor first.

    On Linux it gets `death_signal` when the calling thread's process dies, however that dies; call it from the main thread.
    """
    with log.open("ab") as words:
        return subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=dict(env) if env is not None else None,
            start_new_session=True,
            pass_fds=tuple(pass_fds),
            preexec_fn=_first(death_signal, gives_way),  # noqa: PLW1509 - it makes a few system calls and takes no lock
            **_as(account),
        )


def run(argv: Sequence[str | Path], *, account: Account | None = None, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as `account`, giving it `text`; never raises for its exit code."""
    command = [str(word) for word in argv]
    return subprocess.run(
        command, input=text or "", capture_output=True, text=True, cwd="/", env=clean_environment(), check=False, **_as(account)
    )


def _as(account: Account | None) -> dict[str, Any]:
    return {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}


def clean_environment() -> dict[str, str]:
    """What a server needs of the environment; libpq's and Python's variables would only mislead it."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": "/", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _first(death_signal: int, gives_way: bool) -> Callable[[], None]:
    """What a child does before it becomes the program."""
    tied = sys.platform.startswith("linux")
    libc, parent = ctypes.CDLL(None, use_errno=True) if tied else None, os.getpid()

    def first() -> None:
        if gives_way:
            os.nice(GIVES_WAY)
        if libc is None:
            return
        libc.prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # it died before we asked to be told
            os._exit(1)

    return first


def living_in(folder: Path) -> list[int]:
    """Processes whose working folder is `folder`: a server's own and its children's. Zombies do not live. Empty without /proc."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            here = os.readlink(entry / "cwd")
        except OSError:
            continue  # gone, a zombie, or somebody else's
        if here == str(folder):
            found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    """Whether `pid` runs; a zombie, dead but not yet reaped, does not."""
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return not PROC.joinpath("self").exists() and _signalled(pid, 0)
    return state not in "ZX"


def taken(pid: int) -> bool:
    """Whether the number `pid` is in use at all, be it by a zombie: what PostgreSQL's own check sees."""
    return PROC.joinpath(str(pid)).exists() or _signalled(pid, 0)


def end(find: Callable[[], list[int]], steps: Sequence[tuple[int, float]]) -> bool:
    """End all processes that `find` names: for each (signal, seconds) send it and wait. True when none is left."""
    for number, seconds in steps:
        left = find()
        for pid in left:
            _signalled(pid, number)
        deadline = time.monotonic() + seconds
        while left and time.monotonic() < deadline:
            time.sleep(0.02)
            left = find()
        if not left:
            return True
    return not find()


def stop(*children: tuple[subprocess.Popen[bytes], Sequence[tuple[int, float]]]) -> None:
    """End children of ours side by side: each gets its first signal at once, the next ones when its seconds are over.

    What is left in the end gets SIGKILL, and so does what a child that died earlier left behind.
    """
    asked = time.monotonic()
    for child, steps in children:
        child.send_signal(steps[0][0])
    for child, steps in children:
        began = asked
        for number, seconds in steps:
            if began != asked:
                child.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, began + seconds - time.monotonic()))
                break
            began = time.monotonic()
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        end_family(child)


def end_family(child: subprocess.Popen[bytes]) -> None:
    """End what a dead child of ours left behind: a web's workers would go on answering on its port for a while."""
    end(lambda: _group(child.pid), ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)))


def _group(leader: int) -> list[int]:
    """Living processes of the process group of `leader`."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state not in "ZX":
                found.append(int(entry.name))
    return found


def _signalled(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
