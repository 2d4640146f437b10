"""Delivery under fire (issue 5, Must show 4): a provider that fails at random, receipts late, doubled and out of order, real workers killed with -9, Valkey flushed.

Small every day; whole with WHISTLE_FIRE=10000 (messages; then forty kills) in the environment. Every message ends once, the provider took none twice.
"""

import os
import signal
import sys
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import monotonic
from urllib.parse import urlsplit

import pytest
import rq
import sqlalchemy as sa
from rq.serializers import JSONSerializer
from twilio.request_validator import RequestValidator

from app import clock, create_app, relay
from app.commands.processes import Worker
from app.db import db
from app.queue import LANES
from app.work import session_now, work
from notifiers import outbox
from notifiers.message import URGENCIES
from notifiers.models import DEAD, DELIVERED, FAILED, PENDING, SENDING, SENT, DeliveryAttempt, OutboxMessage
from tests.app.with_telephone import SITE
from tests.notifiers import counterpart
from tests.notifiers.conftest import by_sms
from tests.notifiers.counterpart import BROKEN, BROKEN_AFTER, BUSY, FINE, SENDER, SID, SILENT_AFTER, TOKEN

MESSAGES = int(os.environ.get("WHISTLE_FIRE", "200"))
KILLS = 40 if MESSAGES >= 10_000 else 4
TWIN = 50  # one in so many says the very same words to the same number as another
pytestmark = pytest.mark.timeout(3600 if MESSAGES > 200 else 400)


