"""`doctor` finds what is wrong, says how to mend it, and is content with a sound installation. Real servers, spoilt by hand."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta

import psycopg
import pytest
import redis
from psycopg import sql

from app import clock
from app.commands import findings, schema
from app.config import Settings
from tests.conftest_servers import ROOT, SECRETS


@pytest.fixture
def connection(new_database):
    with psycopg.connect(new_database(), autocommit=True) as connected:
        yield connected


@pytest.fixture
def settings(new_database, redis_url, tmp_path):
    return Settings(
        database_url=new_database(),
        redis_url=redis_url,
        secret_key=SECRETS["SECRET_KEY"],
        identity_key=SECRETS["IDENTITY_KEY"],
        home=tmp_path,
    )


def fill_calendar(connection, days, provisional_from=10_000):
    connection.execute("DELETE FROM calendar_days")
    connection.execute(
        "INSERT INTO calendar_days (day, is_workday, source, provisional) "
        "SELECT %s::date + n, true, 'test', n >= %s FROM generate_series(0, %s) AS n",
        (clock.local(clock.now()).date(), provisional_from, days),
    )


def test_the_command_speaks_without_the_application_and_fails_on_any_fault(tmp_path, new_database, redis_url):
    environ = os.environ | SECRETS | {"DATABASE_URL": new_database(), "REDIS_URL": redis_url, "HOTLINE_HOME": str(tmp_path)}
    with redis.from_url(redis_url) as cache:
        cache.flushdb()  # workers of another test may still stand in it
    command = [sys.executable, "-m", "app.commands.doctor"]
    done = subprocess.run([*command, "--json"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    found = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert found["schema"]["ok"]
    assert found["database"]["ok"]
    assert not found["workers"]["ok"]  # nobody started one here
    assert done.returncode == 1
    broken = environ | {"DATABASE_URL": "mysql://here/hotline", "IDENTITY_KEY": "too short"}
    done = subprocess.run(command, cwd=ROOT, env=broken, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "✗" in done.stdout
    assert "→" in done.stdout
    assert "Traceback" not in done.stderr


def test_python_packages_and_disk_of_this_machine_are_sound(tmp_path):
    assert findings.python().ok
    assert findings.packages().ok
    assert findings.disk(tmp_path / "not" / "there").ok


def test_a_package_of_another_version_is_named(tmp_path):
    pins = tmp_path / "requirements.txt"
    pins.write_text("Flask==0.1\nno-such-package==1.0\npytest[x]==" + findings._version("pytest") + "\n")
    found = findings.packages(pins)
    assert not found.ok
    assert "Flask" in found.says
    assert "no-such-package —≠1.0" in found.says
    assert "pytest" not in found.says


def test_weak_keys_and_demo_accounts_are_faults_in_production_only(settings, monkeypatch):
    monkeypatch.setenv("DEMO_PASSWORD", "linhai-12345")
    assert findings.secrets(settings).ok
    assert not findings.secrets(replace(settings, production=True)).ok
    monkeypatch.delenv("DEMO_PASSWORD")
    assert findings.secrets(replace(settings, production=True)).ok
    assert not findings.secrets(replace(settings, production=True, secret_key="changeme")).ok
    assert not findings.secrets(replace(settings, identity_key="c2hvcnQ=")).ok


@pytest.mark.parametrize(
    ("given", "ok", "said"),
    [
        ({}, None, ""),
        ({"cti_url": "https://cti.example"}, False, "CTI_SECRET"),
        ({"cti_secret": "x"}, False, "CTI_URL"),
        ({"cti_url": "https://cti.example", "cti_secret": "x"}, True, "本市"),
        ({"twilio_account_sid": "AC1", "twilio_from": "MG1"}, False, "TWILIO_VOICE_NUMBER"),
        ({"twilio_account_sid": "AC1", "twilio_from": "MG1", "twilio_voice_number": "+8610"}, True, "+8610"),
    ],
)
def test_half_a_telephone_is_found(settings, given, ok, said):
    found = findings.telephone(replace(settings, **given))
    assert (found.ok if found else None) is ok
    assert said in (found.says + found.mend if found else "")


def test_a_migrated_database_is_sound_and_one_left_behind_is_not(connection):
    assert findings.server_version(connection).ok
    assert findings.letters(connection).ok
    assert findings.schema_version(connection).ok
    assert findings.clock_skew(connection).ok
    connection.execute("UPDATE alembic_version SET version_num = '0000'")
    found = findings.schema_version(connection)
    assert not found.ok
    assert f"0000，代码要 {schema.head()}" in found.says
    assert "upgrade" in found.mend


def test_a_database_that_takes_no_chinese_character_for_a_letter_is_found(servers):
    name = f"{servers['template']}_ascii"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'").format(sql.Identifier(name))
    with psycopg.connect(servers["admin"], autocommit=True) as admin:
        admin.execute(make)
        try:
            with psycopg.connect(servers["admin"], dbname=name) as connection:
                assert not findings.letters(connection).ok
        finally:
            admin.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))


def test_a_history_whose_guard_was_switched_off_is_found(connection):
    assert findings.history(connection).ok
    connection.execute("ALTER TABLE ticket_events DISABLE TRIGGER USER")
    assert not findings.history(connection).ok


@pytest.mark.parametrize(
    ("day", "days", "provisional_from", "ok"),
    [
        ("2026-03-02", 400, 10_000, True),
        ("2026-03-02", 400, 60, True),
        ("2026-03-02", 400, 10, False),
        ("2026-03-02", 20, 10_000, False),
        ("2026-10-31", 430, 62, True),
        ("2026-11-01", 430, 61, False),
        ("2026-11-01", 430, 10_000, True),
        ("2026-12-15", 400, 17, False),
    ],
)
def test_the_calendar_must_reach_far_its_next_weeks_and_from_november_the_next_year_be_official(
    connection, monkeypatch, day, days, provisional_from, ok
):
    monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(f"{day}T10:00:00+08:00"))
    fill_calendar(connection, days, provisional_from)
    assert findings.calendar(connection).ok is ok


def test_an_empty_calendar_is_found(connection):
    connection.execute("DELETE FROM calendar_days")
    assert not findings.calendar(connection).ok


def test_a_city_without_a_map_is_told_how_to_lay_one(connection):
    found = findings.city_map(connection)
    assert found.ok, "a city works without one"
    assert "import-areas" in found.says
    connection.execute("INSERT INTO backdrops (id, version, features) VALUES (1, 1, '[]')")
    assert "已装" in findings.city_map(connection).says


@pytest.mark.parametrize(("age", "ok"), [(timedelta(seconds=5), True), (timedelta(minutes=10), False), (None, False)])
def test_a_scheduler_that_fell_silent_is_found(connection, age, ok):
    connection.execute("CREATE TABLE IF NOT EXISTS heartbeats (name text PRIMARY KEY, at timestamptz NOT NULL)")
    connection.execute("DELETE FROM heartbeats")
    if age is not None:
        connection.execute("INSERT INTO heartbeats (name, at) VALUES ('scheduler', clock_timestamp() - %s)", (age,))
    assert findings.scheduler(connection).ok is ok


def test_a_queue_that_is_not_kept_or_not_worked_is_found(redis_url):
    with redis.from_url(redis_url) as cache:
        cache.flushdb()  # what other tests left waiting is not this one's
        kept = bool(cache.info()["aof_enabled"])  # our own test server writes no file
        assert ("没有持久化" in findings.cache_kept(cache).says) is not kept
        cache.rpush("rq:queue:urgent", "job")
        assert not findings.workers(cache).ok
        cache.sadd("rq:workers", "one")
        assert findings.workers(cache).ok
        assert "1 个任务" in findings.workers(cache).says
        cache.flushdb()


def test_servers_that_do_not_answer_are_findings_not_tracebacks(settings):
    nowhere = replace(settings, database_url="postgresql://nobody@127.0.0.1:1/none", redis_url="redis://127.0.0.1:1/0")
    found = {finding.name: finding for finding in findings.on_settings(nowhere) if finding}
    assert not found["database"].ok
    assert not found["redis"].ok
