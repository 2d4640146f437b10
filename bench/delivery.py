"""How fast messages leave, and how soon an urgent one overtakes ten thousand bulk ones. Prints figures.

    python -m bench.delivery [--bulk 10000] [--urgent 100] [--latency 100]

Runs its own servers in a temporary folder, the product's own scheduler and its two workers, and a provider on this machine that takes
`latency` milliseconds for each message. `urgent`: from the commit of the verb's transaction to the provider's request, while bulk messages wait.
"""

import argparse
import math
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from app.commands.up import BEHIND
from app.work import session_now, work
from bench.house import installed, lay_small_city, some
from notifiers import outbox
from notifiers.message import CAN_WAIT, NOW
from tests.notifiers import counterpart
from tests.notifiers.conftest import by_sms
from tests.notifiers.counterpart import FINE, SENDER, SID, TOKEN

EVERY = 0.25  # seconds between one urgent message and the next


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--bulk", type=int, default=10_000)
    options.add_argument("--urgent", type=some, default=100)
    options.add_argument("--latency", type=int, default=100)
    given = options.parse_args()
    with counterpart.twilio() as provider:
        provider.mood = lambda: (time.sleep(given.latency / 1000), FINE)[1]
        reached = {
            "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_FROM": SENDER,
            "TWILIO_API_URL": provider.url,
            "SMS_PER_SECOND": "100000",
        }
        with installed("delivery", **reached) as (app, folder), app.app_context():
            lay_small_city()
            with processes(folder):
                run(given, provider)


@contextmanager
def processes(home: Path) -> Iterator[None]:
    """The scheduler and the workers, as `up` starts them."""
    with (home / "processes.log").open("wb") as log:
        started = [
            subprocess.Popen([sys.executable, "-m", "flask", "--app", "wsgi", *argv], stdout=log, stderr=log) for argv in BEHIND.values()
        ]
        try:
            yield
        finally:
            for one in started:
                one.terminate()
            for one in started:
                try:
                    one.wait(20)
                except subprocess.TimeoutExpired:
                    one.kill()


def run(given: argparse.Namespace, provider: counterpart.Twilio) -> None:
    """First an idle house's message, then the bulk and the urgent ones among them."""
    print(f"idle house: {_one('warm', provider):.2f} s, then {_one('idle', provider):.2f} s from commit to the provider")
    old = datetime(2026, 1, 1, 4, tzinfo=UTC)  # so that bulk is due at once
    with work() as session:
        outbox.put(session, [by_sms(f"bulk:{n}", urgency=CAN_WAIT, address=f"+86138{n:08}") for n in range(given.bulk)], old)
    began, taken_before = time.monotonic(), len(provider.accepted)
    waits = []
    for n in range(given.urgent):
        waits.append(_one(f"urgent:{n}", provider))
        time.sleep(EVERY)
    done = len(provider.accepted) - taken_before
    waits.sort()
    left = session_now().scalar(sa.text("SELECT count(*) FROM outbox_messages WHERE status = 'pending'"))
    print(
        f"urgent among {given.bulk} bulk ({left} still waiting at the end): p50 {statistics.median(waits):.2f} s, p99 {waits[math.ceil(len(waits) * 0.99) - 1]:.2f} s, worst {waits[-1]:.2f} s"
    )
    print(
        f"left meanwhile: {done} in {time.monotonic() - began:.0f} s, {done / (time.monotonic() - began) * 60:.0f} a minute, each taking the provider {given.latency} ms"
    )


def _one(code: str, provider: counterpart.Twilio) -> float:
    """Put one urgent message; seconds from its commit until the provider has it."""
    message = by_sms(code, urgency=NOW, address="+8613900000001")
    message.values["code"] = code
    with work() as session:
        outbox.put(session, [message], datetime.now(UTC))
    committed, pause = time.monotonic(), threading.Event()
    while not any(code in row["body"] for row in provider.accepted[-400:]):
        pause.wait(0.005)
        if time.monotonic() - committed > 60:
            raise SystemExit(f"{code} never left; see processes.log")
    return time.monotonic() - committed


if __name__ == "__main__":
    main()
