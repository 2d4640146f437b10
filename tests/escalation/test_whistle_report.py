"""The report `whistles`: sixty whistles of all kinds and fates, and every figure equals a slow recount over their events alone."""

import random
from collections import Counter
from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from app.clock import CITY_ZONE, local
from app.errors import Invalid
from escalation import whistle_reports as reports
from escalation.whistle_figures import Blown, Calling, Part, Step
from tests import factories
from tests.tickets import whistle_drive as drive
from tickets import arrivals, grading, summons, whistle_ratings, whistles
from tickets.grading import Grade
from tickets.organisations import Unit
from tickets.whistle_calls import Asked
from tickets.whistle_events import events_of
from tickets.whistle_models import Score, Whistle

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 9, 28, 9, 30, tzinfo=CITY_ZONE)
SEPTEMBER, HALF = Part(date(2026, 9, 1), date(2026, 9, 30)), Part(date(2026, 9, 10), date(2026, 9, 20))
KINDS = ("emergency", "enforcement", "routine", "tough")
UNITS = ("urban", "power", "water")
# (length, unit) of every limit, written here a second time (domain §6)
LIMITS = {
    "emergency": {"sign": (10, "m"), "check-in": (30, "m")},
    "enforcement": {"sign": (60, "m"), "contact": (1440, "m"), "check-in": (30, "m")},
    "routine": {"sign": (60, "m"), "contact": (1440, "m"), "check-in": (3, "d"), "close": (10, "d")},
    "tough": {"sign": (60, "m"), "contact": (1440, "m"), "check-in": (5, "d")},
}


