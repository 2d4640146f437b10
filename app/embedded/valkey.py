"""One Valkey server on a private Unix socket, every write in its append-only file. Keeps no process."""

import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from app.embedded import binaries, process
from app.embedded.place import Place, within_reach
from app.embedded.trouble import Trouble, from_os_error, no_space

UNREADABLE = ("Bad file format reading the append only file", "Unexpected end of file reading the append only file")


@dataclass(frozen=True)
class Valkey:
    """The server in `place`. It may be lost whole without losing a ticket (design §2), but no queue is lost on purpose."""

    place: Place
    settings: Mapping[str, str] = field(default_factory=dict)

    name = "valkey"
    stop_steps = ((signal.SIGTERM, 15.0),)

    @property
    def data(self) -> Path:
        return self.place.data / "valkey"

    @property
    def log(self) -> Path:
        return self.place.log / "valkey.log"

    @property
    def socket(self) -> Path:
        return self.place.sockets / "valkey.sock"

    def url(self, database: int = 0) -> str:
        """The address as redis-py reads it."""
        return f"unix://{quote(str(self.socket))}?db={database}"

    def prepare(self) -> None:
        """Nothing to make: the server writes its first file itself. Raises Trouble when its folder cannot be used."""
        try:
            self.data.stat()
        except OSError as error:
            raise from_os_error(error, self.data) from error

    def spawn(self) -> subprocess.Popen[bytes]:
        """End what an earlier run left in the same folder and start the server. Raises Trouble."""
        if not process.end(lambda: process.living_in(self.data), ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))):
            raise Trouble(f"{self.data} 还被旧的 Valkey 占用，请结束它 (an old Valkey still uses {self.data}: end it)")
        program = binaries.valkey_server()
        argv: list[str | Path] = [within_reach(program, self.place.account, program.parent)]
        for name, value in self._all_settings().items():
            argv += [f"--{name}", value]
        return process.spawn(argv, log=self.log, account=self.place.account, env=process.clean_environment(), cwd=self.place.data)

    def ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Whether it answers; while it still reads its file it says LOADING."""
        if server.poll() is not None:
            return False
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1)
            try:
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(64).startswith(b"+PONG")
            except OSError:
                return False

    def why_it_stopped(self, said: str) -> Trouble:
        """The sentence for a server that did not come up; `said` is what it wrote meanwhile."""
        if "No space left on device" in said:
            return no_space(self.data)
        if any(words in said for words in UNREADABLE):
            aside = self.data.with_name(f"valkey-unreadable-{int(time.time())}")
            return Trouble(
                f"队列文件读不出，请把 {self.data} 改名为 {aside.name} 再启动，工单不受影响 "
                f"(the queue's file cannot be read: rename {self.data} to {aside.name} and start again; no ticket is lost by it)"
            )
        last = said.strip().splitlines()[-1] if said.strip() else "?"
        return Trouble(f"Valkey 没有起来：{last}，详见 {self.log} (Valkey did not start: see that log)")

    def _all_settings(self) -> dict[str, str]:
        return {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
            **self.settings,
        }
