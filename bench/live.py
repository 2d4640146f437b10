"""How 200 open desks learn of a change on a 2 x 8 gthread server: our short questions against held streams (SSE). Prints figures.

    python -m bench.live [--desks 200] [--seconds 20]

Starts its own Valkey and gunicorn in a temporary folder. `short` is the product's GET /live asked every 1.5 s; `stream` is the same
hint over server-sent events, one thread a listener, as gthread would have to serve it. `page` is how long an ordinary page takes meanwhile.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import redis as redis_client
from flask import Flask, Response

from app.embedded import binaries
from app.web import live
from bench.house import cuts_of, shared, some

TOPICS = [f"unit:{n}" for n in range(20)]
EVERY = 1.5
PORT = 21987


def build() -> Flask:
    """What gunicorn serves: an ordinary page, /live, and the stream it is measured against."""
    app = Flask(__name__)
    app.secret_key = "bench-" * 8
    app.extensions["redis"] = redis_client.Redis.from_url(os.environ["BENCH_REDIS"])
    live.init_app(app)

    @app.get("/page")
    def page() -> str:
        time.sleep(0.01)  # stands for the database
        return "x" * 20_000

    @app.get("/stream/<topic>")
    def stream(topic: str) -> Response:
        def lines() -> Iterator[str]:
            yield ": here\n\n"
            known = None
            while True:
                mark = app.extensions["redis"].get(live.PREFIX + topic)
                if mark != known:
                    known = mark
                    yield f"data: {(mark or b'').decode()}\n\n"
                time.sleep(0.2)

        return Response(lines(), mimetype="text/event-stream")

    return app


class Watch:
    """When each change was published, and how long each listener took to hear of it."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.took: list[float] = []

    def heard(self, mark: str) -> None:
        if mark in self.at:
            self.took.append(time.monotonic() - self.at[mark])


async def ask(path: str, reader=None, writer=None) -> tuple[int, bytes, tuple]:
    """One GET over a kept connection. Returns status, body, connection."""
    if writer is None:
        reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].split("\r\n")[0] or 0) if "content-length" in head else 0
    return int(head.split()[1]), await reader.readexactly(length) if length else b"", (reader, writer)


async def short(token: str, watch: Watch, until: float, offset: float) -> None:
    await asyncio.sleep(offset)
    mark = ""
    while time.monotonic() < until:
        try:
            _status, body, (_reader, writer) = await ask(f"/live?t={token}&v={mark}")
            writer.close()
        except (OSError, asyncio.IncompleteReadError):
            body = b""
        if body:
            answer = json.loads(body)
            mark = answer["mark"]
            for one in answer["topics"].values():
                watch.heard(one)
        await asyncio.sleep(EVERY)


async def stream(topic: str, watch: Watch, until: float, offset: float) -> None:
    await asyncio.sleep(offset)
    reader, writer = await asyncio.open_connection("127.0.0.1", PORT)
    writer.write(f"GET /stream/{topic} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    while time.monotonic() < until:
        try:
            line = await asyncio.wait_for(reader.readline(), max(0.01, until - time.monotonic()))
        except TimeoutError:
            break
        if line.startswith(b"data: "):
            watch.heard(line[6:].decode().strip())
    writer.close()


async def pages(until: float, took: list[float]) -> None:
    """One person loading ordinary pages; a page that takes longer than 5 s counts as 5 s."""
    while time.monotonic() < until:
        start = time.monotonic()
        try:
            _status, _body, (_reader, writer) = await asyncio.wait_for(ask("/page"), 5)
            writer.close()
        except (TimeoutError, OSError, asyncio.IncompleteReadError):
            pass
        took.append(time.monotonic() - start)
        await asyncio.sleep(0.2)


async def publisher(redis: redis_client.Redis, watch: Watch, until: float) -> None:
    n = 0
    while time.monotonic() < until - 3:
        topic = TOPICS[n % len(TOPICS)]
        live.publish(redis, topic)
        watch.at[redis.get(live.PREFIX + topic).decode()] = time.monotonic()
        n += 1
        await asyncio.sleep(0.25)


async def run(kind: str, redis: redis_client.Redis, token_of, desks: int, seconds: float) -> tuple[Watch, list[float]]:
    until, watch, took = time.monotonic() + seconds, Watch(), []
    listeners = [
        short(token_of(TOPICS[n % len(TOPICS)]), watch, until, EVERY * n / desks)
        if kind == "short"
        else stream(TOPICS[n % len(TOPICS)], watch, until, n / desks)
        for n in range(desks)
    ]
    await asyncio.gather(*listeners, pages(until, took), publisher(redis, watch, until))
    return watch, took


def measure(kind: str, home: Path, redis: redis_client.Redis, desks: int, seconds: float) -> str:
    """One line of figures for one way of telling."""
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "bench.live:build()",
        "--worker-class",
        "gthread",
        "--workers",
        "2",
        "--threads",
        "8",
        "--bind",
        f"127.0.0.1:{PORT}",
        "--log-level",
        "error",
        "--graceful-timeout",
        "1",
    ]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    server = subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent)
    time.sleep(2.5)
    app = build()

    def token_of(topic: str) -> str:
        return live._signer(app).dumps([topic])

    try:
        watch, took = asyncio.run(run(kind, redis, token_of, desks, seconds))
    finally:
        server.terminate()
        server.wait(10)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
    hoped = len(watch.at) * desks / len(TOPICS)
    cuts = cuts_of(watch.took, 20)
    page = cuts_of(took, 20)
    return (
        f"{kind:7} {desks} desks: heard {shared(len(watch.took), hoped):6.1%}  p50 {cuts[9]:.2f} s  p95 {cuts[18]:.2f} s  "
        f"server {cpu:.2f} cores  page p50 {page[9] * 1000:.0f} ms p95 {page[18] * 1000:.0f} ms"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--desks", type=some, default=200)
    asked.add_argument("--seconds", type=float, default=20)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-live-") as folder:
        socket = Path(folder) / "v.sock"
        valkey = subprocess.Popen(
            [binaries.valkey_server(), "--port", "0", "--unixsocket", socket, "--save", "", "--dir", folder], stdout=subprocess.DEVNULL
        )
        os.environ["BENCH_REDIS"] = f"unix://{socket}"
        try:
            while not socket.exists():
                time.sleep(0.05)
            redis = redis_client.Redis.from_url(os.environ["BENCH_REDIS"])
            for kind in ("short", "stream"):
                print(measure(kind, Path(folder), redis, given.desks, given.seconds), flush=True)
        finally:
            valkey.terminate()
            valkey.wait(10)


if __name__ == "__main__":
    main()