class Life:
    """One whistle from draft to wherever chance lets it end, by the real verbs; nothing happens after NOW."""

    def __init__(self, session, rng: random.Random, number: int):
        self.number, self.session, self.rng, self.at = (
            number,
            session,
            rng,
            datetime(2026, 9, 1, 8, tzinfo=CITY_ZONE) + timedelta(minutes=rng.randrange(26 * 1440)),
        )
        self.street, self.kind = rng.choice(("dongmen", "nanhu")), KINDS[number % 4]
        self.whistle = None

    def by(self, name: str):
        cast = self.session.info.setdefault("cast of whistles", {})
        return cast.get(name) or cast.setdefault(name, drive.person(self.session, name, self.at))

    def later(self, *minutes: int) -> bool:
        """Let time pass; False when it would be past NOW."""
        drive.follow(self.session)
        self.at += timedelta(minutes=self.rng.choice(minutes))
        return self.at < NOW

    def live(self) -> None:
        call = drive.a_call(
            kind=self.kind, remote_allowed=self.kind != "emergency", summons=tuple(Asked(unit, "来", unit == "urban") for unit in UNITS)
        )
        self.whistle = whistles.blow(self.session, call, self.by(f"{self.street}.head"), self.at)
        if self.kind != "emergency" and not (self.later(30) and self.office()):
            return
        if self.rng.random() < 0.08:
            whistles.withdraw(self.session, self.whistle, "自己处理了", self.by(f"{self.street}.head"), self.at)
            return
        for turn in range(2):
            if not (self.report() and self.grade()):
                return
            if turn or self.rng.random() < 0.7 or not self.later(1440, 4320):
                return
            grading.reopen(self.session, self.whistle, "又返水了", self.by(f"{self.street}.head"), self.at)

    def office(self) -> bool:
        if self.kind == "tough":
            whistles.approve(self.session, self.whistle, True, "", self.by(f"{self.street}.secretary"), self.at)
        if self.rng.random() < 0.25:
            whistles.send_back(self.session, self.whistle, "先用自己的办法", self.by("dispatcher1"), self.at)
            if self.rng.random() < 0.5 or not self.later(60):
                return False
            whistles.approve(self.session, self.whistle, True, "", self.by(f"{self.street}.head"), self.at)
            if self.kind == "tough":
                whistles.approve(self.session, self.whistle, True, "", self.by(f"{self.street}.secretary"), self.at)
        if self.rng.random() < 0.1 or not self.later(20):
            return False
        whistles.triage(self.session, self.whistle, "urban", ("power", "water"), "", self.by("dispatcher1"), self.at)
        return True

    def report(self) -> bool:
        """Every department in its own way; True when all are let go."""
        steps = [step for unit in self.rng.sample(UNITS, 3) for step in self.fate(unit)]
        for unit, action in self.rng.sample(steps, len(steps)) if self.kind == "tough" else steps:
            if not self.later(1, 4, 25, 300):
                return False
            self.take(unit, action)
        if not self.later(5, 600, 3000) or self.rng.random() < 0.12:
            return False
        if self.kind == "tough" and drive.of(self.session, self.whistle, "urban").state in ("checked-in", "result-submitted"):
            drive.planned(self.session, self.whistle, "power", self.at)
        summons.release(
            self.session, self.whistle, whistles.summonses_of(self.session, self.whistle), self.by(f"{self.street}.head"), self.at
        )
        return self.later(30, 900)

    def fate(self, unit: str) -> list[tuple[str, str]]:
        return [
            (unit, action)
            for action in self.rng.choice(
                (
                    ("sign", "contact", "check-in"),
                    ("sign", "check-in"),
                    ("check-in",),
                    ("sign", "remote"),
                    ("sign", "contact"),
                    (),
                    ("object",),
                )
            )
        ]

    def take(self, unit: str, action: str) -> None:
        session, whistle, row = self.session, self.whistle, drive.of(self.session, self.whistle, unit)
        if row.state in ("called", "signed", "contacted") and row.check_in_due_at < self.at:
            summons.mark_no_show(session, whistle, row, self.at)
        if action in ("check-in", "remote") and row.state in ("called", "signed", "contacted", "no-show"):
            proof = {"lng": None, "lat": None, "remote": True} if action == "remote" and self.kind != "emergency" else {}
            arrivals.check_in(session, whistle, row, drive.here(**proof), self.by(f"{unit}.handler"), self.at)
        elif action == "sign" and row.state == "called":
            summons.sign(session, whistle, row, self.by(f"{unit}.liaison"), self.at)
        elif action == "contact" and row.state == "signed":
            summons.contact(session, whistle, row, "phone", self.by(f"{unit}.liaison"), self.at)
        elif action == "object" and unit != "urban" and row.state == "called" and self.at <= row.sign_due_at:
            summons.object_to(session, whistle, row, "不归我们", self.by(f"{unit}.liaison"), self.at)
            summons.decide_objection(session, whistle, row, self.rng.random() < 0.5, "看过清单", self.by("dispatcher1"), self.at)

    def grade(self) -> bool:
        """True when everybody has a grade."""
        for row in grading.ungraded(self.session, self.whistle):
            if self.rng.random() < 0.1:
                return False
            if row.checked_in_at and not row.lead and self.number % 2:
                grading.rate_assistant(self.session, self.whistle, row, 1 + self.number % 5, "来晚了", self.by("urban.head"), self.at)
            grade = Grade(*(self.rng.randint(1, 5) for _ in range(3)), self.rng.randint(0, 5))
            score = grading.score(self.session, self.whistle, row, grade, "来晚了", "现场照片 3", self.by(f"{self.street}.head"), self.at)
            if self.rng.random() < 0.3:
                unit = self.session.get(Unit, row.unit_id).code
                grading.appeal(self.session, self.whistle, score, "在另一处抢险", self.by(f"{unit}.head"), self.at)
                better = Grade(4, 4, 4) if self.rng.random() < 0.5 else None
                if self.rng.random() < 0.8:
                    grading.decide_appeal(self.session, self.whistle, score, better, "看过记录", self.by("dispatcher1"), self.at)
        if self.number % 3 == 0:
            matter = factories.a_ticket(
                self.session, self.at, region="990101", content=f"海晏小区第 {self.number} 件返水 {self.whistle.round}"
            )
            whistle_ratings.rate(self.session, self.whistle, matter, 1 + self.number % 5, self.at)
        drive.follow(self.session)
        return self.whistle.status == "closed"


