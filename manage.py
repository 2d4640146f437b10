"""The one door on a bare machine: makes .venv, installs what requirements.txt pins, then hands on to the application.

Standard library only, and only syntax that Python 3.6 can read, so that an old Python gets a sentence instead of a traceback.
"""

import contextlib
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import typing
from pathlib import Path

try:
    import fcntl
except ImportError:
    sys.exit("Windows 上请在 WSL 里运行 (on Windows, run inside WSL)")

OLDEST = (3, 11)
NEEDED_MB = 700
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "installing"
ALONE = ("up", "doctor")  # they do not load the application: one starts it, one speaks when it cannot start
USAGE = """\
用法：python3 manage.py 命令 [参数]

  up        装好环境，启动数据库、队列、网站、调度和后台任务，打印网址和演示账号 (everything, on PORT, default 8000)
  test      跑全部测试 (the whole suite; arguments go to pytest)
  doctor    检查这套系统哪里不对、怎么修 (what is wrong here and how to mend it)
  其他命令  import-tickets token create-admin due calendar sweep report audit backup restore init demo upgrade web worker scheduler
            加 --help 看用法 (each explains itself with --help)
"""
NO_INDEX = "连不上软件源，请检查网络、代理和 pip 的 index-url (no package index reachable: check network, proxy and pip's index-url)"
REASONS = (
    (r"No space left on device|Errno 28", "磁盘空间不够，请清理后再运行 (no disk space left: free some and run again)"),
    (r"Read-only file system|Permission denied", "没有写权限，请用文件夹的主人运行 (no permission to write: run as the folder's owner)"),
    (r"resolution|Connection|timed out|ProxyError|SSLError|Max retries|No matching distribution|dns error", NO_INDEX),
    (r"not a supported wheel", "没有适合本机的安装包，支持 Linux x86_64/aarch64 和 macOS (no package for this kind of machine)"),
)


class Stop(Exception):
    """We cannot go on; the message is one sentence for a person."""


def main(arguments: "list[str]") -> int:
    """Prepare the environment and become the application. Returns only to show the usage. Raises Stop."""
    if sys.version_info < OLDEST:
        change_python(arguments)
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0 if arguments else 2
    command, rest = arguments[0], arguments[1:]
    prepare("requirements-dev.txt" if command == "test" else "requirements.txt")
    if command == "test":
        os.chdir(str(ROOT))
        become(["-m", "pytest", *(rest or ["-n", "logical", "--dist", "loadfile"])])
    elif command in ALONE:
        become(["-m", f"app.commands.{command}", *rest])
    become(["-m", "flask", "--app", str(ROOT / "wsgi.py"), *arguments])
    return 1


def change_python(arguments: "list[str]") -> None:
    """Go on with a newer Python if the machine has one. Raises Stop when it has none."""
    for minor in range(20, OLDEST[1] - 1, -1):
        newer = shutil.which(f"python3.{minor}")
        if newer:
            os.execv(newer, [newer, str(ROOT / "manage.py"), *arguments])  # noqa: S606 - no shell is the point
    here, oldest = sys.version.split()[0], f"{OLDEST[0]}.{OLDEST[1]}"
    raise Stop(
        f"要 Python {oldest} 以上，这里是 {here}，请安装新版后用它运行，例如 python{oldest} manage.py up "
        f"(Python {oldest} or newer is needed, this is {here}: install one and run this with it)"
    )


def become(words: "list[str]") -> None:
    """Replace this process by the environment's Python: same exit code, same signals."""
    paths = [str(ROOT), *(path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path)]
    sys.stdout.flush()
    os.execve(str(PYTHON), [str(PYTHON), *words], dict(os.environ, PYTHONPATH=os.pathsep.join(paths)))  # noqa: S606


def prepare(requirements: str) -> None:
    """Make .venv hold what the file `requirements` pins; does nothing when it does. Raises Stop."""
    if installed(requirements):
        return
    if not os.access(str(ROOT), os.W_OK):
        raise Stop(f"{ROOT} 不能写，请复制到自己的文件夹再运行 ({ROOT} is read-only: copy it to a folder of your own)")
    with open(__file__) as door:
        fcntl.flock(door, fcntl.LOCK_EX)  # a second start waits for the first one's installation
        if installed(requirements):
            return
        if shutil.disk_usage(str(ROOT)).free < NEEDED_MB * 1024**2:
            raise Stop(f"磁盘空间不够：装依赖要 {NEEDED_MB} MB (no disk space: the packages need {NEEDED_MB} MB)")
        try:
            install(requirements)
        except OSError as error:
            raise Stop(f"装不了依赖：{reason_of(str(error))} (the packages cannot be installed)") from error


def installed(requirements: str) -> bool:
    """Whether .venv was completed with exactly this text of `requirements`."""
    with contextlib.suppress(OSError):
        return PYTHON.exists() and mark(requirements).read_text() == digest(requirements)
    return False


