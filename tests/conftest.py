"""Fixtures every test may use: an app on this worker's database, a session rolled back afterwards, a fixed Monday, a small city."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.db import db
from escalation.seed import seed_calendar, seed_limits
from tests import factories
from tickets import reference

pytest_plugins = ["tests.conftest_servers", "tests.browser"]

MONDAY = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)  # 10:00 in the city, a plain working week around it
ASK_A_DATABASE = {"servers", "session"}  # by fixture; `session` chooses its database while it runs
OURS = ("app", "escalation", "notifiers", "tickets")


def pytest_sessionstart(session: pytest.Session) -> None:
    """A failure shows what our own code logged and what libraries warn of: their chatter would bury the assertion. `caplog` has it all."""
    shown = session.config.pluginmanager.get_plugin("logging-plugin").report_handler
    shown.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.partition(".")[0] in OURS)


@pytest.hookimpl(tryfirst=True)  # before -m looks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a browser or a long test first, so that no worker begins the longest when all others are done; who asks no database is marked."""
    for item in items:
        if not ASK_A_DATABASE & set(item.fixturenames):
            item.add_marker("no_database")
    long = {item.path for item in items if item.get_closest_marker("timeout") or item.get_closest_marker("browser")}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory) -> None:
    """Each file has an application of its own; a template is compiled once for all of them."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))}


@pytest.fixture(scope="session")
def settings(database_url, redis_url, tmp_path_factory) -> Settings:
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        secret_key="test-" * 8,
        identity_key="aWRlbnRpdHlpZGVudGl0eWlkZW50aXR5aWRlbnRpdHk=",
        home=tmp_path_factory.mktemp("home"),
        demo_password="linhai-demo-2026",
        rate_limit_factor=1000,
    )


@pytest.fixture(scope="session")
def city(settings) -> str:
    """The address of a database with the small city in it, to be copied."""
    app = create_app(settings)
    with app.app_context():
        seed_calendar(db.session())
        seed_limits(db.session())
        factories.a_city(db.session())
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return settings.database_url


def _opened(settings, city, new_database) -> Iterator[Flask]:
    app = create_app(replace(settings, database_url=new_database(like=city)))
    yield app
    with app.app_context():
        db.session.remove()
        assert db.engine.pool.checkedout() == 0, "a connection was left open"
        db.engine.dispose()


@pytest.fixture(scope="module")
def app(settings, city, new_database) -> Iterator[Flask]:
    """The application on a copy of the small city of this file's own: what one file commits, no other sees; nor what it left in Valkey."""
    for app in _opened(settings, city, new_database):
        app.extensions["redis"].flushdb()
        yield app


@pytest.fixture(scope="session")
def untouched(settings, city, new_database) -> Iterator[Flask]:
    """One for all tests that only take a `session`: they leave nothing."""
    yield from _opened(settings, city, new_database)


@pytest.fixture
def now() -> datetime:
    return MONDAY


@pytest.fixture
def session(request):
    """A domain session in a transaction that never commits, on the file's own database where the test uses `app` too."""
    app = request.getfixturevalue("app" if "app" in request.fixturenames else "untouched")
    with app.app_context(), db.engine.connect() as connection:
        outer = connection.begin()
        session = Session(bind=connection, join_transaction_mode="create_savepoint")
        session.info.update(app.extensions["session_info"], events=[])
        yield session
        session.close()
        reference.forget(session)
        outer.rollback()