@pytest.fixture
def sixty(timed):
    rng = random.Random(60)
    for number in range(60):
        Life(timed, rng, number).live()
        drive.follow(timed)
    streets = {unit.code: unit for unit in timed.scalars(sa.select(Unit).where(Unit.kind == "street"))}
    for n in range(40):
        factories.a_ticket(timed, NOW - timedelta(days=n), region=streets[rng.choice(("dongmen", "nanhu"))].region_code)
    timed.info["events"].clear()
    return timed


def due_of(calendar, kind: str, step: str, called_at: datetime) -> datetime | None:
    """The due instant of a duty, counted day by day on the calendar."""
    if step not in LIMITS[kind]:
        return None
    n, unit = LIMITS[kind][step]
    if unit == "m":
        return called_at + n * MINUTE
    day = local(called_at).date()
    while n:
        day += DAY
        n -= calendar.is_workday(day)
    return datetime.combine(day + DAY, datetime.min.time(), CITY_ZONE)


def callings_in(session, whistle) -> list[dict]:
    """Every calling of a whistle, read from its events one after another."""
    found, open_now = [], {}
    for event in events_of(session, whistle.id):
        unit, kind = event.data.get("unit_id"), event.kind
        if kind in ("triage", "sound-at-once", "reopen"):
            open_now = {one: {"unit": one, "called": event.at} for one in event.data["unit_ids"]}
            found += open_now.values()
        elif kind == "withdraw":
            for one in open_now.values():
                one["cancelled"] = event.at
        elif unit in open_now:
            one = open_now[unit]
            one.setdefault({"uphold-objection": "cancelled", "let-go": "release"}.get(kind, kind), event.at)
            if kind == "check-in":
                one["how"] = event.data["how"]
            if kind == "score":
                one["grade"] = one["final"] = Grade(*(event.data[name] for name in ("speed", "handling", "result", "bonus")))
            if kind == "rate-assistant":
                one["led"] = event.data["score"]
            if kind == "decide-appeal" and event.data["revised"]:
                one["final"] = Grade(**event.data["revised"])
    return found


def outcome_of(one: dict, step: str, due: datetime) -> str:
    ends = {"sign": ("sign", "contact", "check-in"), "contact": ("contact", "check-in"), "check-in": ("check-in",), "close": ("release",)}[
        step
    ]
    done = min((one[name] for name in ends if name in one), default=None)
    if done is None and "release" in one:
        return "late" if one["release"] > due else "released"
    if done is not None:
        return "late" if done > due else "on_time"
    return "cancelled" if "cancelled" in one else "pending" if due >= NOW else "overdue"


