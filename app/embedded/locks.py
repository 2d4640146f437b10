"""File locks that vanish with their holder, however it dies. They say who uses a data folder; they hold no data."""

import contextlib
import fcntl
import os
import time
from pathlib import Path
from typing import Self


class Lock:
    """An advisory lock on a file, shared or exclusive. A child that inherits `fileno()` holds it on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("a+")

    def fileno(self) -> int:
        return self._file.fileno()

    def share(self, seconds: float) -> bool:
        """Become one of many users; False when somebody held it alone for all of `seconds`."""
        return self._within(seconds, fcntl.LOCK_SH)

    def take(self, seconds: float = 0.0) -> bool:
        """Become the only holder; False when there was another for all of `seconds`. A shared lock of ours is given up either way."""
        return self._within(seconds, fcntl.LOCK_EX)

    def take_whenever(self) -> None:
        """Wait, for ever if need be, until there is no other holder."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self) -> None:
        """Let go, for inherited copies too, and close."""
        with contextlib.suppress(ValueError):
            fcntl.flock(self._file, fcntl.LOCK_UN)
        self._file.close()

    def close(self) -> None:
        """Close our copy; children that inherited the lock hold it on."""
        self._file.close()

    def write(self, words: str) -> None:
        """Leave a note for whoever is refused."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(words)
        self._file.flush()

    def read(self) -> str:
        """The note of whoever holds it."""
        self._file.seek(0)
        return self._file.read().strip()

    def _within(self, seconds: float, how: int) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(self._file, how | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.02)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def held(path: Path) -> bool:
    """Whether somebody else holds the lock at `path` alone."""
    if not path.exists():
        return False
    with Lock(path) as lock:
        return not lock.share(0)


def write_whole(path: Path, words: str, mode: int = 0o600) -> None:
    """Replace a small file in one step: readers see the old or the new words, never half."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(words)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
