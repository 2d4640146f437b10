"""Two hundred people tell us something at once while workers are killed with −9 and started again: every conversation ends, every matter is there once.

The daily run has twelve people; `WECHAT_PEOPLE=200 WECHAT_KILLS=6` is the whole proof.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from app import clock
from app.wechat import inbox, jobs
from app.wechat.models import WechatMatter, WechatMessage, WechatPerson
from app.work import session_now
from notifiers.models import OutboxMessage
from tests.conftest_servers import SECRETS
from tickets.models import Ticket

PEOPLE, KILLS = int(os.environ.get("WECHAT_PEOPLE", "12")), int(os.environ.get("WECHAT_KILLS", "2"))
SAID = ("第 {n} 号楼前面的路灯坏了三天没人修", "同意", "1", "0", "东门街 {n} 号", "跳过", "匿名", "1")
ROOT = Path(__file__).resolve().parent.parent.parent.parent
WORKER = """
import os, sys
from dataclasses import replace
from app import create_app
from app.config import Settings
from app.wechat import jobs
app = create_app(Settings.from_environment())
with app.app_context():
    print("ready", flush=True)
    while True:
        jobs.converse()
"""


def a_worker(settings) -> subprocess.Popen:
    """A process that gives turns until it is killed."""
    env = os.environ | SECRETS | {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url, "SECRET_KEY": settings.secret_key, "IDENTITY_KEY": settings.identity_key,
                                  "HOTLINE_HOME": str(settings.home), "PUBLIC_URL": settings.public_url, "WECHAT_APPID": settings.wechat_appid, "WECHAT_SECRET": settings.wechat_secret,
                                  "WECHAT_TOKEN": settings.wechat_token, "WECHAT_AES_KEY": settings.wechat_aes_key, "WECHAT_API_URL": settings.wechat_api_url}
    return subprocess.Popen([sys.executable, "-c", WORKER], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)


def end(worker: subprocess.Popen) -> None:
    """Kill −9: no chance to put anything in order."""
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    worker.stdout.close()


def left() -> int:
    session_now().rollback()
    return session_now().scalar(sa.select(sa.func.count()).select_from(WechatMessage).where(WechatMessage.done_at.is_(None), WechatMessage.tries < inbox.MOST_TRIES))


@pytest.mark.timeout(600)
def test_everybody_ends_though_workers_are_killed(app, stage, lin):
    numbers = [f"139{n:08d}" for n in range(PEOPLE)]
    since, began = clock.now(), time.monotonic()
    serial = 9_100_000_000_000_000_000
    for turn, words in enumerate(SAID):
        for n, number in enumerate(numbers):
            serial += 1
            for _again in range(3 if turn == 0 else 1):  # the platform repeats what was not answered in time
                lin.platform.brings(number, "text", {"Content": words.format(n=n)}, MsgId=str(serial))
    assert stage.courier.rest(300)
    workers = [a_worker(app.config["SETTINGS"]) for _ in range(2)]
    try:
        for worker in workers:
            assert worker.stdout.readline().strip() == "ready"
        every = max(1, left() // (KILLS + 1))
        for kill in range(KILLS):
            goal = left() - every
            while left() > max(goal, 1):
                time.sleep(0.01)
            end(workers[kill % 2])
            workers[kill % 2] = a_worker(app.config["SETTINGS"])
        while left():
            time.sleep(0.05)
    finally:
        for worker in workers:
            end(worker)
    jobs.converse()
    session_now().rollback()
    session = session_now()
    tickets = session.scalars(sa.select(Ticket).where(Ticket.channel == "wechat", Ticket.received_at >= since)).all()
    assert len(tickets) == PEOPLE
    assert len({ticket.content for ticket in tickets}) == PEOPLE
    assert session.scalar(sa.select(sa.func.count()).select_from(WechatMatter)) == PEOPLE
    assert session.scalar(sa.select(sa.func.count()).select_from(WechatPerson).where(WechatPerson.step == "")) == PEOPLE
    assert session.scalar(sa.select(sa.func.count()).select_from(WechatMessage)) == PEOPLE * len(SAID), "a message brought three times is one"
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.template == "wechat-says")) == PEOPLE * len(SAID)
    print(f"{PEOPLE} people, {PEOPLE * len(SAID)} messages, {KILLS} kills, {time.monotonic() - began:.1f} s")
