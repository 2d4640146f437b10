"""Keeping a handful of child processes alive: start, restart with growing pauses, stop in order. Knows no server by name."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from app.embedded import process
from app.embedded.trouble import Trouble

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
SETTLED = 20.0  # seconds of life after which the next crash counts as the first
LOG_LIMIT = 20 * 1024**2


class Program(Protocol):
    """What the supervisor asks of a child: a name, a log, how to start it and how to end it."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def stop_steps(self) -> Sequence[tuple[int, float]]: ...
    def spawn(self) -> subprocess.Popen[bytes]: ...


class Server(Program, Protocol):
    """A program that others wait for."""

    def prepare(self) -> None: ...
    def ready(self, server: subprocess.Popen[bytes]) -> bool: ...
    def why_it_stopped(self, said: str) -> Trouble: ...


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes]
    born: float
    pause: float = FIRST_PAUSE
    again_at: float = 0.0
    crashes: int = 0


@dataclass
class Supervisor:
    """Children in the order they were started. Use it from one thread, the main one: children are tied to it."""

    tell: Callable[[str], None]
    children: dict[str, _Child] = field(default_factory=dict)

    def start(self, program: Program) -> subprocess.Popen[bytes]:
        """Start a child and keep it alive from now on."""
        child = _Child(program, program.spawn(), time.monotonic())
        self.children[program.name] = child
        return child.process

    def await_ready(self, server: Server, seconds: float = 300.0) -> subprocess.Popen[bytes]:
        """Prepare and start a server and wait until it answers. Raises Trouble with the reason when it does not."""
        server.prepare()
        begun = server.log.stat().st_size if server.log.exists() else 0
        started = self.start(server)
        deadline = time.monotonic() + seconds
        while not server.ready(started):
            if started.poll() is not None or time.monotonic() > deadline:
                self.stop(server.name)
                raise server.why_it_stopped(_since(server.log, begun))
            time.sleep(0.01)
        return started

    def tick(self) -> None:
        """Notice the dead and start them again, each after its pause. Call it a few times a second."""
        now = time.monotonic()
        for child in self.children.values():
            code = child.process.poll()
            if code is None:
                continue
            if not child.again_at:
                child.pause = FIRST_PAUSE if now - child.born > SETTLED else min(child.pause * 2, LONGEST_PAUSE)
                child.again_at = now + child.pause
                child.crashes += 1
                self.tell(
                    f"{child.program.name} 意外停止（{code}），{child.pause:.1f} 秒后重启 "
                    f"({child.program.name} stopped with {code}; restart in {child.pause:.1f} s; see {child.program.log})"
                )
            elif now >= child.again_at:
                child.born, child.again_at = now, 0.0
                self._restart(child)

    def crashes(self, name: str) -> int:
        """How often a child died by itself."""
        return self.children[name].crashes

    def _restart(self, child: _Child) -> None:
        process.end_family(child.process)
        try:
            child.process = child.program.spawn()
        except (Trouble, OSError) as trouble:
            self.tell(str(trouble))

    def stop(self, name: str) -> None:
        """End one child and forget it."""
        child = self.children.pop(name, None)
        if child:
            process.stop((child.process, child.program.stop_steps))

    def stop_all(self) -> None:
        """End all children, side by side."""
        process.stop(*((child.process, child.program.stop_steps) for child in self.children.values()))
        self.children.clear()

    def trim_logs(self) -> None:
        """A log beyond 20 MB goes to NAME.1; children append, so the file is emptied under them."""
        for child in self.children.values():
            log = child.program.log
            if log.exists() and log.stat().st_size > LOG_LIMIT:
                log.with_name(f"{log.name}.1").write_bytes(log.read_bytes())
                with log.open("r+b") as file:
                    file.truncate()


def _since(log: Path, begun: int) -> str:
    with log.open("rb") as file:
        file.seek(begun)
        return file.read().decode(errors="replace")
