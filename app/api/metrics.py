"""What Prometheus reads: requests counted in every web process and summed in Redis, and the state of queues, clocks and tickets.

A process hands its counts over every few seconds while it works; losing Redis loses only these counts.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import redis as redis_client
import sqlalchemy as sa
from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from sqlalchemy.orm import Session

from app.queue import QUEUES
from escalation.models import Clock
from tickets.codes import OPEN
from tickets.models import Ticket

KEY = "metrics:http"
HAND_OVER = 5.0  # seconds
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Counts:
    """What one process has seen since it last handed over. `field` names are "endpoint|method|status|what"."""

    def __init__(self, redis: redis_client.Redis):
        self.redis, self.seen, self.lock, self.handed = redis, Counter(), threading.Lock(), time.monotonic()

    def note(self, answer: Response) -> Response:
        """After every answer: count it and how long it took."""
        took = time.perf_counter() - g.get("began", time.perf_counter())
        name = f"{request.endpoint or 'none'}|{request.method}|{answer.status_code // 100}xx|"
        bucket = next((str(bound) for bound in BUCKETS if took <= bound), "+Inf")
        with self.lock:
            self.seen[name + bucket] += 1
            self.seen[name + "sum"] += took
            due = time.monotonic() - self.handed > HAND_OVER
        if due:
            self.hand_over()
        return answer

    def hand_over(self) -> None:
        """Add to the sums in Redis; what cannot be handed over is kept for the next time."""
        with self.lock:
            seen, self.seen, self.handed = self.seen, Counter(), time.monotonic()
        pipe = self.redis.pipeline(transaction=False)
        for name, value in seen.items():
            pipe.hincrbyfloat(KEY, name, value)
        try:
            pipe.execute()
        except redis_client.RedisError as away:
            logging.getLogger(__name__).warning("counts not handed over: %s", away)
            with self.lock:
                self.seen.update(seen)


def init_app(app: Flask) -> None:
    """Count every request of this application."""
    counts = Counts(app.extensions["redis"])
    app.extensions["counts"] = counts
    app.before_request(_begin)
    app.after_request(counts.note)


def _begin() -> None:
    g.began = time.perf_counter()


def registry(session: Session, redis: redis_client.Redis, now: datetime) -> CollectorRegistry:
    """Everything measured at this moment."""
    found = CollectorRegistry()
    found.register(_Fixed([*_requests(redis), *_queues(redis), *_tickets(session, now)]))
    return found


class _Fixed:
    """A collector of metrics already in hand."""

    def __init__(self, metrics: list[Metric]):
        self.metrics = metrics

    def collect(self) -> list[Metric]:
        return self.metrics


def _requests(redis: redis_client.Redis) -> Iterator[Metric]:
    histogram = HistogramMetricFamily(
        "hotline_http_request_seconds", "Answers by endpoint, and how long they took.", labels=("endpoint", "method", "status")
    )
    try:
        kept = redis.hgetall(KEY)
    except redis_client.RedisError:
        yield GaugeMetricFamily("hotline_redis_up", "Whether Redis answers.", value=0)
        return
    by_label: dict[tuple[str, ...], dict[str, float]] = {}
    for name, value in kept.items():
        *labels, what = name.decode().split("|")
        by_label.setdefault(tuple(labels), {})[what] = float(value)
    for labels, values in sorted(by_label.items()):
        total, buckets = 0.0, []
        for bound in (*map(str, BUCKETS), "+Inf"):
            total += values.get(bound, 0.0)
            buckets.append((bound, total))
        histogram.add_metric(labels, buckets, values.get("sum", 0.0))
    yield histogram
    yield GaugeMetricFamily("hotline_redis_up", "Whether Redis answers.", value=1)


def _queues(redis: redis_client.Redis) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("hotline_queue_waiting", "Jobs waiting in an RQ queue.", labels=("queue",))
    try:
        for queue in QUEUES:
            waiting.add_metric((queue,), redis.llen(f"rq:queue:{queue}"))
    except redis_client.RedisError:
        return
    yield waiting


def _tickets(session: Session, now: datetime) -> Iterator[Metric]:
    standing = GaugeMetricFamily("hotline_tickets_open", "Open tickets by status.", labels=("status",))
    for status, count in session.execute(
        sa.select(Ticket.status, sa.func.count()).where(Ticket.status.in_(sorted(OPEN))).group_by(Ticket.status)
    ):
        standing.add_metric((status,), count)
    yield standing
    yield CounterMetricFamily(
        "hotline_tickets_registered",
        "Tickets ever registered.",
        value=session.scalar(sa.text("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM tickets_id_seq")),
    )
    running = sa.select(sa.func.count()).where(Clock.stopped_at.is_(None))
    yield GaugeMetricFamily(
        "hotline_clocks_overdue", "Clocks past their due date and still running.", value=session.scalar(running.where(Clock.due_at <= now))
    )
    yield GaugeMetricFamily(
        "hotline_clock_steps_due",
        "Escalation steps that should have been taken by now.",
        value=session.scalar(sa.select(sa.func.count()).where(Clock.next_step_at <= now)),
    )
