"""One leader among copies, another takes over, jobs run for the leader only; the house's own table of jobs."""

import threading

import sqlalchemy as sa

from app import ticking
from app.config import sqlalchemy_url
from escalation import scheduler
from escalation.scheduler import Job, Leader, beat, last_beat


def test_one_leads_and_another_takes_over_when_it_lets_go(app, database_url):
    first, second = Leader(sqlalchemy_url(database_url)), Leader(sqlalchemy_url(database_url))
    try:
        assert (first.look(), second.look(), first.look()) == (True, False, True)
        first.close()
        assert second.look()
    finally:
        first.close()
        second.close()


def test_a_leader_whose_connection_is_cut_stops_leading_and_says_so(app, database_url):
    leader = Leader(sqlalchemy_url(database_url))
    try:
        assert leader.look()
        engine = sa.create_engine(sqlalchemy_url(database_url))
        with engine.begin() as connection:
            connection.execute(
                sa.text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key"),
                {"key": scheduler.LEADER_KEY},
            )
        engine.dispose()
        assert not leader.look()
        assert leader.look(), "free again"
    finally:
        leader.close()


def test_the_leader_does_the_jobs_until_told_to_stop(app, database_url):
    stop, done = threading.Event(), []

    def act() -> None:
        done.append(threading.current_thread().name)
        stop.set()

    scheduler.run(Leader(sqlalchemy_url(database_url)), [Job("act", 0.05, act)], stop, look_every=0.02)
    assert done


def test_a_beat_is_kept_and_moved(timed, now):
    assert last_beat(timed, "test") is None
    beat(timed, "test", now)
    assert last_beat(timed, "test") == now


def test_the_table_of_the_house(app):
    assert {job.name for job in ticking.jobs(app)} == {
        "sweep",
        "patrols",
        "orders",
        "no-shows",
        "calls",
        "recordings",
        "messages",
        "waited",
        "texts",
        "wechat",
        "recounts",
        "hotspots",
        "evaluation",
        "mail",
        "beat",
        "registries",
        "calendar",
        "tidy",
        "old texts",
        "old wechat",
        "figures",
        "books",
    }
    assert next(job.seconds for job in ticking.jobs(app) if job.name == "sweep") <= 0.5, "p99 lateness of a step stays under a second"
