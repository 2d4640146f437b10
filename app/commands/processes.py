"""`web` and `worker`: one process each. `up` starts them together."""

import os
import sys

import click
import rq
from flask import Flask, current_app
from rq.serializers import JSONSerializer

from app.commands.serving import THREADS, WORKERS, web_command
from app.db import db
from app.queue import LANES, QUEUES


class Worker(rq.Worker):
    """Forks a horse for every job; the horse leaves its parent's database connections alone."""

    def main_work_horse(self, job, queue):
        db.engine.dispose(close=False)
        super().main_work_horse(job, queue)


def register(app: Flask) -> None:
    app.cli.add_command(web)
    app.cli.add_command(worker)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=lambda: int(os.environ.get("PORT", "8000")), show_default="PORT or 8000")
@click.option("--workers", default=WORKERS, show_default=True)
@click.option("--threads", default=THREADS, show_default=True)
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Serve the desks, the portal and the API (gunicorn, threads)."""
    os.execv(sys.executable, web_command(host, port, workers, threads))  # noqa: S606 -- gunicorn takes this process over


@click.command()
@click.option("--queue", "names", multiple=True, type=click.Choice(QUEUES), help="default: all, most urgent first")
@click.option(
    "--lane",
    type=click.Choice(sorted(LANES)),
    help="urgent: 只发急的，quick: 来话和通知，slow: 先做会卡住的 (urgent: only what hurries; quick: talks and notices; slow: first what may hang)",
)
def worker(names: tuple[str, ...], lane: str | None) -> None:
    """Work the RQ queues: what is urgent first, bulk work last."""
    connection = current_app.extensions["redis_blocking"]
    queues = [rq.Queue(name, connection=connection, serializer=JSONSerializer) for name in names or LANES.get(lane or "", QUEUES)]
    Worker(queues, connection=connection, serializer=JSONSerializer, job_monitoring_interval=10).work()
