"""The process that owns the embedded servers: starts what is wanted, restarts what dies, and stops all when nobody uses them.

`python -m app.embedded.keeper HOME`, started by `app.embedded.ensure`, never by hand. Users hold `run/use.lock` shared;
the keeper waits for it alone, and gets it when the last user is gone, be it by kill -9. If the keeper dies, so do its servers.
"""

import contextlib
import os
import signal
import sys
import threading
import time
from pathlib import Path

from app.embedded.locks import Lock, write_whole
from app.embedded.place import Place, settle
from app.embedded.postgres import Postgres
from app.embedded.supervisor import Supervisor
from app.embedded.trouble import Trouble
from app.embedded.valkey import Valkey

KINDS: dict[str, type[Postgres] | type[Valkey]] = {"postgres": Postgres, "valkey": Valkey}


def main(home: Path) -> int:
    """Run until the last user is gone or we are told to stop. 0 when another keeper stands already."""
    place = settle(home)
    with Lock(place.run / "keeper.lock") as alone:
        if not alone.take(2):
            return 0
        for name in KINDS:
            place.note(name, "ready").unlink(missing_ok=True)
            place.note(name, "trouble").unlink(missing_ok=True)
        unused = _notice_when_unused(place)
        supervisor = Supervisor(lambda words: print(time.strftime("%F %T"), words, flush=True))
        try:
            _keep(place, supervisor, unused)
        finally:
            for name in KINDS:
                place.note(name, "ready").unlink(missing_ok=True)
                place.note(name, "wanted").unlink(missing_ok=True)
            supervisor.stop_all()
    return 0


def _keep(place: Place, supervisor: Supervisor, unused: threading.Event) -> None:
    while not unused.is_set():
        for name, kind in KINDS.items():
            if name not in supervisor.children and place.note(name, "wanted").exists():
                _bring_up(place, supervisor, kind(place))
        supervisor.tick()
        supervisor.trim_logs()
        unused.wait(0.1 if all(name in supervisor.children for name in KINDS) else 0.02)


def _bring_up(place: Place, supervisor: Supervisor, server: Postgres | Valkey) -> None:
    """Start one server and tell the users, who wait, either its address or the reason it has none."""
    try:
        supervisor.await_ready(server)
    except Trouble as trouble:
        place.note(server.name, "wanted").unlink(missing_ok=True)
        write_whole(place.note(server.name, "trouble"), str(trouble))
    else:
        write_whole(place.note(server.name, "ready"), f"{os.getpid()} {server.url()}")


def _notice_when_unused(place: Place) -> threading.Event:
    """An event set when no process uses the data folder any more, or when we are told to stop."""
    unused, use = threading.Event(), Lock(place.run / "use.lock")

    def wait() -> None:
        use.take_whenever()  # and hold it to our end: newcomers wait until the servers have stopped
        unused.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: unused.set())
    threading.Thread(target=wait, daemon=True).start()
    return unused


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main(Path(sys.argv[1])))
