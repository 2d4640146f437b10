"""The secrets a bare machine makes for itself once, kept in HOTLINE_HOME/secrets.env. Says nothing of what they protect."""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path

from app.embedded.locks import Lock, write_whole
from app.embedded.place import Place
from app.embedded.trouble import Trouble, from_os_error

READABLE = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter that looks like a digit: people type these
HEADING = """\
# Made once by `python3 manage.py up`. Keep this file with your backups: without IDENTITY_KEY the identities
# in the database cannot be read again. Variables of the environment win over these.
"""


def _password() -> str:
    return "linhai-" + "".join(secrets.choice(READABLE) for _ in range(8))


MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "IDENTITY_KEY": lambda: base64.urlsafe_b64encode(os.urandom(32)).decode(),
    "DEMO_PASSWORD": _password,
}


def kept(place: Place, environ: Mapping[str, str]) -> dict[str, str]:
    """The secrets the environment does not give, read from HOTLINE_HOME or made and written there.

    Raises Trouble, above all when data stand and their key is gone: a new one would make the identities unreadable for good.
    """
    path = place.home / "secrets.env"
    try:
        with Lock(place.run / "secrets.lock") as alone:
            alone.take(10)
            known = _read(path) if path.exists() else {}
            missing = [name for name in MAKERS if not known.get(name)]
            if "IDENTITY_KEY" in missing and not environ.get("IDENTITY_KEY") and (place.data / "postgres").exists():
                raise Trouble(
                    f"{path} 里没有 IDENTITY_KEY，而数据已经存在：请从备份找回它，或设环境变量 IDENTITY_KEY "
                    f"(data exist but {path} holds no IDENTITY_KEY: bring it back from a backup or set IDENTITY_KEY)"
                )
            if any(not environ.get(name) for name in missing):
                known |= {name: MAKERS[name]() for name in missing}
                write_whole(path, HEADING + "".join(f"{name}={value}\n" for name, value in known.items()))
    except OSError as error:
        raise from_os_error(error, path) from error
    return {name: value for name, value in known.items() if not environ.get(name)}


def _read(path: Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        words = line.strip()
        if not words or words.startswith("#"):
            continue
        name, equals, value = words.partition("=")
        if not equals:
            raise Trouble(f"{path} 第 {number} 行不是 名称=值 (line {number} of {path} is not NAME=value)")
        found[name.strip()] = value.strip()
    return found