def slowly(session, asked: Part, calendar) -> tuple[dict, dict, dict]:
    steps, callings, blown = {}, {}, {}
    for whistle in session.scalars(sa.select(Whistle)):
        if asked.kind not in ("", whistle.kind) or asked.street not in (None, whistle.street_id):
            continue
        events = list(events_of(session, whistle.id))
        for one in callings_in(session, whistle):
            if not asked.since <= local(one["called"]).date() <= asked.until:
                continue
            key = (whistle.street_id, whistle.kind, one["unit"])
            for step in LIMITS[whistle.kind]:
                steps.setdefault((*key, step), Counter())[outcome_of(one, step, due_of(calendar, whistle.kind, step, one["called"]))] += 1
            tally = callings.setdefault(key, Counter())
            if "cancelled" in one:
                continue
            due = due_of(calendar, whistle.kind, "check-in", one["called"])
            remote = one.get("how") == "remote"
            tally.update(
                called=1,
                came="check-in" in one,
                came_late="check-in" in one and one["check-in"] > due,
                remote=remote,
                on_site="check-in" in one and not remote,
                minutes=int((one["check-in"] - one["called"]).total_seconds() // 60) if "check-in" in one and not remote else 0,
                absent="check-in" not in one and min(one.get("release", NOW), NOW) > due,
                graded="grade" in one,
                points=one["grade"].total if "grade" in one else 0,
                final=one["final"].total if "grade" in one else 0,
                low="grade" in one and one["grade"].low,
                appealed="appeal" in one,
                upheld="grade" in one and one["final"] is not one["grade"],
                led="led" in one,
                led_points=one.get("led", 0),
            )
        kinds = [event.kind for event in events]
        rang = next((event.at for event in events if event.kind in ("triage", "sound-at-once")), None)
        tally = blown.setdefault((whistle.street_id, whistle.kind), Counter())
        if asked.since <= local(events[0].at).date() <= asked.until:
            tally.update(blown=1, returned="send-back" in kinds)
        if rang and asked.since <= local(rang).date() <= asked.until:
            gone = [event.at for event in events if event.kind == "end"]
            over = bool(gone) and kinds.count("end") > kinds.count("reopen")
            tally.update(
                sounded=1,
                withdrawn="withdraw" in kinds,
                closed=kinds.count("close") > kinds.count("reopen"),
                reopened="reopen" in kinds,
                joint=over,
                joint_hours=int((gone[-1] - rang).total_seconds() // 3600) if over else 0,
                rated=kinds.count("rate"),
                rated_points=sum(event.data["score"] for event in events if event.kind == "rate"),
            )
    return steps, callings, blown


def plain(found: dict) -> dict:
    """Without zeros: what is equal to a Counter."""
    return {
        key: kept for key, one in found.items() if (kept := {name: n for name in one.__dataclass_fields__ if (n := getattr(one, name))})
    }


def nonzero(counted: dict) -> dict:
    return {key: kept for key, one in counted.items() if (kept := {name: int(n) for name, n in one.items() if n})}


def test_it_equals_a_slow_recount_over_the_events(sixty, calendar):
    dongmen = sixty.scalar(sa.select(Unit.id).where(Unit.code == "dongmen"))
    for asked in (
        SEPTEMBER,
        HALF,
        Part(SEPTEMBER.since, SEPTEMBER.until, kind="routine"),
        Part(SEPTEMBER.since, SEPTEMBER.until, street=dongmen),
    ):
        found = reports.whistles(sixty, asked, NOW)
        steps, callings, blown = slowly(sixty, asked, calendar)
        assert plain(found.steps) == nonzero(steps)
        assert plain(found.callings) == nonzero(callings)
        assert plain(found.blown) == nonzero(blown)
    assert sum(reports.whistles(sixty, SEPTEMBER, NOW).tickets.values()) == 28
    _every_fate_is_there(sixty)


def _every_fate_is_there(sixty) -> None:
    """Else the recount proves less than it says."""
    found = reports.whistles(sixty, SEPTEMBER, NOW)
    total, steps, blown = found.callings_by()[()], found.steps_by()[()], found.blown_by()[()]
    assert all(getattr(total, name) for name in total.__dataclass_fields__)
    assert all(getattr(steps, name) for name in steps.__dataclass_fields__)
    assert all(getattr(blown, name) for name in blown.__dataclass_fields__)
    assert sixty.scalar(sa.select(sa.func.count()).select_from(Score)) == total.graded


def test_rates_say_nothing_over_nothing(timed):
    found = reports.whistles(timed, SEPTEMBER, NOW)
    assert (found.steps, found.callings, found.blown) == ({}, {}, {})
    assert (
        Step().rate,
        Calling().mean_minutes,
        Calling().mean_final,
        Blown().closing,
        Blown().mean_hours,
    ) == (None,) * 5


def test_a_period_backwards_is_refused():
    with pytest.raises(Invalid) as no:
        Part(date(2026, 9, 2), date(2026, 9, 1))
    assert "to" in no.value.fields
