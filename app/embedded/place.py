"""Where the servers of a bare machine keep their data and sockets, and as whom they run. Makes folders, starts nothing."""

import hashlib
import os
import pwd
import shutil
import stat
import uuid
from dataclasses import dataclass
from pathlib import Path

from app.embedded.process import Account
from app.embedded.trouble import Trouble, from_os_error, no_space

SOCKET_LIMIT = 100  # bytes a socket's path may have: 107 on Linux, 103 on macOS
NEEDED_MB = 300
SHARED = Path("/var/lib/shaoxiang")  # root's way out when `nobody` cannot reach the data folder


@dataclass(frozen=True)
class Place:
    """One installation's folders. `account` is None when the servers run as ourselves."""

    home: Path
    data: Path
    sockets: Path
    account: Account | None

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def log(self) -> Path:
        return self.home / "log"

    def note(self, server: str, kind: str) -> Path:
        """A note between the keeper and its users: `wanted`, `ready` (holds the keeper's pid and the address) or `trouble` (holds the reason)."""
        return self.run / f"{server}.{kind}"

    @property
    def elsewhere(self) -> bool:
        """Whether the data lies outside HOTLINE_HOME because the servers' user cannot reach it there."""
        return self.home not in self.data.parents


def settle(home: Path) -> Place:
    """Make and check the folders under `home`. Raises Trouble when they cannot be made or the disk is full.

    No folder that stood before is ever made more open: as root with `home` below a closed folder (such as root's own),
    the data goes to /var/lib/shaoxiang and `home`/location says where.
    """
    home = home.expanduser().resolve()
    try:
        made = not home.exists()
        home.mkdir(parents=True, exist_ok=True)
        if made:
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in ("run", "log"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        data, account = _data_folder(home)
        _own(data, None, 0o711)
        _own(data / "valkey", account, 0o700)
        return Place(home, data, _socket_folder(data, account), account)
    except OSError as error:
        raise from_os_error(error, home) from error


def demand_space(folder: Path, megabytes: int = NEEDED_MB) -> None:
    """Raises Trouble when the disk of `folder` has less than `megabytes` left."""
    if shutil.disk_usage(folder).free < megabytes * 1024 * 1024:
        raise no_space(folder, megabytes)


def reachable(path: Path, account: Account | None) -> bool:
    """Whether `account` may pass through every folder above `path` and enter it."""
    if account is None:
        return True
    return all(_may_enter(folder.stat(), account) for folder in (path, *path.parents))


def within_reach(program: Path, account: Account | None, root: Path) -> Path:
    """`program`, or the same program in a copy of its tree `root` where `account` can reach it (41 MB, once)."""
    if reachable(program.parent, account):
        return program
    mark = program.stat()
    name = hashlib.sha256(f"{program} {mark.st_size} {mark.st_mtime_ns}".encode()).hexdigest()[:12]
    copy = SHARED / "programs" / f"{root.name}-{name}"
    try:
        if not copy.exists():
            _own(SHARED, None, 0o711)
            _own(copy.parent, None, 0o711)
            fresh = copy.with_name(f"{copy.name}.{uuid.uuid4().hex[:8]}")
            shutil.copytree(root, fresh, symlinks=True)
            for folder, _, files in os.walk(fresh):
                for entry in (Path(folder), *(Path(folder, file) for file in files)):
                    if not entry.is_symlink():
                        entry.chmod(entry.stat().st_mode | (0o055 if entry.stat().st_mode & 0o100 else 0o044))
            fresh.rename(copy)
    except OSError as error:
        raise from_os_error(error, copy) from error
    return copy / program.relative_to(root)


def _data_folder(home: Path) -> tuple[Path, Account | None]:
    usual, pointer = home / "data", home / "location"
    if os.geteuid() != 0:
        if usual.exists() and usual.stat().st_uid != os.geteuid():
            owner = _account(usual.stat().st_uid).name
            raise Trouble(
                f"{usual} 属于用户 {owner}，请用该用户（或 sudo）启动，或换一个 HOTLINE_HOME "
                f"({usual} belongs to {owner}: start as that user or with sudo, or set another HOTLINE_HOME)"
            )
        return usual, None
    if pointer.exists():
        usual = Path(pointer.read_text().strip())
        if not usual.is_dir():
            raise Trouble(
                f"{pointer} 指向的数据文件夹 {usual} 不见了：请找回它，或删掉 {pointer} 从空库开始 "
                f"(the data folder {usual} is gone: bring it back, or delete {pointer} to begin empty)"
            )
    account = _owner(usual) or _account_of_nobody()
    if usual.exists() or reachable(home, account):
        return usual, account
    apart = SHARED / f"data-{uuid.uuid4().hex[:12]}"
    SHARED.parent.mkdir(parents=True, exist_ok=True)
    _own(SHARED, None, 0o711)
    _own(apart, None, 0o711)
    pointer.write_text(f"{apart}\n")
    return apart, account


def _socket_folder(data: Path, account: Account | None) -> Path:
    """Beside the data, or in a short private folder when the path is too long for a socket."""
    folder = data / "sockets"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) > SOCKET_LIMIT:
        name = f"shaoxiang-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
        folder = _short_base() / name
    _own(folder, account, 0o700)
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != (account.uid if account else os.geteuid()):
        raise Trouble(f"{folder} 属于别人，请把它移走 ({folder} belongs to somebody else: move it away)")
    return folder


def _short_base() -> Path:
    """Not swept by tmp cleaners where there is such a place."""
    for base in ["/run"] if os.geteuid() == 0 else [os.environ.get("XDG_RUNTIME_DIR", "")]:
        if base and len(base) < SOCKET_LIMIT // 2 and os.access(base, os.W_OK | os.X_OK):
            return Path(base)
    return Path("/tmp")  # noqa: S108 - made private and checked by the caller


def _own(folder: Path, account: Account | None, mode: int) -> None:
    """Make `folder` with this owner and mode; one that stands is left as it is."""
    try:
        folder.mkdir(mode=mode)
    except FileExistsError:
        return
    folder.chmod(mode)
    if account:
        os.chown(folder, account.uid, account.gid)


def _owner(data: Path) -> Account | None:
    """Whoever owns a cluster that stands, when that is not root."""
    cluster = data / "postgres"
    uid = cluster.stat().st_uid if cluster.exists() else 0
    return _account(uid) if uid else None


def _account(uid: int) -> Account:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(uid, uid, str(uid))
    return Account(uid, entry.pw_gid, entry.pw_name)


def _account_of_nobody() -> Account:
    """`nobody` with its own group, which is nogroup on Debian and nobody elsewhere."""
    try:
        return _account(pwd.getpwnam("nobody").pw_uid)
    except KeyError:
        raise Trouble(
            "以 root 启动时 PostgreSQL 要换成 nobody 用户，而本机没有它；请换普通用户启动 "
            "(PostgreSQL cannot run as root and there is no user `nobody`: start as an ordinary user)"
        ) from None


def _may_enter(seen: os.stat_result, account: Account) -> bool:
    if seen.st_uid == account.uid:
        return bool(seen.st_mode & stat.S_IXUSR)
    if seen.st_gid == account.gid:
        return bool(seen.st_mode & stat.S_IXGRP)
    return bool(seen.st_mode & stat.S_IXOTH)