def mark(requirements: str) -> Path:
    """Where the environment remembers what it was completed with."""
    return VENV / f"installed-{requirements}"


def digest(requirements: str) -> str:
    """One hash of the files an installation is made from."""
    names = sorted({"requirements.txt", requirements})
    return hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in names)).hexdigest()


def install(requirements: str) -> None:
    """Make the environment when it is missing or broken, install, remember. Raises Stop with the reason."""
    print("正在准备 .venv 并安装依赖，约半分钟 (preparing .venv, about half a minute)", flush=True)
    if UNFINISHED.exists():  # a run before this one was killed in the middle: trust nothing it left
        shutil.rmtree(str(VENV))
    uv = shutil.which("uv")
    if not (uv and with_uv(uv, requirements)):
        with_pip(requirements)
    for name in {"requirements.txt", requirements}:
        mark(name).write_text(digest(name))
    print("依赖已装好 (packages are in)", flush=True)


def with_uv(uv: str, requirements: str) -> bool:
    """The quick road. False when it failed: pip may know an index that uv does not."""
    if not PYTHON.exists() and subprocess.call([uv, "venv", "--quiet", "--python", sys.executable, str(VENV)]) != 0:
        return False
    with unfinished():
        return subprocess.call([uv, "pip", "install", "--python", str(PYTHON), "-r", str(ROOT / requirements)]) == 0


def with_pip(requirements: str) -> None:
    """The road every Python has. Raises Stop when there is no way to an environment, or pip fails."""
    pip = [str(PYTHON), "-m", "pip"]
    if not (PYTHON.exists() and quiet([*pip, "--version"])):
        pip = make_environment(pip)
    options = ["--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-color", "--retries", "2"]
    command = [*pip, "install", *options, "-r", str(ROOT / requirements)]
    with unfinished():
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = show_progress(process, count_pins(requirements))
    if process.wait() != 0:
        log = VENV / "install.log"
        log.write_text(said)
        raise Stop(f"依赖没装上：{reason_of(said)}；全部输出在 {log} (installing failed: all that pip said is in that file)")


@contextlib.contextmanager
def unfinished() -> "typing.Iterator[None]":
    """While it lasts, and after a kill, the environment counts as broken."""
    UNFINISHED.touch()
    yield
    UNFINISHED.unlink()


def make_environment(pip: "list[str]") -> "list[str]":
    """Make .venv by whatever this machine has; gives the command by which to install into it. Raises Stop."""
    venv = [sys.executable, "-m", "venv", "--clear"]
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        done = subprocess.run([*venv, str(VENV)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode == 0:
            return pip
        raise Stop(f"建不了 .venv：{reason_of(done.stdout)} (cannot make .venv)")
    if importlib.util.find_spec("virtualenv") and quiet([sys.executable, "-m", "virtualenv", "--clear", str(VENV)]):
        return pip
    if importlib.util.find_spec("pip") and quiet([*venv, "--without-pip", str(VENV)]):
        return [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    raise Stop(
        f"这个 Python 缺 venv 模块，请先 sudo apt install {package}（其他系统装 uv 或 virtualenv 也行）"
        f"(this Python lacks the venv module: sudo apt install {package}, or install uv or virtualenv)"
    )


def show_progress(process: "subprocess.Popen[str]", pins: int) -> str:
    """One moving line on a terminal, a line every 20 packages elsewhere. Gives back all that was said."""
    said, seen, live = [], 0, sys.stdout.isatty()
    for line in process.stdout or ():
        said.append(line)
        package = re.match(r"(?:Collecting|Requirement already satisfied:) +([\w.-]+)", line)
        if package:
            seen = min(seen + 1, pins)
            words = f"  {seen}/{pins} {package.group(1)}"
        elif line.startswith("Installing collected"):
            words = f"  正在写入 {pins} 个包 (writing {pins} packages)"
        else:
            continue
        if live:
            print("\r" + words.ljust(60), end="", flush=True)
        elif not package or seen % 20 == 0:
            print(words, flush=True)
    if live:
        print("\r" + " " * 60, end="\r", flush=True)
    return "".join(said)


def count_pins(requirements: str) -> int:
    """How many packages `requirements` and what it includes name."""
    text = "".join((ROOT / name).read_text() for name in {"requirements.txt", requirements})
    return len(re.findall(r"^[\w.-]+(?:\[[\w,]+\])?==", text, re.MULTILINE))


def reason_of(said: str) -> str:
    """The likely reason, in words; else the last thing that was said."""
    for pattern, reason in REASONS:
        if re.search(pattern, said, re.IGNORECASE):
            return reason
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "?"


def quiet(command: "list[str]") -> bool:
    """Whether `command` succeeds; what it says is not wanted."""
    return subprocess.call(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Stop as stop:
        print(stop, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
