"""One real RQ worker of the product for test_under_fire.py, its clock set forward by what a file says, so that minutes of waiting need none."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import rq
from rq.serializers import JSONSerializer

from app import clock, create_app
from app.commands.processes import Worker
from app.queue import QUICK


def main(ahead: Path) -> None:
    """Work the quick queues until killed."""
    clock.now = lambda: datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))
    app = create_app()
    with app.app_context():
        connection = app.extensions["redis_blocking"]
        Worker([rq.Queue(name, connection=connection, serializer=JSONSerializer) for name in QUICK], connection=connection, serializer=JSONSerializer).work()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
