"""Which lives are told in the demo city, how many, how long ago; and the driver that lets them go on side by side in the order of time."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import cycle, islice
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.auth.audit import audit
from app.auth.models import Account, AuditEntry
from app.demo import lives, turns
from app.demo.evaluation import evaluate
from app.demo.files import entries
from app.demo.lives import Life
from app.demo.mending import STAGES
from app.demo.oversight import oversee
from app.demo.pace import Pace
from app.demo.passing import live_through
from app.demo.play import Play
from app.demo.tales import Teller
from app.demo.telephone import ring
from app.demo.wechat import follow
from app.demo.whistles import blow_whistles
from app.work import settle
from tickets.events import Event
from tickets.organisations import Post, Unit
from tickets.posts import delegate, set_absence

SEED = 12345
DONE = "demo-loaded"
ALARMING = (
    "urban.drainage.backflow",
    "urban.water.outage",
    "urban.power.outage",
    "urban.gas.outage",
    "commerce.equipment.elevator",
    "urban.drainage.manhole",
)
FAMILIES = ("urban.drainage.backflow", "urban.appearance.night-market", "urban.water.outage")
Cue = tuple[datetime, Life]


def load_tickets(session: Session, now: datetime) -> int:
    """About 300 tickets of the last 60 days in every state, through the real verbs. Returns how many; 0 when they are here already.

    The session must be that of a `work()`: reactions run after every verb. Holds a lock, so that two runs at once load once.
    """
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('demo-city'))"))
    if session.scalar(sa.select(AuditEntry.id).where(AuditEntry.action == DONE)):
        return 0
    rng = Random(SEED)  # noqa: S311 the same city every time is wanted
    play = Play(session, Teller(rng), Pace(rng, now))
    cues = [*past(play), *turned(play), *present(play)]
    perform(session, cues, now)
    _people_away(play, now)
    oversee(play, now)
    blow_whistles(play, now)
    evaluate(play, now)
    ring(play, now)
    follow(session, now)
    live_through(session, now)
    audit(session, None, "系统", DONE, "临海市", now, lives=len(cues))
    return len(cues)


def perform(session: Session, cues: list[Cue], now: datetime) -> None:
    """Let all lives go on by one step, the earlier first, then their rows and reactions be written together; again, until `now`.

    A step is one verb on one ticket, so nobody reads what another step of the same round has not written yet.
    """
    waiting = sorted(cues, key=lambda cue: cue[0])
    begun = False
    while waiting:
        coming = []
        with session.no_autoflush:
            for at, life in waiting:
                with suppress(StopIteration):
                    coming.append((life.send(at) if begun else next(life), life))
        session.flush()
        _react(session)
        begun = True
        waiting = sorted((cue for cue in coming if cue[0] <= now), key=lambda cue: cue[0])


def _react(session: Session) -> None:
    """The reactions to a round. The first event of every ticket concerns rows no other touches, so what they write goes out together."""
    firsts: dict[int, Event] = {}
    later = [event for event in session.info["events"] if firsts.setdefault(event.ticket.id, event) is not event]
    session.info["events"] = list(firsts.values())
    with session.no_autoflush:
        settle(session)
    session.flush()
    session.info["events"] = later
    settle(session)


def past(play: Play) -> Iterator[Cue]:
    """What is over: answered at the seat, refused, handed over, or gone all the way."""
    ago, tale, words = play.pace.ago, play.teller.tale, play.teller.words
    for number, said in enumerate(islice(cycle(entries("questions")), 58)):
        old = number % 8 == 0
        at = ago(40, 58) if old else ago(0.2, 55)
        yield at, lives.question(play, at, said, again=number >= len(entries("questions")), archive=old)
    for said in words["refusals"]:
        at = ago(1, 50)
        yield at, lives.refusal(play, at, said)
    for said in words["emergencies"]:
        at = ago(1, 45)
        yield at, lives.emergency(play, at, said)
    kinds: list[dict] = (
        [{}] * 38
        + [{"archive": True}] * 9
        + [{"reject": True}] * 6
        + [{"missed": 1}] * 4
        + [{"mood": "explained"}] * 4
        + [{"extend": "granted"}] * 4
        + [{"extend": "denied"}] * 2
        + [{"late_sign": True}] * 3
        + [{"days": (5, 8)}] * 5
        + [{"result": "partly"}] * 3
    )
    for kind in kinds:
        at = ago(36, 58) if "archive" in kind else ago(14, 58) if "days" in kind else ago(8, 58)
        yield at, lives.whole(play, at, tale(calm="extend" in kind), **kind)
    for _ in range(8):
        at = ago(16, 50)
        yield at, lives.whole(play, at, tale("again"), mood="rework")
    for _ in range(2):
        at = ago(14, 40)
        yield at, turns.unreachable(play, at, tale())


def turned(play: Play) -> Iterator[Cue]:
    """What took a turn, done or still waiting for a decision."""
    ago, tale = play.pace.ago, play.teller.tale
    matters = {matter["category"]: matter for matter in entries("matters")}
    for outcome, low, high in [("accepted", 9, 45)] * 4 + [("denied", 9, 45)] * 2 + [("waiting", 0.3, 1.2)] * 5:
        at = ago(low, high)
        yield at, turns.returned(play, at, tale("return"), outcome)
    for ruled, low, high in [(True, 14, 40)] * 2 + [(False, 1, 2.5)] * 3:
        at = ago(low, high)
        yield at, turns.disputed(play, at, tale("dispute"), ruled)
    for resumed, low, high in [(True, 18, 35)] * 2 + [(False, 3, 7)] * 5:
        at = ago(low, high)
        yield at, turns.suspended(play, at, tale("pause"), resumed)
    for _ in range(4):
        at = ago(6, 40)
        yield at, turns.terminated(play, at, tale("ended"))
    for _ in range(6):
        at = ago(9, 30)
        yield at, turns.ledgered(play, at, tale("ledger"))
    for category, through in zip(FAMILIES, (True, True, False), strict=True):
        at = ago(7, 20) if through else play.pace.present - timedelta(hours=3)
        yield at, turns.family(play, at, matters[category], 3 if through else 2, through)


def present(play: Play) -> Iterator[Cue]:
    """What stands on somebody's desk now, down to the minutes of the 30-minute clocks."""
    tale, now, draw = play.teller.tale, play.pace.present, play.rng.uniform

    def back(low: float, high: float) -> datetime:
        return now - timedelta(minutes=draw(low, high))

    for number in range(14):
        at = back(1, 5) if number < 4 else back(4, 100)
        yield at, lives.registered(play, at, tale(among=ALARMING) if number < 4 else tale())
    for number in range(16):
        at = back(38, 52) if number < 2 else back(6, 29)
        yield at, lives.stops(play, at, tale(among=ALARMING) if number < 7 else tale(), "dispatched")
    for _ in range(12):
        at = back(60, 300)
        yield at, lives.stops(play, at, tale(), "signed")
    for extend, low, high in [("", 0.5, 3)] * 26 + [("", 9, 15)] * 6 + [("granted", 3, 6)] * 3 + [("waiting", 2, 4)] * 3:
        at = play.pace.ago(low, high)
        yield at, lives.stops(play, at, tale(calm=bool(extend)), "handling", extend=extend)
    for _ in range(5):
        at = play.pace.ago(6, 10)
        yield at, lives.stops(play, at, tale("again"), "follow-up", mood="rework")
    for _ in range(12):
        at = play.pace.ago(3.5, 6)
        yield at, lives.stops(play, at, tale(), "replied")
    for _ in range(16):
        at = play.pace.ago(4.5, 9)
        yield at, lives.stops(play, at, tale(), "follow-up")
    for stage, hours in STAGES:
        at = play.pace.ago(9, 14)
        yield at, turns.complained(play, at, tale(calm=True), stage, hours)


def _people_away(play: Play, now: datetime) -> None:
    """One handler at a training, one head on leave with a delegate: B posts and delegations can be seen at work (R71, R72)."""
    day, session = timedelta(days=1), play.session
    accounts = dict(session.execute(sa.select(Account.username, Account.id)).all())
    set_absence(
        session, accounts["labor.handler"], now - day, now + 3 * day, "training", play.cast["labor.handler"], "参加劳动监察业务培训"
    )
    set_absence(session, accounts["beihe.head"], now - day, now + 5 * day, "leave", play.cast["beihe.head"], "年休假")
    post = session.scalars(sa.select(Post).join(Unit, Unit.id == Post.unit_id).where(Unit.code == "beihe", Post.role == "head")).one()
    delegate(session, post, accounts["beihe.liaison"], now - day, now + 5 * day, "负责人年休假期间主持审核", play.cast["east.head"])
