"""An installation of its own for a benchmark: a folder, servers, the schema; then the small city or the demo city. Never anybody's real database."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from flask_migrate import upgrade

from app import clock, create_app, embedded
from app.demo import city
from app.work import work
from escalation.seed import seed_calendar, seed_limits
from tests import factories


@contextmanager
def installed(name: str, home: Path | None = None, **settings: str) -> Iterator[tuple[Flask, Path]]:
    """The application with its schema, and a folder that is gone afterwards; its data in `home` when they are to stay. `settings`: of the environment."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-", ignore_cleanup_errors=True) as folder:
        for one in ("DATABASE_URL", "REDIS_URL"):
            os.environ.pop(one, None)
        Path(folder).chmod(0o711)  # as root the servers run as nobody
        os.environ |= {"HOTLINE_HOME": str(home or folder)} | settings
        os.environ.update(embedded.ensure())
        app = create_app()
        with app.app_context():
            upgrade()
        yield app, Path(folder)


def lay_small_city() -> None:
    """The tests' city: a few units, one account a post."""
    with work() as session:
        seed_calendar(session)
        seed_limits(session)
        factories.a_city(session)


def lay_demo_city() -> None:
    """The demo city's structure, without tickets."""
    with work() as session:
        seed_calendar(session)
        seed_limits(session)
        city.load_organisation(session, clock.now(), "nobody signs in here")
