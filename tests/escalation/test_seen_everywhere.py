"""A notice is loaded and a limit edited in one process: two others count by them within two seconds (issue 3, Must show 2)."""

import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from app import clock
from app.work import work
from escalation.calendar import Day
from escalation.editing import Edit, change_limit, limit_in_force
from escalation.publish import load_notice
from escalation.rules import forget
from tests.conftest_servers import SECRETS
from tickets.actors import SYSTEM_ACTOR

ROOT = Path(__file__).resolve().parents[2]
THE_DAY = date(2027, 3, 3)
WATCHER = """
import json, sys, threading, time
from datetime import date
from app import clock, create_app
from app.db import db
from app.work import session_now
from escalation.rules import limits_of, rules_for

app = create_app()
began, said, ready = time.monotonic(), {}, False
with app.app_context():
    while len(said) < 2 and time.monotonic() - began < 60:
        session = session_now()
        if not rules_for(session).calendar.is_workday(date(2027, 3, 3)):
            said.setdefault("calendar", time.time())
        if limits_of(session, clock.now())["general-reply"].length == 4:
            said.setdefault("limit", time.time())
        db.session.remove()
        if not ready:
            print("ready", flush=True)
        ready = True
        threading.Event().wait(0.02)
print(json.dumps(said), flush=True)
"""


@pytest.fixture
def watchers(app):
    settings = app.config["SETTINGS"]
    env = (
        os.environ | SECRETS | {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "HOTLINE_HOME": str(settings.home)}
    )
    running = [subprocess.Popen([sys.executable, "-c", WATCHER], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    yield running
    for one in running:
        one.kill()
        one.communicate()


def test_every_process_counts_by_the_new_rules_within_two_seconds(app, watchers):
    for one in watchers:
        assert one.stdout.readline() == "ready\n"
    with app.app_context():
        with work() as session:
            now = clock.now()
            load_notice(session, [Day(THE_DAY, False, "调休", "drawn")], SYSTEM_ACTOR, now)
            old = limit_in_force(session, "general-reply", now)
            change_limit(session, "general-reply", Edit(4, old.unit, 10, old.pauses, "市办", "提速"), old.id, False, SYSTEM_ACTOR, now)
        committed = time.time()
        forget(session)
        session.close()
    for one in watchers:
        seen = json.loads([line for line in one.stdout if line.startswith("{")][-1])
        late = {name: round(at - committed, 2) for name, at in seen.items()}
        print(late)
        assert set(late) == {"calendar", "limit"}
        assert max(late.values()) <= 2
