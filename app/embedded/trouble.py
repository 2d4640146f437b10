"""What can keep the servers of a bare machine from starting, as one plain sentence each. Knows words, starts nothing."""

import errno
from pathlib import Path


class Trouble(Exception):
    """The installation cannot go on. The message is one sentence for a person: Chinese first, then English, with the remedy."""


def from_os_error(error: OSError, path: Path | str) -> Trouble:
    """The sentence for what the operating system refused at `path`."""
    where = error.filename or path
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return no_space(path)
    if error.errno == errno.EROFS:
        return Trouble(
            f"{where} 在只读的磁盘上，请把 HOTLINE_HOME 设为可写的文件夹 ({where} is on a read-only disk: set HOTLINE_HOME to a writable folder)"
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return Trouble(
            f"没有权限使用 {where}，请换回原来的用户，或把 HOTLINE_HOME 设为自己的文件夹 "
            f"(no permission for {where}: start as the user who made it, or set HOTLINE_HOME to a folder of your own)"
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return Trouble(f"{where} 不是文件夹，请换一个 HOTLINE_HOME ({where} is not a folder: set HOTLINE_HOME to another path)")
    return Trouble(f"{where} 用不了：{error.strerror} (cannot use {where}: {error.strerror})")


def no_space(path: Path | str, needed_mb: int = 0) -> Trouble:
    """The disk that holds `path` is full, or has less than `needed_mb` left."""
    chinese = f"，至少要 {needed_mb} MB" if needed_mb else ""
    english = f", {needed_mb} MB are needed" if needed_mb else ""
    return Trouble(
        f"磁盘空间不够：{path}{chinese}，请清理磁盘或把 HOTLINE_HOME 设到别的磁盘 "
        f"(no disk space left at {path}{english}: free some, or set HOTLINE_HOME to another disk)"
    )