class Fire:
    """The provider's luck, the workers, the clock and the receipts of one run."""

    def __init__(self, app, provider, folder: Path):
        self.app, self.provider, self.luck, self.ahead = app, provider, Random(20261122), folder / "ahead"
        self.workers: list[int] = []
        self.kills, self.told, self.log = 0, 0, (folder / "workers.log").open("wb")
        self.late: list[tuple[dict, str]] = []
        self.begun = monotonic()
        self.jump(0.0)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.seconds)

    def jump(self, seconds: float) -> None:
        """The clock of everybody is this far ahead."""
        self.seconds = seconds
        fresh = self.ahead.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.ahead)

    def start(self) -> None:
        self.workers = [self._worker() for _ in range(2)]

    def _worker(self) -> int:
        """A real RQ worker of the product in a process and a process group of its own, with connections of its own. Its id."""
        child = os.fork()
        if child:
            return child
        try:
            os.setsid()
            for stream in (1, 2):
                os.dup2(self.log.fileno(), stream)
            clock.now = lambda: datetime.now(UTC) + timedelta(seconds=float(self.ahead.read_text()))
            db.session.registry.clear()
            db.engine.dispose(close=False)
            connection = self.app.extensions["redis_blocking"]
            Worker(
                [rq.Queue(name, connection=connection, serializer=JSONSerializer) for name in LANES["quick"]],
                connection=connection,
                serializer=JSONSerializer,
            ).work()
        finally:
            os._exit(1)

    def kill(self) -> None:
        """-9 to both, with what they forked."""
        for one in self.workers:
            os.killpg(one, signal.SIGKILL)
            os.waitpid(one, 0)
            self.kills += 1
        self.workers = []

    def mood(self) -> str:
        return self.luck.choices([FINE, BUSY, BROKEN, BROKEN_AFTER, SILENT_AFTER], [70, 8, 8, 7, 7])[0]

    def tell_receipts(self, last: bool = False) -> None:
        """What the provider says of what it took: delivered or failed, after "sent" or before it, once or twice, now, late or never."""
        for row in self.provider.accepted[self.told :]:
            end = self.luck.choices(["delivered", "undelivered"], [97, 3])[0]
            statuses = self.luck.sample(["sent", end], 2) + ([end] if self.luck.random() < 0.3 else [])
            self.told += 1
            if self.luck.random() < 0.1:
                continue  # its receipts are lost
            self.late += [(row, status) for status in statuses]
        if not last:
            self.luck.shuffle(self.late)
        now, self.late = (self.late, []) if last else (self.late[: len(self.late) // 2], self.late[len(self.late) // 2 :])
        for row, status in now:
            self.receipt(row, status)

    def receipt(self, row: dict, status: str) -> None:
        path = urlsplit(row["status_callback"])
        said = {"MessageSid": row["sid"], "MessageStatus": status, "ErrorCode": "30003" if status == "undelivered" else ""}
        signed = RequestValidator(TOKEN).compute_signature(row["status_callback"], said)
        answer = self.app.test_client().post(f"{path.path}?{path.query}", data=said, headers={"X-Twilio-Signature": signed})
        assert answer.status_code == 204


@pytest.fixture
def fire(settings, city, new_database, tmp_path, monkeypatch):
    with counterpart.twilio() as provider:
        app = create_app(
            replace(
                settings,
                database_url=new_database(like=city),
                public_url=SITE,
                twilio_account_sid=SID,
                twilio_auth_token=TOKEN,
                twilio_from=SENDER,
                twilio_api_url=provider.url,
                sms_per_second=100_000,
            )
        )
        one = Fire(app, provider, tmp_path)
        provider.mood, provider.now = one.mood, one.now
        monkeypatch.setattr(clock, "now", one.now)
        with app.app_context():
            yield one
            one.kill()
            one.log.close()
            db.session.remove()
            db.engine.dispose()


def numbered(n: int):
    """The n-th message; the last of every fifty says the same to the same number about the same matter as the one before it."""
    matter = n - (n % TWIN == TWIN - 1)
    message = by_sms(
        f"fire:{n}", address=f"+86138{matter % (MESSAGES // 5):08}", subjects=(f"ticket:{matter}",), urgency=URGENCIES[n % 3 == 0]
    )
    message.values["code"] = f"{matter:010}"
    return message


def states() -> Counter:
    session_now().rollback()
    return Counter(dict(session_now().execute(sa.select(OutboxMessage.status, sa.func.count()).group_by(OutboxMessage.status)).all()))


def next_due() -> datetime | None:
    return session_now().scalar(sa.select(sa.func.min(OutboxMessage.next_try_at)).where(OutboxMessage.status == PENDING))


def test_every_message_ends_once_and_the_provider_took_none_twice(fire):
    with work() as session:
        outbox.put(session, [numbered(n) for n in range(MESSAGES)], fire.now() - timedelta(days=1))  # so that what can wait is due, too
    pause, every = threading.Event(), MESSAGES / (KILLS / 2 + 1)
    fire.start()
    while (now := states())[PENDING] + now[SENDING]:
        relay.set_free(fire.now())
        relay.wake(fire.now())
        fire.tell_receipts()
        if fire.kills < KILLS and len(fire.provider.accepted) >= every * (fire.kills / 2 + 1) * 0.9:
            fire.kill()
            if fire.kills == KILLS // 2:
                fire.app.extensions["redis"].flushdb()
            fire.jump(fire.seconds + 360)  # outbox.STUCK_AFTER: what they held is taken back
            fire.start()
        elif not now[SENDING] and (due := next_due()) is not None and due > fire.now():
            fire.jump(fire.seconds + (due - fire.now()).total_seconds() + 1)
        pause.wait(0.1)
    fire.tell_receipts(last=True)
    _report(fire)
    now = states()
    assert sum(now.values()) == MESSAGES
    assert set(now) <= {SENT, DELIVERED, FAILED, DEAD}
    _provider_took_none_twice(fire)


def _provider_took_none_twice(fire) -> None:
    wanted = Counter((one.address, one.values["code"]) for one in map(numbered, range(MESSAGES)))
    took = Counter((row["to"], row["body"].partition("查询码 ")[2][:10]) for row in fire.provider.accepted)
    assert {key: n for key, n in took.items() if n > wanted[key]} == {}, "the provider took one twice"
    rows = session_now().execute(sa.select(OutboxMessage.status, OutboxMessage.provider_id, OutboxMessage.in_doubt)).all()
    got = [row.provider_id for row in rows if row.provider_id]
    assert len(set(got)) == len(got), "two messages were given one receipt"
    assert set(got) <= {row["sid"] for row in fire.provider.accepted}
    unheard = len(fire.provider.accepted) - len(got)
    assert unheard <= sum(row.in_doubt for row in rows if row.status == DEAD), (
        "what the provider took and we do not know is on record as doubtful"
    )
    assert sum(row.status == DEAD for row in rows) < MESSAGES / 100


def _report(fire) -> None:
    tries = session_now().scalar(sa.select(sa.func.count()).select_from(DeliveryAttempt))
    sys.stdout.write(
        f"\n{MESSAGES} messages: {dict(states())}; provider asked {len(fire.provider.asked)} times, took {len(fire.provider.accepted)}; {tries} tries, "
        f"{fire.kills} kills, {monotonic() - fire.begun:.0f} s, clock moved {fire.seconds / 3600:.1f} h\n"
    )
