"""The process that ticks: APScheduler in memory, one leader among any number of copies. What the jobs do is handed in.

The truth is in the database: a tick only says "look now". A second leader would be harmless, because sweeps lock what they take;
the advisory lock only saves work. It needs a session of its own, so not a transaction-pooling pgbouncer.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from app.clock import CITY_ZONE
from escalation.models import Heartbeat

LEADER_KEY = 0x5348_0001  # "SH", lock 1
KEEPALIVE = {"keepalives": 1, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 2, "connect_timeout": 5}
MISFIRE_GRACE = 30

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to do every `seconds`, by the leader only. `run` opens its own unit of work."""

    name: str
    seconds: float
    run: Callable[[], None]


class Leader:
    """Leadership as an advisory lock held by one connection of our own; the server frees it when we die or fall silent."""

    def __init__(self, database_url: str):
        self._engine = sa.create_engine(database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=KEEPALIVE)
        self._connection: sa.Connection | None = None
        self.leads = False

    def look(self) -> bool:
        """Take the lock, or make sure it is still ours. False while another leads or the database is away; never raises for that."""
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            question = "SELECT true" if self.leads else f"SELECT pg_try_advisory_lock({LEADER_KEY})"
            leads = bool(self._connection.scalar(sa.text(question)))
        except DBAPIError as gone:
            log.warning("no database: %s", gone.orig)
            self._drop()
            return False
        if leads and not self.leads:
            log.info("leading")
        self.leads = leads
        return leads

    def close(self) -> None:
        """Let go of the lock, so that another may lead at once, and of the connection."""
        try:
            if self.leads and self._connection is not None:
                self._connection.scalar(sa.text(f"SELECT pg_advisory_unlock({LEADER_KEY})"))
        except DBAPIError as gone:
            log.warning("lock not returned, the server frees it: %s", gone.orig)
        self._drop()

    def _drop(self) -> None:
        """Forget a connection that may be dead already."""
        self.leads = False
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()


def run(leader: Leader, jobs: Sequence[Job], stop: threading.Event, look_every: float = 0.5) -> None:
    """Tick until `stop` is set: a tick looks for leadership, and the leader does the jobs, each never twice at a time."""
    scheduler = BackgroundScheduler(
        executors={"default": ThreadPoolExecutor(max(4, len(jobs)))},
        timezone=CITY_ZONE,
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": MISFIRE_GRACE},
    )
    for job in jobs:
        scheduler.add_job(_if_leading(leader, job), IntervalTrigger(seconds=job.seconds), id=job.name, name=job.name)
    scheduler.start()
    try:
        while not stop.wait(look_every):
            leader.look()
    finally:
        scheduler.shutdown(wait=True)
        leader.close()


def beat(session: Session, name: str, at: datetime) -> None:
    """Say that the process `name` is alive at `at`."""
    session.execute(insert(Heartbeat).values(name=name, at=at).on_conflict_do_update(index_elements=["name"], set_={"at": at}))


def last_beat(session: Session, name: str) -> datetime | None:
    """When the process was last alive; None when it never ran."""
    return session.scalar(sa.select(Heartbeat.at).where(Heartbeat.name == name))


def _if_leading(leader: Leader, job: Job) -> Callable[[], None]:
    def run_job() -> None:
        if leader.leads:
            job.run()

    return run_job
