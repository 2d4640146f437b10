"""Where data and sockets go, for root and for ordinary users, without any folder that stood before being opened further."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded import binaries
from app.embedded import place as places
from app.embedded.place import Account, reachable, settle, within_reach
from app.embedded.postgres import Postgres
from app.embedded.process import run
from app.embedded.trouble import Trouble, from_os_error
from tests.conftest_servers import ROOT
from tests.embedded.conftest import SPARING

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="以 root 运行测试才能换用户 (run the tests as root to change users)")
NOBODY = Account(65534, 65534, "nobody")


@root_only
def test_below_a_closed_folder_root_puts_the_data_where_nobody_can_reach_them(folder, supervisor, monkeypatch):
    monkeypatch.setattr(places, "SHARED", folder / "lib")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    place = settle(closed / "var")
    assert place.elsewhere
    assert place.data.parent == folder / "lib"
    supervisor.await_ready(Postgres(place, SPARING))
    assert settle(closed / "var").data == place.data
    assert closed.stat().st_mode & 0o777 == 0o700


@root_only
def test_data_that_were_moved_away_are_not_silently_begun_anew(folder, monkeypatch):
    monkeypatch.setattr(places, "SHARED", folder / "lib")
    (folder / "closed").mkdir(mode=0o700)
    place = settle(folder / "closed" / "var")
    place.data.rename(folder / "lost")
    with pytest.raises(Trouble, match=r"不见了.*location"):
        settle(folder / "closed" / "var")


@root_only
def test_programs_in_a_closed_folder_are_copied_to_where_nobody_can_run_them(folder, monkeypatch):
    monkeypatch.setattr(places, "SHARED", folder / "lib")
    closed = folder / "closed"
    (closed / "tree" / "bin").mkdir(parents=True)
    closed.chmod(0o700)
    program = closed / "tree" / "bin" / "hello"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o700)
    copy = within_reach(program, NOBODY, closed / "tree")
    assert reachable(copy.parent, NOBODY)
    assert run([copy], account=NOBODY).stdout == "hello\n"
    assert within_reach(program, NOBODY, closed / "tree") == copy


@root_only
def test_an_ordinary_user_runs_the_servers_as_itself(folder):
    python = next((path for path in interpreters() if reachable(path.resolve().parent, NOBODY)), None)
    paths = [ROOT, Path(places.__file__).parent, Path(binaries.postgres_folder()), *map(Path, site_packages())]
    if python is None or not all(reachable(path, NOBODY) for path in paths):
        pytest.skip(
            "nobody 进不了这份代码或 Python 所在的文件夹，请把代码放到 /srv 之类的地方再测 (clone to a folder other users may read)"
        )
    home = folder / "of nobody"
    home.mkdir()
    os.chown(home, NOBODY.uid, NOBODY.gid)
    script = "import os; from app.embedded import ensure; found = ensure(); import psycopg; c = psycopg.connect(found['DATABASE_URL']); "
    script += "print(os.geteuid(), c.execute('SELECT 1').fetchone()); c.close()"
    environ = {"HOTLINE_HOME": str(home / "var"), "PYTHONPATH": os.pathsep.join([str(ROOT), *site_packages()]), "PATH": os.defpath}
    done = subprocess.run(
        [python, "-c", script], env=environ, cwd="/", user=NOBODY.uid, group=NOBODY.gid, extra_groups=[], capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "65534 (1,)\n"), done.stderr
    assert (home / "var" / "data" / "postgres").stat().st_uid == NOBODY.uid
    assert settle(home / "var").account == NOBODY  # and root, coming later, runs them as their owner


def interpreters():
    """This Python, and the system's of the same version: the binary packages fit both."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    yield from (path for path in map(Path, (sys.executable, f"/usr/bin/{name}", f"/usr/local/bin/{name}")) if path.exists())


def site_packages():
    return [path for path in sys.path if path.endswith("site-packages")]


def test_a_folder_of_somebody_else_is_one_sentence(folder):
    if os.geteuid() == 0:
        assert "没有权限使用 /x" in str(from_os_error(PermissionError(13, "Permission denied", "/x"), "/x"))
        return
    (folder / "var").mkdir(mode=0o500)
    with pytest.raises(Trouble, match="没有权限使用"):
        settle(folder / "var")


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError(28, "No space left on device"), "磁盘空间不够"),
        (OSError(30, "Read-only file system"), "只读"),
        (OSError(20, "Not a directory"), "不是文件夹"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_what_the_system_refuses_becomes_a_sentence_with_a_remedy(error, words):
    assert words in str(from_os_error(error, "/srv/x"))


def test_a_home_that_is_a_file_is_refused(folder):
    (folder / "var").write_text("")
    with pytest.raises(Trouble, match=r"不是文件夹.*HOTLINE_HOME"):
        settle(folder / "var")
