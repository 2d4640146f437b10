"""Two hundred people tell us something at once while workers are killed with −9 and started again: every conversation ends, every matter is there once.

The daily run has eight people; `WECHAT_PEOPLE=200 WECHAT_KILLS=6` is the whole proof.
"""

import os
import signal
import time

import pytest
import sqlalchemy as sa

from app import clock
from app.db import db
from app.wechat import inbox, jobs, sending
from app.wechat.models import WechatMatter, WechatMessage, WechatPerson
from app.work import session_now
from notifiers.models import OutboxMessage
from tickets.models import Ticket

PEOPLE, KILLS = int(os.environ.get("WECHAT_PEOPLE", "8")), int(os.environ.get("WECHAT_KILLS", "2"))
SAID = ("第 {n} 号楼前面的路灯坏了三天没人修", "同意", "1", "0", "东门街 {n} 号", "跳过", "匿名", "1")


def a_worker(app) -> int:
    """A process of its own that gives turns until it is killed, as a worker's horse is: forked, with connections of its own. Its id."""
    child = os.fork()
    if child:
        return child
    try:
        with app.app_context():
            db.engine.dispose(close=False)
            sending._client.cache_clear()
            while True:
                jobs.converse()
    finally:
        os._exit(1)


def end(worker: int) -> None:
    """Kill −9: no chance to put anything in order."""
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)


def left() -> int:
    session_now().rollback()
    return session_now().scalar(
        sa.select(sa.func.count()).select_from(WechatMessage).where(WechatMessage.done_at.is_(None), WechatMessage.tries < inbox.MOST_TRIES)
    )


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
    stage.courier.rest(300)
    workers = [a_worker(app) for _ in range(2)]
    try:
        every = max(1, left() // (KILLS + 1))
        for kill in range(KILLS):
            goal = left() - every
            while left() > max(goal, 1):
                time.sleep(0.01)
            end(workers[kill % 2])
            workers[kill % 2] = a_worker(app)
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
    assert session.scalar(sa.select(sa.func.count()).select_from(WechatMessage)) == PEOPLE * len(SAID), (
        "a message brought three times is one"
    )
    assert session.scalar(
        sa.select(sa.func.count()).select_from(OutboxMessage).where(OutboxMessage.template == "wechat-says")
    ) == PEOPLE * len(SAID)
    print(f"{PEOPLE} people, {PEOPLE * len(SAID)} messages, {KILLS} kills, {time.monotonic() - began:.1f} s")
