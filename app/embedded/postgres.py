"""One PostgreSQL cluster on a private Unix socket: made, mended after a crash, started, stopped, and its address. Keeps no process."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from app.embedded import binaries, process
from app.embedded.place import Place, demand_space, within_reach
from app.embedded.trouble import Trouble, from_os_error, no_space

DATABASE = "hotline"
CREATION = (
    *("--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"),  # never locale C: it knows no Chinese letters
    *("--auth-local=trust", "--auth-host=scram-sha-256", "--no-instructions"),
)
PORT = 5432  # only names the socket: the server listens on no network address
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - only its size is looked at


@dataclass(frozen=True)
class Postgres:
    """A cluster in `place`. `settings` are added to the server's own; tests give up durability with them."""

    place: Place
    settings: Mapping[str, str] = field(default_factory=dict)

    name = "postgres"
    stop_steps = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))  # fast, then immediate

    @property
    def data(self) -> Path:
        return self.place.data / "postgres"

    @property
    def log(self) -> Path:
        return self.place.log / "postgres.log"

    def url(self, database: str = DATABASE) -> str:
        """The address as libpq and SQLAlchemy read it."""
        return f"postgresql://{DATABASE}@/{database}?host={quote(str(self.place.sockets), safe='')}&port={PORT}"

    def prepare(self) -> None:
        """Make the cluster when there is none; a creation that was cut short is begun again. Raises Trouble."""
        marker = self.data / "PG_VERSION"
        try:
            if not marker.exists():
                self._create()
            made_by = int(marker.read_text())
        except OSError as error:
            raise from_os_error(error, self.data) from error
        found = binaries.major(self._program("postgres").parent)
        if made_by != found:
            raise Trouble(
                f"数据由 PostgreSQL {made_by} 建立，找到的程序是 {found}：请用 PG_BIN 指向 {made_by} 的程序，或先 backup 再 restore "
                f"(the data was made by PostgreSQL {made_by} but the programs are {found}: point PG_BIN at version {made_by}, "
                "or back up with the old version and restore)"
            )

    def spawn(self) -> subprocess.Popen[bytes]:
        """Clear away what an earlier run left and start the server; returns before it answers. Raises Trouble."""
        demand_space(self.data, 32)
        self._clear_leftovers()
        argv: list[str | Path] = [self._program("postgres"), "-D", self.data]
        for name, value in self._all_settings().items():
            argv += ["-c", f"{name}={value}"]
        return process.spawn(
            argv,
            log=self.log,
            account=self.place.account,
            env=process.clean_environment(),
            cwd=self.place.data,
            death_signal=signal.SIGINT,
        )

    def ready(self, server: subprocess.Popen[bytes]) -> bool:
        """Whether this very server takes connections: it writes so into its pid file."""
        if server.poll() is not None:
            return False
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(server.pid) and lines[7].strip() == "ready"

    def why_it_stopped(self, said: str) -> Trouble:
        """The sentence for a server that did not come up; `said` is what it wrote meanwhile."""
        if "No space left on device" in said:
            return no_space(self.data)
        fatal = re.findall(r"(?:FATAL|PANIC|ERROR|error): +(.+)", said)
        reason = fatal[-1] if fatal else "?"
        return Trouble(f"PostgreSQL 没有起来：{reason}，详见 {self.log} (PostgreSQL did not start: see that log)")

    def _program(self, name: str) -> Path:
        folder = binaries.postgres_folder()
        return within_reach(folder / name, self.place.account, folder.parent)

    def _create(self) -> None:
        """Made beside its place and renamed when complete, so that a kill at any moment leaves a whole cluster or none."""
        demand_space(self.place.data)
        fresh = self.data.with_name("postgres.new")
        process.end(lambda: process.living_in(fresh), ((signal.SIGKILL, 5.0),))
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        account = self.place.account
        if account:
            os.chown(fresh, account.uid, account.gid)
        self._do([self._program("initdb"), "-D", fresh, "-U", DATABASE, *CREATION])
        self._do([self._program("postgres"), "--single", "-D", fresh, "template1"], f"CREATE DATABASE {DATABASE};\n")
        fresh.rename(self.data)

    def _do(self, argv: Sequence[str | Path], text: str | None = None) -> None:
        done = process.run(argv, account=self.place.account, text=text)
        with self.log.open("a") as log:
            log.write(done.stdout + done.stderr)
        if done.returncode != 0 or "ERROR:" in done.stderr:
            raise self.why_it_stopped(done.stdout + done.stderr)

    def _clear_leftovers(self) -> None:
        """No process of an earlier run may touch the data, then its lock files are worth nothing.

        The files alone cannot be trusted: their number may be a zombie's, or another program's after a reboot.
        """
        data, pid_file = self.data, self.data / "postmaster.pid"
        if not process.end(lambda: self._postmaster(pid_file), (*self.stop_steps, (signal.SIGKILL, 5.0))) or not process.end(
            lambda: process.living_in(data), ((signal.SIGTERM, 3.0), (signal.SIGKILL, 10.0))
        ):
            raise Trouble(f"{data} 还被旧的 PostgreSQL 占用，请结束它 (an old PostgreSQL still uses {data}: end it)")
        for lock_file in (pid_file, self.place.sockets / f".s.PGSQL.{PORT}.lock"):
            pid = _first_number(lock_file)
            if pid and process.taken(pid):
                lock_file.unlink(missing_ok=True)

    def _postmaster(self, pid_file: Path) -> list[int]:
        pid = _first_number(pid_file)
        return [pid] if pid in process.living_in(self.data) else []

    def _all_settings(self) -> dict[str, str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
        return {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": str(self.place.sockets),
            "unix_socket_permissions": "0700",
            "shared_buffers": f"{max(64, min(256, memory // 8))}MB",
            "effective_cache_size": f"{max(128, memory // 3)}MB",
            "dynamic_shared_memory_type": "posix" if _roomy(SHARED_MEMORY) else "mmap",
            "max_connections": "100",
            "random_page_cost": "1.1",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "log_line_prefix": "%m [%p] ",
            "log_checkpoints": "off",
            "log_error_verbosity": "terse",  # DETAIL has whole rows: names, telephone numbers
            **self.settings,
        }


def _first_number(pid_file: Path) -> int:
    try:
        first = pid_file.read_text().split("\n", 1)[0].strip()
    except OSError:
        return 0
    return int(first) if first.isdigit() else 0


def _roomy(folder: Path) -> bool:
    """Containers often give /dev/shm only 64 MB, too little for a parallel query."""
    return folder.is_dir() and shutil.disk_usage(folder).free > 256 * 1024**2
