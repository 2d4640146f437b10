"""The one door: what it hands on, and the sentence for each thing that keeps it shut. Runs a copy with next to nothing to install."""

import ast
import os
import shutil
import subprocess
import sys
import time

import pytest

from app.embedded.place import reachable
from tests.conftest_servers import ROOT
from tests.embedded.test_place import NOBODY, interpreters, root_only

ECHO = "import sys, os\nprint(sys.argv[1:], os.getcwd())\nsys.exit(7)\n"
OFFLINE = {"PIP_INDEX_URL": "http://127.0.0.1:1/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_RETRIES": "0"}
PRETEND = "import runpy, sys; {}; sys.argv = ['manage.py', *sys.argv[1:]]; runpy.run_path('manage.py', run_name='__main__')"


@pytest.fixture
def checkout(folder):
    """manage.py, an application that says with what it was called, and no package to install."""
    shutil.copy(ROOT / "manage.py", folder)
    (folder / "requirements.txt").write_text("# nothing\n")
    (folder / "requirements-dev.txt").write_text("-r requirements.txt\n")
    for package in ("app", "app/commands", "flask"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").touch()
    (folder / "app" / "commands" / "up.py").write_text(ECHO)
    (folder / "flask" / "__main__.py").write_text(ECHO)
    return folder


@pytest.fixture
def furnished(checkout):
    """The same with an environment that is already there."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    program = "import manage; manage.mark('requirements.txt').write_text(manage.digest('requirements.txt'))"
    subprocess.run([sys.executable, "-c", program], cwd=checkout, check=True)
    return checkout


def manage(checkout, *words, pretend=None, cwd=None, **more):
    start = ["-c", PRETEND.format(pretend)] if pretend else [str(checkout / "manage.py")]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | more
    return subprocess.run([sys.executable, *start, *words], cwd=cwd or checkout, env=environ, capture_output=True, text=True, check=False)


def test_words_exit_code_and_folder_are_handed_on(furnished, tmp_path):
    done = manage(furnished, "up", "--port", "9000", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, f"['--port', '9000'] {tmp_path}\n")
    done = manage(furnished, "token", "a name", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (7, f"['--app', '{furnished}/wsgi.py', 'token', 'a name'] {tmp_path}\n")


def test_signals_reach_the_application(furnished):
    (furnished / "app" / "commands" / "up.py").write_text("import signal\nprint('here', flush=True)\nsignal.pause()\n")
    child = subprocess.Popen([sys.executable, "manage.py", "up"], cwd=furnished, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "here\n"
    child.terminate()
    child.communicate(timeout=30)
    assert child.returncode == -15


def test_without_a_command_it_explains_itself(checkout):
    done = manage(checkout)
    assert done.returncode == 2
    assert "manage.py 命令" in done.stdout
    assert not (checkout / ".venv").exists()


def test_an_old_python_can_read_it_and_is_told_which_one_is_needed(checkout):
    ast.parse((ROOT / "manage.py").read_text(), feature_version=(3, 7))
    done = manage(checkout, "up", pretend="sys.version_info = (3, 9, 2)", PATH="/nowhere")
    assert done.returncode == 1
    assert "要 Python 3.11 以上" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_venv_module_is_named_with_its_debian_package(checkout):
    gone = "[sys.modules.__setitem__(name, None) for name in ('ensurepip', 'virtualenv', 'pip')]"
    done = manage(checkout, "up", pretend=gone, PATH="/nowhere")
    assert done.returncode == 1
    assert f"sudo apt install python3.{sys.version_info.minor}-venv" in done.stderr


@pytest.mark.timeout(300)  # it makes an environment
def test_without_a_network_one_sentence_says_so(checkout):
    (checkout / "requirements.txt").write_text("a-package-nobody-has==1.0\n")
    done = manage(checkout, "up", PATH="/nowhere", **OFFLINE)
    assert done.returncode == 1
    assert "连不上软件源" in done.stderr
    assert "Traceback" not in done.stderr
    assert (checkout / ".venv" / "install.log").exists()


@pytest.mark.timeout(300)  # it makes an environment
def test_the_environment_is_made_once_and_again_when_requirements_change_or_it_was_left_half_done(checkout):
    first = manage(checkout, "up", PATH="/nowhere", **OFFLINE)
    assert "正在准备" in first.stdout
    assert first.returncode == 7
    began = time.monotonic()
    assert "正在准备" not in manage(checkout, "up").stdout
    print(f"warm start: {time.monotonic() - began:.2f} s")
    (checkout / "requirements.txt").write_text("# still nothing\n")
    assert "正在准备" in manage(checkout, "up", PATH="/nowhere", **OFFLINE).stdout
    (checkout / ".venv" / "installing").touch()
    (checkout / ".venv" / "installed-requirements.txt").unlink()
    (checkout / ".venv" / "junk").touch()
    assert manage(checkout, "up", PATH="/nowhere", **OFFLINE).returncode == 7
    assert not (checkout / ".venv" / "junk").exists()


def test_too_little_disk_is_one_sentence(checkout):
    full = "import shutil; shutil.disk_usage = lambda path: shutil._ntuple_diskusage(1, 1, 0)"
    done = manage(checkout, "up", pretend=full)
    assert done.returncode == 1
    assert "磁盘空间不够" in done.stderr


@root_only
def test_a_folder_one_may_not_write_is_one_sentence(checkout):
    python = next((path for path in interpreters() if reachable(path.resolve().parent, NOBODY)), None)
    if python is None:
        pytest.skip("nobody 用不了任何 Python，请装系统的 python3 再测 (install the system's python3)")
    checkout.chmod(0o755)
    done = subprocess.run(
        [python, "manage.py", "up"],
        cwd=checkout,
        user=NOBODY.uid,
        group=NOBODY.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "不能写" in done.stderr
